/** What can have happened to the limit sets of a cell: approved by two people, withdrawn (feature 53). */
import type { Digest } from "../kernel/names.ts";
import type { Approval } from "../people/person.ts";

/** One limit of the recipe's that a set makes tighter, in the unit that its name ends in. */
export interface TightenedLimit {
  readonly limit: string;
  readonly from: number;
  readonly to: number;
}

/** What a limit set says, as far as the record keeps it. */
export interface LimitSetFacts {
  /** SHA-256 of the whole set as RFC 8785 bytes. */
  readonly set: Digest;
  /** What it counts for: layers of this recipe, seen by this camera set-up, judged by this model. */
  readonly recipe: Digest;
  readonly setup: Digest;
  readonly model: Digest;
  /** SHA-256 of the limits that layers are judged by, and of the recipe's own. */
  readonly limits: Digest;
  readonly base: Digest;
  readonly tightened: readonly TightenedLimit[];
  /** Share of clean layers that may break them, and the confidence in it. */
  readonly budget: { readonly share: number; readonly confidence: number };
  /** Clean layers and builds that it was made of, up to which entry of the record. */
  readonly layers: number;
  readonly builds: number;
  readonly upTo: number;
}

/** Why a set is withdrawn, as a code: text that somebody typed never enters the ledger. Codes are never reused. */
export const limitReasons = {
  "false-alarms": "It holds too many whole layers.",
  "validation-doubt": "The layers that it was made of are in doubt.",
  changed: "Machine, material or light have changed since it was made.",
  mistaken: "It was approved by mistake.",
} as const;
export type LimitReason = keyof typeof limitReasons;

export type LimitEvent =
  /** Two people have signed for tighter limits, QA first, then an engineer; a set for the same recipe, set-up and model gives way. */
  | ({
      readonly type: "LimitSetApproved";
      readonly approval: Approval;
      readonly second: Approval;
      /** The set and the limits themselves, which the cell has stored before. */
      readonly artifacts: readonly Digest[];
    } & LimitSetFacts)
  /** The recipe's own limits count again, from the next start on. */
  | {
      readonly type: "LimitSetWithdrawn";
      readonly set: Digest;
      readonly reason: LimitReason;
      readonly approval: Approval;
    };

const types: ReadonlySet<string> = new Set<LimitEvent["type"]>(["LimitSetApproved", "LimitSetWithdrawn"]);

/** True for what happened to a limit set. */
export function isLimitEvent(event: { readonly type: string }): event is LimitEvent {
  return types.has(event.type);
}
