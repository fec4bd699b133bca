/** Marlin's line framing: numbers, XOR checksums, the 95-byte limit, and cutting what comes back into lines. */
import { assert } from "../../kernel/assert.ts";

/** Longest line Marlin takes, without its line end (MAX_CMD_SIZE 96; seen in transcript 05: 96 loses a digit). */
export const maxLineBytes = 95;

/**
 * Where numbering starts. Noise can turn the `N` of a line into a `G` or an `M`; with numbers of five digits no
 * such line is a command that any firmware knows (`N112 ...` damaged to `M112 ...` would be an emergency stop).
 */
export const firstNumber = 10_000;

/** XOR of all bytes of an ASCII text, as Marlin tests it before the last `*`. */
export function checksum(text: string): number {
  let xor = 0;
  for (let index = 0; index < text.length; index++) xor ^= text.charCodeAt(index);
  return xor;
}

/** `N<number> <command>*<checksum>` with its line end. */
export function frame(number: number, command: string): string {
  const numbered = `N${number} ${command}`;
  return `${numbered}*${checksum(numbered)}\n`;
}

/** True for text that can travel as one numbered line: printable ASCII without `*` or `;`, short enough. */
export function isSendable(command: string): boolean {
  return /^[A-Z][\x20-\x7e]*$/.test(command) && !/[*;]/.test(command) && command.length <= maxLineBytes - 13;
}

/** Bytes of ASCII text. */
export function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    assert(code < 128, "only ASCII goes to a machine");
    bytes[index] = code;
  }
  return bytes;
}

/** Collects bytes, gives whole lines without their ends (LF or CR LF). Keeps at most `limit` bytes of a line. */
export function createLineSplitter(limit = 512): (bytes: Uint8Array) => readonly string[] {
  let partial = "";
  return (bytes) => {
    const lines: string[] = [];
    for (const byte of bytes) {
      if (byte === 10) {
        lines.push(partial.endsWith("\r") ? partial.slice(0, -1) : partial);
        partial = "";
      } else if (partial.length < limit) partial += String.fromCharCode(byte);
    }
    return lines;
  };
}
