/** What a driver's parent half and its child process say to each other (structured clone over IPC). */
import type { Answer, Directive, Observation, Telemetry } from "../equipment/machine.ts";
import type { AttemptId, Digest, EquipmentId } from "../kernel/names.ts";

/** A program on its way to the machine; it travels in memory only. */
export interface Program {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  /** The recipe's part for this machine, as its driver defines it. */
  readonly recipe: unknown;
}

/** Parent to child. */
export type ToChild =
  /** First message: the driver's configuration and the attempts that an earlier child left or ended. */
  | {
      readonly kind: "setup";
      readonly equipment: EquipmentId;
      readonly config: unknown;
      readonly over: readonly AttemptId[];
    }
  | {
      readonly kind: "directive";
      readonly id: number;
      readonly directive: Directive;
      readonly program: Program | null;
    }
  /** Make the machine safe, then exit. */
  | { readonly kind: "end" };

/** Child to parent. */
export type FromChild =
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
  /** What the observation names as evidence comes with it, and is stored before the observation is passed on. */
  | { readonly kind: "observe"; readonly observation: Observation; readonly blobs?: readonly Uint8Array[] }
  | { readonly kind: "telemetry"; readonly telemetry: Telemetry }
  /** The machine said something that the driver has no meaning for; only a trial listens. At most 200 characters. */
  | { readonly kind: "remark"; readonly text: string }
  /** The child has done so much that a fresh process should go on; it is replaced where nothing is under way. */
  | { readonly kind: "worn" }
  /** The child's event loop turns; its absence is a hang. */
  | { readonly kind: "alive" };
