/** The register of inspection models in words: of each, what it may judge, since when, until when and by whose word. */
import { retirementReasons } from "../jobs/model-event.ts";
import { type KnownModel, momentText } from "../jobs/models.ts";

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
