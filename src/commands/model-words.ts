/** The register of inspection models in words: what each may judge and why not, and for how long still. */

import type { ModelFacts } from "../jobs/model-event.ts";
import { retirementReasons } from "../jobs/model-event.ts";
import { type KnownModel, type ModelInHand, momentText, whyModelMayNotJudge } from "../jobs/models.ts";
import type { EpochMs } from "../kernel/units.ts";

/** A month: from then on the doctor tells that an approval ends. */
export const toldAheadMs = 30 * 86_400_000;

/** Whether the configured model may judge here at all, whatever the recipe; in words for the doctor. */
export interface ModelStanding {
  readonly state: "good" | "warning" | "bad";
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
}

/** How the model of the configuration stands in the record; `demonstration` is the cell's own setting. */
export function standingOf(
  facts: ModelFacts,
  models: Readonly<Record<string, KnownModel>>,
  demonstration: boolean,
  at: EpochMs,
): ModelStanding {
  const inHand: ModelInHand = { model: facts.model, manifest: facts.manifest };
  const known = models[facts.model];
  // Of what it is approved for, any is asked: whether at all is the question here.
  const recipe = known?.recipes?.[0] ?? facts.model;
  const why = whyModelMayNotJudge(models, inHand, { recipe, simulated: true, demonstration }, at);
  if (why) return { state: "bad", ...why };
  const name = `${facts.file} (${facts.model.slice(0, 12)})`;
  if (known?.status === "demonstration") {
    const what = `${name} was taken for this demonstration; nobody has signed for it, and nothing real is judged by it.`;
    return { state: "good", code: "demonstration", what, remedy: "" };
  }
  const until = known?.until ?? null;
  if (until === null)
    return { state: "good", code: "approved", what: `${name} is approved until it is retired.`, remedy: "" };
  const what = `${name} is approved until ${momentText(until)}.`;
  if (until - at > toldAheadMs) return { state: "good", code: "approved", what, remedy: "" };
  const remedy = "QA and an engineer look at how it has judged, and approve it again: `cellward model approve`.";
  return { state: "warning", code: "ends-soon", what, remedy };
}

/** One model of the register in a few lines. */
export function modelLines(known: KnownModel): string {
  const { model, file, status, from, until, recipes, by, retired, trainingData, card, licence, manifest } = known;
  const state = { approved: "approved", demonstration: "DEMONSTRATION, signed by nobody", retired: "RETIRED" }[status];
  return [
    `${model}  ${file}  ${state}`,
    `  manifest ${manifest}`,
    `  trained on ${trainingData}, model card ${card}, licence ${licence}`,
    ...(status === "demonstration"
      ? []
      : [
          `  from ${from === null ? "its signatures" : momentText(from)} until ${until === null ? "it is retired" : momentText(until)}, signed by ${by.join(" and ")}`,
        ]),
    ...(status === "demonstration"
      ? ["  for simulated machines of a demonstration"]
      : [`  for ${recipes === null ? "all recipes of this cell" : `recipes ${recipes.join(", ")}`}`]),
    ...(retired === null ? [] : [`  retired: ${retirementReasons[retired]}`]),
  ].join("\n");
}
