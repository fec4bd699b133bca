/** The driver of one Marlin-family printer as a pure machine: bytes, time and directives in, bytes and news out. */
import type { Directive, Fault } from "../../equipment/machine.ts";
import type { AttemptId } from "../../kernel/names.ts";
import { clip } from "../../kernel/text.ts";
import type { Milliseconds, MonotonicMs } from "../../kernel/units.ts";
import { perform } from "./directives.ts";
import { faults } from "./faults.ts";
import { nextCommand } from "./feed.ts";
import { checkJob, followEcho, followJob } from "./following.ts";
import { begin, pursueGreeting } from "./greeting.ts";
import { takeReply } from "./hearing.ts";
import { end as endOf, isIdle, pump, quietAllowed, rebase, sentAs, takeOutput } from "./link.ts";
import { readReply } from "./reply.ts";
import { giveUpSafety, makeSafe, pursueSafety } from "./safing.ts";
import {
  close,
  type Instant,
  knownHeat,
  newSession,
  type Output,
  observe,
  type ProgramSource,
  type Session,
  type SessionSetup,
  sayOffline,
} from "./session.ts";
import { noteConfirmed, noteSent } from "./setpoints.ts";

/** What can happen to the driver. */
export type ProtocolEvent =
  | { readonly kind: "opened" }
  | { readonly kind: "closed"; readonly fault: Fault }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** Time has passed; expected at least every 50 ms. */
  | { readonly kind: "tick" }
  /** `program` belongs to a `begin`; null where the parent does not have it. */
  | {
      readonly kind: "directive";
      readonly id: number;
      readonly directive: Directive;
      readonly program: ProgramSource | null;
    }
  /** The parent has gone or closes: make the printer safe and exit; out of reach it is waited for so long. */
  | { readonly kind: "end"; readonly patience: Milliseconds };

/** Takes one event at one moment and gives what is to be done now. */
export type Protocol = (event: ProtocolEvent, now: Instant) => readonly Output[];

/** A longer pause between two steps means that this process was held up, in milliseconds. */
const ownAbsence = 1000;

/** Makes a driver that has opened nothing yet; `lost` names attempts that an earlier process left open. */
export function createProtocol(setup: SessionSetup, lost: readonly AttemptId[] = []): Protocol {
  const session = newSession(setup, lost);
  let last: MonotonicMs | null = null;
  return (event, now) => {
    // While this process did not run, it could not hear: its own absence is not the printer's silence.
    if (last !== null && now.mono - last > ownAbsence) session.lastHeard += now.mono - last;
    last = now.mono;
    take(session, event, now);
    pursue(session, now);
    const text = takeOutput(session.link);
    if (text !== "") session.out.push({ kind: "write", text });
    const out = session.out;
    session.out = [];
    return out;
  };
}

function take(session: Session, event: ProtocolEvent, now: Instant): void {
  if (event.kind === "opened") {
    session.lastHeard = now.mono;
    begin(session, now);
  } else if (event.kind === "closed") lose(session, event.fault);
  else if (event.kind === "bytes") {
    for (const line of session.split(event.bytes)) {
      session.lastHeard = now.mono;
      const reply = readReply(line);
      if (reply.kind === "other" && session.job !== null && line.trim() !== "") {
        session.out.push({ kind: "remark", text: clip(line, 200) });
      }
      takeReply(session, reply, now);
      send(session, now);
    }
  } else if (event.kind === "directive") perform(session, event.id, event.directive, event.program, now);
  else if (event.kind === "end" && session.endBy === null) end(session, event.patience, now);
}

function pursue(session: Session, now: Instant): void {
  const silence = silenceAllowed(session);
  if (session.phase === "ready" && now.mono - session.lastHeard >= silence) {
    lose(session, faults.noSign(silence / 1000));
    begin(session, now);
  }
  const { link, job, safing } = session;
  if (session.phase === "ready" && link.fault !== null && job === null && safing === null) {
    lose(session, link.fault);
    begin(session, now);
  }
  pursueGreeting(session, now);
  followEcho(session);
  followJob(session, now);
  pursueSafety(session, now);
  poll(session, now);
  renumber(session, now);
  send(session, now);
  checkJob(session, now);
  if (session.endBy !== null && mayExit(session, session.endBy, now)) session.out.push({ kind: "exit" });
}

/** A firmware without keep-alive is silent while it homes or heats: then the bound is its dialect's. */
function silenceAllowed({ setup, link }: Session): Milliseconds {
  return Math.max(quietAllowed(link), setup.times.liveness);
}

/** Sends the driver's own commands first, then the job's. */
function send(session: Session, now: Instant): void {
  if (session.phase !== "greeting" && session.phase !== "ready") return;
  pump(session.link, now.mono, () => {
    const own = session.control.shift();
    if (own !== undefined) return own;
    return session.job === null || session.phase !== "ready"
      ? null
      : nextCommand(session.job.feed, isIdle(session.link));
  });
  noteSetPoints(session);
  // Text must keep its order with what is written past the queue.
  const text = takeOutput(session.link);
  if (text !== "") session.out.push({ kind: "write", text });
}

/** A connection may stand for years: numbers start afresh between two jobs, long before they make a line too long. */
function renumber({ phase, job, safing, control, link }: Session, now: Instant): void {
  if (phase !== "ready" || job !== null || safing !== null || control.length > 0) return;
  if (!isIdle(link) || endOf(link) < link.limits.renumberFrom) return;
  rebase(link, now.mono);
}

/** Set points count as sent from their line on, and as the printer's from its confirmation on. */
function noteSetPoints({ link, setPoints }: Session): void {
  const from = Math.max(setPoints.notedTo, link.base);
  for (let number = from; number < endOf(link); number++) noteSent(setPoints, number, sentAs(link, number) ?? "");
  setPoints.notedTo = endOf(link);
  noteConfirmed(setPoints, link.acked);
}

/** Asks for temperatures where the printer does not report them by itself: they are its sign of life as well. */
function poll(session: Session, now: Instant): void {
  const { times } = session.setup;
  if (session.phase !== "ready" || session.control.length > 0) return;
  const newest = Math.max(session.heat.latest?.at ?? 0, session.lastPolled);
  if (now.mono - newest < times.poll) return;
  session.lastPolled = now.mono;
  session.control.push("M105");
}

/** The printer cannot be spoken to: an open attempt is over, and what its heaters do is not known. */
function lose(session: Session, fault: Fault): void {
  const { job } = session;
  session.phase = "closed";
  session.retryAt = null;
  session.heat.latest = null;
  sayOffline(session, fault);
  if (job !== null) {
    observe(session, { kind: "failed", attempt: job.attempt, fault, heaters: "unknown" });
    close(session, job.attempt);
  }
  giveUpSafety(session);
}

function end(session: Session, patience: Milliseconds, now: Instant): void {
  session.endBy = now.mono + Math.max(patience, session.setup.times.safe);
  session.patientUntil = now.mono + patience;
  const heat = knownHeat(session, now);
  const cold = heat !== null && heat.hotend.target === 0 && heat.bed.target === 0;
  if (session.job !== null || (session.phase === "ready" && !cold)) makeSafe(session, { mayPark: true }, now);
}

/** Leaves a printer that is known to be cold, or that was never or is no longer within reach. */
function mayExit(session: Session, endBy: MonotonicMs, now: Instant): boolean {
  const { phase, identity, safing, link } = session;
  if (now.mono >= endBy || phase === "refused" || phase === "halted") return true;
  if (phase === "ready") return safing === null && isIdle(link);
  return identity === null || now.mono >= session.patientUntil;
}
