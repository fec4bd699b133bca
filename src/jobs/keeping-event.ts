/** What can have happened to the record itself: a clock that was found wrong, and jobs whose times are in doubt for it. */
import type { JobId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { Approval } from "../people/person.ts";

/** What bears out that the clock is right now: network time, or a countersignature of central QA that is minutes old. */
export interface TimeSupport {
  readonly by: "network-time" | "central-qa";
  /** What that source said. */
  readonly at: EpochMs;
}

/** Of the cell as a whole. */
export type CellKeepingEvent =
  /** Two people have signed that the clock was wrong while entries `from` to `to` were written: those readings count no longer. */
  {
    readonly type: "ClockCorrected";
    readonly from: number;
    readonly to: number;
    /** The highest reading among them. */
    readonly said: EpochMs;
    readonly approval: Approval;
    readonly second: Approval;
    readonly support: TimeSupport;
  };

/** Of one job. */
export type JobKeepingEvent =
  /** The clock was changed while the job was being made: times before and after it cannot be subtracted (feature 75). */
  {
    readonly type: "TimesInDoubt";
    readonly job: JobId;
    readonly expected: EpochMs;
    readonly said: EpochMs;
  };
