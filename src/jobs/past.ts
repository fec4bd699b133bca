/** Jobs that ended a while ago: they leave the state, and what stays is enough to refuse, to list and to keep them. */
import { type JobId, own } from "../kernel/names.ts";
import { isSimulated } from "./record/batch-record.ts";
import type { Job, PastJob, State } from "./state.ts";

/** How many of the last ended jobs stay whole; of those before them the ledger tells the rest. */
export const endedKept = 12;

/** The job as it stays, or undefined. */
export function findPast(state: State, id: string): PastJob | undefined {
  return own(state.past, id);
}

/** True where an order with this number was ever accepted here. */
export function isKnownJob(state: State, id: string): boolean {
  return own(state.jobs, id) !== undefined || findPast(state, id) !== undefined;
}

/** How an ended job came out. */
export function outcomeOf(job: Job): PastJob["outcome"] {
  const released = job.record.units.filter((unit) => unit.released !== null).length;
  if (job.ended === "Ended") return released >= job.order.copies ? "released" : "not-released";
  return job.units.some(({ scrapped }) => scrapped) ? "scrapped" : "cancelled";
}

/** What of an ended job is told in a list. */
export function pastOf(job: Job): PastJob {
  const { id, title, pseudonym, gtin, nonce, source, pathway, implantable } = job.order;
  const lots = new Set(job.attempts.flatMap(({ materials }) => materials.map(({ lot }) => lot)));
  return {
    ...{ id, title, pseudonym, gtin, nonce, source, pathway, implantable: implantable ?? null },
    endedAt: job.endedAt ?? 0,
    outcome: outcomeOf(job),
    simulated: job.record.units.some(({ number }) => isSimulated(job.record, number)),
    lots: [...lots],
  };
}

/**
 * Lets the oldest ended jobs go until as many are left as stay whole. One of which something is still open stays: a
 * nonconformity without a disposition, an attempt without an end, a machine that has not said that it is safe.
 */
export function retire(state: State): State {
  const surplus = state.endedLately.length - endedKept;
  if (surplus <= 0) return state;
  const going = state.endedLately.slice(0, surplus).filter((id) => isClosed(state, id));
  if (going.length === 0) return state;
  const jobs = { ...state.jobs };
  const past = { ...state.past };
  for (const id of going) {
    const job = jobs[id];
    if (job) past[id] = pastOf(job);
    delete jobs[id];
  }
  return { ...state, jobs, past, endedLately: state.endedLately.filter((id) => !going.includes(id)) };
}

function isClosed(state: State, id: JobId): boolean {
  const job = own(state.jobs, id);
  if (!job) return true;
  const owed = Object.values(state.equipment).some(({ unsafe }) => unsafe?.job === id);
  const asked = job.nonconformities.some(({ disposition }) => disposition === null);
  return !owed && !asked && job.attempts.every(({ phase }) => phase === "ended");
}
