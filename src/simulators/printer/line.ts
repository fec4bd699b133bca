/** Bytes to lines as Marlin does it: comments dropped, 95 bytes kept, the rest of a longer line lost. */

/** Longest line that survives, without its end (MAX_CMD_SIZE 96 less the closing zero). */
export const maxLineBytes = 95;

/** A line as the command reader sees it, with the number of bytes that it took on the wire. */
export interface WireLine {
  readonly text: string;
  readonly wireBytes: number;
}

/** Commands that the emergency parser acts on while the line is still in the serial ring. */
export type EmergencyCommand = "M108" | "M112" | "M410" | "M876";

const LF = 10;
const CR = 13;
const SEMICOLON = 59;

/** Assembles lines from bytes; holds at most one unfinished line of bounded length. */
export class LineAssembler {
  #text = "";
  #wireBytes = 0;
  #inComment = false;

  /** Takes bytes and returns the lines they complete (empty lines included: they use the ring too). */
  push(bytes: Uint8Array): WireLine[] {
    const lines: WireLine[] = [];
    for (const byte of bytes) {
      this.#wireBytes += 1;
      if (byte === LF || byte === CR) {
        lines.push({ text: this.#text, wireBytes: this.#wireBytes });
        this.reset();
      } else if (this.#inComment) {
        // The rest of a comment, or of a line that was too long, is not kept.
      } else if (byte === SEMICOLON || this.#text.length >= maxLineBytes) this.#inComment = true;
      else this.#text += String.fromCharCode(byte);
    }
    return lines;
  }

  /** Forgets the unfinished line. */
  reset(): void {
    this.#text = "";
    this.#wireBytes = 0;
    this.#inComment = false;
  }
}

/** The out-of-band command in a line, numbered or not; checksums and what follows are not looked at. */
export function emergencyCommand(text: string): EmergencyCommand | null {
  const match = /^ *(?:N[-0-9 ]*)?M(108|112|410|876)/.exec(text);
  if (match === null) return null;
  if (match[1] === "876" && !/M876 *S *[0-9]/.test(text)) return null;
  return `M${match[1]}` as EmergencyCommand;
}

/** What the number and checksum test says of a line. */
export type LineVerdict =
  | { readonly take: "run"; readonly lastNumber: number }
  | { readonly take: "drop" }
  | { readonly take: "error"; readonly what: string };

const runUnchecked = (lastNumber: number): LineVerdict => ({ take: "run", lastNumber });

/**
 * Marlin 2.1.2's acceptance test of a line, given the number of the last accepted one: unnumbered lines run
 * unchecked, duplicates of the last two numbers vanish without a reply, M110 may jump.
 */
export function judgeLine(text: string, lastNumber: number): LineVerdict {
  if (!text.startsWith("N")) return runUnchecked(lastNumber);
  const isM110 = text.includes("M110");
  const second = isM110 ? text.indexOf("N", 4) : -1;
  const number = leadingInteger(text.slice(second >= 0 ? second + 1 : 1));
  if (!isM110 && number !== lastNumber + 1) {
    const duplicate = number === lastNumber || number === lastNumber - 1;
    return duplicate ? { take: "drop" } : { take: "error", what: "Line Number is not Last Line Number+1" };
  }
  const star = text.lastIndexOf("*");
  if (star < 0) return { take: "error", what: "No Checksum with line number" };
  if (leadingInteger(text.slice(star + 1)) !== xorOf(text, star)) return { take: "error", what: "checksum mismatch" };
  return { take: "run", lastNumber: number };
}

/** XOR of the first `length` bytes of a latin-1 text. */
export function xorOf(text: string, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i += 1) sum ^= text.charCodeAt(i);
  return sum;
}

/** What C's strtol makes of a text: leading blanks, a sign, digits, or 0. */
function leadingInteger(text: string): number {
  const match = /^\s*([-+]?\d{1,15})/.exec(text);
  return match === null ? 0 : Number(match[1]);
}
