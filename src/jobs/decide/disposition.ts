/** Deciding on a nonconformity: who may, about what exactly, and what follows (ISO 13485 8.3). */
import { digestOfValue } from "../../kernel/hash.ts";
import { holds } from "../../people/person.ts";
import type { NonconformityCause } from "../event.ts";
import type { Message } from "../message.ts";
import { operationById } from "../order.ts";
import type { RefusalCode } from "../refusal.ts";
import type { Attempt, Job, Nonconformity } from "../state.ts";
import { findJob, findPerson } from "../state.ts";
import type { Draft } from "./draft.ts";
import { endAttempt, endJobIfMade } from "./ending.ts";
import { liveLabel } from "./labels.ts";
import { refuse } from "./refuse.ts";
import { handsOn } from "./releasing.ts";

/** Seen of an attempt that did not end by it. */
const seenBeside: readonly NonconformityCause[] = ["foreign-action", "parameter-out-of-window", "layer-found-bad"];

/** What can be decided here. */
export type Decidable = "concession" | "scrap" | "rework";

/** The meanings a signature can have here; the screen shows the sentence that is signed (21 CFR 11.50). */
export const meanings = {
  concession: "I reviewed the finding and accept it as it is.",
  scrap: "I reviewed the finding and scrap this part.",
  rework: "I reviewed the finding and order this step to be done again on the same part.",
} as const;

/** Exactly what must be on the screen when a disposition is signed; its digest binds the signature (21 CFR 11.70). */
export function shownForDisposition(job: Job, nonconformity: Nonconformity, disposition: Decidable, reason: string) {
  return {
    job: job.order.id,
    nonconformity: nonconformity.id,
    unit: nonconformity.unit,
    attempt: nonconformity.attempt,
    cause: nonconformity.cause,
    layer: nonconformity.layer,
    what: nonconformity.what,
    findings: nonconformity.findings,
    ...(nonconformity.parts !== undefined && { parts: nonconformity.parts }),
    evidence: nonconformity.evidence,
    disposition,
    reason,
    meaning: meanings[disposition],
  };
}

/**
 * What may be decided about an open nonconformity. Only what was seen can be conceded: a failed layer while its attempt
 * is open, one that was found bad after it had passed, a result outside its limits, a value outside its window, or what
 * somebody else did at a machine that was not interrupted by it. Only a step that the recipe allows to be repeated can
 * be reworked.
 */
export function dispositionsOpen(job: Job, nonconformity: Nonconformity): Decidable[] {
  if (nonconformity.disposition) return [];
  if (nonconformity.cause === "label-mismatch") return ["scrap", "rework"];
  const attempt = attemptOf(job, nonconformity);
  if (!attempt) return ["scrap"];
  const seen =
    (nonconformity.cause === "layer-failed" && attempt.phase !== "ended" && !attempt.toBeAborted) ||
    nonconformity.cause === "result-out-of-limits" ||
    (seenBeside.includes(nonconformity.cause) && (attempt.phase !== "ended" || attempt.outcome === "Completed"));
  const canRepeat = attempt.phase === "ended" && reworksLeft(job, attempt) > 0;
  return ["scrap", ...(seen ? (["concession"] as const) : []), ...(canRepeat ? (["rework"] as const) : [])];
}

/** How often the step of an ended attempt may still be repeated on its part (feature 20). */
function reworksLeft(job: Job, { unit, operation: id }: Attempt): number {
  const operation = operationById(job.order, id);
  const allowed = operation?.kind === "task" ? operation.reworks : 0;
  const done = job.nonconformities.filter((each) => {
    const at = attemptOf(job, each);
    return each.disposition === "rework" && at?.unit === unit && at.operation === id;
  });
  return allowed - done.length;
}

function attemptOf(job: Job, nonconformity: Nonconformity): Attempt | undefined {
  return job.attempts.find(({ id }) => id === nonconformity.attempt);
}

/** Records a signed disposition; a concession accepts, a scrap frees the copy, a rework leaves the step to be done again. */
export function dispose(draft: Draft, message: Extract<Message, { kind: "dispose" }>): void {
  const { approval, disposition, reason } = message;
  const job = findJob(draft.state(), message.job);
  const nonconformity = job?.nonconformities.find((each) => each.id === message.nonconformity);
  const reject = (code: RefusalCode, what: string) =>
    refuse(draft, "dispose", approval.person, message.job, { code, what });
  if (!job || !nonconformity) return reject("unknown-job", "There is no such nonconformity.");
  if (nonconformity.disposition)
    return reject("already-decided", `It was already decided: ${nonconformity.disposition}.`);
  if (!isDecidable(disposition)) {
    return reject("no-such-disposition", `A nonconformity is not given ${disposition} here.`);
  }
  if (!holds(findPerson(draft.state(), approval.person), "qa"))
    return reject("wrong-role", "Only QA may decide on a nonconformity.");
  if (executorsOf(job, nonconformity).includes(approval.person)) {
    return reject("own-work", "Whoever had a hand in the job cannot decide on it. Ask a second person.");
  }
  const shown = digestOfValue(shownForDisposition(job, nonconformity, disposition, reason));
  if (approval.shown !== shown || approval.meaning !== meanings[disposition]) {
    return reject(
      "not-what-was-shown",
      "The signature does not belong to what is on record now. Open it again and sign again.",
    );
  }
  if (!dispositionsOpen(job, nonconformity).includes(disposition)) {
    return reject("no-such-disposition", refusals[disposition]);
  }
  const { id } = nonconformity;
  draft.add({ type: "DispositionSigned", job: message.job, nonconformity: id, disposition, reason, approval });
  follow(draft, job, nonconformity, disposition, approval.person);
}

const refusals: Readonly<Record<Decidable, string>> = {
  concession:
    "What was interrupted, not seen or not measured cannot be conceded. Scrap it, or let the step be repeated.",
  rework: "This step may not be done again on the same part. Scrap it.",
  scrap: "It cannot be scrapped.",
};

function isDecidable(disposition: string): disposition is Decidable {
  return Object.hasOwn(meanings, disposition);
}

function executorsOf(job: Job, nonconformity: Nonconformity) {
  return handsOn(job, nonconformity.unit);
}

/** What a decision leads to beside itself. */
function follow(
  draft: Draft,
  job: Job,
  nonconformity: Nonconformity,
  disposition: Decidable,
  person: Attempt["startedBy"],
): void {
  const id = job.order.id;
  const attempt = attemptOf(job, nonconformity);
  if (disposition === "scrap" && attempt && attempt.phase !== "ended") {
    endAttempt(draft, id, attempt, "Aborted", { cause: null, what: "Scrapped by disposition." });
  }
  const wasInTheWay = nonconformity.layer !== null || seenBeside.includes(nonconformity.cause);
  if (disposition === "concession" && !wasInTheWay && attempt) {
    const { unit, operation } = attempt;
    draft.add({ type: "OperationCompleted", job: id, unit, operation, attempt: attempt.id });
    endJobIfMade(draft, id);
  }
  const unit = job.units.find(({ number }) => number === nonconformity.unit);
  const label = unit && liveLabel(unit);
  if (nonconformity.cause !== "label-mismatch" || !unit || !label) return;
  draft.add({ type: "LabelVoided", job: id, unit: unit.number, label: label.number, person, why: "wrong-label" });
}
