/** The driver of one machine on OPC UA as a pure machine: events and time in, requests and news out. */
import type { Answer, Directive, Fault, MachineIdentity } from "../../equipment/machine.ts";
import { digestOfValue } from "../../kernel/hash.ts";
import type { AttemptId } from "../../kernel/names.ts";
import type { Milliseconds, MonotonicMs } from "../../kernel/units.ts";
import type { Program } from "../child-messages.ts";
import {
  type AlarmEvent,
  beginRefresh,
  clearAlarm,
  expiryAlarms,
  forgetAlarms,
  hearAlarm,
  note,
  ownAlarms,
  tellAlarms,
} from "./alarms.ts";
import { expiryAlarm } from "./certificate.ts";
import { faults, jobFaults } from "./faults.ts";
import { follow } from "./following.ts";
import type { Procedure, Reply } from "./requests.ts";
import {
  type Arrival,
  answer,
  fail,
  lookAt,
  newSession,
  type Output,
  observe,
  pause,
  raise,
  type Session,
  type SessionSetup,
  sayOffline,
} from "./session.ts";
import { beginJob } from "./starting.ts";
import { abortJob, changeJob } from "./stopping.ts";
import { type Beat, heardBeat, type Instant, newWatch, pursueWatch } from "./watchdog.ts";

/** What can happen to the driver. */
export type ProtocolEvent =
  /** A connection stands, its parts are found, its nameplate was read. */
  | { readonly kind: "connected"; readonly arrival: Arrival }
  /** There is none, or no more. */
  | { readonly kind: "disconnected"; readonly fault: Fault }
  | { readonly kind: "beat"; readonly id: number; readonly beat: Beat | null }
  | { readonly kind: "reply"; readonly id: number; readonly reply: Reply }
  | { readonly kind: "alarm"; readonly event: AlarmEvent }
  /** Something changed at the machine: a reason to look. */
  | { readonly kind: "hint" }
  /** Time has passed; expected at least every 50 ms. */
  | { readonly kind: "tick" }
  | {
      readonly kind: "directive";
      readonly id: number;
      readonly directive: Directive;
      readonly program: Program | null;
    }
  /** The parent has gone or closes: end the open job and exit; a machine out of reach is waited for so long. */
  | { readonly kind: "end"; readonly patience: Milliseconds };

/** Takes one event at one moment and gives what is to be done now. */
export type Protocol = (event: ProtocolEvent, now: Instant) => readonly Output[];

/** A longer pause between two steps means that this process was held up, in milliseconds. */
const ownAbsence = 1000;

const warnEvery: Milliseconds = 3_600_000;

/** Makes a driver that is not connected yet; `lost` names attempts that an earlier process left open. */
export function createProtocol(setup: SessionSetup, lost: readonly AttemptId[] = []): Protocol {
  const session = newSession(setup, lost);
  let last: MonotonicMs | null = null;
  return (event, now) => {
    // While this process did not run, it could not hear: its own absence is not the machine's silence.
    const absent = last === null || now.mono - last <= ownAbsence ? 0 : now.mono - last;
    if (session.watch?.awaited) {
      session.watch.awaited = { ...session.watch.awaited, until: session.watch.awaited.until + absent };
    }
    last = now.mono;
    session.now = now;
    take(session, event);
    pursue(session);
    const { out } = session;
    session.out = [];
    return out;
  };
}

function take(session: Session, event: ProtocolEvent): void {
  const { running } = session;
  if (event.kind === "connected") arrive(session, event.arrival);
  else if (event.kind === "disconnected") lose(session, event.fault);
  else if (event.kind === "beat") {
    const found = session.watch === null ? null : heardBeat(session.watch, event.id, event.beat);
    if (found !== null) giveUp(session, notWatched(session));
  } else if (event.kind === "reply") {
    if (running !== null && "request" in running.awaits && running.awaits.request === event.id)
      resume(session, event.reply);
  } else if (event.kind === "alarm") {
    if (hearAlarm(session.alarms, event.event, session.now)) refresh(session);
  } else if (event.kind === "hint") session.nextLook = Math.min(session.nextLook, session.now.mono);
  else if (event.kind === "directive") perform(session, event.id, event.directive, event.program);
  else if (event.kind === "end" && session.endBy === null) end(session, event.patience);
}

function pursue(session: Session): void {
  const { now, running, watch } = session;
  const found = watch === null ? null : pursueWatch(watch, now);
  if (found?.kind === "read") session.out.push({ kind: "heartbeat", id: found.id });
  else if (found !== null) giveUp(session, notWatched(session));
  const { blindSince, connected } = session;
  if (connected && blindSince !== null && now.mono - blindSince.mono >= session.setup.times.blind)
    giveUp(session, faults.unreadable());
  if (running !== null && "until" in running.awaits && now.mono >= running.awaits.until) resume(session, paused);
  loseSight(session);
  warnOfEnds(session);
  if (session.connected && session.running === null && now.mono >= session.nextLook) followNow(session);
  for (const alarm of tellAlarms(session.alarms, now)) observe(session, { kind: "alarm", alarm });
  if (session.endBy !== null && mayExit(session, session.endBy)) session.out.push({ kind: "exit" });
}

function followNow(session: Session): void {
  const { follow: soon, idle } = session.setup.times;
  session.nextLook = session.now.mono + (session.job === null ? idle : soon);
  enqueue(session, () => follow(session));
}

/** What a pause is answered with; nobody looks at it. */
const paused: Reply = { kind: "carried-out" };

/** Work is done one piece after the other, so that no two pieces talk to the machine at once. */
function enqueue(session: Session, make: () => Procedure<void>): void {
  session.waiting.push(make);
  if (session.running === null) next(session);
}

function next(session: Session): void {
  session.running = null;
  const make = session.waiting.shift();
  if (make === undefined) return;
  session.running = { procedure: make(), awaits: { until: session.now.mono } };
  resume(session, paused);
}

/** Goes on with the piece of work under way; what it asks of a machine that is not there is answered at once. */
function resume(session: Session, reply: Reply): void {
  const { running } = session;
  if (running === null) return;
  let given = reply;
  for (;;) {
    const step = running.procedure.next(given);
    if (step.done === true) return next(session);
    if (step.value.kind === "pause") {
      running.awaits = { until: session.now.mono + step.value.ms };
      return;
    }
    if (session.connected) {
      running.awaits = { request: session.nextRequest++ };
      session.out.push({ kind: "do", id: running.awaits.request, request: step.value });
      return;
    }
    given = { kind: "unsent" };
  }
}

/** Whoever answers is compared with whom the configuration names; then everything is looked at anew. */
function arrive(session: Session, arrival: Arrival): void {
  const { serial, productInstanceUri, times } = session.setup;
  const wrong =
    arrival.productInstanceUri !== productInstanceUri
      ? faults.wrongMachine("its ProductInstanceUri", productInstanceUri, arrival.productInstanceUri)
      : arrival.identity.serial !== serial
        ? faults.wrongMachine("its serial number", serial, arrival.identity.serial)
        : null;
  if (wrong !== null) {
    lose(session, wrong);
    session.out.push({ kind: "disconnect" });
    return;
  }
  const restarted = session.startTime !== null && session.startTime !== arrival.startTime;
  session.connected = true;
  session.startTime = arrival.startTime;
  // Another firmware is another machine to the record: it is said again who this is.
  if (session.identity !== null && digestOfValue(session.identity) !== digestOfValue(arrival.identity))
    session.said = null;
  session.identity = arrival.identity;
  session.watch = newWatch(times.watch, arrival, session.now);
  session.nextLook = session.now.mono;
  refresh(session);
  session.ends = arrival.certificatesEnd;
  session.nextWarning = session.now.mono;
  enqueue(session, () => resync(session, arrival.identity, restarted));
}

/** The machine is seen again: its own word is heard first, then the gap is told, then that it is there. */
function* resync(session: Session, identity: MachineIdentity, restarted: boolean): Procedure<void> {
  while ((yield* lookAt(session)) === null) {
    if (!session.connected) return;
    yield* pause(session.setup.times.step);
  }
  const { unwatched } = session;
  session.unwatched = null;
  clearAlarm(session.alarms, ownAlarms.watch, session.now.utc);
  if (unwatched !== null) {
    const anew = restarted ? " Its server was started anew meanwhile." : "";
    const what = `The machine was not watched: ${unwatched.fault.what}${anew} What it shows now was read anew.`;
    observe(session, { kind: "gap", from: unwatched.from, to: session.now.utc, what });
  }
  if (session.said === "online") return;
  session.said = "online";
  observe(session, { kind: "online", identity });
}

/** Looks again and again whether a certificate ends soon: a connection may stand for months. */
function warnOfEnds(session: Session): void {
  const { ends, now } = session;
  if (ends === null || now.mono < session.nextWarning) return;
  session.nextWarning = now.mono + warnEvery;
  const due = [
    expiryAlarm(expiryAlarms.machine, "The machine's", ends.machine, now.utc),
    expiryAlarm(expiryAlarms.cell, "This cell's", ends.cell, now.utc),
  ];
  for (const alarm of due) if (alarm !== null) note(session.alarms, alarm);
}

function refresh(session: Session): void {
  beginRefresh(session.alarms, session.now);
  session.out.push({ kind: "refresh" });
}

function notWatched({ setup }: Session): Fault {
  const { every, misses } = setup.times.watch;
  return faults.notWatched(Math.round((every * misses) / 1000));
}

/** The connection stands, and nothing that counts comes over it. */
function giveUp(session: Session, fault: Fault): void {
  lose(session, fault);
  session.out.push({ kind: "disconnect" });
}

/** The machine is not watched from now on. What waits for its answer is told so. */
function lose(session: Session, fault: Fault): void {
  const { watch, running, blindSince } = session;
  session.connected = false;
  session.watch = null;
  session.blindSince = null;
  session.alarms.refresh = null;
  const from = Math.min(watch?.goodSince ?? session.now.utc, blindSince?.utc ?? session.now.utc);
  if (session.unwatched !== null) session.unwatched = { ...session.unwatched, latest: fault };
  else if (watch !== null) session.unwatched = { from, since: session.now.mono, fault, latest: fault };
  if (session.job === null) offline(session, fault);
  else {
    raise(session, { id: ownAlarms.watch, severity: 700, what: fault.what });
  }
  if (running !== null && "request" in running.awaits) resume(session, { kind: "lost", why: fault.what });
}

/** A machine at work may be out of sight for a while, because it can tell afterwards what it did; not for longer. */
function loseSight(session: Session): void {
  const { unwatched, job, now, setup } = session;
  if (unwatched === null || session.connected) return;
  const { patience } = setup.times;
  if (job !== null && now.mono - unwatched.since < patience) return;
  if (job === null) {
    // Said already, and perhaps more exactly since: the first cause is not said again.
    if (session.said === null || session.said === "online") offline(session, unwatched.fault);
    return;
  }
  // Said first, because what nobody could see is not known to have failed: the cell then calls its outcome unknown.
  const fault = jobFaults.outOfSight(Math.round(patience / 1000), unwatched.latest.what);
  session.unwatched = { ...unwatched, fault };
  offline(session, fault);
  fail(session, fault, "unknown");
}

function offline(session: Session, fault: Fault): void {
  if (session.said !== fault.code) forgetAlarms(session.alarms);
  sayOffline(session, fault);
}

function perform(session: Session, id: number, directive: Directive, program: Program | null): void {
  const { attempt } = directive;
  if (directive.kind === "abort" && session.starting?.attempt === attempt) session.starting.aborted = true;
  enqueue(session, function* () {
    answer(session, id, yield* carryOut(session, directive, program));
  });
}

function carryOut(session: Session, directive: Directive, program: Program | null): Procedure<Answer> {
  if (directive.kind === "begin") return beginJob(session, directive, program);
  if (directive.kind === "abort") return abortJob(session, directive.attempt);
  return changeJob(session, directive.attempt, directive.kind);
}

function end(session: Session, patience: Milliseconds): void {
  session.endBy = session.now.mono + Math.max(patience, session.setup.times.abort);
  const { starting } = session;
  // A start under way stops between two steps; what it has already given to the machine is ended behind it.
  if (starting !== null) starting.aborted = true;
  if (session.job === null && starting === null && session.leftovers.size === 0) return;
  enqueue(session, function* () {
    const until = session.now.mono + patience;
    while (!session.connected && session.now.mono < until) yield* pause(session.setup.times.step);
    const attempt = session.job?.attempt ?? starting?.attempt;
    if (attempt !== undefined) yield* abortJob(session, attempt);
    yield* follow(session);
  });
}

function mayExit(session: Session, endBy: MonotonicMs): boolean {
  return session.now.mono >= endBy || (session.running === null && session.waiting.length === 0);
}
