/** The seeded-defect canary: a lump is planted in a copy of the network's input and must be found, or the model is dead. */
import type { ExpectedLayer } from "./expected.ts";
import type { FindingClass } from "./report.ts";
import { channels, classes, outputShape } from "./tensor.ts";
import { tileShape } from "./tiles.ts";

/** Where the lump goes, in cells of the tile. */
export interface CanaryPlan {
  readonly class: FindingClass;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** A lump of 3 mm across. */
const radius_mm = 1.5;
/** Share of the lump's cells that the network must call defective. */
const leastShare = 0.3;

/**
 * The canary of a layer whose turn it is (layer 1 and every n-th), else null. It sits on the footprint's cell nearest
 * to the middle of the layer, so that a replay plants the same one.
 */
export function canaryPlan(layer: number, every: number, expected: ExpectedLayer): CanaryPlan | null {
  if ((layer - 1) % every !== 0 || expected.area === 0) return null;
  const { width, height } = expected.grid;
  const radius = Math.round(radius_mm / expected.grid.step_mm);
  let [best, least] = [-1, Number.POSITIVE_INFINITY];
  for (let y = radius; y < height - radius; y += 2) {
    for (let x = radius; x < width - radius; x += 2) {
      const far = (x - width / 2) ** 2 + (y - height / 2) ** 2;
      if (expected.footprint[y * width + x] === 1 && far < least) [best, least] = [y * width + x, far];
    }
  }
  return best < 0 ? null : { class: "extra", x: best % width, y: Math.floor(best / width), radius };
}

/** A copy of the input with the lump in it: bright towards the lamp at the left front, dark away from it. */
export function plantCanary(input: Float32Array, plan: CanaryPlan): Float32Array {
  const out = input.slice();
  const size = tileShape.width * tileShape.height;
  for (let dy = -plan.radius; dy <= plan.radius; dy++) {
    for (let dx = -plan.radius; dx <= plan.radius; dx++) {
      const far = Math.hypot(dx, dy) / plan.radius;
      if (far > 1) continue;
      const at = (plan.y + dy) * tileShape.width + plan.x + dx;
      const level = (-3.4 * (dx + dy)) / plan.radius / Math.SQRT2 - 0.4;
      const step = level - out[at]!;
      out[at] = level;
      for (const c of [1, 2]) out[c * size + at] = Math.max(-4, Math.min(4, out[c * size + at]! + step));
    }
  }
  return out;
}

/** True where the network calls at least a third of the lump defective. */
export function canaryFound(output: Float32Array, plan: CanaryPlan): boolean {
  const [, , height, width] = outputShape;
  let [hit, all] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (Math.hypot(2 * x + 0.5 - plan.x, 2 * y + 0.5 - plan.y) > plan.radius) continue;
      all++;
      if (output[y * width + x]! < 0.5) hit++;
    }
  }
  return all > 0 && hit / all >= leastShare;
}

/** Number of values of one network input; both ends check it. */
export const inputLength = channels.length * tileShape.width * tileShape.height;
/** Number of values of one network output. */
export const outputLength = classes.length * outputShape[2] * outputShape[3];
