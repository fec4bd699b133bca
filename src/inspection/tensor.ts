/** The network's input and output as numbers: residual channels in, class probabilities out. */
import type { ExpectedLayer } from "./expected.ts";
import type { Views } from "./residual.ts";
import { tileShape } from "./tiles.ts";

/** Channels of the input, in order. */
export const channels = ["now", "change", "change-beneath", "ridge", "ridge-before"] as const;

/** Classes of the output, in order; the output has half the input's resolution. */
export const classes = ["ok", "missing", "thin", "extra"] as const;

/** Shape of the input tensor (batch, channel, row, column) and of the output. */
export const inputShape = [1, channels.length, tileShape.height, tileShape.width] as const;
export const outputShape = [1, classes.length, tileShape.height / 2, tileShape.width / 2] as const;

/** Values beyond this many units say nothing more. */
const ceiling = 4;

/**
 * Fills the input for one tile. Brightness is counted from the median of this layer's footprint, in units of 12 % of
 * it plus 8 grey levels, so that a dark and a light filament look alike; the frames are at commissioning brightness.
 */
export function inputOf(views: Views, expected: ExpectedLayer, before: ExpectedLayer | null): Float32Array {
  const size = tileShape.width * tileShape.height;
  const out = new Float32Array(channels.length * size);
  const middle = middleLevel(views.now, expected.footprint);
  const unit = 8 + 0.12 * middle;
  for (let i = 0; i < size; i++) {
    const now = views.now[i]!;
    out[i] = bounded((now - middle) / unit);
    out[size + i] = bounded((now - views.before[i]!) / unit);
    out[2 * size + i] = bounded((now - views.beneath[i]!) / unit);
    out[3 * size + i] = expected.ridge[i]!;
    out[4 * size + i] = before === null ? 0 : before.ridge[i]!;
  }
  return out;
}

function bounded(value: number): number {
  // Cells outside the frame are NaN; they are given as far away from anything normal.
  return Number.isNaN(value) ? -ceiling : Math.max(-ceiling, Math.min(ceiling, value));
}

function middleLevel(values: Float32Array, mask: Uint8Array): number {
  const histogram = new Uint32Array(256);
  let all = 0;
  for (let i = 0; i < values.length; i++) {
    if (mask[i] === 0 || Number.isNaN(values[i]!)) continue;
    histogram[Math.max(0, Math.min(255, Math.round(values[i]!)))]!++;
    all++;
  }
  let below = 0;
  for (let v = 0; v < 256; v++) {
    below += histogram[v]!;
    if (2 * below >= all && all > 0) return v;
  }
  return 128;
}

/** True where the output has the right length and every number is a probability: anything else is no result. */
export function isSoundOutput(output: Float32Array): boolean {
  if (output.length !== outputShape[1] * outputShape[2] * outputShape[3]) return false;
  const size = outputShape[2] * outputShape[3];
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let c = 0; c < classes.length; c++) {
      const p = output[c * size + i]!;
      if (!(p >= 0 && p <= 1.0001)) return false;
      sum += p;
    }
    if (!(Math.abs(sum - 1) < 0.01)) return false;
  }
  return true;
}
