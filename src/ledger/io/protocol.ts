/** What the ledger and its writer thread say to each other. */
import type { TextDraft } from "../chain.ts";
import type { Entry } from "../entry.ts";
import type { Head, LedgerFault } from "../ledger.ts";
import type { Prefix } from "../prefix.ts";
import type { VerifyingKey } from "../signer.ts";
import type { Frontier } from "../tree.ts";
import type { Report, VerifiedLog } from "../verify.ts";

/** What the writer is started with. */
export interface WriterData {
  readonly dataDir: string;
  readonly trusted: readonly VerifyingKey[];
  /** Central QA's keys: only what they have signed counts as countersigned. */
  readonly witnesses: readonly VerifyingKey[];
  readonly origin: string;
  readonly floor: Head | null;
  readonly quotaBytes: number | null;
  /** What a cache says of the log's older part; believed only where it leads to a root that central QA has signed. */
  readonly prefix?: Prefix | null;
  /** A file of an older format is brought to the newest if it is the cell's own. */
  readonly upgrade: boolean;
}

export interface AppendRequest {
  readonly id: number;
  readonly drafts: readonly TextDraft[];
}

/** The number of a request and its entries. */
export type AppendResult = readonly [id: number, entries: readonly Entry[]];

export type ToWriter =
  /** A JSON text of `AppendRequest[]`: it crosses to a thread in half the time that the objects take. */
  | { readonly kind: "append"; readonly requests: string }
  | { readonly kind: "page"; readonly id: number; readonly from: number; readonly to: number }
  | { readonly kind: "frontier"; readonly id: number; readonly size: number }
  /** The stored cosigned checkpoint over so many entries. */
  | { readonly kind: "receipt"; readonly id: number; readonly size: number }
  /** The stored checkpoint over so many entries. */
  | { readonly kind: "note"; readonly id: number; readonly size: number }
  | { readonly kind: "leaves"; readonly id: number; readonly from: number; readonly to: number }
  | { readonly kind: "checkpoint" | "cosignature"; readonly id: number; readonly size: number; readonly note: string }
  | { readonly kind: "close"; readonly id: number };

export interface StoredText {
  readonly entryText: string;
  readonly bodyText: string;
}

export type FromWriter =
  | {
      readonly kind: "opened";
      readonly head: Head;
      readonly report: Report;
      readonly lastBoot: number | null;
      readonly floor: VerifiedLog["floor"];
      readonly lastNote: string | null;
      /** Entries below this were not read at the start (opening.ts). */
      readonly verifiedFrom: number;
    }
  | { readonly kind: "refused"; readonly fault: LedgerFault }
  | {
      readonly kind: "appended";
      /** A JSON text of `AppendResult[]`. */
      readonly results: string;
      readonly head: Head;
    }
  /** Something that a person should see to; the writer goes on. */
  | { readonly kind: "trouble"; readonly fault: LedgerFault }
  /** The ledger is about to fail; what can still be recorded is being recorded. */
  | { readonly kind: "failing"; readonly fault: LedgerFault }
  | { readonly kind: "failed"; readonly fault: LedgerFault }
  | { readonly kind: "page"; readonly id: number; readonly rows: readonly StoredText[] }
  /** What was asked for is there and not as it was cosigned: this one call fails, the writer goes on. */
  | { readonly kind: "unread"; readonly id: number; readonly fault: LedgerFault }
  | { readonly kind: "frontier"; readonly id: number; readonly frontier: Frontier }
  | { readonly kind: "note"; readonly id: number; readonly note: string | null }
  | { readonly kind: "receipt"; readonly id: number; readonly note: string | null }
  | { readonly kind: "leaves"; readonly id: number; readonly leaves: readonly Uint8Array[] }
  | { readonly kind: "done"; readonly id: number };
