/** How far a layer stands beside the one below: the outward movement of its edges, side against side. */
import { dilate, type ExpectedLayer, erode } from "./expected.ts";
import { boxMean } from "./filter.ts";
import type { Views } from "./residual.ts";

/** Displacement of this layer against the one below, in millimetres; null where the edges show nothing of it. */
export interface Shift {
  readonly dx_mm: number | null;
  readonly dy_mm: number | null;
}

/** Sums over the edge cells that face one way. */
interface Side {
  product: number;
  square: number;
  cells: number;
}

/** Sums of the four sides (right, left, back, front) over any number of tiles. */
export interface EdgeSums {
  readonly sides: readonly [Side, Side, Side, Side];
}

/** No edge seen yet. */
export function noEdges(): EdgeSums {
  const side = (): Side => ({ product: 0, square: 0, cells: 0 });
  return { sides: [side(), side(), side(), side()] };
}

/** Cells that an edge needs per side before its movement is believed. */
const leastCells = 150;
/** Mean square brightness step per cell (grey levels) across an edge that can be followed. */
const leastContrast = 9;

/**
 * Adds one tile's edges: where this layer and the last have the same outline, the brightness across it must stay the
 * same. One step of Lucas and Kanade (IJCAI 1981) along the outward normal, on pictures smoothed to about 1 mm.
 */
export function addEdges(sums: EdgeSums, views: Views, expected: ExpectedLayer, before: ExpectedLayer): void {
  const { width, height } = expected.grid;
  const solid = closed(expected);
  const under = closed(before);
  const differs = new Uint8Array(solid.length);
  for (let i = 0; i < solid.length; i++) differs[i] = solid[i] === under[i] ? 0 : 1;
  // One cell of difference is the taper of any part; more is another outline, whose edge has to move.
  const moved = dilate(erode(differs, width, height, 1), width, height, 6);
  const wide = dilate(solid, width, height, 4);
  const narrow = erode(solid, width, height, 4);
  const now = smooth(views.now, width, height);
  const beneath = smooth(views.beneath, width, height);
  const outline = smooth(Float32Array.from(solid), width, height);
  for (let y = 1; y + 1 < height; y++) {
    for (let x = 1; x + 1 < width; x++) {
      const i = y * width + x;
      if (wide[i] === 0 || narrow[i] === 1 || moved[i] === 1) continue;
      const [ex, ey] = [outline[i - 1]! - outline[i + 1]!, outline[i - width]! - outline[i + width]!];
      const long = Math.hypot(ex, ey);
      const d = now[i]! - beneath[i]!;
      if (long < 0.05 || Number.isNaN(d)) continue;
      const gx = (beneath[i + 1]! - beneath[i - 1]!) / 2;
      const gy = (beneath[i + width]! - beneath[i - width]!) / 2;
      const slope = (gx * ex + gy * ey) / long;
      const side = sums.sides[sideOf(ex, ey)];
      if (side === undefined || Number.isNaN(slope)) continue;
      side.product -= slope * d;
      side.square += slope * slope;
      side.cells++;
    }
  }
}

function sideOf(ex: number, ey: number): number {
  if (Math.abs(ex) > Math.abs(ey)) return ex > 0 ? 0 : 1;
  return ey > 0 ? 2 : 3;
}

function smooth(values: Float32Array, width: number, height: number): Float32Array {
  return boxMean(boxMean(values, width, height, 2), width, height, 2);
}

/** The footprint with the gaps of sparse infill closed, so that only the outline is an edge. */
function closed(layer: ExpectedLayer): Uint8Array {
  const { width, height } = layer.grid;
  return erode(dilate(layer.footprint, width, height, 5), width, height, 5);
}

/**
 * The displacement the sums speak of: outward movement of one side less that of the other. A side that moves in
 * uncovers the layer below, which has the same colour, so that one side alone carries most of the evidence; swelling
 * moves both sides out and cancels.
 */
export function shiftOf(sums: EdgeSums, step_mm: number): Shift {
  const [right, left, back, front] = sums.sides.map((side) =>
    side.cells >= leastCells && side.square / side.cells >= leastContrast ? side.product / side.square : null,
  );
  const between = (a: number | null | undefined, b: number | null | undefined): number | null =>
    (a ?? null) === null && (b ?? null) === null ? null : ((a ?? 0) - (b ?? 0)) * step_mm;
  return { dx_mm: between(right, left), dy_mm: between(back, front) };
}
