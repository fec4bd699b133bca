/** The serial line between firmware and host, and everything that can be wrong with it. */

import { seededRandom } from "../../kernel/random.ts";
import type { Fault } from "./faults.ts";
import { Uart } from "./uart.ts";

/** A line for the host, due at a time. */
export interface OutLine {
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

interface Noise {
  readonly rate: number;
  readonly random: () => number;
}

const quiet: Noise = { rate: 0, random: () => 1 };
/** Lines held for the host; what a host leaves unread beyond this is lost. */
const mostLines = 200_000;

/** Both directions of the cable; quiet and quick until a fault strikes. */
export class Wire {
  #toPrinter = quiet;
  #toHost = quiet;
  #storm = quiet;
  #dropOk = 0;
  #delayMs = 0;
  #out: OutLine[] = [];
  readonly #uart: Uart | null;

  /** A baud rate paces what goes to the host; null is a terminal that is as quick as its reader. */
  constructor(baud: number | null = null) {
    this.#uart = baud === null ? null : new Uart(baud);
  }

  /** Puts a fault on the wire; false when the fault is not one of the wire's. */
  strike(fault: Fault, nowMs: number): boolean {
    switch (fault.name) {
      case "noise": {
        const noise = { rate: fault.rate, random: seededRandom(fault.seed) };
        if (fault.direction !== "to-host") this.#toPrinter = noise;
        if (fault.direction !== "to-printer") this.#toHost = { ...noise, random: seededRandom(fault.seed + 1) };
        return true;
      }
      case "drop-ok":
        this.#dropOk = fault.count;
        return true;
      case "delay":
        this.#delayMs = fault.ms;
        return true;
      case "garbage":
        this.#garbage(seededRandom(fault.seed), nowMs);
        return true;
      case "resend-storm":
        this.#storm = { rate: fault.rate, random: seededRandom(fault.seed) };
        return true;
      case "clear":
        this.#toPrinter = quiet;
        this.#toHost = quiet;
        this.#storm = quiet;
        this.#dropOk = 0;
        this.#delayMs = 0;
        return true;
      default:
        return false;
    }
  }

  /** What arrives at the printer of bytes that the host sent. */
  toPrinter(bytes: Uint8Array): Uint8Array {
    const noisy = this.#toPrinter.rate > 0 ? disturb(bytes, this.#toPrinter) : bytes;
    return this.#storm.rate > 0 ? this.#corruptChecksums(noisy) : noisy;
  }

  /** Turns the star before a checksum into a plus, so that the line has none. */
  #corruptChecksums(bytes: Uint8Array): Uint8Array {
    const out = bytes.slice();
    for (let i = 0; i < out.length; i += 1) {
      if (out[i] === 42 && this.#storm.random() < this.#storm.rate) out[i] = 43;
    }
    return out;
  }

  /** Takes a line that the firmware printed. */
  print(text: string, atMs: number): void {
    if (this.#dropOk > 0 && /^ok\b/.test(text)) {
      this.#dropOk -= 1;
      return;
    }
    const bytes = latin1(text);
    const sentMs = this.#uart === null ? atMs : this.#uart.after(bytes.length, atMs);
    this.#push({ atMs: sentMs + this.#delayMs, bytes: this.#toHost.rate > 0 ? disturb(bytes, this.#toHost) : bytes });
  }

  #garbage(random: () => number, nowMs: number): void {
    const bytes = new Uint8Array(24);
    for (let i = 0; i < 23; i += 1) bytes[i] = 128 + Math.floor(random() * 127);
    bytes[23] = 10;
    this.#push({ atMs: nowMs, bytes });
  }

  #push(line: OutLine): void {
    if (this.#out.length < mostLines) this.#out.push(line);
  }

  /** Forgets what is under way to the host, as when the cable is pulled. */
  drop(): void {
    this.#out = [];
  }

  /** Lines that have reached the host by `nowMs`. */
  take(nowMs: number): OutLine[] {
    if (this.#out.length === 0) return [];
    if (this.#delayMs === 0 && this.#out.every((line) => line.atMs <= nowMs)) {
      const all = this.#out;
      this.#out = [];
      return all;
    }
    const due = this.#out.filter((line) => line.atMs <= nowMs);
    this.#out = this.#out.filter((line) => line.atMs > nowMs);
    return due;
  }

  /** When the next line reaches the host. */
  nextMs(): number {
    return this.#out.reduce((soonest, line) => Math.min(soonest, line.atMs), Number.POSITIVE_INFINITY);
  }
}

function disturb(bytes: Uint8Array, noise: Noise): Uint8Array {
  const out = bytes.slice();
  for (let i = 0; i < out.length; i += 1) {
    if (noise.random() < noise.rate) out[i] = out[i]! ^ (1 << Math.floor(noise.random() * 8));
  }
  return out;
}

function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i) & 0xff;
  return bytes;
}
