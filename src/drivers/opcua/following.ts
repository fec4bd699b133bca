/** Following the open job by the machine's own list and report; its events are hints to look, never the truth. */
import type { AttemptId } from "../../kernel/names.ts";
import { clearAlarm, ownAlarms } from "./alarms.ts";
import { jobFaults } from "./faults.ts";
import { isAtWork, isOver } from "./job-state.ts";
import { itemStates } from "./names.ts";
import type { JobEntry, JobReport, Procedure, Snapshot } from "./requests.ts";
import { readResults } from "./results.ts";
import { ask, close, fail, isOurs, type Job, lookAt, observe, raise, type Session } from "./session.ts";
import { entryOf } from "./starting.ts";
import { endEntry } from "./stopping.ts";

/** A report that cannot be had so often after the end of its job is not waited for any longer. */
const mostReportTries = 10;

/** Looks once: what became of the open job, what of ended ones is still at work, what is left to be removed. */
export function* follow(session: Session): Procedure<void> {
  const snapshot = yield* lookAt(session);
  if (snapshot === null) return;
  const { job } = session;
  noticeOthers(session, snapshot);
  if (job !== null) yield* followJob(session, job, snapshot);
  yield* endGhosts(session, snapshot);
  yield* removeLeftovers(session);
}

function* followJob(session: Session, job: Job, snapshot: Snapshot): Procedure<void> {
  const entry = entryOf(snapshot, job.attempt);
  if (entry !== null && !isOver(entry.state)) {
    noticeHand(session, job, entry);
    // Over here, and so ended at the machine with this same look.
    if (job.broken !== null) fail(session, jobFaults.interlock(job.broken), "unknown");
    return;
  }
  const reply = yield* ask({ kind: "report", job: job.attempt });
  if (session.job !== job) return;
  const report = reply.kind === "reported" ? reply.report : null;
  const heaters = snapshot.itemState === itemStates.NotExecuting ? "off" : "unknown";
  if (entry?.state?.main === "Aborted")
    return fail(session, jobFaults.abortedAtMachine(report?.description ?? ""), heaters);
  if (report !== null && isOver(report.state)) return end(session, job, report, heaters);
  if (reply.kind === "reported" && entry === null) return fail(session, jobFaults.vanished(), "unknown");
  // The job is over and its report cannot be had yet.
  job.reportTries += 1;
  if (job.reportTries >= mostReportTries)
    fail(session, jobFaults.resultsUnreadable("the machine gives no report"), heaters);
}

/** Job orders of somebody else that are remembered; the oldest are forgotten, and told of again if they are still there. */
const rememberedOthers = 100;

/** A job order at work that this cell never gave: our own name their file, also those of earlier drivers. */
function noticeOthers(session: Session, { jobs }: Snapshot): void {
  const attempt = session.job?.attempt ?? null;
  for (const entry of jobs) {
    const { id, state } = entry;
    const isKnown = id === attempt || isOurs(session, entry) || session.over.has(id as AttemptId);
    if (isKnown || !isAtWork(state) || session.foreign.has(id)) continue;
    session.foreign.add(id);
    for (const oldest of session.foreign) {
      if (session.foreign.size <= rememberedOthers) break;
      session.foreign.delete(oldest);
    }
    observe(session, { kind: "foreign-action", attempt, what: jobFaults.foreignJob(id).what });
  }
}

/** Our own job in a state that this cell has not told it to be in. Nothing is claimed where a command was not confirmed. */
function noticeHand(session: Session, job: Job, { state }: JobEntry): void {
  const what =
    job.told === "proceed" && state?.main === "Interrupted"
      ? "The job was paused at the machine, and not by this cell."
      : job.told === "hold" && state?.main === "Running"
        ? "The machine went on with the job although this cell holds it."
        : null;
  if (what === null) return;
  job.told = null;
  observe(session, { kind: "foreign-action", attempt: job.attempt, what });
}

/** The report of a job that has ended: its results, or why it counts as failed. */
function end(session: Session, job: Job, report: JobReport, heaters: "off" | "unknown"): void {
  if (report.state?.main === "Aborted") return fail(session, jobFaults.abortedAtMachine(report.description), heaters);
  const read = readResults(report.data);
  if (!read.ok) return fail(session, jobFaults.resultsUnreadable(read.error), heaters);
  const { results, evidence, program, part, successful } = read.value;
  if (program !== null && program !== job.program) return fail(session, jobFaults.otherProgram(), heaters);
  if (part !== null && job.part !== null && part !== job.part) return fail(session, jobFaults.otherPart(part), heaters);
  if (!successful) return fail(session, jobFaults.notSuccessful(report.description), heaters);
  const named = evidence.map(({ name, digest }) => ({ name, digest }));
  const executed = { program: job.program, lines: 0, resends: 0, results, evidence: named };
  observe(
    session,
    { kind: "finished", attempt: job.attempt, executed },
    evidence.map(({ bytes }) => bytes),
  );
  session.leftovers.add(job.file);
  close(session, job.attempt);
}

/** An attempt that is over may not be at work: an order that arrived late, or one whose end was not confirmed. */
function* endGhosts(session: Session, { jobs }: Snapshot): Procedure<void> {
  for (const entry of jobs) {
    const attempt = entry.id as AttemptId;
    if (session.over.has(attempt) && !isOver(entry.state)) yield* endEntry(session, entry, attempt);
  }
}

/** The design does not stay at the machine: a file that cannot be removed is an alarm until it is gone. */
function* removeLeftovers(session: Session): Procedure<void> {
  for (const name of session.leftovers) {
    const reply = yield* ask({ kind: "remove", name });
    if (reply.kind === "carried-out") session.leftovers.delete(name);
    else if (reply.kind === "rejected") {
      const what = `The machine does not remove the program ${name}: the design is still in its storage.`;
      raise(session, { id: ownAlarms.left, severity: 400, what });
    } else return;
  }
  if (session.leftovers.size === 0) clearAlarm(session.alarms, ownAlarms.left, session.now.utc);
}
