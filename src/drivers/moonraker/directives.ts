/** Carrying out the cell's directives: begin, proceed, hold, abort. */
import type { Directive, Fault } from "../../equipment/machine.ts";
import { assert } from "../../kernel/assert.ts";
import { digestOf } from "../../kernel/hash.ts";
import type { AttemptId } from "../../kernel/names.ts";
import type { ProgramSource } from "../marlin/session.ts";
import { makeCopy } from "./copy.ts";
import { faults } from "./faults.ts";
import { makeSafe } from "./safing.ts";
import { answer, close, fileOf, type Instant, type Job, refuse, type Session } from "./session.ts";
import { heaters, isCold, isPrinting, printState } from "./status.ts";

type Begin = Extract<Directive, { kind: "begin" }>;

/** Carries out one directive; its answer is among the outputs of this or a later step, in bounded time. */
export function perform(
  session: Session,
  id: number,
  directive: Directive,
  program: ProgramSource | null,
  now: Instant,
): void {
  const { job } = session;
  const mine = job !== null && job.attempt === directive.attempt;
  if (directive.kind === "begin") {
    if (session.over.has(directive.attempt)) answer(session, id, { kind: "done" });
    else if (!mine) begin(session, id, directive, program, now);
    else if (hasBegun(job)) answer(session, id, { kind: "done" });
    else job.waiters.push(id);
  } else if (directive.kind === "abort") abort(session, id, directive.attempt, now);
  else if (!mine) refuse(session, id, stranger(session, directive.attempt));
  else {
    if (directive.kind === "hold") job.held = true;
    else if (directive.releasedLayer >= job.released) {
      job.released = directive.releasedLayer;
      job.held = false;
    }
    const waits = directive.kind === "hold" && job.stopped && job.resuming === null;
    answer(session, id, { kind: "done", ...(waits && { waits }) });
  }
}

/** The printer has been told to start, and has. */
export function hasBegun({ step }: Job): boolean {
  return step === "printing" || step === "cooling" || step === "verifying";
}

function stranger(session: Session, attempt: AttemptId): Fault {
  return session.over.has(attempt) ? faults.attemptOver() : faults.unknownAttempt();
}

function begin(session: Session, id: number, directive: Begin, program: ProgramSource | null, now: Instant): void {
  const fault = notNow(session) ?? notThis(directive, program);
  if (fault !== null) return refuse(session, id, fault);
  assert(program !== null, "a missing program was refused");
  const plan = session.setup.prepare(program);
  if (!plan.ok) return refuse(session, id, plan.error);
  const { attempt } = directive;
  const copy = makeCopy(plan.value, attempt);
  if (!copy.ok) return refuse(session, id, copy.error);
  const token = session.nextToken++;
  const file = fileOf(attempt);
  session.job = {
    ...{ attempt, file, copy: copy.value, step: "storing", waiters: [id], token, since: now.mono, startError: null },
    ...{ next: 0, stopped: false, stoppedHeat: null, resuming: null, doubted: false, tries: 0, unwatchedSince: null },
    ...{ released: directive.releasedLayer, held: false, layer: { since: now.mono, hotend: null, bed: null } },
  };
  session.out.push({ kind: "store", token, file, copy: copy.value });
}

/** Why nothing can begin at this printer now. */
export function notNow(session: Session): Fault | null {
  const { phase, status, job, safing } = session;
  if (phase !== "ready" || session.endBy !== null) return faults.notReady();
  if (job !== null || safing !== null) return faults.busy();
  return notFree(session) ?? (heaters(status) === null ? faults.noTemperatures() : null);
}

/** Why the printer itself is not free, by its own state. */
export function notFree({ status }: Session): Fault | null {
  if (isPrinting(status)) return faults.foreignPrint(printState(status).file);
  return isCold(status) ? null : faults.heated();
}

function notThis(directive: Begin, program: ProgramSource | null): Fault | null {
  if (program === null) return faults.noProgram();
  return digestOf(program.bytes) === directive.program ? null : faults.wrongProgram();
}

/**
 * An attempt whose start was not sent yet ends here and now. One that is not known died with an earlier driver: what the
 * printer still has of it is stopped and cooled, and it can never begin here any more.
 */
function abort(session: Session, id: number, attempt: AttemptId, now: Instant): void {
  const { job, phase, status } = session;
  if (job !== null && job.attempt === attempt) {
    if (hasBegun(job) || job.step === "starting") return makeSafe(session, { waiter: id }, now);
    for (const waiter of job.waiters) refuse(session, waiter, faults.aborted());
    close(session, job);
    return answer(session, id, { kind: "done" });
  }
  const known = session.over.has(attempt);
  if (job !== null) return known ? answer(session, id, { kind: "done" }) : refuse(session, id, faults.unknownAttempt());
  if (phase !== "ready" && session.safing === null) {
    return answer(session, id, { kind: "unknown", fault: faults.notConfirmed() });
  }
  if (!known) close(session, { attempt, file: fileOf(attempt) });
  const others = isPrinting(status) && printState(status).file !== fileOf(attempt);
  const idle = session.safing === null && (others || (!isPrinting(status) && isCold(status)));
  if (idle) answer(session, id, { kind: "done" });
  else makeSafe(session, { waiter: id }, now);
}
