/** Ended jobs and whether central QA holds their record: told by the countersignature, never assumed. */
import { isSimulated } from "../jobs/record/batch-record.ts";
import type { Job, State } from "../jobs/state.ts";
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
    return job ? [recordLine(state, job, looks)] : [];
  });
  return { total: ended.length, lines };
}

function recordLine(state: State, job: Job, looks: Looks): RecordLine {
  const { id, title, pseudonym } = job.order;
  const end = looks.journal.ended(id);
  return {
    ...{ id, title, pseudonym },
    outcome: outcomeOf(job),
    what: end?.what ?? "",
    endedAt: end?.at ?? 0,
    simulated: job.record.units.some(({ number }) => isSimulated(job.record, number)),
    qa: qaView(id, looks),
    keeping: keepingWords(keepingView(state, job, looks)),
  };
}

function outcomeOf(job: Job): RecordLine["outcome"] {
  const released = job.record.units.filter((unit) => unit.released !== null).length;
  if (job.ended === "Ended") return released >= job.order.copies ? "released" : "not-released";
  return job.units.some(({ scrapped }) => scrapped) ? "scrapped" : "cancelled";
}
