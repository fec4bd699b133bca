/** A job with everything that is known of it, also where the state has let it go: then it is read anew from the ledger. */
import { foldJob } from "../jobs/fold-job.ts";
import { isKnownJob } from "../jobs/past.ts";
import { findJob, type Job } from "../jobs/state.ts";
import type { JobId } from "../kernel/names.ts";
import type { Journal } from "./journal.ts";
import type { HmiPorts } from "./ports.ts";

/** The job, or null where it was never here. Reads the stretch of the ledger in which it was made, where it has to. */
export async function readJob(
  { controller, history }: Pick<HmiPorts, "controller" | "history">,
  journal: Journal,
  id: string,
): Promise<Job | null> {
  const state = controller.state();
  const present = findJob(state, id);
  if (present || !isKnownJob(state, id) || state.setup === null) return present ?? null;
  const [first, last] = [journal.firstEntry(id), journal.lastEntry(id)];
  const entries = [];
  for await (const entry of history(first)) {
    if (entry.seq > last) break;
    if (entry.seq >= first) entries.push(entry);
  }
  return foldJob(id as JobId, entries, state.setup);
}
