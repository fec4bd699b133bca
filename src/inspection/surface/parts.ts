/**
 * Parts are brought to the brightness of what lies around them, so that parts which change from layer to layer are no
 * difference. What lies around is called powder here; around a filament part it is the bed.
 */
import { components } from "../components.ts";
import { type Arena, boxMean, type Field, meanOfSome, quantile, thinned } from "./field.ts";
import { lightOf, withoutLight } from "./light.ts";
import type { Outline } from "./signs.ts";

/** Pixels this near to a part's outline belong to neither: melt and powder mix there, and outlines are never exact. */
const rim = 2;
/** Powder as far as this tells what a part's surroundings look like, in pixels of the working scale. */
export const around = 40;
/** Less than this share of powder around a pixel tells nothing of it. */
export const leastAround = 0.02;
/** Fewer pixels than this tell no brightness of the parts. */
const fewest = 200;
/** An island whose brightness (logarithm) strays from that of all by more than this is not excused for more. */
const likeAll = 0.1;
/** Darker than this share of the picture's middle brightness is machine, not powder. */
const leastShare = 0.4;
/** Grey levels added before a logarithm. */
const dark = 0.5;

/** Nothing, powder or part, at the working scale; 0 powder, 1 part, 2 the rim between them. */
export type Parts = Uint8Array;

/** A layer with its parts flattened, and where they are; the layer as it came where nothing is known of parts. */
export interface PartedLayer {
  readonly field: Field;
  /** The layer as it came. */
  readonly came: Field;
  readonly parts: Parts | null;
  /** Whether an expected picture says so, and not a guess. */
  readonly told: boolean;
}

/** A layer and its parts as they are known; as it came where nothing is known of them. */
export function parted(field: Field, parts: Parts | null, arena: Arena, told = parts !== null): PartedLayer {
  return { field: parts === null ? field : flattened(field, parts, arena), came: field, parts, told };
}

/** Sorts pixels that are part (1) or not at the working scale; the outlines of a picture that had to be found are less exact. */
export function foundParts(found: Uint8Array, arena: Arena): Parts {
  const share = arena.buffer(2);
  share.set(found);
  return sorted(share, arena, 2 * rim);
}

/** Sorts pixels of an expected layer (any but 0 is part) of any size into powder, part and rim at the working scale. */
export function partsOf(expected: Outline, arena: Arena): Parts {
  const { width, height } = arena;
  const share = arena.buffer(2);
  for (let y = 0; y < height; y++) {
    const row = Math.min(expected.height - 1, Math.floor(((y + 0.5) * expected.height) / height)) * expected.width;
    for (let x = 0; x < width; x++) {
      const at = row + Math.min(expected.width - 1, Math.floor(((x + 0.5) * expected.width) / width));
      share[y * width + x] = expected.data[at] === 0 ? 0 : 1;
    }
  }
  return sorted(share, arena);
}

function sorted(share: Float32Array, arena: Arena, wide = rim): Parts {
  boxMean(arena, share, share, wide, wide);
  const parts = new Uint8Array(share.length);
  for (let i = 0; i < parts.length; i++) parts[i] = share[i]! < 0.001 ? 0 : share[i]! > 0.999 ? 1 : 2;
  return parts;
}

/**
 * How many times as bright as the powder around them the parts of a layer are (mean of logarithms); null where it shows
 * too few.
 */
export function ratioOf(field: Field, parts: Parts, arena: Arena): number | null {
  const mean = contrastOf(field, parts, powderAround(field, parts, arena));
  return mean === null ? null : Math.exp(mean);
}

/** The logarithm of that: by how much parts are brighter than what lies around them. */
export function contrastIn(field: Field, parts: Parts, arena: Arena): number | null {
  return contrastOf(field, parts, powderAround(field, parts, arena));
}

/** Mean difference of logarithms between the parts and the powder around them; null where too few pixels show it. */
function contrastOf({ data }: Field, parts: Parts, powder: Float32Array): number | null {
  let [sum, count] = [0, 0];
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] !== 1 || Number.isNaN(powder[i]!)) continue;
    sum += Math.log(data[i]! + dark) - powder[i]!;
    count++;
  }
  return count < fewest ? null : sum / count;
}

/**
 * The layer with its parts as bright as the powder around them; the rim takes the powder's mean. Each island is brought
 * there by its own brightness, which turns with the hatch, as far as it is like that of all. The field is not changed.
 */
export function flattened(field: Field, parts: Parts, arena: Arena): Field {
  const { width, height, data } = field;
  const powder = powderAround(field, parts, arena);
  const all = contrastOf(field, parts, powder) ?? 0;
  const out = data.slice();
  const islands = new Uint8Array(parts.length);
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] === 1) islands[i] = 1;
    else if (parts[i] === 2 && !Number.isNaN(powder[i]!)) out[i] = Math.exp(powder[i]!) - dark;
  }
  for (const { pixels } of components(islands, width, height, 1)) {
    let [sum, count] = [0, 0];
    for (const i of pixels) {
      if (Number.isNaN(powder[i]!)) continue;
      sum += Math.log(data[i]! + dark) - powder[i]!;
      count++;
    }
    const own = count < fewest ? all : Math.min(Math.max(sum / count, all - likeAll), all + likeAll);
    const share = 1 / Math.exp(own);
    for (const i of pixels) out[i] = (data[i]! + dark) * share - dark;
  }
  return { width, height, data: out };
}

/** Logarithm of brightness, smooth and in even light. Lives in the arena. */
function evened({ data }: Field, arena: Arena): Float32Array {
  const smooth = arena.buffer(2);
  for (let i = 0; i < smooth.length; i++) smooth[i] = Math.log(data[i]! + dark);
  boxMean(arena, smooth, smooth, 2, 2);
  withoutLight(smooth, arena.width, arena.height, lightOf(smooth, arena.width, arena.height));
  return smooth;
}

/** Of a surface in even light, logarithms beyond this from its middle are machine, or glare. */
const farOff = 0.6;
const bins = 240;
/** Shares of the surface that parts can have where nobody says where they are, and how clearly they must stand apart. */
const [leastPart, mostPart, leastApart] = [0.003, 0.45, 0.6];
const leastContrast = 0.08;

/**
 * How many times as bright as the powder the parts of good layers are, where no expected picture says which they are: the
 * threshold that parts the brightnesses best (Otsu, IEEE SMC 9, 1979). Null where they are not of two kinds.
 */
export function ratioUntold(fields: readonly Field[], arena: Arena): number | null {
  const counts = new Float64Array(bins);
  for (const field of fields) {
    const values = thinned(evened(field, arena), 40_000);
    const powder = quantile(values, 0.5);
    for (const v of values) {
      const bin = Math.floor(((v - powder) / farOff + 1) * (bins / 2));
      if (bin >= 0 && bin < bins) counts[bin]!++;
    }
  }
  const total = counts.reduce((sum, n) => sum + n, 0);
  const at = (bin: number): number => ((bin + 0.5) / (bins / 2) - 1) * farOff;
  const [sum, squares] = [0, 1].map((power) => counts.reduce((all, n, bin) => all + n * at(bin) ** (power + 1), 0));
  const variance = squares! / total - (sum! / total) ** 2;
  let best = { between: 0, low: 0, high: 0, share: 0 };
  let [below, belowSum] = [0, 0];
  for (let bin = 0; bin < bins - 1; bin++) {
    below += counts[bin]!;
    belowSum += counts[bin]! * at(bin);
    const share = below / total;
    if (share === 0 || share === 1) continue;
    const [low, high] = [belowSum / below, (sum! - belowSum) / (total - below)];
    const between = share * (1 - share) * (high - low) ** 2;
    if (between > best.between) best = { between, low, high, share };
  }
  // The larger share is powder.
  const isBright = best.share > 0.5;
  const part = isBright ? 1 - best.share : best.share;
  const contrast = isBright ? best.high - best.low : best.low - best.high;
  const isTwo = part >= leastPart && part <= mostPart && best.between > leastApart * variance;
  return isTwo && Math.abs(contrast) > leastContrast ? Math.exp(contrast) : null;
}

/** Those of the guessed parts that lie, for the larger part, where parts were before; what is new is no part until somebody says so. */
export function known(parts: Parts, before: readonly Parts[], arena: Arena): Parts {
  const { width, height } = arena;
  const islands = parts.map((v) => (v === 0 ? 0 : 1));
  const out = parts.slice();
  for (const { pixels } of components(islands, width, height, 1)) {
    let seen = 0;
    for (const i of pixels) if (before.some((each) => each[i] !== 0)) seen++;
    if (2 * seen < pixels.length) for (const i of pixels) out[i] = 0;
  }
  return out;
}

/** Mean logarithm of brightness of the powder around each pixel; NaN where there is none. Lives in the arena. */
function powderAround({ data }: Field, parts: Parts, arena: Arena): Float32Array {
  const sum = arena.buffer(2);
  const count = arena.buffer(3);
  const least = leastShare * quantile(thinned(data, 40_000), 0.5);
  for (let i = 0; i < data.length; i++) {
    const isPowder = parts[i] === 0 && data[i]! > least;
    sum[i] = isPowder ? Math.log(data[i]! + dark) : 0;
    count[i] = isPowder ? 1 : 0;
  }
  meanOfSome(arena, sum, count, around, leastAround, Number.NaN);
  return sum;
}

/**
 * Parts of a good layer whose expected picture did not come, from brightness alone: what is nearer to the parts' brightness
 * (`ratio`, from layers whose expected picture came) than to the powder's.
 */
export function guessed(field: Field, ratio: number, arena: Arena): Parts {
  const smooth = evened(field, arena);
  const powder = quantile(thinned(smooth, 40_000), 0.5);
  const half = Math.log(ratio) / 2;
  const { width, height } = arena;
  const like = Uint8Array.from(smooth, (v) => ((v - powder - half) * Math.sign(half) > 0 ? 1 : 0));
  smooth.fill(0);
  for (const { left, top, right, bottom, pixels } of components(like, width, height, fewest)) {
    // What reaches to the rim of the picture is the machine around the bed.
    if (left === 0 || top === 0 || right === width || bottom === height) continue;
    for (const i of pixels) smooth[i] = 1;
  }
  return sorted(smooth, arena, 2 * rim);
}
