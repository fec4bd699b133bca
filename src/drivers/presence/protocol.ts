/** The presence device's line protocol: bytes in, checked lines out; see docs/presence-device.md. */

/** What one intact line says. */
export type PresenceLine =
  /** Said every second; `boot` is random and fresh at each start of the device, and counters start anew with it. */
  | { readonly kind: "hello"; readonly device: string; readonly boot: string }
  | { readonly kind: "scan"; readonly counter: number; readonly code: string }
  | { readonly kind: "press"; readonly counter: number; readonly nonce: string };

/** Longest line in bytes without its end; more than that is not a line of ours. */
export const maxLineBytes = 160;

/** CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF, not reflected): check value 0x29B1 over "123456789". */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}

/** One line's text without its end; null for everything that is not exactly a line of the protocol. */
export function parseLine(line: string): PresenceLine | null {
  const star = line.lastIndexOf("*");
  if (star < 0) return null;
  const text = line.slice(0, star);
  const crc = crc16(new TextEncoder().encode(text)).toString(16).toUpperCase().padStart(4, "0");
  if (line.slice(star + 1) !== crc) return null;
  const hello = /^HELLO 1 ([A-Za-z0-9._-]{1,32}) ([0-9a-f]{16})$/.exec(text);
  if (hello) return { kind: "hello", device: hello[1]!, boot: hello[2]! };
  // The separator of GS1 codes (1D) is the one control sign that a code may have.
  const scan = /^SCAN ([0-9]{1,9}) ([\x1d\x21-\x7e]{1,96})$/.exec(text);
  if (scan) return { kind: "scan", counter: Number(scan[1]), code: scan[2]! };
  const press = /^PRESS ([0-9]{1,9}) ([0-9a-f]{32})$/.exec(text);
  if (press) return { kind: "press", counter: Number(press[1]), nonce: press[2]! };
  return null;
}

/** Cuts a stream of bytes into lines; what is too long is dropped up to its end. */
export interface LineCutter {
  push(bytes: Uint8Array): readonly string[];
  reset(): void;
}

/** A cutter with nothing in it. */
export function createLineCutter(): LineCutter {
  let held: number[] = [];
  let tooLong = false;
  return {
    push(bytes) {
      const lines: string[] = [];
      for (const byte of bytes) {
        if (byte === 0x0a || byte === 0x0d) {
          if (held.length > 0 && !tooLong) lines.push(String.fromCharCode(...held));
          held = [];
          tooLong = false;
        } else if (held.length >= maxLineBytes) tooLong = true;
        else held.push(byte);
      }
      return lines;
    },
    reset() {
      held = [];
      tooLong = false;
    },
  };
}

/** The job that a scanned code names (`JOB:` and the order's identifier), or null for any other code. */
export function jobOfCode(code: string): string | null {
  return /^JOB:([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/.exec(code)?.[1] ?? null;
}
