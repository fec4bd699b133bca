/** One thing that somebody at central QA should look at: how bad it is, what to do, and who has looked. */
import type { EpochMs } from "../kernel/units.ts";
import type { DecisionReason } from "../ledger/decision.ts";
import type { Action, TargetKind } from "./decide.ts";
import type { Review } from "./store.ts";

/** 1 someone may come to harm or the record is in doubt, 2 act today, 3 look at it. */
export type Risk = 1 | 2 | 3;

/** What central proposes to decide about an item. */
export interface Proposal {
  readonly action: Action;
  readonly target: { readonly kind: TargetKind; readonly id: string };
  readonly reason: DecisionReason;
}

export interface Item {
  /** The same for the same thing in the same state, so that a person's word about it still counts. */
  readonly id: string;
  readonly risk: Risk;
  readonly cell: string;
  readonly job: string | null;
  readonly what: string;
  /** More of it, a sentence each. */
  readonly details: readonly string[];
  /** What to do, and who. */
  readonly remedy: string;
  readonly since: EpochMs;
  readonly proposal: Proposal | null;
  /** The person's word that it was looked at; null while nobody has. */
  readonly review: Review | null;
}

/** An item before it is known whether somebody has looked at it. */
export type Bare = Omit<Item, "review" | "details"> & { readonly details?: readonly string[] };
