/** The GS1 elements that a device label carries: application identifiers, their formats, and the check digit. */
import { err, ok, type Result } from "../kernel/result.ts";
import { wrongShape } from "./gs1-date.ts";

/** One application identifier (AI) of the GS1 General Specifications, section 3. */
export interface Element {
  readonly ai: "01" | "11" | "17" | "10" | "21";
  readonly field: "gtin" | "madeOn" | "useBy" | "lot" | "serial";
  readonly title: string;
  /** Characters of a predefined-length element, which needs no separator after it; null for 1 to 20 characters. */
  readonly length: number | null;
}

/** In the order in which they are printed: those of predefined length first, so that separators are few (7.8.5). */
export const elements: readonly Element[] = [
  { ai: "01", field: "gtin", title: "GTIN", length: 14 },
  { ai: "11", field: "madeOn", title: "production date", length: 6 },
  { ai: "17", field: "useBy", title: "expiration date", length: 6 },
  { ai: "10", field: "lot", title: "lot", length: null },
  { ai: "21", field: "serial", title: "serial number", length: null },
];

export const maxVariableLength = 20;
/** GS1 AI encodable character set 82 (General Specifications, figure 7.11-1). */
const set82 = /^[!"%-?A-Z_a-z]*$/;

/** How sentences name an element: `the lot (10)`. */
export function nameOf(element: Element): string {
  return `the ${element.title} (${element.ai})`;
}

/** What is wrong with an element's value, as a sentence; null when nothing is. */
export function wrongValue(element: Element, value: string): string | null {
  const says = (what: string): string => `In ${nameOf(element)}, "${value.slice(0, 60)}" ${what}.`;
  if (value === "") return `There is nothing in ${nameOf(element)}.`;
  if (element.field === "gtin") return wrongGtin(value, says);
  if (element.length !== null) {
    const wrong = wrongShape(value);
    return wrong === null ? null : says(wrong);
  }
  if (value.length > maxVariableLength) {
    return says(
      `is ${value.length} characters long, and ${maxVariableLength} are allowed; a separator after it may be missing`,
    );
  }
  const strange = [...value].find((sign) => !set82.test(sign));
  return strange === undefined ? null : says(`has ${signName(strange)}, which GS1 does not allow`);
}

function wrongGtin(value: string, says: (what: string) => string): string | null {
  if (!/^\d{14}$/.test(value)) return says("is not 14 digits");
  if (/^0+$/.test(value)) return says("is no number that was ever given");
  const right = checkDigit(value.slice(0, -1));
  return value.endsWith(String(right)) ? null : says(`has a wrong check digit: it would have to be ${right}`);
}

/**
 * Check digit for a string of digits (General Specifications 7.9.1): from the right, every first digit counts three
 * times and every second once; the check digit fills the sum up to the next multiple of ten.
 */
export function checkDigit(digits: string): number {
  const sum = [...digits].reverse().reduce((all, digit, index) => all + Number(digit) * (index % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10;
}

/** The GTIN-14 that 13 digits make: indicator, company prefix, item reference. Error: a sentence. */
export function gtinWithCheckDigit(thirteen: string): Result<string, string> {
  if (!/^\d{13}$/.test(thirteen)) return err(`A GTIN without its check digit is 13 digits, not "${thirteen}".`);
  return ok(`${thirteen}${checkDigit(thirteen)}`);
}

function signName(sign: string): string {
  const code = sign.codePointAt(0) ?? 0;
  const number = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return code < 0x21 || code === 0x7f ? `the sign ${number}` : `the sign ${sign} (${number})`;
}
