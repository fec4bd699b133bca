/** Lines of a program as byte ranges: nothing is copied, and a program of any length needs no more memory. */

const NEWLINE = 10;

/** The byte after the line that begins at `start`, its newline included; `limit` is where the bytes end. */
export function lineEnd(bytes: Uint8Array, start: number, limit: number): number {
  const newline = bytes.indexOf(NEWLINE, start);
  return newline < 0 || newline >= limit ? limit : newline + 1;
}

/** `end` less the newline before it, where there is one. */
export function contentEnd(bytes: Uint8Array, start: number, end: number): number {
  return end > start && bytes[end - 1] === NEWLINE ? end - 1 : end;
}

/** Number of lines; a last line without newline counts. */
export function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = 0; at < bytes.length; at = lineEnd(bytes, at, bytes.length)) lines += 1;
  return lines;
}

const latin = new TextDecoder("latin1");

/** The lines of bytes `start` to `end` as text without newlines, one at a time, each with its 1-based number. */
export function* linesOf(
  bytes: Uint8Array,
  segment: { readonly start: number; readonly end: number; readonly firstLine: number },
): Generator<{ readonly line: number; readonly text: string }> {
  let line = segment.firstLine;
  for (let at = segment.start; at < segment.end; ) {
    const next = lineEnd(bytes, at, segment.end);
    yield { line, text: latin.decode(bytes.subarray(at, contentEnd(bytes, at, next))) };
    at = next;
    line += 1;
  }
}

/** What of a line goes to the machine: its code without comment and outer blanks; empty: nothing goes. */
export function wireText(text: string): string {
  const comment = text.indexOf(";");
  return (comment < 0 ? text : text.slice(0, comment)).trim();
}
