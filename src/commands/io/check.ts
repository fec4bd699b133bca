/** One line of `cellward doctor`: a thing looked at, and what to do where it is not good. */
import type { MachineIdentity } from "../../equipment/machine.ts";

export interface Check {
  readonly check: string;
  readonly state: "good" | "warning" | "bad";
  readonly what: string;
  readonly remedy: string;
}

export const good = (check: string, what: string): Check => ({ check, state: "good", what, remedy: "" });
export const bad = (check: string, what: string, remedy: string): Check => ({ check, state: "bad", what, remedy });

/** Who answered. */
export function identityCheck({ vendor, model, serial, firmware, simulated }: MachineIdentity): Check {
  return good("machine", `${vendor} ${model}, ${serial}, ${firmware}${simulated ? "; SIMULATED" : ""}.`);
}
