/** Which inspection model may judge what in this cell, and why another may not, each reason with its own remedy (feature 52). */
import { type Digest, own, type PersonId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import {
  type Effectivity,
  type ModelEvent,
  type ModelFacts,
  type RetirementReason,
  retirementReasons,
} from "./model-event.ts";

/** A model that the record knows. */
export interface KnownModel extends ModelFacts, Effectivity {
  readonly status: "approved" | "demonstration" | "retired";
  /** Who signed for it; nobody where a demonstration took it. */
  readonly by: readonly PersonId[];
  readonly retired: RetirementReason | null;
}

/** Models by the digest of their file; of each what was said of it last. */
export type Models = Readonly<Record<string, KnownModel>>;

/** The model that the eye has loaded, and the manifest by which it did; null where no record says which. */
export interface ModelInHand {
  readonly model: Digest;
  readonly manifest: Digest | null;
}

/** By whose word a model judges an attempt, as it stands in the job's own record. */
export interface ModelOnDuty extends Pick<ModelFacts, "model" | "manifest" | "trainingData" | "card"> {
  readonly status: "approved" | "demonstration";
  readonly by: readonly PersonId[];
  readonly until: EpochMs | null;
}

/** What a model is to judge. */
export interface Judged {
  /** Digest of the order's recipe. */
  readonly recipe: Digest;
  /** The machine is simulated. */
  readonly simulated: boolean;
  /** The cell is a demonstration. */
  readonly demonstration: boolean;
}

/** Why a model may not judge. */
export interface ModelObjection {
  readonly code:
    | "model-none"
    | "model-swapped"
    | "model-unsigned"
    | "model-manifest"
    | "model-retired"
    | "model-demonstration"
    | "model-early"
    | "model-expired"
    | "model-recipe";
  readonly what: string;
  readonly remedy: string;
}

const sign = "QA and an engineer read its model card and sign for it: `cellward model approve`.";

/** The state after one more event. */
export function afterModelEvent(before: Models, event: ModelEvent): Models {
  switch (event.type) {
    case "ModelApproved": {
      const { type: _, artifacts: __, approval, second, ...facts } = event;
      const by = [approval.person, second.person];
      return { ...before, [facts.model]: { ...facts, status: "approved", by, retired: null } };
    }
    case "ModelAdmittedForDemonstration": {
      const { type: _, ...facts } = event;
      const always = { from: null, until: null, recipes: null };
      return { ...before, [facts.model]: { ...facts, ...always, status: "demonstration", by: [], retired: null } };
    }
    case "ModelRetired": {
      const known = own(before, event.model);
      return known ? { ...before, [event.model]: { ...known, status: "retired", retired: event.reason } } : before;
    }
  }
}

/** The model in hand, as a start writes it down; null where the record knows none that may judge. */
export function modelOnDuty(models: Models, inHand: ModelInHand | null): ModelOnDuty | null {
  const known = inHand === null ? undefined : own(models, inHand.model);
  if (!known || known.status === "retired") return null;
  const { model, manifest, trainingData, card, status, by, until } = known;
  return { model, manifest, trainingData, card, status, by, until };
}

/** Why the model in hand may not judge this now, or null where it may. */
export function whyModelMayNotJudge(
  models: Models,
  inHand: ModelInHand | null,
  judged: Judged,
  at: EpochMs,
): ModelObjection | null {
  if (inHand === null) {
    const what = "No inspection model is loaded.";
    return { code: "model-none", what, remedy: "Run `cellward doctor`; it names what is wrong with the model." };
  }
  const known = own(models, inHand.model);
  const name = nameOfModel(inHand.model);
  if (!known) {
    return { code: "model-unsigned", what: `Nobody has signed for ${name} in this cell.`, remedy: sign };
  }
  if (known.status === "retired") {
    const why = known.retired === null ? "" : ` ${retirementReasons[known.retired]}`;
    const remedy =
      "Install an approved model, or let QA and an engineer approve this one anew: `cellward model approve`.";
    return { code: "model-retired", what: `${sentence(name)} was retired.${why}`, remedy };
  }
  if (inHand.manifest !== known.manifest) {
    const what = `The manifest of ${name} is not the one that was approved.`;
    return { code: "model-manifest", what, remedy: `Put the approved manifest back. Or: ${sign}` };
  }
  return whyNotFor(known, name, judged) ?? whyNotNow(known, name, at);
}

function whyNotFor(known: KnownModel, name: string, judged: Judged): ModelObjection | null {
  if (known.status === "demonstration" && !(judged.demonstration && judged.simulated)) {
    const where = judged.demonstration ? "this machine is real" : "this cell is not one";
    const what = `${sentence(name)} was only taken for a demonstration, and ${where}.`;
    return { code: "model-demonstration", what, remedy: sign };
  }
  if (known.recipes !== null && !known.recipes.includes(judged.recipe)) {
    const what = `${sentence(name)} is not approved for the recipe of this order.`;
    return {
      code: "model-recipe",
      what,
      remedy: "QA and an engineer approve it for this recipe too: `cellward model approve`.",
    };
  }
  return null;
}

function whyNotNow({ from, until }: KnownModel, name: string, at: EpochMs): ModelObjection | null {
  if (from !== null && at < from) {
    const what = `${sentence(name)} is approved from ${momentText(from)} on, not yet.`;
    return { code: "model-early", what, remedy: "Wait until then, or let QA and an engineer approve it from now on." };
  }
  if (until !== null && at >= until) {
    const what = `The approval of ${name} ended at ${momentText(until)}.`;
    const remedy = "QA and an engineer look at how it has judged, and approve it again: `cellward model approve`.";
    return { code: "model-expired", what, remedy };
  }
  return null;
}

/** A model, to stand in a sentence. */
export function nameOfModel(model: Digest): string {
  return `the inspection model ${model.slice(0, 12)}`;
}

/** A moment as people read it, to the minute. */
export function momentText(at: EpochMs): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function sentence(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
