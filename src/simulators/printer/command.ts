/** A command line taken apart: code, parameters, and the texts that replies quote. */

/** One command; `text` is what an unknown-command echo quotes, `rest` what follows the code. */
export interface Command {
  /** `G1`, `M105`, `T5`; empty when the line has no code that Marlin could look up. */
  readonly code: string;
  readonly text: string;
  readonly rest: string;
  /** ` N12` for a numbered line, else empty: copied into its `ok`. */
  readonly okNumber: string;
  /** The line as it was taken. */
  readonly raw: string;
}

/** Takes a line apart; the line number and the checksum are removed from `text`. */
export function parseCommand(line: string): Command {
  const number = /^N([-+0-9]*)/.exec(line);
  let text = number === null ? line : line.slice(number[0].length).trimStart();
  // Only a numbered line's star is a checksum for the reader, but the parser cuts every line there.
  const star = text.indexOf("*");
  if (star >= 0) text = text.slice(0, star);
  const head = /^([GMT]) *(-?\d{1,4})(?!\d)/.exec(text);
  const okNumber = number === null ? "" : ` N${number[1] ?? ""}`;
  if (head === null) return { code: "", text, rest: "", okNumber, raw: line };
  return { code: `${head[1]}${Number(head[2])}`, text, rest: text.slice(head[0].length), okNumber, raw: line };
}

/** The number after a letter, or null when the letter or its number is missing (`Sabc` has none). */
export function numberOf(command: Command, letter: string): number | null {
  const at = command.rest.indexOf(letter);
  if (at < 0) return null;
  const match = /^\s*([-+]?(?:\d+\.?\d*|\.\d+))/.exec(command.rest.slice(at + 1, at + 26));
  return match === null ? null : Number(match[1]);
}

/** True when the letter stands in the command, with a number or without. */
export function has(command: Command, letter: string): boolean {
  return command.rest.includes(letter);
}
