/** The keeping of the record: legal holds, erasure of personal texts, artifacts that need not be kept (features 72 and 76). */
import { digestOfValue } from "../../kernel/hash.ts";
import type { Digest, JobId } from "../../kernel/names.ts";
import type { EpochMs } from "../../kernel/units.ts";
import { type Approval, holds } from "../../people/person.ts";
import { isSupported } from "../clock.ts";
import type { TimeSupport } from "../keeping-event.ts";
import { type Objection, whyJobStays, whyLotStays } from "../keeping-rules.ts";
import type { Message } from "../message.ts";
import { isKnownJob } from "../past.ts";
import { erasureOf, type HoldReason, holdReasons, type LiftReason, liftReasons, type TextsOf } from "../retention.ts";
import { findPerson } from "../state.ts";
import type { Draft } from "./draft.ts";
import { refuse } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** Artifacts in one entry: a body has its bound, and larger drops are signed one after the other. */
export const mostDropped = 2_000;

/** What QA's signatures mean. */
export const keepingMeanings = {
  hold: "I place this under a legal hold: nothing of it may be erased or dropped.",
  lift: "I lift this legal hold.",
  erase: "I have these personal texts erased: they are kept no longer than they must be, and no hold stands.",
  drop: "I have these files dropped: they are kept no longer than they must be, and no hold stands.",
} as const;

/** Exactly what must be on the screen when a hold is set. */
export function shownForHold(job: JobId | null, reason: HoldReason) {
  return { held: job ?? "everything in this cell", reason: holdReasons[reason], meaning: keepingMeanings.hold };
}

/** And when it is lifted. */
export function shownForLift(job: JobId | null, reason: LiftReason) {
  return { held: job ?? "everything in this cell", reason: liftReasons[reason], meaning: keepingMeanings.lift };
}

/** And when texts are erased. */
export function shownForErasure(of: TextsOf) {
  return { [of.kind]: of.id, texts: "names in its signatures", meaning: keepingMeanings.erase };
}

/** And when artifacts are dropped. */
export function shownForDrop(job: JobId, what: "pictures" | "everything", dropped: readonly Digest[]) {
  const files =
    what === "pictures" ? "pictures of layers that passed" : "all pictures, programs, evidence and the package";
  return { job, files, count: dropped.length, list: digestOfValue(dropped), meaning: keepingMeanings.drop };
}

/** True where the reason for not going on was said. */
function isRefused(
  draft: Draft,
  request: string,
  job: JobId | null,
  { person, shown, meaning }: Approval,
  wanted: { readonly meaning: string },
  objection: Objection | null,
): boolean {
  const reject = ({ code, what }: Objection) => {
    refuse(draft, request, person, job, { code, what });
    return true;
  };
  if (!holds(findPerson(draft.state(), person), "qa")) {
    return reject({ code: "wrong-role", what: "Only QA may decide how long the record is kept." });
  }
  if (objection !== null) return reject(objection);
  if (shown !== digestOfValue(wanted) || meaning !== wanted.meaning) {
    const what = "The signature does not belong to what was shown. Open it again and sign again.";
    return reject({ code: "not-what-was-shown", what });
  }
  return false;
}

/** Nothing of the job, or of the cell, may go any more. */
export function setLegalHold(draft: Draft, { job, reason, approval }: Of<"set-legal-hold">): void {
  const { keeping } = draft.state();
  const unknown = job !== null && !isKnownJob(draft.state(), job);
  const stands = keeping.holds.some((hold) => hold.job === job);
  const objection: Objection | null = unknown
    ? { code: "unknown-job", what: "There is no such order in this cell." }
    : stands
      ? { code: "already-decided", what: "This legal hold stands already." }
      : null;
  if (isRefused(draft, "set-legal-hold", job, approval, shownForHold(job, reason), objection)) return;
  draft.add({ type: "LegalHoldSet", job, reason, approval });
}

/** The hold ends; what the rules say goes on. */
export function liftLegalHold(draft: Draft, { job, reason, approval }: Of<"lift-legal-hold">): void {
  const stands = draft.state().keeping.holds.some((hold) => hold.job === job);
  const objection = stands ? null : ({ code: "already-decided", what: "No such legal hold stands." } as const);
  if (isRefused(draft, "lift-legal-hold", job, approval, shownForLift(job, reason), objection)) return;
  draft.add({ type: "LegalHoldLifted", job, reason, approval });
}

/** The earlier of both: a clock that runs ahead makes nobody's years pass. Null where nothing bears the clock out. */
function sureTime(draft: Draft, support: TimeSupport | null): EpochMs | null {
  return isSupported(support, draft.wall) ? Math.min(support.at, draft.wall) : null;
}

const unsure: Objection = {
  code: "time-unsure",
  what:
    "Nothing bears out that the clock is right, and by a wrong clock the years could seem over. " +
    "Let network time set it, or connect the cell with central QA, and sign again.",
};

/** Personal texts go: the entry first, then the key. */
export function eraseTexts(draft: Draft, { of, approval, support }: Of<"erase-texts">): void {
  const state = draft.state();
  const now = sureTime(draft, support);
  const job = of.kind === "job" ? of.id : null;
  const why = (at: EpochMs) =>
    of.kind === "job" ? whyJobStays(state, of.id, "record", at) : whyLotStays(state, of, at);
  const erased: Objection = { code: "already-decided", what: "These texts were erased before." };
  const objection = erasureOf(state.keeping, of) ? erased : now === null ? unsure : why(now);
  if (isRefused(draft, "erase-texts", job, approval, shownForErasure(of), objection) || support === null) return;
  draft.add({ type: "TextsErased", job, of, approval, support });
}

/** Files go: the entry first, so that they are never missing without a word. */
export function dropArtifacts(draft: Draft, message: Of<"drop-artifacts">): void {
  const { job, what, dropped, approval, support } = message;
  const now = sureTime(draft, support);
  const part = what === "pictures" ? "pictures" : "record";
  const none: Objection = { code: "nothing-to-drop", what: `Order ${job} has no such files that are still kept.` };
  const many: Objection = { code: "nothing-to-drop", what: `One signature drops at most ${mostDropped} files.` };
  const objection =
    (now === null ? unsure : whyJobStays(draft.state(), job, part, now)) ??
    (dropped.length === 0 ? none : dropped.length > mostDropped ? many : null);
  const wanted = shownForDrop(job, what, dropped);
  if (isRefused(draft, "drop-artifacts", job, approval, wanted, objection) || support === null) return;
  draft.add({ type: "ArtifactsDropped", job, what, dropped, approval, support });
}

/** The key of erased texts is destroyed; where it could not be, it is owed still. */
export function textKeyDestroyed(draft: Draft, { of, done }: Of<"text-key-destroyed">): void {
  if (!done || erasureOf(draft.state().keeping, of)?.destroyed !== false) return;
  draft.add({ type: "TextKeyDestroyed", job: of.kind === "job" ? of.id : null, of });
}

/** The files of a job that were dropped are gone; where they could not be removed, that is owed still. */
export function artifactsRemoved(draft: Draft, { job, removed }: Of<"artifacts-removed">): void {
  const owed = draft.state().keeping.drops[job]?.owed ?? [];
  if (removed === null || owed.length === 0) return;
  draft.add({ type: "ArtifactsRemoved", job, removed });
}
