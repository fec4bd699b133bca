/** What happens to the log itself: its key handed on, its end brought back from central QA, itself continued under a new name. */
import type { AttemptId, JobId, NonconformityId, PersonId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { CentralHold } from "./central.ts";
import type { LegalHold } from "./retention.ts";

/** Size and root (hex) of a log. */
export interface LogHead {
  readonly size: number;
  readonly root: string;
}

/** Written by commands while the cell stands still; each of the first four begins a start of its own. */
export type LogEvent =
  | {
      readonly type: "KeyRotated";
      /** Public key lines. */
      readonly old: string;
      readonly new: string;
      readonly reason: "scheduled" | "replaced";
      readonly person: PersonId;
    }
  | {
      readonly type: "KeyRevoked";
      readonly old: string;
      readonly new: string;
      readonly reason: "suspected" | "exposed";
      readonly person: PersonId;
      /** Up to so many entries the old key's signatures are known to be the cell's. */
      readonly until: number;
    }
  /** The entries `from` to `to` - 1 are those of central QA's copy, under the head that it has countersigned. */
  | {
      readonly type: "RecordRepaired";
      readonly cause: "restored" | "damaged";
      readonly from: number;
      readonly to: number;
      readonly head: LogHead;
      /** False where the cell had not ended in order: its last second may be missing, and each open job has a nonconformity. */
      readonly isEndKnown: boolean;
      readonly person: PersonId;
    }
  | {
      readonly type: "LogContinued";
      readonly ancestor: {
        readonly origin: string;
        readonly head: LogHead;
        readonly cosigned: (LogHead & { readonly note: string }) | null;
        readonly floor: LogHead | null;
      };
      readonly reason: string;
      readonly approvals: readonly {
        readonly person: PersonId;
        readonly role: "qa" | "engineer";
        readonly at: EpochMs;
        readonly meaning: string;
        readonly shown: string;
      }[];
    }
  /** Orders that the log before had taken in: void, since nobody knows which copies were made. */
  | {
      readonly type: "AncestorOrders";
      readonly orders: readonly { readonly job: JobId; readonly nonce: string }[];
    }
  /** What central QA had stopped or marked and nobody had lifted, and legal holds of the whole cell: all of it goes on. */
  | {
      readonly type: "AncestorHolds";
      readonly holds: readonly CentralHold[];
      readonly legal: readonly LegalHold[];
      readonly frozen: string | null;
      readonly provenAt: EpochMs | null;
      readonly demonstration: boolean;
    }
  /** A job that had not ended when the log before was lost: over, its outcome unknown (law 4). */
  | {
      readonly type: "AncestorJobClosed";
      readonly job: JobId;
      /** The attempt that was under way as far as is known; null where none was. */
      readonly attempt: AttemptId | null;
      readonly outcome: "OutcomeUnknown";
      readonly nonconformity: NonconformityId;
      readonly what: string;
    };
