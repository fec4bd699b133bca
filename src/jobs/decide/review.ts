/** A person finds a layer bad that the inspection had passed: the verdict stays, and a nonconformity says that it was wrong. */
import { digestOfValue } from "../../kernel/hash.ts";
import type { Message } from "../message.ts";
import { unitOf } from "../record/batch-record.ts";
import type { RefusalCode } from "../refusal.ts";
import type { FoundClass, LayerReviewEvent } from "../review-event.ts";
import type { Attempt, Job } from "../state.ts";
import { findAttempt } from "../state.ts";
import type { Draft } from "./draft.ts";
import { openAttempt, raise } from "./draft.ts";
import { refuse, startable } from "./refuse.ts";

/** What the signature means of a layer that had passed. */
export const foundBadMeaning = "I looked at this layer, which the inspection had passed, and found it bad.";
const toleratedBadMeaning = "I looked at this layer, which the recipe had tolerated, and found it bad.";

/** How a layer had come out that is found bad. */
export type AcceptedVerdict = "pass" | "tolerated";

/** What the signature means. */
export function meaningOfFoundBad(verdict: AcceptedVerdict): string {
  return verdict === "pass" ? foundBadMeaning : toleratedBadMeaning;
}

/** How the layer came out, where the next one was let begin by it; null where it was not. */
export function acceptedVerdict({ verdicts }: Attempt, layer: number): AcceptedVerdict | null {
  const mark = verdicts[layer - 1];
  return mark === "p" ? "pass" : mark === "t" ? "tolerated" : null;
}

type Said = Extract<Message, { kind: "find-layer-bad" }>;

/** Exactly what must be on the screen when a layer is found bad. */
export function shownForFoundBad(
  said: Pick<Said, "job" | "attempt" | "layer" | "finding" | "reason" | "evidence">,
  verdict: AcceptedVerdict = "pass",
) {
  const { job, attempt, layer, finding, reason, evidence } = said;
  return { job, attempt, layer, verdict, finding, reason, evidence, meaning: meaningOfFoundBad(verdict) };
}

/**
 * Records it, raises its one nonconformity and holds the attempt where it is still at work. Anybody of the cell may say
 * so, whatever they had a hand in: it can only stop things, and QA decides on it.
 */
export function findLayerBad(draft: Draft, message: Said): void {
  const { approval, layer, evidence } = message;
  const job = startable(draft, "find-layer-bad", message.job, approval.person);
  if (!job) return;
  const reject = (code: RefusalCode, what: string) =>
    refuse(draft, "find-layer-bad", approval.person, message.job, { code, what });
  const attempt = findAttempt(draft.state(), message.attempt)?.attempt;
  if (!attempt || !job.attempts.includes(attempt)) {
    return reject("unknown-attempt", "There is no such attempt of this order.");
  }
  const why = whyNot(job, attempt, layer);
  if (why) return reject(why.code, why.what);
  const verdict = acceptedVerdict(attempt, layer) ?? "pass";
  const shown = digestOfValue(shownForFoundBad(message, verdict));
  if (approval.shown !== shown || approval.meaning !== meaningOfFoundBad(verdict)) {
    return reject(
      "not-what-was-shown",
      "The signature does not belong to what was shown. Open it again and sign again.",
    );
  }
  draft.add(eventOf(message));
  const had = verdict === "pass" ? "passed" : "been tolerated";
  const what = `Layer ${layer}, which had ${had}, was found bad (${foundWords[message.finding]}): ${message.reason}`;
  if (openAttempt(draft, attempt.id) && !attempt.hold) {
    const hold = { attempt: attempt.id, layer, cause: "layer-failed", what, person: null } as const;
    draft.add({ type: "HoldRaised", job: message.job, ...hold });
  }
  raise(draft, message.job, attempt, "layer-found-bad", what, { layer, findings: [], evidence });
}

/** What the classes are called in sentences. */
export const foundWords: Readonly<Record<FoundClass, string>> = {
  missing: "material is missing",
  thin: "strands are too thin",
  extra: "material where none should be",
  unchanged: "it was not printed",
  shift: "it stands beside its place",
  other: "something else",
};

function whyNot(
  job: Job,
  attempt: Attempt,
  layer: number,
): { readonly code: RefusalCode; readonly what: string } | null {
  if (acceptedVerdict(attempt, layer) === null) {
    return { code: "nothing-seen", what: `The inspection has not passed layer ${layer} of this attempt.` };
  }
  if (unitOf(job.record, attempt.unit)?.released) {
    const what = `Copy ${attempt.unit} is released and has left. Tell central QA, which can stop its use.`;
    return { code: "already-decided", what };
  }
  const said = job.nonconformities.some(
    (each) => each.attempt === attempt.id && each.cause === "layer-found-bad" && each.layer === layer,
  );
  return said ? { code: "already-decided", what: `Layer ${layer} was found bad before.` } : null;
}

function eventOf({ job, attempt, layer, finding, reason, evidence, approval }: Said): LayerReviewEvent {
  return { type: "LayerFoundBad", job, attempt, layer, finding, reason, evidence, approval };
}
