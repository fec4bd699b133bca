/** The port every machine driver fills. */
import type { Answer, Directive, Observation, Telemetry } from "../equipment/machine.ts";

/** What a driver declares about its machine, because the core treats them differently. */
export interface MachineTraits {
  /** The machine itself can say which job it runs (OPC UA job control), or only its driver knows (a G-code printer). */
  readonly recognisesAttempts: boolean;
  /** What the machine does when its controller is gone. `none` stays hot and may not run unattended. */
  readonly onHostLoss: "none" | "firmware" | "driver" | "relay";
}

/** A machine seen from the core. Passes `test/drivers/conformance.ts`. */
export interface Machine {
  readonly traits: MachineTraits;
  /**
   * Carries out one directive. Resolves exactly once and in bounded time, never rejects; what cannot be known is
   * answered `unknown`.
   */
  perform(directive: Directive): Promise<Answer>;
  /** Calls `hear` for every observation until close; at most one listener. */
  observe(hear: (observation: Observation) => void): void;
  /** Latest live values, or null when none were ever seen. */
  telemetry(): Telemetry | null;
  /** Ends the driver; after it resolves nothing is heard any more. */
  close(): Promise<void>;
}
