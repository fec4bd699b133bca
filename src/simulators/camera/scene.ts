/** What stands before the simulated camera: deposited beads, objects on the bed, and the toolhead. */

/** Numbers for each bead: x0, y0, z0, x1, y1, z1, width, height (mm; z is the top of the bead). */
export const beadStride = 8;

/** A growing list of beads, flat. */
export interface BeadList {
  data: Float32Array;
  count: number;
}

/** An object that nobody printed: an ellipsoid of horizontal radius `r` resting on height `z`. */
export interface ForeignObject {
  readonly kind: string;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly r: number;
}

/** One moment of the bench. Two scenes of the same `epoch` share their first beads; a renderer draws only new ones. */
export interface Scene {
  readonly epoch: number;
  readonly beads: BeadList;
  readonly objects: readonly ForeignObject[];
  /** Nozzle tip in mm, or null to leave the toolhead out. */
  readonly head: { readonly x: number; readonly y: number; readonly z: number } | null;
}

/** An empty list. */
export function noBeads(): BeadList {
  return { data: new Float32Array(1024 * beadStride), count: 0 };
}

/** Appends beads in the world link's form; a bead that is not eight finite numbers is refused by an exception. */
export function appendBeads(list: BeadList, beads: readonly (readonly number[])[]): void {
  const needed = (list.count + beads.length) * beadStride;
  if (needed > list.data.length) {
    const grown = new Float32Array(Math.max(needed, list.data.length * 2));
    grown.set(list.data.subarray(0, list.count * beadStride));
    list.data = grown;
  }
  for (const bead of beads) {
    if (bead.length !== beadStride || !bead.every(Number.isFinite))
      throw new RangeError("a bead is eight finite numbers");
    list.data.set(bead, list.count * beadStride);
    list.count++;
  }
}

/** A list that holds these beads. */
export function beadList(beads: readonly (readonly number[])[]): BeadList {
  const list = noBeads();
  appendBeads(list, beads);
  return list;
}
