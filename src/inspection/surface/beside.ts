/**
 * A printed layer beside its neighbours. A part changes little from one layer to the next, so that what is brighter or darker than
 * anything near its place on the layers just before and after is no part of it: loose strands, or an object that fell there.
 */
import { type Arena, boxMean, greatestAround } from "./field.ts";
import { limitOf } from "./learn.ts";
import type { Parts } from "./parts.ts";

/** A good layer as its neighbours remember it. */
export interface Neighbour {
  /** Its number in the build; null where its name has none. */
  readonly layer: number | null;
  /** Logarithm of brightness in thousandths, in the references' place and light; `noPart` where no part was. */
  readonly shown: Int16Array;
}

export interface BesideModel {
  readonly references: readonly Neighbour[];
  /** Layers further away than this are no neighbours. */
  readonly reach_layers: number;
  /** Mean stray beyond what the neighbours show, in ranges of that, which a good layer does not reach. */
  readonly limit: number;
}

const noPart = -32768;
const thousandths = 1000;
/** Added to the neighbours' range (in thousandths): where all is even, noise is not measured by noise. */
const leastRange = 50;
/** How far around its place a look may come from, as a share of the picture's width: the top moves in the picture as it grows. */
const roamShare = 0.0075;
/** The stray is averaged over squares of twice this and one, in working pixels. */
const over_px = 3;
/** So many references before and as many after a layer are its neighbours. */
const eachSide = 2;
/** Good frames of the same build that are kept. */
const mostRecent = 2;
const leastReach_layers = 8;
/** Less stray than this is no finding: gloss comes and goes. */
const leastLimit = 0.2;
/** Fewer references with neighbours tell no limit. */
const fewest = 4;

/** What is remembered of a layer whose parts are known, from its difference (logarithm of brightness) from the references' middle. */
export function remembered(
  layer: number | null,
  difference: Float32Array,
  middle: Float32Array,
  parts: Parts,
): Neighbour {
  const shown = new Int16Array(difference.length);
  for (let i = 0; i < shown.length; i++) {
    const look = Math.round((difference[i]! + middle[i]!) * thousandths);
    shown[i] = parts[i] === 1 ? Math.max(noPart + 1, Math.min(-noPart - 1, look)) : noPart;
  }
  return { layer, shown };
}

/** Learns the limit from each reference beside the others; null where too few have neighbours. */
export function learnBeside(references: readonly Neighbour[], arena: Arena): BesideModel | null {
  const reach_layers = reachOf(references);
  const extremes: number[] = [];
  for (const one of references) {
    const others = references.filter((other) => other !== one);
    const stray = strayBeside(one, neighboursOf(one.layer, others, [], reach_layers), arena);
    if (stray !== null) extremes.push(stray.reduce((most, v) => Math.max(most, Math.abs(v)), 0));
  }
  if (extremes.length < fewest) return null;
  const limit = Math.max(leastLimit, limitOf(Float64Array.from(extremes), extremes.length, 0));
  return { references, reach_layers, limit };
}

/** Twice the usual distance between references, and at least a few layers. */
function reachOf(references: readonly Neighbour[]): number {
  const layers = references.flatMap(({ layer }) => layer ?? []).sort((a, b) => a - b);
  const gaps = layers.slice(1).map((layer, k) => layer - layers[k]!);
  gaps.sort((a, b) => a - b);
  return Math.max(leastReach_layers, 2 * (gaps[gaps.length >> 1] ?? 0));
}

/** The nearest references on both sides and the latest good frames; where a layer has no number, all references. */
function neighboursOf(
  layer: number | null,
  references: readonly Neighbour[],
  recent: readonly Neighbour[],
  reach_layers: number,
): Neighbour[] {
  if (layer === null) return [...references, ...recent];
  const away = (other: Neighbour): number => Math.abs((other.layer ?? layer) - layer);
  const near = [...references].sort((a, b) => away(a) - away(b)).filter((other) => away(other) <= reach_layers);
  const before = near.filter((other) => (other.layer ?? layer) < layer).slice(0, eachSide);
  const after = near.filter((other) => (other.layer ?? layer) >= layer).slice(0, eachSide);
  return [...before, ...after, ...recent.filter((other) => away(other) <= reach_layers)];
}

/**
 * By how much each pixel of the part lies above (or, negative, below) everything that its neighbours show nearby, in ranges of what
 * they show there, as a mean over a few pixels; 0 where none of them shows part. Lives in the arena. Null without two neighbours.
 */
function strayBeside(one: Neighbour, neighbours: readonly Neighbour[], arena: Arena): Float32Array | null {
  if (neighbours.length < 2) return null;
  const size = one.shown.length;
  const roam = Math.max(1, Math.round(roamShare * arena.width));
  const [above, below, stray] = [arena.buffer(6), arena.buffer(7), arena.buffer(8)];
  above.fill(Number.NEGATIVE_INFINITY);
  below.fill(Number.NEGATIVE_INFINITY);
  for (const { shown } of neighbours) {
    for (let i = 0; i < size; i++) {
      if (shown[i] === noPart) continue;
      above[i] = Math.max(above[i]!, shown[i]!);
      below[i] = Math.max(below[i]!, -shown[i]!);
    }
  }
  // Where no neighbour shows part nothing is known, however near one does.
  const isKnown = Uint8Array.from(above, (v) => (v > noPart ? 1 : 0));
  greatestAround(above, arena, roam);
  greatestAround(below, arena, roam);
  for (let i = 0; i < size; i++) {
    const v = one.shown[i]!;
    const isJudged = v !== noPart && isKnown[i] === 1;
    const range = above[i]! + below[i]! + leastRange;
    stray[i] = isJudged ? (Math.max(0, v - above[i]!) - Math.max(0, -v - below[i]!)) / range : 0;
  }
  boxMean(arena, stray, stray, over_px, over_px);
  return stray;
}

/** Keeps the latest good frames and compares new ones with them and with the references. */
export interface Beside {
  /**
   * By how much a frame strays from its neighbours at each pixel, in limits; above 1, or below -1, it is not like them. Null where it
   * has too few neighbours. Lives in the arena.
   */
  stray(one: Neighbour): Float32Array | null;
  /** Takes a frame that was found good as a neighbour of the next ones. */
  keep(one: Neighbour): void;
}

/** Makes the comparison for one run over frames in their order. */
export function createBeside({ references, reach_layers, limit }: BesideModel, arena: Arena): Beside {
  let recent: readonly Neighbour[] = [];
  return {
    stray(one) {
      const stray = strayBeside(one, neighboursOf(one.layer, references, recent, reach_layers), arena);
      if (stray !== null) for (let i = 0; i < stray.length; i++) stray[i]! /= limit;
      return stray;
    },
    keep(one) {
      recent = [...recent, one].slice(-mostRecent);
    },
  };
}
