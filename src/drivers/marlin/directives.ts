/** Carrying out the cell's directives: begin, proceed, hold, abort. */
import type { Directive, Fault } from "../../equipment/machine.ts";
import { assert } from "../../kernel/assert.ts";
import { digestOf } from "../../kernel/hash.ts";
import type { AttemptId } from "../../kernel/names.ts";
import { faults } from "./faults.ts";
import { newFeed, release } from "./feed.ts";
import { makeSafe } from "./safing.ts";
import { answer, close, type Instant, knownHeat, type ProgramSource, refuse, type Session } from "./session.ts";

type Begin = Extract<Directive, { kind: "begin" }>;

/** Carries out one directive; its answer is among the outputs of this or a later step, in bounded time. */
export function perform(
  session: Session,
  id: number,
  directive: Directive,
  program: ProgramSource | null,
  now: Instant,
): void {
  const mine = session.job !== null && session.job.attempt === directive.attempt;
  if (directive.kind === "begin") {
    if (mine || session.over.has(directive.attempt)) answer(session, id, { kind: "done" });
    else beginJob(session, id, directive, program, now);
  } else if (directive.kind === "abort") abort(session, id, directive.attempt, now);
  else if (!mine) refuse(session, id, stranger(session, directive.attempt));
  else {
    assert(session.job !== null, "the attempt is open");
    const { feed } = session.job;
    if (directive.kind === "proceed") release(feed, directive.releasedLayer);
    else feed.held = true;
    const waits = directive.kind === "hold" && feed.stage.kind === "waiting";
    answer(session, id, { kind: "done", ...(waits && { waits }) });
  }
}

function stranger(session: Session, attempt: AttemptId): Fault {
  return session.over.has(attempt) ? faults.attemptOver() : faults.unknownAttempt();
}

function beginJob(session: Session, id: number, directive: Begin, program: ProgramSource | null, now: Instant): void {
  const fault = notNow(session, now) ?? notThis(directive, program);
  if (fault !== null) return refuse(session, id, fault);
  assert(program !== null, "a missing program was refused");
  const plan = session.setup.prepare(program);
  if (!plan.ok) return refuse(session, id, plan.error);
  session.job = {
    attempt: directive.attempt,
    feed: newFeed(plan.value, directive.attempt, directive.releasedLayer),
    resendsBefore: session.link.resends,
    layer: { number: 0, since: now.mono, resends: session.link.resends },
    place: { at: null, wrong: null, asked: 0 },
    idleSince: null,
    remarks: 0,
  };
  answer(session, id, { kind: "done" });
}

/** Why nothing can begin at this printer now. */
function notNow(session: Session, now: Instant): Fault | null {
  if (session.phase !== "ready" || session.endBy !== null) return faults.notReady();
  if (session.job !== null || session.safing !== null) return faults.busy();
  const heat = knownHeat(session, now);
  if (heat === null) return faults.noTemperatures();
  return heat.hotend.target === 0 && heat.bed.target === 0 ? null : faults.heated();
}

function notThis(directive: Begin, program: ProgramSource | null): Fault | null {
  if (program === null) return faults.noProgram();
  return digestOf(program.bytes) === directive.program ? null : faults.wrongProgram();
}

/**
 * An attempt that ended before is answered by what the printer says now. One that is not known died with an earlier
 * driver: what the printer still has of it is stopped and cooled, and it can never begin here any more.
 */
function abort(session: Session, id: number, attempt: AttemptId, now: Instant): void {
  const open = session.job?.attempt === attempt;
  const known = open || session.over.has(attempt);
  if (!known && session.job !== null) return refuse(session, id, faults.unknownAttempt());
  if (!open && session.job !== null) return answer(session, id, { kind: "done" });
  if (session.phase !== "ready" && session.safing === null)
    return answer(session, id, { kind: "unknown", fault: faults.notConfirmed() });
  if (!known) {
    close(session, attempt);
    return makeSafe(session, { waiter: id, mayPark: false }, now);
  }
  const heat = knownHeat(session, now);
  const cold = heat !== null && heat.hotend.target === 0 && heat.bed.target === 0;
  if (!open && cold && session.safing === null) return answer(session, id, { kind: "done" });
  makeSafe(session, { waiter: id, mayPark: true }, now);
}
