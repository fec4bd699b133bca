/** What was made a while ago and is no longer at hand: a job, or the layers of an attempt, read anew from the ledger. */
import { foldJob } from "../jobs/fold-job.ts";
import { isKnownJob } from "../jobs/past.ts";
import { findJob, type Job } from "../jobs/state.ts";
import type { JobId } from "../kernel/names.ts";
import { type AttemptRecord, createJournal, type Journal } from "./journal.ts";
import type { HmiPorts } from "./ports.ts";

type Sources = Pick<HmiPorts, "controller" | "history">;

/** The job, or null where it was never here. Reads the stretch of the ledger in which it was made, where it has to. */
export async function readJob({ controller, history }: Sources, journal: Journal, id: string): Promise<Job | null> {
  const state = controller.state();
  const present = findJob(state, id);
  if (present || !isKnownJob(state, id) || state.setup === null) return present ?? null;
  const entries = [];
  for await (const entry of history(journal.firstEntry(id), journal.lastEntry(id) + 1)) entries.push(entry);
  return foldJob(id as JobId, entries, state.setup);
}

/** The job of an attempt: its name begins with it. */
export function jobOfAttempt(attempt: string): string {
  return attempt.slice(0, Math.max(0, attempt.lastIndexOf("-A")));
}

/** Jobs and attempts read anew that stay at hand, of each so many. */
const mostRecalled = 4;

export interface Past {
  /** As `readJob`, without reading a stretch again to which nothing has been added. */
  job(id: string): Promise<Job | null>;
  /** An attempt's record, or null where it was never here. One that the journal has let go is read from its job's stretch. */
  attempt(id: string): Promise<AttemptRecord | null>;
}

/** Everything that was made, the last few of what had to be read anew at hand. */
export function createPast(sources: Sources, journal: Journal): Past {
  const jobs = lastFew((id) => readJob(sources, journal, id));
  const attempts = lastFew((id) => attemptOf(sources, journal, id));
  return {
    // What is in the state changes with every entry, and is at hand.
    job: (id) =>
      findJob(sources.controller.state(), id) ? readJob(sources, journal, id) : jobs(id, journal.lastEntry(id)),
    attempt: async (id) => journal.attempt(id) ?? attempts(id, journal.lastEntry(jobOfAttempt(id))),
  };
}

async function attemptOf({ history }: Sources, journal: Journal, attempt: string): Promise<AttemptRecord | null> {
  const job = jobOfAttempt(attempt);
  const first = journal.firstEntry(job);
  if (first < 0) return null;
  const again = createJournal();
  for await (const entry of history(first, journal.lastEntry(job) + 1)) again.take(entry);
  return again.attempt(attempt);
}

/** Asks once for each name and state of things, as long as it is among the last few. */
function lastFew<T>(read: (id: string) => Promise<T | null>): (id: string, last: number) => Promise<T | null> {
  const known = new Map<string, Promise<T | null>>();
  return (id, last) => {
    const name = `${id} at ${last}`;
    const found = known.get(name) ?? read(id);
    known.set(name, found);
    // What failed may go well the next time.
    found.catch(() => known.delete(name));
    if (known.size > mostRecalled) known.delete(known.keys().next().value ?? "");
    return found;
  };
}
