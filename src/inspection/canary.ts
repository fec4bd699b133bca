/** The seeded-defect canary: lumps are planted in a copy of the network's input and must be found, or the model is dead. */
import type { ExpectedLayer } from "./expected.ts";
import type { FindingClass } from "./report.ts";
import { outputShape } from "./tensor.ts";
import { tileShape } from "./tiles.ts";

/** Where the lumps go, in cells of the tile. */
export interface CanaryPlan {
  readonly class: FindingClass;
  readonly lumps: readonly { readonly x: number; readonly y: number }[];
  readonly radius: number;
}

/** A lump of 3 mm across. */
const radius_mm = 1.5;
/** Share of a lump's cells that the network must call defective. */
const leastShare = 0.3;
/** Where lumps are wanted, as shares of the tile's width and height. */
const wanted = [
  [0.5, 0.5],
  [0.3, 0.45],
  [0.7, 0.55],
] as const;

/**
 * The canary of a layer whose turn it is (layer 1 and every n-th), else null: three lumps, each on the footprint's
 * cell nearest to a wanted place, so that a replay plants the same ones.
 */
export function canaryPlan(layer: number, every: number, expected: ExpectedLayer): CanaryPlan | null {
  if ((layer - 1) % every !== 0) return null;
  const radius = Math.round(radius_mm / expected.grid.step_mm);
  const lumps = wanted.flatMap(([x, y]) => {
    const at = nearestPrinted(expected, x * expected.grid.width, y * expected.grid.height, radius);
    return at < 0 ? [] : [{ x: at % expected.grid.width, y: Math.floor(at / expected.grid.width) }];
  });
  return lumps.length === 0 ? null : { class: "extra", lumps, radius };
}

function nearestPrinted(expected: ExpectedLayer, wantedX: number, wantedY: number, margin: number): number {
  const { width, height } = expected.grid;
  let [best, least] = [-1, Number.POSITIVE_INFINITY];
  for (let y = margin; y < height - margin; y += 2) {
    for (let x = margin; x < width - margin; x += 2) {
      const far = (x - wantedX) ** 2 + (y - wantedY) ** 2;
      if (expected.footprint[y * width + x] === 1 && far < least) [best, least] = [y * width + x, far];
    }
  }
  return best;
}

/** A copy of the input with the lumps in it: bright towards the lamp at the left front, dark away from it. */
export function plantCanary(input: Float32Array, plan: CanaryPlan): Float32Array {
  const out = input.slice();
  for (const lump of plan.lumps) plantLump(out, lump.x, lump.y, plan.radius);
  return out;
}

function plantLump(out: Float32Array, x: number, y: number, radius: number): void {
  const size = tileShape.width * tileShape.height;
  for (let dy = -radius; dy <= radius; dy++) {
    for (let dx = -radius; dx <= radius; dx++) {
      if (Math.hypot(dx, dy) > radius) continue;
      const at = (y + dy) * tileShape.width + x + dx;
      const level = (-3.4 * (dx + dy)) / radius / Math.SQRT2 - 0.4;
      const step = level - out[at]!;
      out[at] = level;
      for (const c of [1, 2]) out[c * size + at] = Math.max(-4, Math.min(4, out[c * size + at]! + step));
    }
  }
}

/** True where the network calls a good part of at least half of the lumps defective. */
export function canaryFound(output: Float32Array, plan: CanaryPlan): boolean {
  const found = plan.lumps.filter((lump) => shareFound(output, lump.x, lump.y, plan.radius) >= leastShare);
  return plan.lumps.length > 0 && 2 * found.length >= plan.lumps.length;
}

function shareFound(output: Float32Array, atX: number, atY: number, radius: number): number {
  const [, , height, width] = outputShape;
  let [hit, all] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (Math.hypot(2 * x + 0.5 - atX, 2 * y + 0.5 - atY) > radius) continue;
      all++;
      if (output[y * width + x]! < 0.5) hit++;
    }
  }
  return all === 0 ? 0 : hit / all;
}
