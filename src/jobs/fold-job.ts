/** How one job changes with what happened to it, and a job anew from its entries alone. */
import type { JobId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { CellEvent, Event, JobEvent } from "./event.ts";
import { evolveJob } from "./evolve-job.ts";
import { emptyRecord } from "./record/batch-record.ts";
import { gather } from "./record/gather.ts";
import type { Setup } from "./setup.ts";
import type { Job } from "./state.ts";

type OfJob = Extract<Event, { readonly job: unknown }>;
type Accepted = Extract<JobEvent, { type: "JobOrderAccepted" }>;

/** What the cell saw while it was at work on a job, which also stands in the job's record. */
export type Seen = Extract<CellEvent, { type: "PlateChecked" | "MachineUnwatched" }>;

/** A job as its order makes it. */
export function freshJob(event: Accepted, at: EpochMs): Job {
  return {
    order: event.order,
    acceptedAt: at,
    ended: null,
    endedAt: null,
    units: [],
    attempts: [],
    nonconformities: [],
    identity: null,
    presence: null,
    proofsSeen: {},
    record: gather(emptyRecord, event, at),
  };
}

/** The job after one event of its own. */
export function afterJobEvent(job: Job, event: JobEvent, at: EpochMs, setup: Setup): Job {
  const record = gather(job.record, event, at);
  const after = evolveJob(job, event, at, setup);
  // Most copying is of large records for small changes: what does not change is not copied.
  return record === after.record ? after : { ...after, record };
}

/** The job with something that the cell saw in its record. */
export function withSeen(job: Job, event: Seen, at: EpochMs): Job {
  return { ...job, record: gather(job.record, event, at) };
}

/**
 * A job from the entries that name it, in their order; others are passed over. `setup` is the cell's where none of the
 * entries says so. Null where its order is not among them.
 */
export function foldJob(
  id: JobId,
  entries: Iterable<{ readonly event: Event; readonly at: EpochMs }>,
  setup: Setup,
): Job | null {
  let job: Job | null = null;
  let [then, highest] = [setup, 0];
  for (const { event, at } of entries) {
    highest = Math.max(highest, at);
    if (event.type === "CellBooted") then = event.setup;
    if (!("job" in event) || event.job !== id) continue;
    if (event.type === "JobOrderAccepted") job = freshJob(event, highest);
    else if (job) job = next(job, event, highest, then);
  }
  return job;
}

function next(job: Job, event: OfJob, at: EpochMs, setup: Setup): Job {
  switch (event.type) {
    case "PlateChecked":
    case "MachineUnwatched":
      return withSeen(job, event, at);
    case "RequestRefused":
    case "MachineAlarmChanged":
    case "ForeignActionSeen":
    case "LegalHoldSet":
    case "LegalHoldLifted":
    case "TextsErased":
    case "TextKeyDestroyed":
    case "AncestorJobClosed":
      return job;
    default:
      return afterJobEvent(job, event, at, setup);
  }
}
