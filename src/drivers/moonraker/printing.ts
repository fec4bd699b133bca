/** Following a print at the printer: its stops, what somebody else does to it, and its end. */
import type { Fault } from "../../equipment/machine.ts";
import { faults } from "./faults.ts";
import { makeSafe } from "./safing.ts";
import { call, close, type Instant, type Job, observe, type Session, type Transferred, widen } from "./session.ts";
import { lookNow } from "./starting.ts";
import { heaters, hostState, isCold, overridden, printState } from "./status.ts";

/** So often is the copy read again at the end before the attempt is given up. */
const readTries = 3;

/** Looks at the print after every change and every tick. */
export function followPrint(session: Session, job: Job, now: Instant): void {
  if (session.phase !== "ready" || session.safing !== null) return;
  if (job.step === "cooling") return cooling(session, job, now);
  if (job.step !== "printing") return;
  const { state, words } = hostState(session.status);
  if (state === "shutdown" || state === "error") return makeSafe(session, { fault: faults.halted(words) }, now);
  const print = printState(session.status);
  if (print.file !== job.file) return touched(session, "started another print or took this one away", now);
  const change = overridden(session.status);
  if (change !== null) return touched(session, change, now);
  if (print.state === "paused") paused(session, job, print.position, now);
  else if (print.state === "printing") moving(session, job, print.position, now);
  else if (print.state === "complete") complete(session, job, now);
  else if (print.state === "error") makeSafe(session, { fault: faults.firmware(print.words) }, now);
  else touched(session, "cancelled the print", now);
}

function touched(session: Session, action: string, now: Instant): void {
  makeSafe(session, { fault: faults.touched(action) }, now);
}

/** It stands: at the stop that was awaited, still at the one before, or where nobody of this cell has told it to. */
function paused(session: Session, job: Job, position: number, now: Instant): void {
  if (!job.stopped && position === job.copy.stops[job.next]?.end) return arrive(session, job, now);
  if (!job.stopped) return doubt(session, job, now);
  if (job.resuming !== null && position === job.copy.stops[job.next + 1]?.end) {
    // Between two reports it went on and made the whole layer.
    depart(job, now);
    return arrive(session, job, now);
  }
  if (position !== job.copy.stops[job.next]?.end) return doubt(session, job, now);
  job.doubted = false;
  if (job.resuming !== null) return awaitResume(session, job, now);
  if (haveTargetsMoved(session, job)) return makeSafe(session, { fault: faults.setPoints() }, now);
  resume(session, job, now);
}

function arrive(session: Session, job: Job, now: Instant): void {
  const stop = job.copy.stops[job.next]!;
  [job.stopped, job.doubted, job.stoppedHeat] = [true, false, heaters(session.status)];
  const heat = job.stoppedHeat;
  if (stop.layer > 0 && heat !== null) {
    const { since, hotend, bed } = job.layer;
    const summary = {
      ...{ hotend: widen(hotend, heat.hotend.actual), bed: widen(bed, heat.bed.actual) },
      ...{ durationMs: now.mono - since, resends: 0, markedAt: now.utc },
    };
    observe(session, { kind: "layer-done", attempt: job.attempt, layer: stop.layer, summary });
  }
  resume(session, job, now);
}

/** What follows the last layer counts as one more: it moves the tool, so it too waits for the verdict on what is below. */
function resume(session: Session, job: Job, now: Instant): void {
  const stop = job.copy.stops[job.next]!;
  if (job.held || job.released <= stop.layer || job.resuming !== null) return;
  job.resuming = { since: now.mono, lost: false };
  call(session, "resume", "printer.print.resume", null, now);
}

/** A resume is never said twice: heard late, it would begin a layer that nobody has released. */
function awaitResume(session: Session, job: Job, now: Instant): void {
  const { resuming } = job;
  if (resuming === null) return;
  if (resuming.lost) makeSafe(session, { fault: faults.resumeUnknown() }, now);
  else if (now.mono - resuming.since >= session.setup.times.move) {
    makeSafe(session, { fault: faults.notResumed("it does not move") }, now);
  }
}

/** The resume was answered by an error. */
export function resumeRefused(session: Session, job: Job, words: string, now: Instant): void {
  if (job.resuming !== null) makeSafe(session, { fault: faults.notResumed(words) }, now);
}

/** The status of one moment may come in two messages: before somebody is blamed, the whole of it is read once more. */
function doubt(session: Session, job: Job, now: Instant): void {
  if (job.doubted) return;
  job.doubted = true;
  lookNow(session, now);
}

/** The whole state was read, and it is as odd as before. */
export function doubtConfirmed(session: Session, job: Job, now: Instant): void {
  if (!job.doubted || job.step !== "printing" || printState(session.status).state !== "paused") return;
  const { position } = printState(session.status);
  const { stops } = job.copy;
  const expected = [stops[job.next]?.end, ...(job.resuming === null ? [] : [stops[job.next + 1]?.end])];
  job.doubted = false;
  if (expected.includes(position)) return;
  const wentOn = job.stopped && position > (stops[job.next]?.end ?? 0);
  touched(session, wentOn ? "let the print go on" : "paused the print", now);
}

function moving(session: Session, job: Job, position: number, now: Instant): void {
  job.doubted = false;
  if (job.stopped) {
    if (job.resuming === null) return touched(session, "let the print go on", now);
    depart(job, now);
  }
  const stop = job.copy.stops[job.next];
  // It can only be behind its next stop if somebody else has let it go on from there.
  if (stop !== undefined && position > stop.end) touched(session, "let the print go on", now);
}

function depart(job: Job, now: Instant): void {
  job.next++;
  [job.stopped, job.resuming, job.stoppedHeat] = [false, null, null];
  job.layer = { since: now.mono, hotend: null, bed: null };
}

/** While it stands no line of the program is carried out: targets that change are somebody's, or its idle time-out's. */
function haveTargetsMoved(session: Session, job: Job): boolean {
  const [now, then] = [heaters(session.status), job.stoppedHeat];
  if (now === null || then === null) return false;
  return now.hotend.target !== then.hotend.target || now.bed.target !== then.bed.target;
}

function complete(session: Session, job: Job, now: Instant): void {
  if (job.stopped && job.resuming !== null) depart(job, now);
  const made = job.copy.stops.length - 1;
  if (job.next <= made) return makeSafe(session, { fault: faults.endedEarly(Math.max(0, job.next - 1)) }, now);
  job.step = "cooling";
  job.since = now.mono;
  cooling(session, job, now);
}

/** The program's last lines switch the heaters off; its own state has to show it. */
function cooling(session: Session, job: Job, now: Instant): void {
  if (isCold(session.status)) read(session, job);
  else if (now.mono - job.since >= session.setup.times.call) makeSafe(session, { fault: faults.stayedHot() }, now);
}

function read(session: Session, job: Job): void {
  job.step = "verifying";
  job.token = session.nextToken++;
  session.out.push({ kind: "read", token: job.token, file: job.file });
}

/** The copy as it stands after the print: only what is still the ordered one was printed. */
export function verified(session: Session, job: Job, outcome: Transferred): void {
  job.token = null;
  if (!outcome.ok && ++job.tries < readTries) return read(session, job);
  const { attempt } = job;
  if (outcome.ok && outcome.digest === job.copy.digest) {
    observe(session, { kind: "finished", attempt, executed: job.copy.execution });
  } else {
    const fault: Fault = outcome.ok ? faults.copyChanged() : faults.connectionLost(outcome.why);
    observe(session, { kind: "failed", attempt, fault, heaters: "off" });
  }
  close(session, job);
}

/** Somebody wrote to the file that is being printed. */
export function fileTouched(session: Session, job: Job, path: string, now: Instant): void {
  const started = job.step === "printing" || job.step === "starting";
  if (started && path === job.file) makeSafe(session, { fault: faults.copyChanged() }, now);
}
