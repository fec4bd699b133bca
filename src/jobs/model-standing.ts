/** How one model stands in the register of a cell, whatever its recipe: good, about to end, or not allowed to judge. */

import { own } from "../kernel/names.ts";
import type { EpochMs, Milliseconds } from "../kernel/units.ts";
import { type ModelInHand, type Models, momentText, nameOfModel, whyModelMayNotJudge } from "./models.ts";

/** A month: from then on it is told that an approval ends. */
const toldAheadMs: Milliseconds = 30 * 86_400_000;

export interface ModelStanding {
  readonly state: "good" | "warning" | "bad";
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
}

/** What is to be said of this model at this time; `demonstration` is the cell's own setting. */
export function standingOf(models: Models, inHand: ModelInHand, demonstration: boolean, at: EpochMs): ModelStanding {
  const known = own(models, inHand.model);
  // Whether it may judge at all is the question here: any recipe that it is approved for will do.
  const recipe = known?.recipes?.[0] ?? inHand.model;
  const why = whyModelMayNotJudge(models, inHand, { recipe, simulated: true, demonstration }, at);
  if (why) return { state: "bad", ...why };
  const name = `${nameOfModel(inHand.model).replace(/^t/, "T")}`;
  if (known?.status === "demonstration") {
    const what = `${name} was taken for this demonstration: nobody has signed for it, and nothing real is judged by it.`;
    return { state: "good", code: "demonstration", what, remedy: "" };
  }
  const until = known?.until ?? null;
  if (until === null) {
    return { state: "good", code: "approved", what: `${name} is approved until it is retired.`, remedy: "" };
  }
  const what = `${name} is approved until ${momentText(until)}.`;
  if (until - at > toldAheadMs) return { state: "good", code: "approved", what, remedy: "" };
  const remedy = "QA and an engineer look at how it has judged, and approve it again: `cellward model approve`.";
  return { state: "warning", code: "ends-soon", what, remedy };
}
