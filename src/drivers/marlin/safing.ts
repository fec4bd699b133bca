/** Making a printer safe: stop motion, heaters off, park, and the printer's own word for it. */
import type { Fault } from "../../equipment/machine.ts";
import { faults } from "./faults.ts";
import { expectCold, isCold } from "./heat.ts";
import { isIdle, rebase } from "./link.ts";
import {
  actsOutOfBand,
  answer,
  close,
  type Instant,
  jobIsHomed,
  observe,
  type Safing,
  type Session,
} from "./session.ts";
import { forgetSetPoints } from "./setpoints.ts";

const heatersOff: readonly string[] = ["M104 S0", "M140 S0", "M107"];
/** Code of the faults that are somebody's doing at the printer, and not this cell's. */
const byHand = "someone-at-panel";

/** Why it is done: who waits for it, what failed, and whether the tool may be moved out of the way. */
export interface SafingReason {
  readonly waiter?: number;
  readonly fault?: Fault;
  /** False where a person may be at the machine, or nobody knows where the tool is. */
  readonly mayPark: boolean;
}

/** Ends the open attempt, if any, by making the printer safe; a running one takes the new waiter along. */
export function makeSafe(session: Session, reason: SafingReason, now: Instant): void {
  const { job, setup } = session;
  if (session.safing !== null) {
    if (reason.waiter !== undefined) session.safing.waiters.push(reason.waiter);
    return;
  }
  session.safing = {
    step: "stop",
    deadline: now.mono + setup.times.safe,
    mayPark: reason.mayPark,
    homed: jobIsHomed(session),
    fellBack: false,
    waiters: reason.waiter === undefined ? [] : [reason.waiter],
    failed: job !== null && reason.fault !== undefined ? { attempt: job.attempt, fault: reason.fault } : null,
  };
  if (job !== null && reason.fault?.code === byHand)
    observe(session, { kind: "foreign-action", attempt: job.attempt, what: reason.fault.what });
  if (job !== null) close(session, job.attempt);
  if (session.phase === "ready") stop(session, now);
}

/** First step, also after a restart of the printer: past the queue where the firmware can, then in line. */
export function stop(session: Session, now: Instant): void {
  const { safing } = session;
  if (safing === null) return;
  safing.step = "stop";
  if (actsOutOfBand(session)) session.out.push({ kind: "write", text: "M108\nM410\n" });
  rebase(session.link, now.mono);
  forgetSetPoints(session.setPoints);
  session.control = [...heatersOff];
}

/**
 * The numbered way is broken (noise, a confused firmware): a line without a number runs unchecked, and this is the
 * one time when that is better than nothing. Its effect is read off the reports that the printer sends by itself.
 */
function fallBack(session: Session, safing: Safing, now: Instant): void {
  session.out.push({ kind: "write", text: `\n${heatersOff.join("\n")}\n` });
  if (!safing.fellBack) expectCold(session.heat);
  safing.fellBack = true;
  stop(session, now);
}

/** Goes on with a running safing; call at every step. */
export function pursueSafety(session: Session, now: Instant): void {
  const { safing } = session;
  if (safing === null) return;
  if (now.mono >= safing.deadline) report(session, "unknown");
  if (session.phase !== "ready") return;
  if (session.link.fault !== null) fallBack(session, safing, now);
  if (safing.fellBack && isCold(session.heat)) {
    report(session, "off");
    session.safing = null;
    return;
  }
  if (session.control.length > 0 || !isIdle(session.link)) return;
  if (safing.step === "stop") {
    // M410 drops what is planned, then goes on with queued lines (transcript 09): those are planned by now.
    if (actsOutOfBand(session)) session.out.push({ kind: "write", text: "M410\n" });
    if (safing.mayPark && safing.homed) session.control.push(...session.setup.park, "M400");
    safing.step = "park";
  } else if (safing.step === "park") {
    expectCold(session.heat);
    session.control.push("M105");
    safing.step = "confirm";
  } else if (isCold(session.heat)) {
    report(session, "off");
    session.safing = null;
  } else session.control.push("M105");
}

/** The printer cannot be spoken to any more: whoever waits is told that nobody knows. */
export function giveUpSafety(session: Session): void {
  report(session, "unknown");
  session.safing = null;
}

/** Tells everybody once; an unconfirmed printer is pursued further without anybody waiting. */
function report(session: Session, heaters: "off" | "unknown"): void {
  const { safing } = session;
  if (safing === null) return;
  if (safing.failed !== null) observe(session, { kind: "failed", ...safing.failed, heaters });
  safing.failed = null;
  for (const id of safing.waiters)
    answer(session, id, heaters === "off" ? { kind: "done" } : { kind: "unknown", fault: faults.notConfirmed() });
  safing.waiters = [];
}
