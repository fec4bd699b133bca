/** How an attempt ends, well or badly, and what that means for its unit and its job. */
import type { JobId, PersonId } from "../../kernel/names.ts";
import type { NonconformityCause, Outcome } from "../event.ts";
import type { Attempt } from "../state.ts";
import { findJob, layersOf, operationOf } from "../state.ts";
import type { Draft } from "./draft.ts";
import { openAttempt, raise } from "./draft.ts";

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

/** Closes an attempt whose machine has finished, once every planned layer is made, seen, judged and accepted. */
export function completeIfWhole(draft: Draft, attemptId: string): void {
  const found = openAttempt(draft, attemptId);
  if (!found?.attempt.finished || found.attempt.hold) return;
  const { job, attempt } = found;
  const id = job.order.id;
  const operation = operationOf(job.order, attempt.operation);
  const planned = layersOf(operation);
  if (attempt.printed < planned) {
    const what = `The machine says it has finished after ${attempt.printed} of ${planned} layers.`;
    return endAttempt(draft, id, attempt, "Failed", { cause: "layers-missing", what });
  }
  if (attempt.finished?.program !== operation.program) {
    const what = "What was sent to the machine is not the ordered program.";
    return endAttempt(draft, id, attempt, "Failed", { cause: "program-differs", what });
  }
  const whole = [attempt.accepted, attempt.captured, attempt.inferred, attempt.verdicts.length];
  if (whole.some((count) => count !== planned)) return;
  endAttempt(draft, id, attempt, "Completed", { cause: null, what: `All ${planned} layers made, seen and accepted.` });
  draft.add({
    type: "OperationCompleted",
    job: id,
    unit: attempt.unit,
    operation: attempt.operation,
    attempt: attempt.id,
  });
  endJobIfMade(draft, id);
}

function endJobIfMade(draft: Draft, id: JobId): void {
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
