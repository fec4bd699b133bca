/** One line of G-code taken apart into its command and words: bytes in, no allocation, nothing guessed. */

/** Why a line cannot be read. Each is a refusal of its own, because firmwares disagree about what such a line means. */
export type LineProblem =
  | "line-too-long"
  | "control-character"
  | "not-ascii"
  | "lower-case"
  | "inline-number"
  | "inline-checksum"
  | "paren-comment"
  | "exponent"
  | "malformed-number"
  | "malformed-line"
  | "duplicate-word"
  | "several-commands";

/** A line's command and words; filled anew by every `parseLine`, so copy what must outlive the next line. */
export interface Words {
  /** `commandKey` of the command, 0 on a blank or comment-only line. */
  command: number;
  /** Bit n is set where the letter A + n stands in the line. */
  present: number;
  /** Bit n is set where the letter A + n stands with a number. */
  valued: number;
  /** The number of letter A + n; stale where `valued` has no bit. */
  readonly values: Float64Array;
  /** Byte offset where the comment (`;`) begins, or the line's end. */
  codeEnd: number;
}

/** Longest comment accepted; slicers write their settings as comments of a few kilobytes. */
const MAX_RAW_BYTES = 16_384;
const MAX_DIGITS = 15;
const MAX_DECIMALS = 9;
const MINUS = 45;
/** What is left of `.` when `0` is taken off. */
const POINT_DIGIT = 46 - 48;
const TEN = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;
const LETTER_E = 69;
const LETTER_G = 71;
const LETTER_M = 77;
const LETTER_N = 78;
const LETTER_T = 84;
const SPACE = 32;
const SEMICOLON = 59;

/** Bit of a letter in `present` and `valued`. */
export function bit(letter: string): number {
  return 1 << (letter.charCodeAt(0) - 65);
}

/** Index of a letter in `values`. */
export function slot(letter: string): number {
  return letter.charCodeAt(0) - 65;
}

/** One integer for a command such as `G1` or `M104`; keys are never 0. */
export function commandKey(name: string): number {
  return name.charCodeAt(0) * 4096 + Number(name.slice(1));
}

/** The name of a command's key, e.g. `G1`. */
export function commandName(key: number): string {
  return `${String.fromCharCode(Math.floor(key / 4096))}${key % 4096}`;
}

/** Storage for `parseLine`. */
export function emptyWords(): Words {
  return { command: 0, present: 0, valued: 0, values: new Float64Array(26), codeEnd: 0 };
}

const TEXT_COMMANDS: ReadonlySet<number> = new Set([commandKey("M117"), commandKey("M118")]);

/**
 * Reads bytes `start` to `end` (without the newline) into `words`.
 * The command must stand first and be spelled without leading zeros or a subcode; numbers have at most nine digits on
 * each side of the point and no exponent; the text of M117 and M118 is not split into words.
 * Returns null, or why the line is refused; `words` is then meaningless.
 */
export function parseLine(bytes: Uint8Array, start: number, end: number, words: Words): LineProblem | null {
  words.command = 0;
  words.present = 0;
  words.valued = 0;
  const codeEnd = findCodeEnd(bytes, start, end);
  words.codeEnd = codeEnd < 0 ? end : codeEnd;
  if (codeEnd < 0) return end - start > MAX_RAW_BYTES ? "line-too-long" : badByte(bytes, start, end);
  let at = start;
  while (at < codeEnd && bytes[at] === SPACE) at += 1;
  if (at === codeEnd) return null;
  const letter = bytes[at]!;
  if (letter !== LETTER_G && letter !== LETTER_M && letter !== LETTER_T) return wrongStart(bytes, at, codeEnd);
  let digits = 0;
  let number = 0;
  for (at += 1; at < codeEnd; at += 1) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
    digits += 1;
  }
  if (digits === 0 || digits > 4 || number > 4095 || (digits > 1 && number < TEN[digits - 1]!)) return "malformed-line";
  words.command = letter * 4096 + number;
  if (letter === LETTER_M && TEXT_COMMANDS.has(words.command)) return textProblem(bytes, at, codeEnd);
  return parseParameters(bytes, at, codeEnd, words);
}

/** Letters and their numbers after the command. */
function parseParameters(bytes: Uint8Array, from: number, end: number, words: Words): LineProblem | null {
  let at = from;
  if (at < end && bytes[at] === 46) return "malformed-line";
  while (at < end) {
    const c = bytes[at]!;
    if (c === SPACE) {
      at += 1;
      continue;
    }
    const index = c - 65;
    if (index < 0 || index > 25) return wrongByte(c);
    if (c === LETTER_G || c === LETTER_M) return "several-commands";
    if (c === LETTER_N) return "inline-number";
    const mask = 1 << index;
    if ((words.present & mask) !== 0) return "duplicate-word";
    words.present |= mask;
    const next = parseNumber(bytes, at + 1, end, index, words);
    if (next < 0) return "malformed-number";
    if (next < end && next > at + 1 && bytes[next] === LETTER_E) return "exponent";
    at = next;
  }
  return null;
}

/** Reads a number at `from` into `words.values[index]`; returns where it ends (`from` itself: none there), or -1. */
function parseNumber(bytes: Uint8Array, from: number, end: number, index: number, words: Words): number {
  let at = from;
  const negative = at < end && bytes[at] === MINUS;
  if (negative) at += 1;
  let mantissa = 0;
  let digits = 0;
  let point = -1;
  for (; at < end; at += 1) {
    const digit = bytes[at]! - 48;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits += 1;
    } else if (digit === POINT_DIGIT && point < 0) point = at;
    else break;
  }
  if (at === from) return from;
  const decimals = point < 0 ? 0 : at - point - 1;
  if (digits === 0 || digits > MAX_DIGITS || decimals > MAX_DECIMALS || digits - decimals > MAX_DECIMALS) return -1;
  // An integer below 2^53 divided by an exact power of ten is the correctly rounded value, as parseFloat gives it.
  const size = mantissa / TEN[decimals]!;
  words.values[index] = negative && size !== 0 ? -size : size;
  words.valued |= 1 << index;
  return at;
}

/** Where the code ends (at `;` or the end), or -1 when a byte is not printable ASCII or the line is too long. */
function findCodeEnd(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > MAX_RAW_BYTES) return -1;
  let codeEnd = end;
  for (let at = start; at < end; at += 1) {
    const c = bytes[at]!;
    if (c < 32 || c > 126) return -1;
    if (c === SEMICOLON && codeEnd === end) codeEnd = at;
  }
  return codeEnd;
}

function badByte(bytes: Uint8Array, start: number, end: number): LineProblem {
  for (let at = start; at < end; at += 1) {
    if (bytes[at]! > 126) return bytes[at] === 127 ? "control-character" : "not-ascii";
    if (bytes[at]! < 32) return "control-character";
  }
  return "malformed-line";
}

/** A word cannot begin with this byte: says which kind of trouble it is. */
function wrongByte(c: number): LineProblem {
  if (c >= 97 && c <= 122) return "lower-case";
  if (c === 42) return "inline-checksum";
  if (c === 40 || c === 41) return "paren-comment";
  return c === 43 || c === 45 || c === 46 || (c >= 48 && c <= 57) ? "malformed-number" : "malformed-line";
}

function wrongStart(bytes: Uint8Array, at: number, end: number): LineProblem {
  const c = bytes[at]!;
  if (c === LETTER_N) return "inline-number";
  for (let k = at; k < end; k += 1) if (bytes[k] === 42) return "inline-checksum";
  const problem = wrongByte(c);
  return problem === "malformed-number" ? "malformed-line" : problem;
}

/** The text of M117 and M118: plain words only, so that nothing in it can be taken for a command or a checksum. */
function textProblem(bytes: Uint8Array, from: number, end: number): LineProblem | null {
  for (let at = from; at < end; at += 1) {
    const c = bytes[at]!;
    if (c === 42) return "inline-checksum";
    const plain = c === SPACE || (c >= 44 && c <= 58) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95;
    if (!plain && c !== 37) return "malformed-line";
  }
  return null;
}
