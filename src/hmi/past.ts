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

/** Attempts read anew that stay at hand. */
const mostRecalled = 4;

/** Gives an attempt's record, or null where it was never here. One that the journal has let go is read once, and the last few stay. */
export function createRecall(
  history: Sources["history"],
  journal: Journal,
): (attempt: string) => Promise<AttemptRecord | null> {
  const recalled = new Map<string, AttemptRecord>();
  return async (attempt) => {
    const known = journal.attempt(attempt);
    const job = jobOfAttempt(attempt);
    const [first, last] = [journal.firstEntry(job), journal.lastEntry(job)];
    if (known || first < 0) return known;
    const name = `${attempt} at ${last}`;
    const before = recalled.get(name);
    if (before) return before;
    const again = createJournal();
    for await (const entry of history(first, last + 1)) again.take(entry);
    const record = again.attempt(attempt);
    if (record) recalled.set(name, record);
    if (recalled.size > mostRecalled) recalled.delete(recalled.keys().next().value ?? "");
    return record;
  };
}
