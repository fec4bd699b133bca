/** What was signed about inspection models, told in sentences. */
import { type ModelEvent, retirementReasons } from "../jobs/model-event.ts";
import { type ModelOnDuty, momentText } from "../jobs/models.ts";
import type { Approval } from "../people/person.ts";

/** Which model judges the layers of an attempt, and by whose word. */
export function judgeLine(judge: ModelOnDuty | null): string[] {
  if (judge === null) return [];
  const { model, status, by, until } = judge;
  const end = until === null ? "" : `, until ${momentText(until)}`;
  const word =
    status === "demonstration" ? "taken for a DEMONSTRATION, signed by nobody" : `approved by ${by.join(" and ")}`;
  return [`layers are judged by model ${model}, ${word}${end}`];
}

/** The facts below the line: which model, for what and how long, and who signed, by their names where they can be opened. */
export function modelLinesOf(event: ModelEvent, nameOf: (sealed: string) => string | null): string[] {
  const signed = ({ person, name, meaning, shown }: Approval) => [
    `signed by ${nameOf(name) ?? "a person whose name is not here"} (${person}), meaning: ${meaning}`,
    `signed over ${shown}`,
  ];
  if (event.type === "ModelRetired") {
    return [`model ${event.model}`, retirementReasons[event.reason], ...signed(event.approval)];
  }
  const { model, manifest, file, trainingData, card, licence } = event;
  const facts = [
    `model ${model} (${file}, ${licence})`,
    `manifest ${manifest}`,
    `trained on ${trainingData}, model card ${card}`,
  ];
  if (event.type !== "ModelApproved") return [...facts, "nobody has signed for it: nothing real is judged by it"];
  const { from, until, recipes, approval, second } = event;
  return [
    ...facts,
    `counts from ${from === null ? "this entry on" : momentText(from)} until ${until === null ? "it is retired" : momentText(until)}`,
    recipes === null ? "for all recipes of the cell" : `for recipes ${recipes.join(", ")}`,
    ...signed(approval),
    ...signed(second),
  ];
}
