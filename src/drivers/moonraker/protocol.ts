/** The driver of one printer behind Moonraker as a pure machine: messages, time and directives in, messages and news out. */
import type { Directive, Fault } from "../../equipment/machine.ts";
import { memberOf, membersOf, textIn } from "../../kernel/members.ts";
import type { AttemptId } from "../../kernel/names.ts";
import type { Milliseconds, MonotonicMs } from "../../kernel/units.ts";
import type { ProgramSource } from "../marlin/session.ts";
import { perform } from "./directives.ts";
import { faults } from "./faults.ts";
import { askInfo, filesKnown, greet, greeted, isGreeting, notGreeted, pursueGreeting } from "./greeting.ts";
import { clearLeftovers, removed } from "./leftovers.ts";
import { doubtConfirmed, fileTouched, followPrint, resumeRefused, verified } from "./printing.ts";
import { type Incoming, readMessage } from "./rpc.ts";
import { cool, giveUpSafety, makeSafe, pursueSafety } from "./safing.ts";
import {
  answer,
  type CallKind,
  close,
  type Instant,
  newSession,
  noteHeat,
  type Output,
  observe,
  type Session,
  type SessionSetup,
  sayOffline,
  type Transferred,
} from "./session.ts";
import { giveUpStart, looked, lookNow, pursueStart, queueKnown, startDoubted, transferred } from "./starting.ts";
import { heaters, hostState, isCold, isPrinting, merge } from "./status.ts";

/** What can happen to the driver. */
export type ProtocolEvent =
  | { readonly kind: "opened" }
  /** The connection could not be made, or is gone. */
  | { readonly kind: "closed"; readonly fault: Fault }
  | { readonly kind: "message"; readonly text: string }
  | { readonly kind: "transferred"; readonly token: number; readonly outcome: Transferred }
  /** Time has passed; expected at least every 100 ms. */
  | { readonly kind: "tick" }
  | {
      readonly kind: "directive";
      readonly id: number;
      readonly directive: Directive;
      readonly program: ProgramSource | null;
    }
  /** The parent has gone or closes: make the printer safe and exit. */
  | { readonly kind: "end"; readonly patience: Milliseconds };

/** Takes one event at one moment and gives what is to be done now. */
export type Protocol = (event: ProtocolEvent, now: Instant) => readonly Output[];

/** A longer pause between two steps means that this process was held up, in milliseconds. */
const ownAbsence = 1000;

/** Makes a driver that is not connected yet; `lost` names attempts that an earlier process left open. */
export function createProtocol(setup: SessionSetup, lost: readonly AttemptId[] = []): Protocol {
  const session = newSession(setup, lost);
  let last: MonotonicMs | null = null;
  return (event, now) => {
    if (last !== null && now.mono - last > ownAbsence) session.lastHeard += now.mono - last;
    last = now.mono;
    take(session, event, now);
    pursue(session, now);
    const { out } = session;
    session.out = [];
    return out;
  };
}

function take(session: Session, event: ProtocolEvent, now: Instant): void {
  if (event.kind === "opened") {
    session.lastHeard = now.mono;
    greet(session, now);
  } else if (event.kind === "closed") lost(session, event.fault, now);
  else if (event.kind === "message") {
    session.lastHeard = now.mono;
    const message = readMessage(event.text);
    if (message !== null) hear(session, message, now);
  } else if (event.kind === "transferred") takeTransfer(session, event.token, event.outcome, now);
  else if (event.kind === "directive") perform(session, event.id, event.directive, event.program, now);
  else if (event.kind === "end" && session.endBy === null) end(session, event.patience, now);
}

function hear(session: Session, message: Incoming, now: Instant): void {
  if (message.kind === "notice") return notice(session, message, now);
  const asked = session.calls.get(message.id);
  if (asked === undefined) return;
  session.calls.delete(message.id);
  if (message.kind === "result") answered(session, asked.kind, message, now);
  else failed(session, asked.kind, message.code, message.text, now);
}

function answered(
  session: Session,
  kind: CallKind,
  { result }: Extract<Incoming, { kind: "result" }>,
  now: Instant,
): void {
  const { job } = session;
  if (isGreeting(kind)) greeted(session, kind, result, now);
  else if (kind === "look") {
    updated(session, merge(session.status, membersOf(result)?.["status"]), now);
    if (session.job !== null) looked(session, session.job, now);
    if (session.job !== null) doubtConfirmed(session, session.job, now);
  } else if (kind === "files") filesKnown(session, result);
  else if (kind === "queue" && job !== null) queueKnown(session, job, result, now);
  else if (kind === "start") lookNow(session, now);
  else if (kind === "cancel") cool(session, now);
}

function failed(session: Session, kind: CallKind, code: number, words: string, now: Instant): void {
  const { job } = session;
  if (isGreeting(kind)) notGreeted(session, kind, code, words, now);
  else if (kind === "queue" && job !== null) queueKnown(session, job, null, now);
  else if (kind === "start" && job !== null) startDoubted(session, job, words, now);
  else if (kind === "resume" && job !== null) resumeRefused(session, job, words, now);
  else if (kind === "cancel") cool(session, now);
}

function notice(session: Session, { method, params }: Extract<Incoming, { kind: "notice" }>, now: Instant): void {
  const { job, phase } = session;
  if (method === "notify_status_update") {
    if (phase === "ready") updated(session, merge(session.status, params[0]), now);
  } else if (method === "notify_klippy_ready") {
    if (phase !== "closed") askInfo(session, now);
  } else if (method === "notify_klippy_shutdown") {
    // Its words come with the state, which is asked for at once.
    if (phase === "ready") lookNow(session, now);
  } else if (method === "notify_klippy_disconnected") hostGone(session, now);
  else if (method === "notify_filelist_changed" && job !== null) {
    const change = membersOf(params[0]);
    const paths = [memberOf(change, "item"), memberOf(change, "source_item")].map((item) => textIn(item, "path"));
    for (const path of paths) if (path !== null && session.job === job) fileTouched(session, job, path, now);
  }
}

function updated(session: Session, status: Session["status"], now: Instant): void {
  session.status = status;
  noteHeat(session);
  const heat = heaters(status);
  if (heat !== null) session.out.push({ kind: "telemetry", heat, utc: now.utc });
}

/** Klipper itself ended or restarts: what it was printing is over, and its heaters are its firmware's business. */
function hostGone(session: Session, now: Instant): void {
  if (session.phase !== "ready") return;
  endAttempt(session, faults.restarted());
  giveUpSafety(session);
  session.status = {};
  session.phase = "greeting";
  session.retryAt = now.mono + session.setup.times.retry;
  sayOffline(session, faults.restarted());
}

/** The open attempt ends without anybody knowing what the heaters do. */
function endAttempt(session: Session, fault: Fault): void {
  const { job } = session;
  if (job === null) return;
  if (isBeforeStart(job.step)) return giveUpStart(session, job, fault);
  for (const id of job.waiters) answer(session, id, { kind: "unknown", fault: faults.startUnknown() });
  if (job.step !== "starting") observe(session, { kind: "failed", attempt: job.attempt, fault, heaters: "unknown" });
  close(session, job);
}

function isBeforeStart(step: string): boolean {
  return ["storing", "reading", "queue", "looking"].includes(step);
}

function takeTransfer(session: Session, token: number, outcome: Transferred, now: Instant): void {
  const { job } = session;
  if (job !== null && job.token === token) {
    if (job.step === "verifying") verified(session, job, outcome);
    else transferred(session, job, outcome, now);
  } else removed(session, token, outcome, now);
}

/** Out of sight: a print goes on by itself to the end of its layer and waits there. */
function lost(session: Session, fault: Fault, now: Instant): void {
  const { job } = session;
  session.phase = "closed";
  session.calls.clear();
  session.retryAt = null;
  session.lostSince ??= now.mono;
  session.lostBy = fault;
  if (job !== null) {
    if (isBeforeStart(job.step)) giveUpStart(session, job, fault);
    else {
      job.unwatchedSince ??= now.utc;
      if (job.resuming !== null) job.resuming = { ...job.resuming, lost: true };
    }
  }
  if (session.job === null && session.safing === null) sayOffline(session, fault);
}

function pursue(session: Session, now: Instant): void {
  watch(session, now);
  pursueGreeting(session, now);
  if (session.job !== null && session.phase === "ready") pursueStart(session, session.job, now);
  if (session.job !== null) followPrint(session, session.job, now);
  pursueSafety(session, now);
  idleHost(session, now);
  clearLeftovers(session, now);
  if (session.endBy !== null && mayExit(session, session.endBy, now)) session.out.push({ kind: "exit" });
}

/** Own watchdog: a frozen server and a half-open connection say nothing at all. */
function watch(session: Session, now: Instant): void {
  const { times } = session.setup;
  if (session.phase !== "closed" && now.mono - session.lastHeard >= times.silence) {
    session.out.push({ kind: "reconnect" });
    lost(session, faults.noSign(Math.round(times.silence / 1000)), now);
  }
  for (const [id, { kind, deadline }] of session.calls) {
    if (now.mono < deadline) continue;
    session.calls.delete(id);
    overdue(session, kind, now);
  }
  if (session.phase === "ready" && now.mono - session.lastLook >= times.heartbeat) lookNow(session, now);
  if (session.lostSince !== null && now.mono - session.lostSince >= times.patience && session.lostBy !== null) {
    sayOffline(session, session.lostBy);
    endAttempt(session, session.lostBy);
  }
}

/** A call that nobody answered. What moves the printer is never said again: its state tells what came of it. */
function overdue(session: Session, kind: CallKind, now: Instant): void {
  const { job } = session;
  if (isGreeting(kind)) session.retryAt = now.mono;
  else if (kind === "queue" && job !== null) giveUpStart(session, job, faults.notReady());
  else if (kind === "look" && job?.step === "looking") giveUpStart(session, job, faults.notReady());
  else if (kind === "start" && job?.step === "starting") startDoubted(session, job, null, now);
}

/** An idle printer whose Klipper has shut down cannot be used. */
function idleHost(session: Session, now: Instant): void {
  if (session.phase !== "ready" || session.job !== null || session.safing !== null) return;
  const { state, words } = hostState(session.status);
  if (state !== "shutdown" && state !== "error") return;
  session.phase = "greeting";
  session.retryAt = now.mono + session.setup.times.retry;
  sayOffline(session, faults.halted(words));
}

function end(session: Session, patience: Milliseconds, now: Instant): void {
  session.endBy = now.mono + Math.max(patience, session.setup.times.safe);
  const { job } = session;
  if (job === null) return;
  if (isBeforeStart(job.step)) giveUpStart(session, job, faults.notReady());
  else makeSafe(session, {}, now);
}

/** Leaves a printer that is known to be safe and holds no copy, or that is out of reach. */
function mayExit(session: Session, endBy: MonotonicMs, now: Instant): boolean {
  if (now.mono >= endBy) return true;
  if (session.safing !== null || session.job !== null) return false;
  if (session.phase !== "ready") return session.identity === null || session.said !== "online";
  return [...session.leftovers.values()].every(({ tries, token }) => token === null && tries > 0) && isSafe(session);
}

function isSafe({ status }: Session): boolean {
  return isCold(status) || isPrinting(status) || heaters(status) === null;
}
