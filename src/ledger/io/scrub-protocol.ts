/** What the ledger's owner and the scrubbing thread say to each other. */
import type { Rule } from "../finding.ts";
import type { VerifyingKey } from "../signer.ts";

/** What the thread is started with. */
export interface ScrubData {
  readonly dataDir: string;
  readonly origin: string;
  readonly trusted: readonly VerifyingKey[];
  readonly witnesses: readonly VerifyingKey[];
  readonly dataKey: Uint8Array;
  readonly program: string;
  /** Pause between two pages of 256 entries, in ms. */
  readonly tickMs: number;
  /** Pause between two rounds, in ms. */
  readonly restMs: number;
}

/** Damage of the record as it stands on the disk. */
export interface RecordDamage {
  readonly rule: Rule;
  /** The first bad entry; null where none can be named. */
  readonly seq: number | null;
  /** Nothing outside entries `from` to, not including, `to` was found bad. */
  readonly from: number;
  readonly to: number;
  /** What is wrong, one sentence, and what to do, another. */
  readonly what: string;
  readonly remedy: string;
}

/** How far the scrub is. */
export interface ScrubProgress {
  /** Entries of this round that are verified, and how many it has. */
  readonly at: number;
  readonly of: number;
  /** Rounds that this start has finished. */
  readonly rounds: number;
  /** The last round that found nothing: how many entries it had. Null where none has ended since the start. */
  readonly whole: number | null;
  readonly damage: RecordDamage | null;
  /** Size of the newest prefix kept for the next start. */
  readonly kept: number;
}

export type ToScrub =
  /** A round from the first entry on, without pauses. */
  | { readonly kind: "round"; readonly id: number }
  /** The prefix of the newest cosigned head, without pauses. */
  | { readonly kind: "keep"; readonly id: number }
  | { readonly kind: "close"; readonly id: number };

export type FromScrub =
  | { readonly kind: "progress"; readonly progress: ScrubProgress }
  /** A round has ended. */
  | { readonly kind: "ended"; readonly damage: RecordDamage | null; readonly size: number }
  | { readonly kind: "done"; readonly id: number; readonly progress: ScrubProgress };
