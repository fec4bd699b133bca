/** From the order to the running print: stored, read back, looked at once more, started once. */
import { assert } from "../../kernel/assert.ts";
import type { Json } from "../../kernel/json.ts";
import { listIn, membersOf } from "../../kernel/members.ts";
import { notFree } from "./directives.ts";
import { faults } from "./faults.ts";
import { makeSafe } from "./safing.ts";
import { answer, call, close, type Instant, type Job, refuse, type Session, type Transferred } from "./session.ts";
import { printState } from "./status.ts";

/** Nothing was started: everybody who waits is told so, and the copy goes. */
export function giveUpStart(session: Session, job: Job, fault: ReturnType<typeof faults.notReady>): void {
  for (const id of job.waiters) refuse(session, id, fault);
  job.waiters = [];
  close(session, job);
}

/** The copy was stored or read back, or was not. */
export function transferred(session: Session, job: Job, outcome: Transferred, now: Instant): void {
  job.token = null;
  if (!outcome.ok) return giveUpStart(session, job, faults.notStored(outcome.why));
  if (job.step === "storing") {
    job.step = "reading";
    job.token = session.nextToken++;
    session.out.push({ kind: "read", token: job.token, file: job.file });
  } else if (job.step === "reading") {
    // The order's digest decides, not the server's word for having checked it.
    if (outcome.digest !== job.copy.digest) return giveUpStart(session, job, faults.copyDiffers());
    job.step = "queue";
    call(session, "queue", "server.job_queue.status", null, now);
  }
}

/** Moonraker's own queue would start by itself what waits in it; a server without a queue says so by an error. */
export function queueKnown(session: Session, job: Job, result: Json | null, now: Instant): void {
  if (job.step !== "queue") return;
  if (result !== null && listIn(membersOf(result), "queued_jobs").length > 0) {
    return giveUpStart(session, job, faults.queue());
  }
  job.step = "looking";
  lookNow(session, now);
}

/** Asks for the whole state at once. */
export function lookNow(session: Session, now: Instant): void {
  session.lastLook = now.mono;
  const objects = { webhooks: null, print_stats: null, virtual_sdcard: null, pause_resume: null, gcode_move: null };
  call(session, "look", "printer.objects.query", { objects: { ...objects, extruder: null, heater_bed: null } }, now);
}

/** The whole state was just read: the last look before the start, or the look after it. */
export function looked(session: Session, job: Job, now: Instant): void {
  if (job.step === "looking") {
    const fault = notFree(session);
    if (fault !== null) return giveUpStart(session, job, fault);
    job.step = "starting";
    job.since = now.mono;
    // Once: a start that is not answered is looked for, and never said again.
    call(session, "start", "printer.print.start", { filename: job.file }, now);
  } else if (job.step === "starting" && job.startError !== null && !isOurs(session, job)) {
    giveUpStart(session, job, faults.notStarted(job.startError));
  }
}

/** The printer's own word for having started: its state names the file. */
function isOurs(session: Session, job: Job): boolean {
  const { file, state } = printState(session.status);
  return file === job.file && ["printing", "paused", "complete", "error"].includes(state);
}

/** Goes on while a start is awaited. */
export function pursueStart(session: Session, job: Job, now: Instant): void {
  if (job.step !== "starting") return;
  if (isOurs(session, job)) {
    job.step = "printing";
    job.layer = { since: now.mono, hotend: null, bed: null };
    for (const id of job.waiters) answer(session, id, { kind: "done" });
    job.waiters = [];
  } else if (now.mono - job.since >= session.setup.times.move + session.setup.times.call) {
    makeSafe(session, {}, now);
  }
}

/** The start was answered by an error, or not at all: what the printer says of itself decides. */
export function startDoubted(session: Session, job: Job, words: string | null, now: Instant): void {
  assert(job.step === "starting" || words !== null || job.step === "printing", "a start was sent");
  if (words !== null) job.startError = words;
  lookNow(session, now);
}
