/** The register of inspection models in words: of each, what it may judge, since when, until when and by whose word. */
import { retirementReasons } from "../jobs/model-event.ts";
import { type KnownModel, momentText } from "../jobs/models.ts";

/** One model of the register in a few lines. */
export function modelLines(known: KnownModel): string {
  const { model, file, status, retired, trainingData, card, licence, manifest } = known;
  const state = { approved: "approved", demonstration: "DEMONSTRATION", retired: "RETIRED" }[status];
  return [
    `${model}  ${file}  ${state}`,
    `  manifest ${manifest}`,
    `  trained on ${trainingData}, model card ${card}, licence ${licence}`,
    ...wordsOfApproval(known),
    ...(retired === null ? [] : [`  retired: ${retirementReasons[retired]}`]),
  ].join("\n");
}

function wordsOfApproval({ from, until, recipes, by }: KnownModel): string[] {
  if (by.length === 0) return ["  taken for simulated machines of a demonstration, signed by nobody"];
  const begin = from === null ? "its signatures" : momentText(from);
  const end = until === null ? "it is retired" : momentText(until);
  return [
    `  from ${begin} until ${end}, signed by ${by.join(" and ")}`,
    `  for ${recipes === null ? "all recipes of this cell" : `recipes ${recipes.join(", ")}`}`,
  ];
}
