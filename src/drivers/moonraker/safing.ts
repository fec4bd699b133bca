/** Making the printer safe: its print cancelled, its heaters off, and both shown by its own state. */
import type { Fault } from "../../equipment/machine.ts";
import { faults } from "./faults.ts";
import { answer, call, close, type Instant, isAsked, observe, type Session, sayOffline } from "./session.ts";
import { hostState, isCold, isPrinting } from "./status.ts";

/** Code of the faults that are somebody's doing at the printer, and not this cell's. */
const byHand = "someone-at-panel";

/** Why it is made safe: `waiter` is the directive to answer, `fault` ends the open attempt. */
export interface Reason {
  readonly waiter?: number;
  readonly fault?: Fault;
}

/** Begins, or joins what has begun. An open attempt is over from here on. */
export function makeSafe(session: Session, { waiter, fault }: Reason, now: Instant): void {
  const { job, setup } = session;
  const begun = session.safing !== null;
  session.safing ??= {
    ...{ step: "cancel", waiters: [], failed: null },
    ...{ escalateAt: now.mono + setup.times.cancel, deadline: now.mono + setup.times.safe },
  };
  if (waiter !== undefined) session.safing.waiters.push(waiter);
  if (job !== null) {
    if (fault !== undefined) session.safing.failed ??= { attempt: job.attempt, fault };
    if (fault?.code === byHand) observe(session, { kind: "foreign-action", attempt: job.attempt, what: fault.what });
    for (const id of job.waiters) answer(session, id, { kind: "unknown", fault: fault ?? faults.startUnknown() });
    close(session, job);
  }
  if (!begun) restartSafety(session, now);
}

/** Asks again for what makes it safe: at the beginning, and after the connection was lost meanwhile. */
export function restartSafety(session: Session, now: Instant): void {
  if (session.phase !== "ready" || session.safing === null) return;
  if (isPrinting(session.status)) call(session, "cancel", "printer.print.cancel", null, now);
  else cool(session, now);
}

/** The cancel was answered, well or ill: the heaters are next, because Klipper's own cancel leaves them on. */
export function cool(session: Session, now: Instant): void {
  if (session.safing === null || isAsked(session, "cool")) return;
  call(session, "cool", "printer.gcode.script", { script: "TURN_OFF_HEATERS" }, now);
}

/** Goes on at every step: safe, not safe yet, or out of time. */
export function pursueSafety(session: Session, now: Instant): void {
  const { safing, phase, status } = session;
  if (safing === null) return;
  const halted = hostState(status).state === "shutdown";
  if (phase === "ready" && (halted || (!isPrinting(status) && isCold(status)))) {
    if (halted) sayOffline(session, faults.halted(hostState(status).words));
    return end(session, true);
  }
  if (now.mono >= safing.deadline) return end(session, false);
  if (phase !== "ready" || safing.step === "halt") return;
  if (now.mono >= safing.escalateAt) {
    // Whatever blocks Klipper's queue of commands (a heater that is waited for) does not block this.
    safing.step = "halt";
    call(session, "halt", "printer.emergency_stop", null, now);
  } else if (!isPrinting(status) && !isAsked(session, "cancel")) cool(session, now);
}

/** The connection is gone for longer than anybody waits. */
export function giveUpSafety(session: Session): void {
  if (session.safing !== null) end(session, false);
}

function end(session: Session, safe: boolean): void {
  const { safing } = session;
  session.safing = null;
  for (const id of safing?.waiters ?? []) {
    answer(session, id, safe ? { kind: "done" } : { kind: "unknown", fault: faults.notConfirmed() });
  }
  const failed = safing?.failed ?? null;
  if (failed !== null) observe(session, { kind: "failed", ...failed, heaters: safe ? "off" : "unknown" });
}
