/** Ended jobs and whether central QA holds their record: told by the countersignature, never assumed. */
import { keptJob } from "../jobs/keeping-rules.ts";
import { findPast, pastOf } from "../jobs/past.ts";
import type { PastJob, State } from "../jobs/state.ts";
import { findJob } from "../jobs/state.ts";
import type { QaView, RecordLine, RecordsView } from "./api-route.ts";
import { keepingView, keepingWords } from "./keeping-views.ts";
import type { Looks } from "./looks.ts";

const perPage = 30;

/** With QA only where a countersignature covers the job's last entry. */
export function qaView(job: string, { sync, journal }: Looks): QaView {
  const last = journal.lastEntry(job);
  const waiting = Math.max(0, last + 1 - sync.withQa);
  const withQa = last >= 0 && waiting === 0;
  return { withQa, waiting, since: withQa ? null : sync.oldestUnsyncedAt };
}

/** A page of ended jobs, newest first. */
export function recordsView(state: State, looks: Looks, page: number): RecordsView {
  const ended = [...looks.journal.endedJobs()].reverse();
  const lines = ended.slice(page * perPage, (page + 1) * perPage).flatMap((id) => {
    const job = findJob(state, id);
    const told = job ? pastOf(job) : findPast(state, id);
    return told ? [recordLine(state, told, looks)] : [];
  });
  return { total: ended.length, lines };
}

function recordLine(state: State, { id, title, pseudonym, outcome, simulated }: PastJob, looks: Looks): RecordLine {
  const end = looks.journal.ended(id);
  const kept = keptJob(state, id);
  return {
    ...{ id, title, pseudonym, outcome, simulated },
    what: end?.what ?? "",
    endedAt: end?.at ?? 0,
    qa: qaView(id, looks),
    keeping: kept ? keepingWords(keepingView(state, kept, looks)) : "",
  };
}
