/** Hold, proceed and abort: each is believed only when the machine's own state shows it. */
import type { Answer, Fault } from "../../equipment/machine.ts";
import type { AttemptId } from "../../kernel/names.ts";
import { jobFaults } from "./faults.ts";
import { isAtWork, isOver, isStored, type MainState } from "./job-state.ts";
import { itemStates, type JobMethod } from "./names.ts";
import type { JobEntry, Procedure, Reply, Snapshot } from "./requests.ts";
import { readReturnStatus } from "./return-status.ts";
import { ask, close, fileOf, lookAt, pause, refused, type Session, unknown } from "./session.ts";
import { entryOf, unseen } from "./starting.ts";

/** Pause, or resume what is interrupted; done when the machine's state says so. */
export function* changeJob(session: Session, attempt: AttemptId, to: "hold" | "proceed"): Procedure<Answer> {
  const { job } = session;
  if (job?.attempt !== attempt) return refused(stranger(session, attempt));
  job.told = null;
  const answer = yield* change(session, attempt, to);
  if (answer.kind === "done") job.told = to;
  return answer;
}

function* change(session: Session, attempt: AttemptId, to: "hold" | "proceed"): Procedure<Answer> {
  const [method, wanted, words]: readonly [JobMethod, MainState, string] =
    to === "hold" ? ["Pause", "Interrupted", "pause"] : ["Resume", "Running", "go on"];
  const until = session.now.mono + session.setup.times.change;
  let said: Reply | null = null;
  for (;;) {
    const snapshot = yield* lookAt(session);
    const state = snapshot === null ? null : (entryOf(snapshot, attempt)?.state ?? null);
    if (state?.main === wanted) return { kind: "done" };
    if (isOver(state)) return refused(jobFaults.attemptOver());
    if (snapshot === null && said === null) return refused(unseen(session));
    said ??= yield* ask({ kind: "command", method, job: attempt });
    const reasons = refusalIn(session, said);
    if (reasons !== null && state !== null) return refused(jobFaults.commandRefused(words, reasons));
    if (session.now.mono >= until) return unknown(jobFaults.commandUnknown(words));
    yield* pause(session.setup.times.step);
  }
}

/** The machine's own reasons for not doing it, or null where it did not refuse. */
function refusalIn(session: Session, said: Reply): readonly string[] | null {
  if (said.kind === "rejected") return [said.why];
  if (said.kind !== "returned") return null;
  const meaning = readReturnStatus(said.status, session.setup.reasons);
  return meaning.kind === "refused" ? meaning.reasons : null;
}

function stranger(session: Session, attempt: AttemptId): Fault {
  return session.over.has(attempt) ? jobFaults.attemptOver() : jobFaults.unknownAttempt();
}

/**
 * Ends whatever the machine has of an attempt, also of one that only an earlier driver knew; done when the machine
 * shows that nothing of it is at work and that it stands still. It can never begin here any more.
 */
export function* abortJob(session: Session, attempt: AttemptId): Procedure<Answer> {
  const { job } = session;
  const known = job?.attempt === attempt || session.over.has(attempt);
  if (!known && job !== null) return refused(jobFaults.unknownAttempt());
  if (job?.attempt === attempt) session.leftovers.add(job.file);
  close(session, attempt);
  const until = session.now.mono + session.setup.times.abort;
  for (;;) {
    const snapshot = yield* lookAt(session);
    if (snapshot !== null && (yield* endedIn(session, snapshot, attempt))) break;
    if (session.now.mono >= until || (snapshot === null && !session.connected))
      return unknown(jobFaults.notConfirmed());
    yield* pause(session.setup.times.step);
  }
  session.leftovers.add(fileOf(session.setup, attempt));
  session.nextLook = session.now.mono;
  return { kind: "done" };
}

/** One step towards the end of a job order; true when nothing of it is left at work. */
function* endedIn(session: Session, snapshot: Snapshot, attempt: AttemptId): Procedure<boolean> {
  const entry = entryOf(snapshot, attempt);
  if (entry !== null && !isOver(entry.state)) {
    yield* endEntry(session, entry, attempt);
    return false;
  }
  if (entry !== null) yield* ask({ kind: "command", method: "Clear", job: attempt });
  return standsStill(snapshot);
}

/** Takes back what has not begun, aborts what has; where the machine does not do the one, the next. */
export function* endEntry(session: Session, { state }: JobEntry, attempt: AttemptId): Procedure<void> {
  const ways: readonly JobMethod[] = isStored(state) ? ["Cancel", "Abort", "Stop"] : ["Abort", "Stop"];
  for (const method of ways) {
    const said = yield* ask({ kind: "command", method, job: attempt });
    if (refusalIn(session, said) === null) return;
  }
}

/** Not executing, where the machine serves that; a job that somebody else runs there is not ours to wait for. */
export function standsStill({ jobs, itemState }: Snapshot): boolean {
  return itemState !== itemStates.Executing || jobs.some(({ state }) => isAtWork(state));
}
