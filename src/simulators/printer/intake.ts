/** What waits to be read: the 128-byte serial ring, and behind it the lines that back-pressure holds on the wire. */
import { type EmergencyCommand, emergencyCommand, LineAssembler, type WireLine } from "./line.ts";

const ringBytes = 128;
/** More than this on the wire, and the host must be made to wait. */
const wireLimitBytes = 65_536;

/** Lines on their way from the wire to the command reader. */
export class Intake {
  readonly #assembler = new LineAssembler();
  #ring: WireLine[] = [];
  #ringUsed = 0;
  #wire: WireLine[] = [];
  #wireUsed = 0;
  readonly #overruns: boolean;
  /** Bytes of the unfinished line; they stand in the ring as well. */
  #partial = 0;

  constructor(overruns = false) {
    this.#overruns = overruns;
  }

  /** Takes bytes; returns the emergency commands among the lines that now fit into the ring. */
  receive(bytes: Uint8Array): EmergencyCommand[] {
    for (const line of this.#assembler.push(this.#overruns ? this.#held(bytes) : bytes)) {
      this.#wire.push(line);
      this.#wireUsed += line.wireBytes;
    }
    return this.#refill();
  }

  /** What the ring takes of bytes that a UART brings; the rest is gone. */
  #held(bytes: Uint8Array): Uint8Array {
    const free = ringBytes - this.#ringUsed - this.#wireUsed - this.#partial;
    const taken = bytes.subarray(0, Math.max(0, free));
    const end = taken.lastIndexOf(10);
    this.#partial = end < 0 ? this.#partial + taken.length : taken.length - end - 1;
    return taken;
  }

  /** True when the host should be held back. */
  get full(): boolean {
    return this.#wireUsed > wireLimitBytes;
  }

  get empty(): boolean {
    return this.#ring.length === 0;
  }

  /** The oldest line; `emergencies` are those of lines that moved up into the ring behind it. */
  next(): { readonly text: string; readonly emergencies: EmergencyCommand[] } | null {
    const line = this.#ring.shift();
    if (line === undefined) return null;
    this.#ringUsed -= line.wireBytes;
    return { text: line.text, emergencies: this.#refill() };
  }

  /**
   * What `flush` does to lines in flight on the recorded peer: a window that fits the ring survives, of a longer
   * burst one whole line is lost at each flush (transcripts 03: none of 4 lines; 14: 8 of 20).
   */
  flush(): EmergencyCommand[] {
    if (this.#ringUsed + this.#wireUsed <= ringBytes) return [];
    return this.next()?.emergencies ?? [];
  }

  #refill(): EmergencyCommand[] {
    const found: EmergencyCommand[] = [];
    let moved = 0;
    for (const line of this.#wire) {
      if (this.#ring.length > 0 && this.#ringUsed + line.wireBytes > ringBytes) break;
      this.#ring.push(line);
      this.#ringUsed += line.wireBytes;
      this.#wireUsed -= line.wireBytes;
      moved += 1;
      const emergency = emergencyCommand(line.text);
      if (emergency !== null) found.push(emergency);
    }
    if (moved > 0) this.#wire = this.#wire.slice(moved);
    return found;
  }
}
