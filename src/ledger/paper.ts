/** Text on paper, for records and labels: which signs the font has, which way they run, where lines break, the font whole. */

/** Width of a text in one size; the unit is the caller's. */
export type Measure = (text: string) => number;

/** Part of a line that is drawn as one piece, from right to left or from left to right. */
export interface Run {
  readonly text: string;
  readonly rightToLeft: boolean;
}

/**
 * The pieces of a line in the order in which they stand on paper. The line as a whole runs from left to right, as our
 * sentences do; words of a right-to-left script (and what joins them) are one piece. Less than Unicode's bidirectional
 * algorithm: digits beside such words stay where they were typed.
 */
export function runsOf(line: string): Run[] {
  return line
    .split(rightToLeftWords)
    .map((text, index) => ({ text, rightToLeft: index % 2 === 1 }))
    .filter(({ text }) => text !== "");
}

/** Letters and marks of the right-to-left blocks, without their digits, and what stands between two such words. */
const letter =
  "(?:(?![\\u0660-\\u0669\\u06f0-\\u06f9])[\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc]|[\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}])";
const rightToLeftWords = new RegExp(`(${letter}(?:[ '\\u2019.\\u200c\\u200d-]*${letter})*)`, "u");

/**
 * A text that the font can show: each sign that it lacks, and each that would not be seen (control signs, those that turn
 * the direction), stands as its Unicode number, `[U+738B]`. `lacking` holds those signs, each once.
 */
export function shownText(
  text: string,
  has: (codePoint: number) => boolean,
): { readonly text: string; readonly lacking: readonly string[] } {
  const lacking = new Set<string>();
  const shown = [...text].map((sign) => {
    const code = sign.codePointAt(0) ?? 0;
    const visible = !/^\p{C}$/u.test(sign) || sign === "\u200c" || sign === "\u200d";
    if (visible && has(code)) return sign;
    lacking.add(sign);
    return `[${unicodeNumber(sign)}]`;
  });
  return { text: shown.join(""), lacking: [...lacking] };
}

/** `U+738B`. */
export function unicodeNumber(sign: string): string {
  return `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** The text in lines no wider than `width`, broken at spaces; null if a single word is wider. */
export function wrapWords(text: string, width: number, measure: Measure): string[] | null {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (measure(longer) <= width) {
      line = longer;
      continue;
    }
    if (measure(word) > width) return null;
    lines.push(line);
    line = word;
  }
  return [...lines, line];
}

/** The text in lines no wider than `width`, broken at spaces, and inside a word where it is wider by itself. */
export function wrapAnywhere(text: string, width: number, measure: Measure): string[] {
  const words = text.split(" ").flatMap((word) => (measure(word) <= width ? [word] : pieces(word, width, measure)));
  return wrapWords(words.join(" "), width, measure) ?? words;
}

/** A word in pieces that fit, cut between what people see as letters. */
function pieces(word: string, width: number, measure: Measure): string[] {
  const letters = [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(word)].map((each) => each.segment);
  // By the sum of the letters first, because measuring every longer piece would take minutes for a text of a megabyte.
  const summed = cutAt(letters, (piece, used) => used <= width || piece === "", measure);
  const fits = (piece: string): boolean => measure(piece) <= width;
  return summed.every(fits)
    ? summed
    : cutAt(letters, (piece, _used, next) => piece === "" || fits(piece + next), measure);
}

function cutAt(
  letters: readonly string[],
  may: (piece: string, used: number, next: string) => boolean,
  measure: Measure,
): string[] {
  const widths = new Map<string, number>();
  const found: string[] = [];
  let [piece, used] = ["", 0];
  for (const letter of letters) {
    const width = widths.get(letter) ?? measure(letter);
    widths.set(letter, width);
    if (!may(piece, used + width, letter)) {
      found.push(piece);
      [piece, used] = ["", 0];
    }
    piece += letter;
    used += width;
  }
  return [...found, piece];
}

/** What is used here of a font that pdfkit has opened (its own type has no public name). */
export interface OpenedFont {
  subset: { includeGlyph(glyph: number): number; encode(): Uint8Array };
  readonly widths: (number | undefined)[];
  readonly unicode: (readonly number[] | undefined)[];
  /** From the font's units to thousandths of the size. */
  readonly scale: number;
  readonly font: {
    readonly numGlyphs: number;
    readonly characterSet: readonly number[];
    glyphForCodePoint(codePoint: number): { readonly id: number };
    hasGlyphForCodePoint(codePoint: number): boolean;
    getGlyph(glyph: number): { readonly advanceWidth: number };
  };
}

/**
 * Embeds the font file whole instead of a subset of it: subsets have lost accents of names without a word, and a whole
 * font gives the same glyph numbers, so the same bytes, whatever is written with it.
 */
export function embedWhole(opened: OpenedFont, file: Uint8Array): void {
  opened.subset = {
    includeGlyph: (glyph) => glyph,
    encode: () => {
      fillTables(opened);
      return file;
    },
  };
}

/** Widths and Unicode numbers of the glyphs that no text has used; those that were used have theirs already. */
function fillTables({ font, scale, widths, unicode }: OpenedFont): void {
  const signs = new Map<number, number>();
  for (const code of font.characterSet) {
    const { id } = font.glyphForCodePoint(code);
    if (!signs.has(id)) signs.set(id, code);
  }
  for (let glyph = 0; glyph < font.numGlyphs; glyph++) {
    widths[glyph] ??= font.getGlyph(glyph).advanceWidth * scale;
    unicode[glyph] ??= [signs.get(glyph) ?? 0xfffd];
  }
}

/** Everything that a document writes until its end; rejects where it fails. */
export async function bytesOf(doc: AsyncIterable<string | Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of doc) chunks.push(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
