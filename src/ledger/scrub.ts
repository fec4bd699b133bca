/** The scrub of a record as its owner sees it: how far it is, and what it has found. */
import type { Rule } from "./finding.ts";

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

/** Told of what the scrub does. */
export interface ScrubEars {
  /** A round has ended: with damage, or (null) without, over the first `size` entries. */
  readonly onRound: (damage: RecordDamage | null, size: number) => void;
  /** The thread has ended by itself: nothing is verified any more until the next start. */
  readonly onTrouble: (what: string) => void;
}

export interface Scrub {
  progress(): ScrubProgress;
  /** Goes through the whole record at once, without pauses; resolves when the round has ended. */
  round(): Promise<ScrubProgress>;
  /** Brings what the next start goes on from up to the newest cosigned head; resolves when it is kept. */
  keep(): Promise<ScrubProgress>;
  close(): Promise<void>;
}
