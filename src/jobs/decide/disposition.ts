/** Deciding on a nonconformity: who may, about what exactly, and what follows (ISO 13485 8.3). */
import { digestOfValue } from "../../kernel/hash.ts";
import { holds } from "../../people/person.ts";
import type { Message } from "../message.ts";
import type { RefusalCode } from "../refusal.ts";
import type { Job, Nonconformity } from "../state.ts";
import { findJob, findPerson } from "../state.ts";
import type { Draft } from "./draft.ts";
import { endAttempt } from "./ending.ts";
import { refuse } from "./refuse.ts";

/** The meanings a signature can have here; the screen shows the sentence that is signed (21 CFR 11.50). */
export const meanings = {
  concession: "I reviewed the finding and accept the layer as it is.",
  scrap: "I reviewed the finding and scrap this part.",
} as const;

/** Exactly what must be on the screen when a disposition is signed; its digest binds the signature (21 CFR 11.70). */
export function shownForDisposition(
  job: Job,
  nonconformity: Nonconformity,
  disposition: "concession" | "scrap",
  reason: string,
) {
  return {
    job: job.order.id,
    nonconformity: nonconformity.id,
    attempt: nonconformity.attempt,
    cause: nonconformity.cause,
    layer: nonconformity.layer,
    what: nonconformity.what,
    findings: nonconformity.findings,
    evidence: nonconformity.evidence,
    disposition,
    reason,
    meaning: meanings[disposition],
  };
}

/** Records a signed disposition; a concession accepts the failed layer, a scrap ends the attempt and frees the copy. */
export function dispose(draft: Draft, message: Extract<Message, { kind: "dispose" }>): void {
  const { approval, disposition, reason } = message;
  const job = findJob(draft.state(), message.job);
  const nonconformity = job?.nonconformities.find((each) => each.id === message.nonconformity);
  const reject = (code: RefusalCode, what: string) =>
    refuse(draft, "dispose", approval.person, message.job, { code, what });
  if (!job || !nonconformity) return reject("unknown-job", "There is no such nonconformity.");
  if (nonconformity.disposition)
    return reject("already-decided", `It was already decided: ${nonconformity.disposition}.`);
  if (disposition !== "concession" && disposition !== "scrap") {
    return reject(
      "no-such-disposition",
      `A guide that was printed cannot be given ${disposition} here; scrap it or concede it.`,
    );
  }
  if (!holds(findPerson(draft.state(), approval.person), "qa"))
    return reject("wrong-role", "Only QA may decide on a nonconformity.");
  const attempt = job.attempts.find((each) => each.id === nonconformity.attempt);
  if (attempt?.executors.includes(approval.person)) {
    return reject("own-work", "Whoever had a hand in the job cannot decide on it. Ask a second person.");
  }
  const shown = digestOfValue(shownForDisposition(job, nonconformity, disposition, reason));
  if (approval.shown !== shown || approval.meaning !== meanings[disposition]) {
    return reject(
      "not-what-was-shown",
      "The signature does not belong to what is on record now. Open it again and sign again.",
    );
  }
  const open = attempt && attempt.phase !== "ended" ? attempt : null;
  if (disposition === "concession" && !(open && nonconformity.cause === "layer-failed")) {
    return reject("no-such-disposition", "An interrupted or unwatched build cannot be conceded. Scrap it.");
  }
  draft.add({
    type: "DispositionSigned",
    job: message.job,
    nonconformity: nonconformity.id,
    disposition,
    reason,
    approval,
  });
  if (disposition === "scrap" && open) {
    endAttempt(draft, message.job, open, "Aborted", { cause: null, what: "Scrapped by disposition." });
  }
}
