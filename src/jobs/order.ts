/** The job order (ISA-95): what is to be made, for which pseudonym, by which route, until when. */
import type { Digest, EquipmentId, JobId, OperationId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";

/** One step of the route. A `build` is made and inspected layer by layer, a `task` is run by a machine as a whole. */
export type Operation =
  | {
      readonly kind: "build";
      readonly id: OperationId;
      readonly title: string;
      readonly equipment: EquipmentId;
      readonly program: Digest;
      readonly layersPlanned: number;
      /** How many layers the machine may run ahead of the last accepted one; 0 = every layer waits for its verdict. */
      readonly lag: number;
    }
  | {
      readonly kind: "task";
      readonly id: OperationId;
      readonly title: string;
      readonly equipment: EquipmentId;
      readonly program: Digest;
    };

/** Everything the core needs to know of an order; geometry and toolpaths stay in the artifact store. */
export interface JobOrder {
  readonly id: JobId;
  /** What is made, in a technician's words; never about a patient. */
  readonly title: string;
  /** The pseudonym under which the hospital keeps the patient. */
  readonly pseudonym: string;
  /** Lower-case hex HMAC-SHA-256 of the two identifiers, under the order's own key. */
  readonly identifierHmacs: readonly [string, string];
  readonly side: "left" | "right" | "none";
  /** Digest of the order file as it came in; the file itself is an encrypted artifact. */
  readonly source: Digest;
  /** Digest of the recipe that the route was made from. */
  readonly recipe: Digest;
  readonly copies: number;
  readonly notBefore: EpochMs;
  readonly expires: EpochMs;
  /** Consumed once: a second order with the same nonce is a replay. */
  readonly nonce: string;
  readonly route: readonly Operation[];
}
