/** Regulatory pathways by their codes (feature 6): what a device is made under decides what its label has to say. */

export const pathways = [
  "eu-custom-made",
  "eu-in-house",
  "us-patient-matched",
  "gb-in-house",
  "sg-custom-made",
  "model-only",
  "demonstration",
] as const;

export type Pathway = (typeof pathways)[number];

/** True for a pathway that this version knows. */
export function isPathway(text: string): text is Pathway {
  return (pathways as readonly string[]).includes(text);
}
