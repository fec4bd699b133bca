/** Where everything stands on a label: letters as large as they fit, none cut off, or a sentence why they cannot. */
import { err, ok, type Result } from "../kernel/result.ts";
import type { Millimetre } from "../kernel/units.ts";
import { shownText, unicodeNumber, wrapAnywhere, wrapWords } from "../ledger/paper.ts";
import type { LabelContent } from "./label.ts";

export interface LabelSize {
  readonly width_mm: Millimetre;
  readonly height_mm: Millimetre;
  /** Edge of one module of the code (X-dimension). */
  readonly module_mm: Millimetre;
}

/**
 * A common label, and a module of five dots at 300 dpi: GS1 General Specifications, symbol specification table 6
 * (regulated healthcare) wants 0.254 to 0.990 mm, at best 0.380 mm.
 */
export const usualSize: LabelSize = { width_mm: 70, height_mm: 40, module_mm: (5 * 25.4) / 300 };
export const moduleRange_mm = { least: 0.254, most: 0.99 } as const;

/** A line of text; `y_mm` is its top, `size_pt` its size in typographic points. */
export interface PlacedText {
  readonly text: string;
  readonly x_mm: Millimetre;
  readonly y_mm: Millimetre;
  readonly size_pt: number;
  readonly bold: boolean;
}

export interface LabelLayout {
  readonly texts: readonly PlacedText[];
  /** Upper left corner of the code's first module. */
  readonly code: { readonly x_mm: Millimetre; readonly y_mm: Millimetre };
}

/** The font as far as a layout needs it; widths in mm. */
export interface LabelFont {
  has(codePoint: number): boolean;
  width_mm(text: string, size_pt: number, bold: boolean): Millimetre;
}

const margin_mm = 2;
const gap_mm = 1.5;
/** Quiet zone in modules; GS1 asks for one (General Specifications, GS1 DataMatrix), scanners like two. */
const quiet = 2;
/** Of the size; the font's own letters are 1.16 high with their accents. */
const lineHeight = 1.17;
const mmOfPoint = 25.4 / 72;
const sizes = { body: [8, 5], warning: [14, 7], bracketed: [6.5, 5] } as const;
/** How much larger than the lines the title stands. */
const titleMore_pt = 1;

/** Lays out a label whose code has `modules` modules an edge. Error: a sentence that says what does not fit. */
export function layoutLabel(
  content: LabelContent,
  size: LabelSize,
  modules: number,
  font: LabelFont,
): Result<LabelLayout, string> {
  const lacking = shownText([content.title, ...content.lines].join(""), font.has).lacking[0];
  if (lacking !== undefined) {
    return err(`The label's font has no sign ${lacking} (${unicodeNumber(lacking)}): write the text in other letters.`);
  }
  const width_mm = size.width_mm - 2 * margin_mm;
  const warnings = placeWarnings(content.warnings, width_mm, font);
  if (!warnings.ok) return warnings;
  const below = placeBracketed(content.bracketed, width_mm, size.height_mm - margin_mm, font);
  if (!below.ok) return below;
  const top_mm = warnings.value.bottom_mm;
  const code = { x_mm: margin_mm + quiet * size.module_mm, y_mm: top_mm + quiet * size.module_mm };
  const edge_mm = (modules + 2 * quiet) * size.module_mm;
  if (top_mm + edge_mm > below.value.top_mm) {
    return err(`A code of ${edge_mm.toFixed(1)} mm does not fit on a label of ${size.height_mm} mm.`);
  }
  const left_mm = margin_mm + edge_mm + gap_mm;
  const beside = { x_mm: left_mm, y_mm: top_mm, width_mm: size.width_mm - margin_mm - left_mm };
  const lines = placeLines(content, { ...beside, height_mm: below.value.top_mm - top_mm }, font);
  if (lines === null) {
    const longest = [content.title, ...content.lines].reduce((a, b) => (b.length > a.length ? b : a));
    return err(`The label's text does not fit even in small letters. The longest part is "${longest}": shorten it.`);
  }
  return ok({ texts: [...warnings.value.texts, ...lines, ...below.value.texts], code });
}

/** Each warning on one line as wide as the label. */
function placeWarnings(
  warnings: readonly string[],
  width_mm: Millimetre,
  font: LabelFont,
): Result<{ texts: PlacedText[]; bottom_mm: Millimetre }, string> {
  const texts: PlacedText[] = [];
  let y_mm: Millimetre = margin_mm;
  for (const text of warnings) {
    const size_pt = sizesDown(sizes.warning).find((each) => font.width_mm(text, each, true) <= width_mm);
    if (size_pt === undefined) return err(`The label is too narrow for "${text}" in large letters.`);
    texts.push({ text, x_mm: margin_mm, y_mm, size_pt, bold: true });
    y_mm += size_pt * mmOfPoint * lineHeight;
  }
  return ok({ texts, bottom_mm: y_mm });
}

/** The element string at the bottom, broken before an identifier if it has to be. */
function placeBracketed(
  bracketed: string,
  width_mm: Millimetre,
  bottom_mm: Millimetre,
  font: LabelFont,
): Result<{ texts: PlacedText[]; top_mm: Millimetre }, string> {
  // An element has no spaces, so lines of elements are lines of words.
  const spaced = bracketed.replaceAll(/(?<!^|\\)\((?=\d\d\))/g, " (");
  for (const size_pt of sizesDown(sizes.bracketed)) {
    const measure = (line: string): number => font.width_mm(line.replaceAll(" ", ""), size_pt, false);
    const lines = wrapWords(spaced, width_mm, measure);
    if (lines === null || lines.length > 2) continue;
    const step_mm = size_pt * mmOfPoint * lineHeight;
    const top_mm = bottom_mm - lines.length * step_mm;
    const texts = lines.map((line, index) => ({
      text: line.replaceAll(" ", ""),
      x_mm: margin_mm,
      y_mm: top_mm + index * step_mm,
      size_pt,
      bold: false,
    }));
    return ok({ texts, top_mm: top_mm - gap_mm / 2 });
  }
  return err(`The label is too narrow for the code's text ${bracketed}.`);
}

interface Box {
  readonly x_mm: Millimetre;
  readonly y_mm: Millimetre;
  readonly width_mm: Millimetre;
  readonly height_mm: Millimetre;
}

/** Title and lines in the largest letters that fit; words are broken only in the smallest. Null if nothing fits. */
function placeLines(content: LabelContent, box: Box, font: LabelFont): PlacedText[] | null {
  const all = [
    { text: content.title, more_pt: titleMore_pt, bold: true },
    ...content.lines.map((text) => ({ text, more_pt: 0, bold: false })),
  ];
  const attempt = (size_pt: number, anywhere: boolean): PlacedText[] | null => {
    const placed: PlacedText[] = [];
    let y_mm = box.y_mm;
    for (const { text, more_pt, bold } of all) {
      const own_pt = size_pt + more_pt;
      const measure = (part: string): number => font.width_mm(part, own_pt, bold);
      const lines = anywhere ? wrapAnywhere(text, box.width_mm, measure) : wrapWords(text, box.width_mm, measure);
      for (const line of lines ?? []) {
        placed.push({ text: line, x_mm: box.x_mm, y_mm, size_pt: own_pt, bold });
        y_mm += own_pt * mmOfPoint * lineHeight;
      }
      if (lines === null || y_mm > box.y_mm + box.height_mm) return null;
    }
    return placed;
  };
  for (const size_pt of sizesDown(sizes.body)) {
    const placed = attempt(size_pt, false);
    if (placed !== null) return placed;
  }
  return attempt(sizes.body[1], true);
}

function sizesDown([most, least]: readonly [number, number]): number[] {
  return Array.from({ length: (most - least) * 4 + 1 }, (_, step) => most - step / 4);
}
