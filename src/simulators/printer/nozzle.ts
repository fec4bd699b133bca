/** From filament to beads: what the nozzle really lays down, and how that goes wrong. */

import { seededRandom } from "../../kernel/random.ts";
import type { Fault } from "./faults.ts";
import type { Motion } from "./planner.ts";
import type { Plate } from "./plate.ts";
import { filamentDiameterMm, nozzleDiameterMm } from "./profile.ts";

/** mm^2 */
export const filamentArea = (Math.PI * filamentDiameterMm ** 2) / 4;
const thinnestMm = 0.05;
/** A strand that finds nothing below it hangs as a round thread no higher than this. */
const tallestMm = 0.6;

/** True place of the nozzle: where the firmware's steppers are, plus what was lost. */
export interface Offset {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

interface Disorder {
  factor: number;
  clogged: boolean;
  dropEvery: number | null;
  dropUntilS: number;
  astray: (() => number) | null;
  spaghetti: (() => number) | null;
}

const inOrder = (): Disorder => ({
  factor: 1,
  clogged: false,
  dropEvery: null,
  dropUntilS: 0,
  astray: null,
  spaghetti: null,
});

/** Width of a bead with rounded sides that holds `area` mm^2 at `height` mm. */
export function widthOf(area: number, height: number): number {
  return area / height + height * (1 - Math.PI / 4);
}

/** Cross-section in mm^2 of a bead with rounded sides. */
export function areaOf(width: number, height: number): number {
  return (width - height * (1 - Math.PI / 4)) * height;
}

/** Turns the motion of nozzle and filament into beads on the plate. */
export class Nozzle {
  readonly #plate: Plate;
  #disorder = inOrder();
  /** Tops of the layers printed so far, rising. */
  #layers: number[] = [];
  #retractedMm = 0;
  #strands = 0;
  #last = { x: 0, y: 0, z: 0 };

  constructor(plate: Plate) {
    this.#plate = plate;
  }

  /** Filament that was pulled back and not yet pushed forward, mm. */
  get retractedMm(): number {
    return this.#retractedMm;
  }

  /** Forgets the part, as when the plate is cleared. */
  clearPlate(): void {
    this.#layers = [];
    this.#plate.clear();
  }

  /** The true height at which a motion prints a strand, or null when it prints none. */
  printsAt(motion: Motion, offset: Offset): number | null {
    const fed = motion.to.e - motion.from.e - this.#retractedMm;
    const travels = motion.to.x !== motion.from.x || motion.to.y !== motion.from.y;
    return fed > 0 && travels ? motion.to.z + offset.z : null;
  }

  /** Follows one motion; `melts` says whether filament flows, `machineS` is the machine's own time. */
  follow(motion: Motion, offset: Offset, melts: boolean, machineS: number): void {
    const fed = motion.to.e - motion.from.e;
    const toZ = motion.to.z + offset.z;
    this.#last = { x: motion.to.x + offset.x, y: motion.to.y + offset.y, z: toZ };
    if (fed <= 0) {
      this.#retractedMm -= fed;
      return;
    }
    const primed = Math.min(this.#retractedMm, fed);
    this.#retractedMm -= primed;
    const volume = (fed - primed) * filamentArea * this.#disorder.factor;
    if (volume < 1e-6 || !melts) return;
    const from = { x: motion.from.x + offset.x, y: motion.from.y + offset.y, z: motion.from.z + offset.z };
    this.#lay(from, this.#last, volume, machineS);
  }

  #lay(from: Offset, to: Offset, volume: number, machineS: number): void {
    const disorder = this.#disorder;
    this.#strands += 1;
    const height = Math.min(tallestMm, Math.max(thinnestMm, to.z - this.#below(to.z)));
    if (disorder.clogged || machineS < disorder.dropUntilS) return;
    if (disorder.dropEvery !== null && this.#strands % disorder.dropEvery === 0) return;
    if (disorder.spaghetti !== null) {
      this.#tangle(disorder.spaghetti, to, volume);
      return;
    }
    const length = Math.hypot(to.x - from.x, to.y - from.y, to.z - from.z);
    // A strand without length is a drop: a disc of the same volume.
    const width = length < 0.01 ? Math.sqrt((4 * volume) / (Math.PI * height)) : widthOf(volume / length, height);
    const stray = disorder.astray;
    const wander = (reach: number): number => (stray === null ? 0 : (stray() - 0.5) * 2 * reach);
    const a = { x: from.x + wander(1.5), y: from.y + wander(1.5) };
    const b = { x: to.x + wander(1.5), y: to.y + wander(1.5) };
    const lift = Math.abs(wander(0.8));
    this.#plate.add([a.x, a.y, from.z + lift, b.x, b.y, to.z + lift, width, height]);
  }

  /** Top of the layer below `z`, and remembers `z` as a layer. */
  #below(z: number): number {
    const same = (a: number, b: number): boolean => Math.abs(a - b) < 1e-3;
    const layers = this.#layers;
    let i = layers.length - 1;
    while (i >= 0 && layers[i]! > z + 1e-3) i -= 1;
    if (i < 0 || !same(layers[i]!, z)) {
      if (layers.length < 10_000) layers.splice(i + 1, 0, z);
      return i < 0 ? 0 : layers[i]!;
    }
    return i === 0 ? 0 : layers[i - 1]!;
  }

  /** Filament that sticks to nothing: loops around the nozzle, above the part. */
  #tangle(random: () => number, at: Offset, volume: number): void {
    const thread = (Math.PI * nozzleDiameterMm ** 2) / 4;
    const pieces = Math.max(1, Math.min(12, Math.round(volume / thread / 2)));
    const piece = volume / pieces / thread;
    let here = { x: at.x, y: at.y, z: at.z + 0.5 };
    for (let i = 0; i < pieces; i += 1) {
      const angle = random() * 2 * Math.PI;
      const reach = Math.min(piece, 6);
      const next = {
        x: here.x + Math.cos(angle) * reach,
        y: here.y + Math.sin(angle) * reach,
        z: Math.max(0.4, Math.min(at.z + 6, here.z + (random() - 0.4) * 1.5)),
      };
      const length = Math.hypot(next.x - here.x, next.y - here.y, next.z - here.z);
      const width = widthOf(volume / pieces / Math.max(length, 0.05), nozzleDiameterMm);
      this.#plate.add([here.x, here.y, here.z, next.x, next.y, next.z, width, nozzleDiameterMm]);
      here = next;
    }
  }

  /** Makes a physical fault come true; false when the fault is not one of the nozzle's. */
  strike(fault: Fault, machineS: number): boolean {
    const disorder = this.#disorder;
    switch (fault.name) {
      case "under-extrusion":
        disorder.factor = fault.factor;
        return true;
      case "clog":
        disorder.clogged = true;
        return true;
      case "missing-strand":
        if (fault.seconds !== undefined) disorder.dropUntilS = machineS + fault.seconds;
        if (fault.every !== undefined || fault.seconds === undefined) disorder.dropEvery = fault.every ?? 3;
        return true;
      case "blob":
        this.#addBlob(fault.x ?? this.#last.x, fault.y ?? this.#last.y, fault.size);
        return true;
      case "detached-part":
        this.#plate.displace(fault.dx, fault.dy, (fault.degrees * Math.PI) / 180);
        disorder.astray = seededRandom(fault.seed);
        return true;
      case "foreign-object": {
        const top = (this.#layers.at(-1) ?? 0) + fault.h;
        this.#plate.addObject({ kind: "foreign", x: fault.x, y: fault.y, z: top, r: fault.r, h: fault.h });
        return true;
      }
      case "spaghetti":
        disorder.spaghetti = seededRandom(fault.seed);
        return true;
      case "clear":
        this.#disorder = inOrder();
        return true;
      default:
        return false;
    }
  }

  #addBlob(x: number, y: number, size: number): void {
    const top = (this.#layers.at(-1) ?? 0) + size / 2;
    this.#plate.add([x, y, top, x, y, top, size, size * 0.6]);
  }
}
