/** Facts of a label for the tests. */
import type { LabelContent, LabelFacts } from "../../src/labels/label.ts";
import { labelContent } from "../../src/labels/label.ts";

export const usualFacts: LabelFacts = {
  title: "Surgical drill guide, distal femur",
  gtin: "09501101020917",
  lot: "J-2026-0042",
  serial: "J-2026-0042-1",
  madeOn: "2026-11-25",
  useBy: "2027-11-25",
  pseudonym: "PSN-7Q4K-12",
  side: "left",
  cellTitle: "Cell 1, Example Hospital, Example Street 1, Exampletown",
  pathway: "eu-custom-made",
  simulated: false,
};

/** The content of a label with some facts changed; the facts have to be good. */
export function contentOf(changes: Partial<LabelFacts> = {}): LabelContent {
  const content = labelContent({ ...usualFacts, ...changes });
  if (!content.ok) throw new Error(content.error);
  return content.value;
}
