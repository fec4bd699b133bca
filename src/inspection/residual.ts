/** The difference that matters: what changed since the last accepted layer, against where it had to change. */

import type { ExpectedLayer } from "./expected.ts";
import { dilate } from "./expected.ts";
import { boxMean, maskedMean } from "./filter.ts";
import { median } from "./picture.ts";

/** Two frames on one grid; all values in grey levels at commissioning brightness. */
export interface Views {
  /** This frame on the plane of this layer's top. */
  readonly now: Float32Array;
  /** The last accepted frame on the same plane: whatever did not change looks the same at the same place. */
  readonly before: Float32Array;
  /** The last accepted frame on the plane of its own top: the same material stands at the same place. */
  readonly beneath: Float32Array;
}

/** Where something appeared or vanished that this layer cannot explain. */
export interface Strangeness {
  /** By how much this frame leaves the range of its surroundings in the frame before, in grey levels. */
  readonly strange: Float32Array;
  /** Cells that no part of this layer can touch. */
  readonly outside: Uint8Array;
}

/** How much every cell changed. */
export interface Change {
  readonly outside: Uint8Array;
  /** Squared change of each cell, and its mean over about 1 mm. */
  readonly square: Float32Array;
  readonly smoothSquare: Float32Array;
}

/** Cells of the footprint's surroundings that a rising edge, its shadow's rim and the parallax of one layer may change. */
const rim_mm = 0.75;
/** How far an unchanged edge may appear displaced (shadow creep, registration). */
const tolerance_mm = 0.4;

/** Looks for what does not belong: outside the layer's reach the scene must look as before, small creep aside. */
export function strangeness(views: Pick<Views, "now" | "before">, expected: ExpectedLayer): Strangeness {
  const { width, height, step_mm } = expected.grid;
  const reach = Math.round(tolerance_mm / step_mm);
  const now = boxMean(views.now, width, height, 1);
  const before = boxMean(views.before, width, height, 1);
  const low = extreme(before, width, height, reach, -1);
  const high = extreme(before, width, height, reach, 1);
  const strange = new Float32Array(now.length);
  for (let i = 0; i < strange.length; i++) {
    const v = now[i]!;
    strange[i] = v > high[i]! ? v - high[i]! : v < low[i]! ? v - low[i]! : 0;
  }
  return { strange, outside: outsideOf(expected) };
}

/** Measures the change of every cell. */
export function changeOf(views: Pick<Views, "now" | "before">, expected: ExpectedLayer): Change {
  const { width, height, step_mm } = expected.grid;
  const square = new Float32Array(views.now.length);
  for (let i = 0; i < square.length; i++) {
    const d = views.now[i]! - views.before[i]!;
    square[i] = d * d;
  }
  const smoothSquare = boxMean(square, width, height, Math.round(0.5 / step_mm));
  return { outside: outsideOf(expected), square, smoothSquare };
}

function outsideOf(expected: ExpectedLayer): Uint8Array {
  const { width, height, step_mm } = expected.grid;
  const outside = dilate(expected.footprint, width, height, Math.round(rim_mm / step_mm));
  for (let i = 0; i < outside.length; i++) outside[i] = 1 - outside[i]!;
  return outside;
}

/** Running minimum (sign -1) or maximum (sign 1) over a square of (2 `cells` + 1) squared. */
export function extreme(
  values: Float32Array,
  width: number,
  height: number,
  cells: number,
  sign: 1 | -1,
): Float32Array {
  const across = slideExtreme(values, width, height, 1, width, cells, sign);
  return slideExtreme(across, height, width, width, 1, cells, sign);
}

function slideExtreme(
  from: Float32Array,
  length: number,
  lines: number,
  step: number,
  between: number,
  cells: number,
  sign: 1 | -1,
): Float32Array {
  const out = new Float32Array(from.length);
  for (let line = 0; line < lines; line++) {
    const start = line * between;
    for (let i = 0; i < length; i++) {
      const first = Math.max(0, i - cells);
      const last = Math.min(length - 1, i + cells);
      let best = from[start + first * step]!;
      for (let k = first + 1; k <= last; k++) {
        const v = from[start + k * step]!;
        if (sign === 1 ? v > best : v < best) best = v;
      }
      out[start + i * step] = best;
    }
  }
  return out;
}

/**
 * How much each footprint cell's surroundings (about 2 mm, footprint only) changed, against what did not have to change
 * in this tile: 1 means that nothing happened but noise.
 */
export function changeRatio(change: Change, expected: ExpectedLayer): Float32Array {
  const { width, height, step_mm } = expected.grid;
  const { mean } = maskedMean(change.square, expected.footprint, width, height, Math.round(1 / step_mm));
  const quiet = quietLevel(change);
  return mean.map((v) => Math.sqrt(v / quiet));
}

/** Median mean square change outside the footprint; never below the square of a third of a grey level. */
function quietLevel(change: Change): number {
  const outside: number[] = [];
  for (let i = 0; i < change.smoothSquare.length; i += 7) {
    if (change.outside[i] === 1 && !Number.isNaN(change.smoothSquare[i]!)) outside.push(change.smoothSquare[i]!);
  }
  const level = median(outside);
  return Math.max(0.1, Number.isNaN(level) ? 0.1 : level);
}
