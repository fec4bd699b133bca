/** What can have happened to the record itself: damage, a clock found wrong, legal holds, texts erased, artifacts dropped by policy. */
import type { Digest, JobId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { Approval } from "../people/person.ts";
import type { HoldReason, LiftReason, TextsOf } from "./retention.ts";

/** What bears out that the clock is right now: network time, or a countersignature of central QA that is minutes old. */
export interface TimeSupport {
  readonly by: "network-time" | "central-qa";
  /** What that source said. */
  readonly at: EpochMs;
}

/** What is wrong with the record as it stands on the disk. */
export interface RecordDamage {
  /** The rule of docs/record-format.md that it breaks. */
  readonly rule: string;
  /** The first bad entry; null where none can be named. */
  readonly entry: number | null;
  /** Nothing outside entries `from` to, not including, `to` was found bad. */
  readonly from: number;
  readonly to: number;
  readonly what: string;
}

/** Of the cell as a whole, or where `job` says so of one job. */
export type CellKeepingEvent =
  /** The scrub found that the record on the disk is not what was written: nothing new is started from here on. */
  | ({ readonly type: "RecordDamaged" } & RecordDamage)
  /** A later round over all of its first `entries` entries found nothing. */
  | { readonly type: "RecordFoundWhole"; readonly entries: number }
  /** Two people have signed that the clock was wrong while entries `from` to `to` were written: those readings count no longer. */
  | {
      readonly type: "ClockCorrected";
      readonly from: number;
      readonly to: number;
      /** The highest reading among them. */
      readonly said: EpochMs;
      readonly approval: Approval;
      readonly second: Approval;
      readonly support: TimeSupport;
    }
  | {
      readonly type: "LegalHoldSet";
      readonly job: JobId | null;
      readonly reason: HoldReason;
      readonly approval: Approval;
    }
  | {
      readonly type: "LegalHoldLifted";
      readonly job: JobId | null;
      readonly reason: LiftReason;
      readonly approval: Approval;
    }
  /** The key of these texts is to be destroyed, and so they are gone from here on, whatever the disk still holds. */
  | {
      readonly type: "TextsErased";
      /** The job whose texts they are; null for those of a lot. */
      readonly job: JobId | null;
      readonly of: TextsOf;
      readonly approval: Approval;
      readonly support: TimeSupport;
    }
  /** The key is destroyed. */
  | { readonly type: "TextKeyDestroyed"; readonly job: JobId | null; readonly of: TextsOf };

/** Of one job. */
export type JobKeepingEvent =
  /** The clock was changed while the job was being made: times before and after it cannot be subtracted (feature 75). */
  | {
      readonly type: "TimesInDoubt";
      readonly job: JobId;
      readonly expected: EpochMs;
      readonly said: EpochMs;
    }
  /** These artifacts of the job need not be kept any longer: a verifier calls them dropped by policy, not missing. */
  | {
      readonly type: "ArtifactsDropped";
      readonly job: JobId;
      readonly what: "pictures" | "everything";
      readonly dropped: readonly Digest[];
      readonly approval: Approval;
      readonly support: TimeSupport;
    }
  /** Their files are gone, but for those that another record names. */
  | { readonly type: "ArtifactsRemoved"; readonly job: JobId; readonly removed: number };
