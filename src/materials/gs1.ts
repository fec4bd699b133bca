/** GS1 element strings: what a scanner sends and what is printed in brackets below a code, read strictly and written. */
import { err, ok, type Result } from "../kernel/result.ts";
import { type Element, elements, nameOf, wrongValue } from "./gs1-element.ts";

/** What a code on a device or a lot says; each value as it stands in the code, checked. */
export interface Gs1 {
  /** (01): 14 digits with check digit. */
  readonly gtin: string;
  /** (11): production date YYMMDD, see readGs1Date. */
  readonly madeOn: string | null;
  /** (17): expiration date YYMMDD, see readGs1Date. */
  readonly useBy: string | null;
  /** (10): lot, 1 to 20 characters. */
  readonly lot: string | null;
  /** (21): serial number, 1 to 20 characters. */
  readonly serial: string | null;
}

/** The separator (FNC1) as scanners transmit it. */
export const separator = "\u001d";
/** Longer than anything that can be said with these elements, in either form. */
const maxLength = 200;
/** Symbology identifiers of GS1 DataMatrix, GS1-128 and GS1 QR Code (ISO/IEC 15424), sent first by many scanners. */
const carriers = ["]d2", "]C1", "]Q3"];

/**
 * Reads what a scanner sent, or the bracketed form that people read. A lot, serial or date needs its GTIN: alone it does
 * not say of what (General Specifications, mandatory association of element strings). Error: a sentence that says which
 * element is wrong and how.
 */
export function parseGs1(text: string): Result<Gs1, string> {
  if (text.length > maxLength) return err(`The code is ${text.length} characters long, and ${maxLength} are allowed.`);
  const line = text.replace(/[\r\n]+$/, "");
  if (line === "") return err("The code is empty.");
  if (line.startsWith("(")) return fromPairs(bracketedPairs(line));
  const identifier = line.startsWith("]") ? line.slice(0, 3) : "";
  if (identifier !== "" && !carriers.includes(identifier)) {
    return err(`The code is not a GS1 code: the scanner calls its kind ${identifier}.`);
  }
  const data = line.slice(identifier.length);
  // Scanners that send no identifier may send the FNC1 that opens every GS1 code as a separator.
  return fromPairs(scannedPairs(data.startsWith(separator) ? data.slice(1) : data));
}

/** Checks the parts of a code and puts them together. Error: a sentence. */
export function makeGs1(parts: Pick<Gs1, "gtin"> & Partial<Gs1>): Result<Gs1, string> {
  const value: Gs1 = { madeOn: null, useBy: null, lot: null, serial: null, ...parts };
  for (const element of elements) {
    const part = value[element.field];
    const wrong = part === null ? null : wrongValue(element, part);
    if (wrong !== null) return err(wrong);
  }
  return ok(value);
}

/** The element string as a scanner sends it, without symbology identifier: what the code encodes after its first FNC1. */
export function gs1Text(code: Gs1): string {
  const present = pairsOf(code);
  return present
    .map(([element, value], index) => {
      const ends = element.length !== null || index === present.length - 1;
      return `${element.ai}${value}${ends ? "" : separator}`;
    })
    .join("");
}

/** The element string for people, identifiers in brackets. A bracket inside a value is written `\(`. */
export function gs1Bracketed(code: Gs1): string {
  return pairsOf(code)
    .map(([{ ai }, value]) => `(${ai})${value.replaceAll("(", "\\(")}`)
    .join("");
}

function pairsOf(code: Gs1): [Element, string][] {
  return elements.flatMap((element) => {
    const value = code[element.field];
    return value === null ? [] : [[element, value] as [Element, string]];
  });
}

type Pairs = Result<readonly (readonly [Element, string])[], string>;

/** Elements one after the other; only those of variable length need a separator, and one too many does no harm. */
function scannedPairs(data: string): Pairs {
  const pairs: [Element, string][] = [];
  let rest = data;
  while (rest !== "") {
    const ai = rest.slice(0, 2);
    const element = elements.find((each) => each.ai === ai);
    if (element === undefined) return err(unknown(ai, pairs.at(-1)?.[0]));
    const found = rest.indexOf(separator);
    const ends = found < 0 ? rest.length : found;
    const end = element.length === null ? ends : Math.min(2 + element.length, ends);
    pairs.push([element, rest.slice(2, end)]);
    rest = rest.slice(rest[end] === separator ? end + 1 : end);
  }
  return ok(pairs);
}

function bracketedPairs(line: string): Pairs {
  const pairs: [Element, string][] = [];
  let rest = line;
  while (rest !== "") {
    const found = /^\((\d{2,4})\)((?:[^(\\]|\\\()*)/.exec(rest);
    if (found === null) {
      return err(
        `The code cannot be read at "${rest.slice(0, 20)}": an application identifier in brackets is missing.`,
      );
    }
    const element = elements.find((each) => each.ai === found[1]);
    if (element === undefined) return err(unknown(found[1] ?? "", pairs.at(-1)?.[0]));
    pairs.push([element, (found[2] ?? "").replaceAll("\\(", "(")]);
    rest = rest.slice(found[0].length);
  }
  return ok(pairs);
}

function unknown(ai: string, after: Element | undefined): string {
  const where = after === undefined ? "The code begins with" : `After ${nameOf(after)} stands`;
  const shown = ai.replaceAll(/[^!-~]/g, "?");
  return `${where} "${shown}", which is no application identifier that is used here (${elements.map((each) => each.ai).join(", ")}).`;
}

function fromPairs(pairs: Pairs): Result<Gs1, string> {
  if (!pairs.ok) return pairs;
  const seen = new Map<Element["field"], string>();
  for (const [element, value] of pairs.value) {
    if (seen.has(element.field)) return err(`The code has ${nameOf(element)} twice.`);
    const wrong = wrongValue(element, value);
    if (wrong !== null) return err(wrong);
    seen.set(element.field, value);
  }
  const gtin = seen.get("gtin");
  if (gtin === undefined) return err("The code has no GTIN (01): what it says does not say of what.");
  return makeGs1({ gtin, ...Object.fromEntries(seen) });
}
