/** The challenge of the inspection, from the signature of whoever has looked at the plate to its judgement; it starts nothing. */
import { digestOfValue } from "../../kernel/hash.ts";
import { holds } from "../../people/person.ts";
import { setupsInUse } from "../cameras.ts";
import { challengedClasses, isChallengePassed } from "../challenge.ts";
import type { Message } from "../message.ts";
import type { RefusalCode } from "../refusal.ts";
import { findPerson, openAttempts, operationOf, type State } from "../state.ts";
import { camerasOfCell, firstCamera, whyNotAll } from "../views.ts";
import type { Draft } from "./draft.ts";
import { refuse } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** What the signature means. */
export const challengeMeaning = "I stand at the cell, the plate is empty, and I have the inspection challenged.";

/** Exactly what must be on the screen when a challenge is asked for. */
export function shownForChallenge(state: State) {
  const { setup, versions, inspection } = state;
  const inUse = setupsInUse(state);
  return {
    cell: setup?.cell ?? null,
    model: inspection.inHand?.model ?? versions?.modelDigest ?? null,
    camera: inUse.setup,
    ...(inUse.views.length > 0 && { views: inUse.views }),
    planted: challengedClasses,
    meaning: challengeMeaning,
  };
}

/** Records who asks for it; the eye is owed it from then on, and nothing is begun before it is judged. */
export function startChallenge(draft: Draft, { approval }: Of<"start-challenge">): void {
  const state = draft.state();
  const { person } = approval;
  const reject = (code: RefusalCode, what: string) => refuse(draft, "start-challenge", person, null, { code, what });
  if (!holds(findPerson(state, person), "technician")) {
    return reject("wrong-role", "Only a technician, who clears the plate, may have the inspection challenged.");
  }
  if (state.challenge.open !== null) return reject("already-decided", "The inspection is being challenged already.");
  const builds = openAttempts(state).some(
    ({ job, attempt }) => operationOf(job.order, attempt.operation).kind === "build",
  );
  if (builds) return reject("machine-in-use", "Something is being built: the challenge needs an empty plate.");
  if (approval.shown !== digestOfValue(shownForChallenge(state)) || approval.meaning !== challengeMeaning) {
    return reject(
      "not-what-was-shown",
      "The signature does not belong to what was shown. Open it again and sign again.",
    );
  }
  draft.add({ type: "ChallengeStarted", challenge: `challenge-${draft.id}`, approval });
}

/** The eye has answered; the core concludes from the facts. */
export function challenged(draft: Draft, { challenge, outcome }: Of<"challenged">): void {
  if (draft.state().challenge.open !== challenge) return;
  const all = [{ camera: firstCamera, ...outcome }, ...(outcome.views ?? [])];
  const missing = whyNotAll(camerasOfCell(draft.state().setup), all);
  const missed = all.find((each) => !isChallengePassed(each));
  const passed = missing === null && missed === undefined;
  const count = all.reduce((sum, { tests }) => sum + tests.reduce((most, { planted }) => most + planted.length, 0), 0);
  const why = missed?.reasons[0] ?? missing ?? "Not every class of defect was planted and found.";
  const of = missed === undefined || all.length === 1 ? "" : `Camera ${missed.camera}: `;
  const what = passed ? `All ${count} planted defects were found, and what was whole passed.` : `${of}${why}`;
  draft.add({ type: "ChallengeJudged", challenge, passed, what, ...outcome });
}
