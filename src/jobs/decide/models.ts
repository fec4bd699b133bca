/** The register of inspection models: approved by QA and an engineer, retired by QA, and what a demonstration takes. */
import { digestOfValue } from "../../kernel/hash.ts";
import { type Digest, own } from "../../kernel/names.ts";
import { holds } from "../../people/person.ts";
import type { Message } from "../message.ts";
import { type Effectivity, type ModelFacts, type RetirementReason, retirementReasons } from "../model-event.ts";
import { momentText } from "../models.ts";
import type { RefusalCode } from "../refusal.ts";
import { findPerson, type State } from "../state.ts";
import type { Draft } from "./draft.ts";
import { refuse } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** What the signatures mean. */
export const modelMeanings = {
  approve: "I have read the model card: this model may judge layers in this cell as stated here.",
  retire: "I retire this model: it judges no further layer in this cell.",
} as const;

/** Exactly what must be on the screen when a model is approved. */
export function shownForModel({ setup }: State, facts: ModelFacts, { from, until, recipes }: Effectivity) {
  return {
    cell: setup?.cell ?? null,
    ...facts,
    from: from === null ? "at once" : momentText(from),
    until: until === null ? "it is retired" : momentText(until),
    recipes: recipes ?? "all of this cell",
    meaning: modelMeanings.approve,
  };
}

/** And when it is retired. */
export function shownForRetirement({ setup }: State, model: Digest, reason: RetirementReason) {
  return { cell: setup?.cell ?? null, model, reason: retirementReasons[reason], meaning: modelMeanings.retire };
}

/** Two people, QA and an engineer, let a model judge; it never counts from before the signatures. */
export function approveModel(draft: Draft, message: Of<"approve-model">): void {
  const { facts, wanted, approval, second } = message;
  const { from, until, recipes } = wanted;
  const state = draft.state();
  const reject = (code: RefusalCode, what: string) =>
    refuse(draft, "approve-model", approval.person, null, { code, what });
  if (!holds(findPerson(state, approval.person), "qa")) return reject("wrong-role", "QA signs first for a model.");
  if (!holds(findPerson(state, second.person), "engineer")) {
    return reject("wrong-role", "An engineer signs second for a model.");
  }
  if (approval.person === second.person) {
    return reject("own-work", "Two people sign for a model. Ask a second person.");
  }
  if (from !== null && from < draft.at) {
    return reject("not-ahead", "An approval cannot begin in the past. Leave its first day out, and it begins at once.");
  }
  if (until !== null && until <= (from ?? draft.at)) {
    return reject("not-ahead", "The approval would end before it begins. Name a later last day.");
  }
  const shown = shownForModel(state, facts, wanted);
  const digest = digestOfValue(shown);
  if ([approval, second].some((each) => each.shown !== digest || each.meaning !== shown.meaning)) {
    const what = "The signatures do not belong to what was shown: the model or its manifest has changed. Sign again.";
    return reject("not-what-was-shown", what);
  }
  const artifacts = [facts.model, facts.manifest, facts.card];
  draft.add({ type: "ModelApproved", ...facts, from, until, recipes, approval, second, artifacts });
}

/** QA takes a model out of use; what it is judging holds at the end of the layer. */
export function retireModel(draft: Draft, { model, reason, approval }: Of<"retire-model">): void {
  const state = draft.state();
  const reject = (code: RefusalCode, what: string) =>
    refuse(draft, "retire-model", approval.person, null, { code, what });
  if (!holds(findPerson(state, approval.person), "qa")) return reject("wrong-role", "Only QA may retire a model.");
  const known = own(state.models, model);
  if (!known) return reject("unknown-model", "This cell's record knows no such model: nobody has signed for it.");
  if (known.status === "retired") return reject("already-decided", "This model is retired already.");
  const shown = shownForRetirement(state, model, reason);
  if (approval.shown !== digestOfValue(shown) || approval.meaning !== shown.meaning) {
    const what = "The signature does not belong to what was shown. Open it again and sign again.";
    return reject("not-what-was-shown", what);
  }
  draft.add({ type: "ModelRetired", model, reason, approval });
}

/** A demonstration takes the model that comes with the program, once; what QA has retired or people approved stays so. */
export function admitForDemonstration(draft: Draft, facts: ModelFacts): void {
  const { setup, models } = draft.state();
  const known = own(models, facts.model);
  if (!setup?.demonstration || (known && (known.status !== "demonstration" || known.manifest === facts.manifest)))
    return;
  draft.add({ type: "ModelAdmittedForDemonstration", ...facts });
}
