/** What the ledger's owner and the scrubbing thread say to each other. */
import type { RecordDamage, ScrubProgress } from "../scrub.ts";
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
