/** The whole simulated printer: firmware, heat, plate, wire and faults, driven by bytes and time alone. */

import { seededRandom } from "../../kernel/random.ts";
import type { Fault } from "./faults.ts";
import { Firmware } from "./firmware.ts";
import { Nozzle } from "./nozzle.ts";
import type { Motion } from "./planner.ts";
import { type Bead, type ForeignObject, Plate } from "./plate.ts";
import type { MachineProfile } from "./profile.ts";
import { type RecordedSensor, Thermal } from "./thermal.ts";
import { Uart } from "./uart.ts";
import { type OutLine, Wire } from "./wire.ts";

/** Below this PLA does not flow, whatever the firmware allows. */
const meltsAtCelsius = 160;
const mostArmedFaults = 64;
const never = Number.POSITIVE_INFINITY;

export interface PrinterOptions {
  readonly profile: MachineProfile;
  /** Machine seconds a real second: motion, heating, dwell; never the protocol. */
  readonly speed: number;
  readonly seed: number;
  /** Recorded temperatures in place of the simulated sensors. */
  readonly recordedSensor?: RecordedSensor;
  /** Where the head really stands at power-up, mm; the firmware takes it for 0,0,0 until it homes. Default: there. */
  /** Paces both directions of the cable, and lets a full receive ring lose bytes; without it neither happens. */
  readonly baud?: number;
  /** Takes every line as the firmware carries it out. */
  readonly executed?: (line: string) => void;
  readonly restsAt?: { readonly x: number; readonly y: number; readonly z: number };
}

/** What the world can see of the machine, truly and not as the firmware believes. */
export interface WorldState {
  readonly epoch: number;
  readonly next: number;
  readonly head: { readonly x: number; readonly y: number; readonly z: number };
  readonly hotend: { readonly actual: number; readonly target: number };
  readonly bed: { readonly actual: number; readonly target: number };
  readonly slot: number | null;
  readonly objects: readonly ForeignObject[];
  readonly simSeconds: number;
  readonly killed: boolean;
  readonly plugged: boolean;
}

type ArmedFault = Fault & { readonly atLayerZ: number };

/** A powered machine with its cable; sans IO: whoever holds it brings bytes and time, and carries away bytes. */
export class Printer {
  readonly #options: PrinterOptions;
  readonly #plate = new Plate();
  readonly #nozzle = new Nozzle(this.#plate);
  readonly #thermal: Thermal;
  readonly #wire: Wire;
  readonly #uart: Uart | null;
  readonly #misplaced = { x: 0, y: 0, z: 0 };
  #firmware: Firmware;
  #nowMs: number;
  readonly #startMs: number;
  #armed: ArmedFault[] = [];
  /** Armed faults that the motion reached: they strike when the firmware has finished its present step. */
  #struck: Fault[] = [];
  /** What armed faults did since the last asking; bounded by the faults that can be armed. */
  #notes: string[] = [];
  #plugged = true;
  #stalledUntilMs = 0;

  /** Powers the machine up at `nowMs` (any monotonic milliseconds). */
  constructor(options: PrinterOptions, nowMs: number) {
    this.#options = options;
    this.#wire = new Wire(options.baud ?? null);
    this.#uart = options.baud === undefined ? null : new Uart(options.baud);
    this.#nowMs = nowMs;
    this.#startMs = nowMs;
    this.#thermal = new Thermal(seededRandom(options.seed), options.recordedSensor ?? null);
    Object.assign(this.#misplaced, options.restsAt);
    this.#firmware = this.#boot(nowMs);
  }

  #boot(nowMs: number): Firmware {
    const { profile, speed, baud, executed } = this.#options;
    const print = (text: string, atMs: number): void => {
      // A hung board prints nothing; a pulled cable carries nothing.
      if (this.#plugged && atMs >= this.#stalledUntilMs) this.#wire.print(text, atMs);
    };
    const moved = (motion: Motion): void => this.#follow(motion);
    const parts = { profile, thermal: this.#thermal, speed, misplaced: this.#misplaced, print, moved };
    return new Firmware({ ...parts, overruns: baud !== undefined, ...(executed !== undefined && { executed }) }, nowMs);
  }

  #follow(motion: Motion): void {
    if (this.#armed.length > 0) this.#strikeArmed(this.#nozzle.printsAt(motion, this.#misplaced), motion.endMs);
    const melts = this.#thermal.actual("hotend") >= meltsAtCelsius;
    this.#nozzle.follow(motion, this.#misplaced, melts, this.#machineSeconds(motion.endMs));
  }

  /** Physical faults strike before the strand is laid; those of board and wire when the firmware's step is over. */
  #strikeArmed(height: number | null, atMs: number): void {
    if (height === null) return;
    const reached = this.#armed.filter((fault) => height >= fault.atLayerZ - 1e-3);
    this.#armed = this.#armed.filter((fault) => !reached.includes(fault));
    for (const fault of reached) {
      this.#notes.push(`fault ${fault.name}: struck at layer z ${height.toFixed(3)}`);
      if (fault.name === "layer-shift") this.#shift(fault.dx, fault.dy);
      else if (!this.#nozzle.strike(fault, this.#machineSeconds(atMs))) this.#struck.push(fault);
    }
  }

  #shift(dx: number, dy: number): void {
    this.#misplaced.x += dx;
    this.#misplaced.y += dy;
  }

  #machineSeconds(atMs: number): number {
    return ((atMs - this.#startMs) / 1000) * this.#options.speed;
  }

  /** Takes bytes from the host at `nowMs`. */
  receive(bytes: Uint8Array, nowMs: number): void {
    this.advance(nowMs);
    if (!this.#plugged || nowMs < this.#stalledUntilMs) return;
    const arriving = this.#wire.toPrinter(bytes);
    if (this.#uart !== null) return this.#uart.push(arriving, nowMs);
    this.#firmware.receive(arriving, nowMs);
    this.#strikeReached();
  }

  /** Lets time pass up to `nowMs`; everything due happens, in order. */
  advance(nowMs: number): void {
    // Step by step, so that an armed fault strikes at its layer and not at the end of a long sleep.
    for (;;) {
      const arrives = this.#uart?.nextMs() ?? never;
      const due = Math.min(this.#firmware.nextMs(), arrives);
      if (due > nowMs) break;
      this.#nowMs = Math.max(this.#nowMs, due);
      this.#firmware.advance(this.#nowMs);
      const arrived = this.#uart?.take(this.#nowMs) ?? null;
      if (arrived !== null) this.#firmware.receive(arrived, this.#nowMs);
      this.#strikeReached();
    }
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    this.#firmware.advance(this.#nowMs);
  }

  #strikeReached(): void {
    while (this.#struck.length > 0) this.#strike(this.#struck.shift()!);
  }

  /** When to call `advance` next, in milliseconds; infinite when only the host or the world can cause anything. */
  nextMs(): number {
    return Math.min(this.#firmware.nextMs(), this.#wire.nextMs(), this.#uart?.nextMs() ?? never);
  }

  /** True when the host's bytes should be left unread for now. */
  get congested(): boolean {
    return this.#firmware.congested;
  }

  /** Bytes that have reached the host by now, a line each. */
  takeOutput(): OutLine[] {
    return this.#wire.take(this.#nowMs);
  }

  /** Armed faults that struck since the last call, in words. */
  takeNotes(): string[] {
    const notes = this.#notes.slice(-mostArmedFaults);
    this.#notes = [];
    return notes;
  }

  /** False while the cable is pulled. */
  get plugged(): boolean {
    return this.#plugged;
  }

  /** Puts a fault into the machine, at once or at its layer; the answer says in words what became of it. */
  inject(fault: Fault, nowMs: number): string {
    this.advance(nowMs);
    if ("atLayerZ" in fault && fault.atLayerZ !== undefined) {
      if (this.#armed.length >= mostArmedFaults) return "refused: too many armed faults";
      this.#armed.push({ ...fault, atLayerZ: fault.atLayerZ });
      return `armed at layer z ${fault.atLayerZ}`;
    }
    this.#strike(fault);
    return "struck";
  }

  #strike(fault: Fault): void {
    if (fault.name === "clear") this.#clearFaults();
    this.#wire.strike(fault, this.#nowMs);
    this.#nozzle.strike(fault, this.#machineSeconds(this.#nowMs));
    if (fault.name === "kill-heater") this.#thermal.setDefect(fault.heater, "no-power");
    else if (fault.name === "thermal-runaway") this.#thermal.setDefect(fault.heater, "loose-sensor");
    else if (fault.name === "layer-shift") this.#shift(fault.dx, fault.dy);
    else if (fault.name === "stall") {
      this.#stalledUntilMs = fault.seconds === undefined ? never : this.#nowMs + fault.seconds * 1000;
    } else if (fault.name === "reset") this.#reset();
    else if (fault.name === "unplug") this.#plug(false);
    else if (fault.name === "replug") this.#plug(true);
  }

  #clearFaults(): void {
    this.#armed = [];
    this.#stalledUntilMs = 0;
    for (const heater of ["hotend", "bed"] as const) this.#thermal.setDefect(heater, null);
  }

  #plug(plugged: boolean): void {
    this.#plugged = plugged;
    if (plugged) return;
    this.#wire.drop();
    this.#uart?.drop();
  }

  /** A watchdog reboot: the head stays where it is, and the firmware no longer knows where that is. */
  #reset(): void {
    const head = this.#head();
    Object.assign(this.#misplaced, head);
    this.#thermal.allOff();
    this.#wire.drop();
    this.#firmware = this.#boot(this.#nowMs);
  }

  /** Takes the part and whatever else lies there off the plate. */
  clearPlate(nowMs: number): void {
    this.advance(nowMs);
    this.#nozzle.clearPlate();
  }

  #head(): { x: number; y: number; z: number } {
    const at = this.#firmware.steppersAt;
    const off = this.#misplaced;
    return { x: at.x + off.x, y: at.y + off.y, z: at.z + off.z };
  }

  /** The true state of the machine at `nowMs`. */
  state(nowMs: number): WorldState {
    this.advance(nowMs);
    const head = this.#head();
    const heater = (name: "hotend" | "bed"): { actual: number; target: number } => ({
      actual: this.#thermal.actual(name),
      target: this.#thermal.target(name),
    });
    return {
      epoch: this.#plate.epoch,
      next: this.#plate.count,
      head,
      hotend: heater("hotend"),
      bed: heater("bed"),
      slot: slotOf(head),
      objects: this.#plate.objects,
      simSeconds: this.#machineSeconds(this.#nowMs),
      killed: this.#firmware.killed,
      plugged: this.#plugged,
    };
  }

  /** Beads from index `since` on, at most `limit`; ask again from 0 when `epoch` has changed. */
  beads(since: number, limit: number): { readonly epoch: number; readonly next: number; readonly beads: Bead[] } {
    const beads = this.#plate.slice(since, limit) as unknown as Bead[];
    return { epoch: this.#plate.epoch, next: Math.min(since, this.#plate.count) + beads.length, beads };
  }
}

/** The parking slot (0 to 7) under the head: x = 15 + 15 slot, y = 140. */
function slotOf(head: { readonly x: number; readonly y: number }): number | null {
  const slot = Math.round((head.x - 15) / 15);
  const near = Math.abs(head.y - 140) < 1 && Math.abs(head.x - 15 - 15 * slot) < 1;
  return near && slot >= 0 && slot <= 7 ? slot : null;
}
