/** What stands on a device's label: checked facts in, lines and the element string of the code out. */

import type { Pathway } from "../jobs/pathway.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { unicodeNumber } from "../ledger/paper.ts";
import { gs1Bracketed, gs1Text, makeGs1 } from "../materials/gs1.ts";
import { writeGs1Date } from "../materials/gs1-date.ts";
import { simulatedWarning, wordings } from "./wording.ts";

/** What the record knows of the device; dates as `2026-11-25`. */
export interface LabelFacts {
  /** What it is, in the order's words. */
  readonly title: string;
  /** GTIN-14 under which the institution keeps this kind of device. */
  readonly gtin: string;
  /** The job's id or the unit's own lot. */
  readonly lot: string;
  readonly serial: string;
  readonly madeOn: string;
  readonly useBy: string | null;
  readonly pseudonym: string;
  readonly side: "left" | "right" | "none";
  /** The cell and its institution, as the configuration names them. */
  readonly cellTitle: string;
  readonly pathway: Pathway;
  readonly simulated: boolean;
}

/** A label's content, ready to be laid out. */
export interface LabelContent {
  /** Across the top in large letters. */
  readonly warnings: readonly string[];
  readonly title: string;
  readonly lines: readonly string[];
  /** What the code says, as a scanner sends it without its symbology identifier. */
  readonly element: string;
  /** The same for people, printed below the code. */
  readonly bracketed: string;
  readonly madeOn: string;
}

const limits = { title: 200, pseudonym: 64, cellTitle: 120 } as const;
const names = { title: "device's title", pseudonym: "pseudonym", cellTitle: "cell's title" } as const;

/** Checks the facts and words the label. Error: a sentence about the first fact that cannot stand on a label. */
export function labelContent(facts: LabelFacts): Result<LabelContent, string> {
  const wrong = wrongText(facts, "title") ?? wrongText(facts, "pseudonym") ?? wrongText(facts, "cellTitle");
  if (wrong !== null) return err(wrong);
  const madeOn = writeGs1Date(facts.madeOn);
  if (!madeOn.ok) return err(`The date of manufacture "${facts.madeOn}" ${madeOn.error}.`);
  const useBy = facts.useBy === null ? null : writeGs1Date(facts.useBy);
  if (useBy !== null && !useBy.ok) return err(`The use-by date "${facts.useBy}" ${useBy.error}.`);
  if (facts.useBy !== null && facts.useBy < facts.madeOn) {
    return err(`The device would be past its use-by date ${facts.useBy} when it was made, on ${facts.madeOn}.`);
  }
  const code = makeGs1({
    gtin: facts.gtin,
    madeOn: madeOn.value,
    useBy: useBy?.value ?? null,
    lot: facts.lot,
    serial: facts.serial,
  });
  if (!code.ok) return code;
  const { warning, sentences } = wordings[facts.pathway];
  return ok({
    warnings: [...(facts.simulated ? [simulatedWarning] : []), ...(warning === null ? [] : [warning])],
    title: facts.title,
    lines: [
      `For ${facts.pseudonym}, side: ${facts.side === "none" ? "none" : facts.side.toUpperCase()}`,
      `Lot ${facts.lot}, serial number ${facts.serial}`,
      `Made on ${facts.madeOn}${facts.useBy === null ? "" : `, use by ${facts.useBy}`}`,
      sentences.join(" "),
      `Made by ${facts.cellTitle}`,
    ],
    element: gs1Text(code.value),
    bracketed: gs1Bracketed(code.value),
    madeOn: facts.madeOn,
  });
}

function wrongText(facts: LabelFacts, field: keyof typeof limits): string | null {
  const text = facts[field];
  if (text.trim() === "") return `The ${names[field]} is empty.`;
  if (text.length > limits[field]) {
    return `The ${names[field]} is ${text.length} characters long, and ${limits[field]} are allowed on a label.`;
  }
  const hidden = [...text].find((sign) => /^\p{C}$/u.test(sign) && sign !== "\u200c" && sign !== "\u200d");
  return hidden === undefined
    ? null
    : `The ${names[field]} has the sign ${unicodeNumber(hidden)}, which cannot be seen.`;
}
