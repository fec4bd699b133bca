/** What a reply of the printer means for connection, job and safety. */
import type { Fault } from "../../equipment/machine.ts";
import { faults } from "./faults.ts";
import { echoOff, echoOn, markHeard, placeHeard } from "./following.ts";
import { begin, refuseMachine } from "./greeting.ts";
import { type Heat, noteHeat } from "./heat.ts";
import { hear, probe, sentAs, sentLately } from "./link.ts";
import type { Reply, Stranger, TemperatureReport } from "./reply.ts";
import { giveUpSafety, makeSafe } from "./safing.ts";
import { close, type Instant, observe, type Session, sayOffline } from "./session.ts";
import { compareSetPoints } from "./setpoints.ts";
import { checksum } from "./wire.ts";

/** Panel and sensor requests that touch a running print; all other host actions are of no concern here. */
const touching = /^(?:paused?|cancel|stop|resumed?|start|disconnect|filament_runout|out_of_filament)\b/;
/** Commands of the driver's own that a firmware may lack without harm. */
const optional: ReadonlySet<string> = new Set([
  ...[probe, "M413 S0", "M413", "M155 S1", "M105", "M107", "M114", echoOn, echoOff],
]);

/** Takes one reply; call `pump` afterwards. */
export function takeReply(session: Session, reply: Reply, now: Instant): void {
  if (session.phase === "closed") return;
  hear(session.link, reply, now.mono);
  if (reply.kind === "ok" && reply.heat !== null) takeHeat(session, reply.heat, now);
  else if (reply.kind === "heat") takeHeat(session, reply.heat, now);
  else if (reply.kind === "firmware") session.firmware = reply.firmware;
  else if (reply.kind === "capabilities") {
    for (const [name, on] of reply.capabilities) session.capabilities.set(name, on);
  } else if (reply.kind === "mark") markHeard(session, reply.text, now);
  else if (reply.kind === "position") placeHeard(session, reply.at);
  else if (reply.kind === "recovery") session.resumesByItself = reply.on;
  else if (reply.kind === "stranger") strange(session, reply.peer, now);
  else if (reply.kind === "banner" || (reply.kind === "startup" && session.phase === "ready")) restarted(session, now);
  else if (reply.kind === "halted") halted(session, faults.halted(reply.text), now);
  else {
    const fault = session.job === null || session.phase !== "ready" ? null : jobFault(session, reply);
    if (fault !== null) makeSafe(session, { fault: fault.fault, mayPark: fault.mayPark }, now);
  }
  if (reply.kind === "unknown-command") {
    session.echoed = true;
    // A build without keep-alive: from now on it may be silent over what takes its time.
    if (reply.command === probe) session.link.keepsAlive = false;
  }
  if (reply.kind === "ok") session.echoed = false;
}

function takeHeat(session: Session, report: TemperatureReport, now: Instant): void {
  noteHeat(session.heat, report, now.mono);
  const { latest } = session.heat;
  if (latest === null || latest.at !== now.mono) return;
  const { hotend, bed } = session.setPoints;
  const commanded = { hotend: hotend.confirmed, bed: bed.confirmed };
  session.out.push({ kind: "telemetry", heat: latest, commanded, resends: session.link.resends, utc: now.utc });
  if (session.phase === "ready" && session.link.recovery === null) readBack(session, latest, now);
}

/** A set point that the printer does not show, or no longer: it limits it, or somebody changed it there. */
function readBack(session: Session, heat: Heat, now: Instant): void {
  const other = compareSetPoints(session.setPoints, heat);
  if (other === null || session.job === null) return;
  const { heater, sent, found, taken } = other;
  const fault = taken ? faults.foreignSetPoint(heater, sent, found) : faults.notTaken(heater, sent, found);
  makeSafe(session, { fault, mayPark: !taken }, now);
}

/** A peer that must not be driven says so while it is greeted; later the same words are noise. */
function strange(session: Session, peer: Stranger, now: Instant): void {
  if (session.phase === "greeting") refuseMachine(session, faults.stranger(peer), now);
}

function jobFault(session: Session, reply: Reply): { readonly fault: Fault; readonly mayPark: boolean } | null {
  // Only M108 and the like, which no job sends, are answered so; a line that is not known does nothing.
  const unnumbered = reply.kind === "ok" && reply.number === null && reply.free !== null && reply.heat === null;
  if (unnumbered && !session.echoed) return { fault: faults.foreignLine(), mayPark: true };
  if (reply.kind === "thermal") return { fault: faults.thermal(reply.text), mayPark: false };
  if (reply.kind === "error") return { fault: faults.firmware(reply.text), mayPark: false };
  if (reply.kind === "echoed" && isAltered(session, reply.line)) return { fault: faults.damagedLine(), mayPark: true };
  if (reply.kind === "not-extruded") return { fault: faults.notExtruded(reply.text), mayPark: true };
  if (reply.kind === "action" && touching.test(reply.name)) return { fault: faults.panel(reply.name), mayPark: false };
  // Of a damaged line the firmware echoes something else; what was sent as it stands, it does not know.
  if (reply.kind === "unknown-command" && !optional.has(reply.command) && sentLately(session.link, reply.command))
    return { fault: faults.unknownCommand(reply.command), mayPark: true };
  return null;
}

/**
 * Two damaged bytes can leave the XOR as it was. While lines are echoed, what is carried out is held against what was
 * sent; an echo that was itself damaged on its way back proves nothing.
 */
function isAltered(session: Session, line: string): boolean {
  const match = /^N(\d{1,9}) (.*)\*(\d{1,3})$/.exec(line);
  if (match === null || checksum(line.slice(0, line.lastIndexOf("*"))) !== Number(match[3])) return false;
  const sent = sentAs(session.link, Number(match[1]));
  return sent !== null && sent !== match[2];
}

/** The firmware has started: it has forgotten numbers, homing and targets; a print is over. */
function restarted(session: Session, now: Instant): void {
  if (session.phase === "ready") {
    sayOffline(session, faults.reset());
    makeSafeLater(session, faults.reset(), now);
  }
  if (session.safing !== null) session.safing.homed = false;
  begin(session, now);
}

/** Ends the attempt now and says so when the restarted printer has reported its temperatures. */
function makeSafeLater(session: Session, fault: Fault, now: Instant): void {
  if (session.job === null) return;
  session.phase = "greeting";
  makeSafe(session, { fault, mayPark: false }, now);
}

/** After kill() the firmware answers nothing until it is restarted: latched. */
function halted(session: Session, fault: Fault, now: Instant): void {
  if (session.phase === "halted") return;
  session.phase = "halted";
  session.retryAt = now.mono + session.setup.times.retry;
  sayOffline(session, fault);
  if (session.job !== null) {
    observe(session, { kind: "failed", attempt: session.job.attempt, fault, heaters: "unknown" });
    close(session, session.job.attempt);
  }
  giveUpSafety(session);
}
