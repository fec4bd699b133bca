/** How an attempt ends, well or badly, and what that means for its unit and its job. */
import type { Execution } from "../../equipment/machine.ts";
import type { JobId, PersonId } from "../../kernel/names.ts";
import type { NonconformityCause, Outcome } from "../event.ts";
import type { BuildOperation, TaskOperation } from "../order.ts";
import type { Attempt, Job } from "../state.ts";
import { findJob, findMachine, operationOf } from "../state.ts";
import type { Draft } from "./draft.ts";
import { openAttempt, raise } from "./draft.ts";
import { judgeResults, troubleOf } from "./results.ts";

/** Ends an attempt; with a cause it also raises the one nonconformity of that trigger. */
export function endAttempt(
  draft: Draft,
  job: JobId,
  attempt: Attempt,
  outcome: Outcome,
  trouble:
    | { readonly cause: NonconformityCause; readonly what: string }
    | { readonly cause: null; readonly what: string },
  person: PersonId | null = null,
): void {
  draft.add({ type: "AttemptEnded", job, attempt: attempt.id, outcome, what: trouble.what, person });
  if (trouble.cause !== null) raise(draft, job, attempt, trouble.cause, trouble.what);
}

/**
 * Ends an attempt that its recipe aborts, once the machine waits at the end of a layer: it may begin no further one, it
 * has ended one since it was told to hold, or its driver says so. Safe to ask again and again.
 */
export function abortAtLayerEnd(draft: Draft, attemptId: string, ended: "layer" | null): void {
  const found = openAttempt(draft, attemptId);
  if (!found?.attempt.toBeAborted) return;
  const { hold, printed, released, finished } = found.attempt;
  const waits = printed >= released || finished !== null || ended === "layer";
  if (hold?.confirmed && waits) abortNow(draft, found.job, found.attempt, "The machine waits at the end of a layer");
}

/** Ends an attempt that its recipe aborts; its nonconformity stands already. */
export function abortNow(draft: Draft, { order: { id } }: Job, attempt: Attempt, when: string): void {
  const what = `${when}; the recipe aborts what was found. ${attempt.hold?.what ?? ""}`.trim();
  endAttempt(draft, id, attempt, "Aborted", { cause: null, what });
}

/** Closes an attempt whose machine has finished, once everything that its step asks for stands in the record. */
export function completeIfWhole(draft: Draft, attemptId: string): void {
  const found = openAttempt(draft, attemptId);
  if (!found?.attempt.finished || found.attempt.hold) return;
  const { job, attempt } = found;
  const operation = operationOf(job.order, attempt.operation);
  if (operation.kind === "build") completeBuild(draft, job, attempt, operation);
  else if (operation.kind === "task") completeTask(draft, job, attempt, operation, found.attempt.finished);
}

const otherProgram = {
  cause: "program-differs",
  what: "What was sent to the machine is not the ordered program.",
} as const;

/** Every planned layer is made, seen, judged and accepted. */
function completeBuild(draft: Draft, job: Job, attempt: Attempt, operation: BuildOperation): void {
  const id = job.order.id;
  const planned = operation.layersPlanned;
  if (attempt.printed < planned) {
    const what = `The machine says it has finished after ${attempt.printed} of ${planned} layers.`;
    return endAttempt(draft, id, attempt, "Failed", { cause: "layers-missing", what });
  }
  if (attempt.finished?.program !== operation.program) return endAttempt(draft, id, attempt, "Failed", otherProgram);
  const whole = [attempt.printed, attempt.accepted, attempt.captured, attempt.inferred, attempt.verdicts.length];
  if (whole.some((count) => count !== planned) || attempt.looks.length > 0) return;
  complete(draft, id, attempt, `All ${planned} layers made, seen and accepted.`);
}

/** Every result is there and within its limits, and the evidence is stored. */
function completeTask(draft: Draft, job: Job, attempt: Attempt, operation: TaskOperation, executed: Execution): void {
  const id = job.order.id;
  if (executed.program !== operation.program) return endAttempt(draft, id, attempt, "Failed", otherProgram);
  const serial = findMachine(draft.state(), attempt.equipment)?.identity?.serial ?? null;
  const results = judgeResults(operation, executed, { serial, gauges: draft.state().setup?.gauges, at: draft.at });
  draft.add({ type: "ResultsJudged", job: id, attempt: attempt.id, results });
  const trouble = troubleOf(operation, results, executed);
  if (trouble) return endAttempt(draft, id, attempt, "Rejected", trouble);
  complete(draft, id, attempt, `All ${results.length} results are within their limits.`);
}

function complete(draft: Draft, job: JobId, { id, unit, operation }: Attempt, what: string): void {
  const attempt = openAttempt(draft, id)?.attempt;
  if (!attempt) return;
  endAttempt(draft, job, attempt, "Completed", { cause: null, what });
  draft.add({ type: "OperationCompleted", job, unit, operation, attempt: id });
  endJobIfMade(draft, job);
}

/** Ends the job when every ordered copy has gone the whole route. */
export function endJobIfMade(draft: Draft, id: JobId): void {
  const job = findJob(draft.state(), id);
  if (!job) return;
  const made = job.units.filter((unit) => !unit.scrapped && unit.completed === job.order.route.length).length;
  if (made < job.order.copies) return;
  draft.add({
    type: "JobEnded",
    job: id,
    outcome: "Ended",
    person: null,
    what: `${made} of ${job.order.copies} made.`,
  });
}
