/** What known-good frames of one camera teach: the usual look, how far it usually strays, and limits from both alone. */
import { farthest, landmarksOf, type Motion } from "./align.ts";
import { channelNames, eachChannel } from "./channels.ts";
import { type Arena, boxMean, createArena, type Field, logarithm, quantile, thinned } from "./field.ts";
import { lightOf, withoutLight } from "./light.ts";
import { type Baseline, bounded, prepare } from "./prepare.ts";
import { powderRegion } from "./region.ts";

/** One channel's usual value and spread at every pixel, and the limits in spreads. */
export interface ChannelModel {
  readonly mean: Float32Array;
  /** Standard deviation, widened where there are few references and along edges. */
  readonly spread: Float32Array;
  /** Beyond this many spreads a frame is no longer like the references. */
  limit: number;
  /** A finding grows into touching pixels down to this many spreads. */
  grow: number;
}

/** The look of one camera's good frames at the working scale. */
export interface SurfaceModel extends Baseline {
  readonly width: number;
  readonly height: number;
  readonly arena: Arena;
  readonly channels: readonly ChannelModel[];
  /** 1 where the picture shows the surface that is judged. */
  readonly region: Uint8Array;
  /** References that were used. */
  readonly count: number;
  /** Largest excess over the limits of each reference, judged by the others. */
  readonly ownScores: readonly number[];
  /** The farthest that any reference lies from the one that all are registered to, in working pixels. */
  readonly strayed_px: number;
}

/** More references than this are thinned evenly: the rest would cost memory and teach little. */
export const mostReferences = 24;

/** Smallest believed spread of each channel: logarithm of brightness, for texture of grain. */
const leastSpread = [0.006, 0.004, 0.003, 0.002, 0.002, 0.04] as const;
/** How much of an error of registration (0.15 px) along an edge is left in each channel. */
const edgeShare = [0.6, 0.25, 0.03, 0.2, 0.2, 0] as const;
const registration_px = 0.15;
/** The neighbourhood whose spread a pixel shares, and how many references it weighs. */
const pool = 20;
const poolWeight = 8;

/** Learns from brightness fields of one size (one or more); with `parts`, of layers whose parts were flattened. */
export function learn(
  references: readonly Field[],
  parts: readonly (Uint8Array | null)[] = [],
  regionOf: (middle: Float32Array, arena: Arena) => Uint8Array = powderRegion,
): SurfaceModel {
  const { width, height } = references[0]!;
  const arena = createArena(width, height);
  const base = references[references.length >> 1]!;
  const floor = 0.04 * quantile(thinned(base.data, 50_000), 0.5) + 0.5;
  const first = new Float32Array(base.data.length);
  logarithm(base.data, first, floor);
  const start: Baseline = { middle: first, floor, landmarks: landmarksOf({ width, height, data: first }, arena) };
  const inside = new Uint8Array(first.length);
  const motions: Motion[] = [];
  const looks = references.map((field) => {
    const { difference, aligned } = prepare(arena, field, start, inside);
    motions.push(aligned.motion);
    return difference.map((d, i) => d + first[i]!);
  });
  const order = orderOf(looks);
  const middle = order.middle;
  const baseline: Baseline = { middle, floor, landmarks: landmarksOf({ width, height, data: middle }, arena) };
  const differences = looks.length > 1 ? leaveOneOut(looks, order) : displaced(middle, width, height);
  const region = regionOf(middle, arena);
  const channels = spreads(arena, differences, middle, looks.length);
  const ownScores = setLimits(arena, differences, channels, region, looks.length, parts);
  return {
    ...baseline,
    width,
    height,
    arena,
    channels,
    region,
    count: looks.length,
    ownScores,
    strayed_px: strayOf(motions),
  };
}

interface Order {
  readonly low: Float32Array;
  readonly middle: Float32Array;
  readonly high: Float32Array;
}

/** The farthest that any reference lies from the one that all are registered to, in working pixels. */
export function strayOf(motions: readonly Motion[]): number {
  return Math.max(...motions.map(farthest));
}

/** The median of every pixel, and its neighbours in rank: enough for every median without one reference. */
function orderOf(looks: readonly Float32Array[]): Order {
  const n = looks.length;
  const size = looks[0]!.length;
  const [low, middle, high] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
  const values = new Float32Array(n);
  const half = n >> 1;
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < n; k++) values[k] = looks[k]![i]!;
    values.sort();
    low[i] = values[Math.max(0, half - 1)]!;
    middle[i] = values[half]!;
    high[i] = values[Math.min(n - 1, half + 1)]!;
    if (n % 2 === 0) high[i] = middle[i]!;
  }
  if (n % 2 === 0) for (let i = 0; i < size; i++) middle[i] = (low[i]! + high[i]!) / 2;
  return { low, middle, high };
}

/** Each reference less the median of the others, light taken out. */
function leaveOneOut(looks: readonly Float32Array[], { low, middle, high }: Order): ((to: Float32Array) => void)[] {
  const even = looks.length % 2 === 0;
  return looks.map((look) => (to) => {
    for (let i = 0; i < to.length; i++) {
      const v = look[i]!;
      const others = even
        ? v <= low[i]!
          ? high[i]!
          : low[i]!
        : v < middle[i]!
          ? (middle[i]! + high[i]!) / 2
          : v > middle[i]!
            ? (low[i]! + middle[i]!) / 2
            : (low[i]! + high[i]!) / 2;
      to[i] = v - others;
    }
  });
}

/** Of one reference alone: its difference from itself a few pixels further, which shows its grain but not its shape. */
function displaced(look: Float32Array, width: number, height: number): ((to: Float32Array) => void)[] {
  return [
    [9, 4],
    [-5, 8],
    [7, -6],
  ].map(([dx, dy]) => (to) => {
    for (let y = 0; y < height; y++) {
      const sy = Math.min(Math.max(y + dy!, 0), height - 1);
      for (let x = 0; x < width; x++) {
        const sx = Math.min(Math.max(x + dx!, 0), width - 1);
        to[y * width + x] = look[y * width + x]! - look[sy * width + sx]!;
      }
    }
  });
}

type Source = (to: Float32Array) => void;

function eachReference(
  arena: Arena,
  sources: readonly Source[],
  take: (reference: number, channel: number, values: Float32Array) => void,
): void {
  const { width, height } = arena;
  const difference = arena.buffer(5);
  const everywhere = new Uint8Array(difference.length).fill(1);
  sources.forEach((source, k) => {
    source(difference);
    withoutLight(difference, width, height, lightOf(difference, width, height));
    bounded(difference, everywhere);
    eachChannel(arena, difference, (c, values) => take(k, c, values));
  });
}

function spreads(arena: Arena, sources: readonly Source[], middle: Float32Array, references: number): ChannelModel[] {
  const size = middle.length;
  const n = sources.length;
  const models = channelNames.map(() => ({ sum: new Float32Array(size), squares: new Float32Array(size) }));
  eachReference(arena, sources, (_, c, values) => {
    const { sum, squares } = models[c]!;
    for (let i = 0; i < size; i++) {
      sum[i]! += values[i]!;
      squares[i]! += values[i]! * values[i]!;
    }
  });
  const edges = edgeEnergy(middle, arena);
  const pooled = arena.buffer(6);
  return models.map(({ sum, squares }, c) => {
    // Only the grain has a usual value of its own at every place; a difference from the median has none.
    const centred = channelNames[c] === "texture" && n > 1;
    for (let i = 0; i < size; i++) {
      sum[i] = centred ? sum[i]! / n : 0;
      squares[i] = Math.max(0, squares[i]! / n - sum[i]! * sum[i]!);
    }
    boxMean(arena, squares, pooled, pool, pool);
    const least = leastSpread[c]! ** 2;
    const share = (edgeShare[c]! * registration_px) ** 2;
    const own = references > 1 ? references - 1 : 0;
    for (let i = 0; i < size; i++) {
      const variance = (own * squares[i]! + poolWeight * pooled[i]!) / (own + poolWeight);
      squares[i] = Math.sqrt(Math.max(variance, least) + share * edges[i]!);
    }
    return { mean: sum, spread: squares, limit: Number.POSITIVE_INFINITY, grow: Number.POSITIVE_INFINITY };
  });
}

/** Square of the slope of the reference (logarithm a pixel), smeared by two pixels. Lives in the arena. */
export function edgeEnergy(middle: Float32Array, arena: Arena): Float32Array {
  const { width, height } = arena;
  const smooth = arena.buffer(2);
  boxMean(arena, middle, smooth, 1, 1);
  const out = arena.buffer(7);
  out.fill(0);
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
      const gx = (smooth[i + 1]! - smooth[i - 1]!) / 2;
      const gy = (smooth[i + width]! - smooth[i - width]!) / 2;
      out[i] = gx * gx + gy * gy;
    }
  }
  boxMean(arena, out, out, 2, 2);
  return out;
}

/** One frame in about a thousand, for each channel, by the extreme value law of the references' own extremes. */
function setLimits(
  arena: Arena,
  sources: readonly Source[],
  channels: readonly ChannelModel[],
  region: Uint8Array,
  references: number,
  parts: readonly (Uint8Array | null)[],
): number[] {
  const extremes = channels.map(() => new Float64Array(sources.length));
  const tails = channels.map(() => new Float64Array(sources.length));
  eachReference(arena, sources, (k, c, values) => {
    toSpreads(values, channels[c]!, region, parts[k] ?? null);
    let most = 0;
    for (let i = 0; i < values.length; i++) {
      const size = unhelped(Math.abs(values[i]!), references);
      values[i] = size;
      if (size > most) most = size;
    }
    extremes[c]![k] = most;
    tails[c]![k] = quantile(thinned(values, 60_000), 0.999);
  });
  channels.forEach((channel, c) => {
    channel.limit = limitOf(extremes[c]!, references) * (parts.some((its) => its !== null) ? driftOfParts : 1);
    channel.grow = 0.75 * channel.limit;
  });
  return Array.from(sources, (_, k) => Math.max(...channels.map((channel, c) => extremes[c]![k]! / channel.limit)));
}

/**
 * Spreads of a reference as if it had not widened its own spread: at each pixel its own square is one of the few that the
 * spread was made of, and so the largest ones look smaller than a new frame's would.
 */
function unhelped(size: number, references: number): number {
  if (references < 2) return size;
  const own = references - 1;
  const share = 1 / (own + poolWeight);
  return size / Math.sqrt(Math.max(leastLeft, 1 + share * (1 - size * size)));
}
const leastLeft = 0.25;

/** A frame whose grain is stronger than the references' by more than this is not excused for the rest. */
const mostExcused = 3;
/** Melt has a grain of its own, which powder that lay at its place in the references does not tell. */
const mostExcusedOfMelt = 5;

/**
 * Turns a channel's values into spreads, in place; 0 outside the region. Where most of the surface strays further than
 * the references did (other light, more noise), all of it is measured by that.
 */
export function toSpreads(
  values: Float32Array,
  { mean, spread }: ChannelModel,
  region: Uint8Array,
  parts: Uint8Array | null = null,
): void {
  for (let i = 0; i < values.length; i++) values[i] = region[i] === 0 ? 0 : (values[i]! - mean[i]!) / spread[i]!;
  const kinds = parts === null ? [null] : [0, 1, 2];
  for (const kind of kinds) {
    const scale = 1 / usualOf(values, parts, kind);
    if (scale === 1) continue;
    for (let i = 0; i < values.length; i++) if (kind === null || parts?.[i] === kind) values[i]! *= scale;
  }
}

/** Pixels, evenly chosen, that tell how far a surface strays as a whole. */
const looked = 40_000;

/** How far the surface of a kind strays as a whole, in spreads; at least 1, and no more than is excused. */
function usualOf(values: Float32Array, parts: Uint8Array | null, kind: number | null): number {
  const sizes = new Float32Array(looked);
  const step = Math.max(1, Math.ceil(values.length / looked));
  let count = 0;
  for (let i = 0; i < values.length; i += step) {
    if (values[i] !== 0 && (kind === null || parts?.[i] === kind)) sizes[count++] = Math.abs(values[i]!);
  }
  const usual = quantile(sizes.subarray(0, count), 0.5) / 0.6745;
  return usual > 1 ? Math.min(usual, kind === null || kind === 0 ? mostExcused : mostExcusedOfMelt) : 1;
}

/** Frames come after the references, and stray a little further with every layer. */
const drift = 1.38;
/** Parts move over grain that the references never had at their place. */
const driftOfParts = 1.2;
/** One reference alone shows its grain at many places, and so is not as ignorant as its number. */
const mostForFew = 1.6;

/**
 * Gumbel's law through the middle and spread of the extremes (both robust: one bad reference must not widen the limit),
 * at one in a thousand; wider for few references, which know little of their own spread. Never below `least`, by the unit of the extremes.
 */
export function limitOf(extremes: Float64Array, references: number, least = 4): number {
  const middle = quantile(extremes.slice(), 0.5);
  const stray =
    1.4826 *
    quantile(
      extremes.map((e) => Math.abs(e - middle)),
      0.5,
    );
  const gumbel = middle + 4.9 * Math.max(stray, 0.08 * middle);
  return Math.max(least, gumbel) * Math.min(mostForFew, 1 + 1 / references) * drift;
}
