/**
 * Filament layers whose expected pictures say where the part is. The bed is compared with itself on good frames; the part, which
 * is another at every layer, with the look that parts have on good frames, wherever they are.
 */

import { landmarksOf, type Motion } from "./align.ts";
import { type BesideModel, learnBeside, remembered } from "./beside.ts";
import { channelNames, eachChannel } from "./channels.ts";
import { type Arena, boxMean, createArena, type Field, logarithm, quantile, thinned } from "./field.ts";
import { edgeEnergy, limitOf, strayOf } from "./learn.ts";
import { contrastIn, type Parts } from "./parts.ts";
import { type Baseline, bounded, prepare } from "./prepare.ts";

/** What stands at a pixel: the bed around the part, or the part. The rim between them is neither. */
const kinds = [0, 1] as const;
type Kind = (typeof kinds)[number];

/** A frame and its parts, both at the working scale. */
export interface PrintedLayer {
  readonly field: Field;
  readonly parts: Parts;
  /** Its number in the build, by its name; null where that has none. */
  readonly layer: number | null;
}

/** One channel of one kind: its usual value and spread, and the limits in spreads. */
export interface KindModel {
  readonly mean: number;
  readonly spread: number;
  readonly limit: number;
  readonly grow: number;
}

/** The look of a camera's good filament frames at the working scale. */
export interface PrintedModel extends Baseline {
  readonly width: number;
  readonly height: number;
  readonly arena: Arena;
  /** By kind, then by channel. */
  readonly kinds: readonly (readonly KindModel[])[];
  /** 1 where some good frame showed the bed. */
  readonly known: Uint8Array;
  /** By how much (logarithm of brightness) parts are brighter than the bed around them. */
  readonly contrast: number;
  /** Slope of the bed's look, squared: an error of registration shows there. */
  readonly edges: Float32Array;
  /** What a layer is beside its neighbours; null where too few references tell. */
  readonly beside: BesideModel | null;
  readonly ownScores: readonly number[];
  /** The farthest that any reference lies from the one that all are registered to, in working pixels. */
  readonly strayed_px: number;
}

/** How far around the part the bed is looked at, as a share of the picture's width. */
const zoneShare = 0.12;
/** Bed that lies darker than usual this near to a brighter part is its shadow, as a share of the width. */
const shadowShare = 0.06;
/** The parts' brightness may stray from the usual by so much (logarithm) before it counts as another material. */
const likeAll = 0.12;
const leastSpread = [0.01, 0.007, 0.005, 0.004, 0.004, 0.05] as const;
const edgeShare = [0.6, 0.25, 0.03, 0.2, 0.2, 0] as const;
const registration_px = 0.2;
const dark = 0.5;
/** Shading turns slowly: over this many pixels of the working scale, and by no more than this (logarithm). */
const shading_px = 24;
const mostShading = 0.12;
/** Values of a kind that tell its spread. */
const looked = 60_000;

/** Learns from good frames whose parts are known; null where they show too little of parts. */
export function learnPrinted(layers: readonly PrintedLayer[]): PrintedModel | null {
  const { width, height } = layers[0]!.field;
  const arena = createArena(width, height);
  const contrasts = layers.flatMap(({ field, parts }) => contrastIn(field, parts, arena) ?? []);
  if (contrasts.length === 0) return null;
  const contrast = quantile(Float64Array.from(contrasts), 0.5);
  const base = layers[layers.length >> 1]!.field;
  const floor = 0.04 * quantile(thinned(base.data, 50_000), 0.5) + 0.5;
  const first = new Float32Array(base.data.length);
  logarithm(base.data, first, floor);
  const start: Baseline = { middle: first, floor, landmarks: landmarksOf({ width, height, data: first }, arena) };
  const inside = new Uint8Array(first.length);
  const motions: Motion[] = [];
  const looks = layers.map(({ field }) => {
    const { difference, aligned } = prepare(arena, field, start, inside);
    motions.push(aligned.motion);
    return difference.map((d, i) => d + first[i]!);
  });
  const { middle, known } = bedOf(looks, layers, first);
  const landmarks = landmarksOf({ width, height, data: middle }, arena);
  const baseline = { middle, floor, landmarks, width, height, arena, known, contrast, strayed_px: strayOf(motions) };
  const edges = edgeEnergy(middle, arena).slice();
  const neighbours = layers.map(({ field, parts, layer }) =>
    remembered(layer, prepare(arena, field, baseline, inside).difference, middle, parts),
  );
  const beside = learnBeside(neighbours, arena);
  const views = layers.map((layer, k) => ({
    ...layer,
    bed: looks[k]!.map((v, i) => (known[i] === 1 ? v - middle[i]! : 0)),
  }));
  return withLimits({ ...baseline, edges, beside }, views);
}

/** The bed's median over the frames that show it; where none does, the first frame's look, which nobody compares with. */
function bedOf(looks: readonly Float32Array[], layers: readonly PrintedLayer[], first: Float32Array) {
  const middle = first.slice();
  const known = new Uint8Array(first.length);
  const values = new Float64Array(looks.length);
  for (let i = 0; i < middle.length; i++) {
    let count = 0;
    for (let k = 0; k < looks.length; k++) if (layers[k]!.parts[i] === 0) values[count++] = looks[k]![i]!;
    if (count === 0) continue;
    known[i] = 1;
    const seen = values.subarray(0, count).sort();
    middle[i] = (seen[count >> 1]! + seen[(count - 1) >> 1]!) / 2;
  }
  return { middle, known };
}

type Known = Omit<PrintedModel, "kinds" | "ownScores">;
interface View extends PrintedLayer {
  /** The bed's difference from its usual look. */
  readonly bed: Float32Array;
}

function withLimits(model: Known, views: readonly View[]): PrintedModel {
  const samples = kinds.map(() => channelNames.map((): number[] => []));
  const share = Math.max(500, Math.round(looked / views.length));
  eachKind(model, views, (_, kind, c, values, zone) => sample(values, zone, share, samples[kind]![c]!));
  const spreads = kinds.map((kind) =>
    channelNames.map((name, c) => {
      const values = Float64Array.from(samples[kind]![c]!);
      const mean = name === "texture" && values.length > 0 ? quantile(values.slice(), 0.5) : 0;
      const stray =
        1.4826 *
        quantile(
          values.map((v) => Math.abs(v - mean)),
          0.5,
        );
      return { mean, spread: Math.max(leastSpread[c]!, Number.isNaN(stray) ? 0 : stray) };
    }),
  );
  const extremes = kinds.map(() => channelNames.map(() => new Float64Array(views.length)));
  eachKind(model, views, (k, kind, c, values, zone) => {
    let most = 0;
    for (let i = 0; i < values.length; i++) {
      if (zone[i] === 1) most = Math.max(most, Math.abs(spreadsAt(model, spreads[kind]![c]!, kind, c, values[i]!, i)));
    }
    extremes[kind]![c]![k] = most;
  });
  const limited = kinds.map((kind) =>
    channelNames.map((_, c): KindModel => {
      const limit = limitOf(extremes[kind]![c]!, views.length);
      return { ...spreads[kind]![c]!, limit, grow: 0.75 * limit };
    }),
  );
  const ownScores = views.map((_, k) =>
    Math.max(...kinds.flatMap((kind) => limited[kind]!.map(({ limit }, c) => extremes[kind]![c]![k]! / limit))),
  );
  return { ...model, kinds: limited, ownScores };
}

function sample(values: Float32Array, zone: Uint8Array, most: number, into: number[]): void {
  let inside = 0;
  for (const z of zone) inside += z;
  const step = Math.max(1, Math.floor(inside / most));
  for (let i = 0, n = 0; i < values.length; i++) if (zone[i] === 1 && n++ % step === 0) into.push(values[i]!);
}

/** How many spreads a value strays; on the bed an edge may show an error of registration. */
export function spreadsAt(
  { edges }: Pick<PrintedModel, "edges">,
  { mean, spread }: Pick<KindModel, "mean" | "spread">,
  kind: Kind,
  c: number,
  value: number,
  i: number,
): number {
  const extra = kind === 0 ? (edgeShare[c]! * registration_px) ** 2 * edges[i]! : 0;
  return (value - mean) / Math.sqrt(spread * spread + extra);
}

function eachKind(
  model: Known,
  views: readonly View[],
  take: (k: number, kind: Kind, c: number, values: Float32Array, zone: Uint8Array) => void,
): void {
  views.forEach((view, k) => {
    for (const kind of kinds) {
      const { difference, zone } = viewOf(model, view, view.bed, kind);
      eachChannel(model.arena, difference, (c, values) => take(k, kind, c, values, zone));
    }
  });
}

/**
 * What is looked at of one kind: the bed's difference from its usual look, or the part's from the brightness that parts have;
 * 0 where the other kind is. `zone` is 1 where this kind is judged. The difference lives in the arena.
 */
export function viewOf(
  model: Known,
  { field, parts }: PrintedLayer,
  bed: Float32Array,
  kind: Kind,
): { readonly difference: Float32Array; readonly zone: Uint8Array } {
  const { arena, width, known, contrast } = model;
  const difference = arena.buffer(8);
  const zone = new Uint8Array(parts.length);
  if (kind === 1) {
    const own = contrastIn(field, parts, arena);
    for (let i = 0; i < parts.length; i++) {
      zone[i] = parts[i] === 1 && own !== null ? 1 : 0;
      difference[i] = zone[i] === 1 ? Math.log(field.data[i]! + dark) : 0;
    }
    if (own !== null)
      flatten(difference, zone, arena, own - alike(own, contrast), Math.min(mostShading, Math.abs(contrast) / 2));
    bounded(difference, zone);
    return { difference, zone };
  }
  const near = nearness(parts, arena, Math.round(zoneShare * width));
  const shaded = contrast > 0 ? nearness(parts, arena, Math.round(shadowShare * width)) : null;
  for (let i = 0; i < parts.length; i++) {
    // Far from the part the machine moves as it likes.
    const isBed = parts[i] === 0 && known[i] === 1 && near[i] === 1;
    zone[i] = isBed ? 1 : 0;
    difference[i] = isBed ? (shaded?.[i] === 1 ? Math.max(0, bed[i]!) : bed[i]!) : 0;
  }
  return { difference, zone };
}

function alike(own: number, usual: number): number {
  return Math.min(Math.max(own, usual - likeAll), usual + likeAll);
}

/**
 * Takes the part's own level out, and of what is left the shading: walls, slopes and the lamp make it, and it is no defect. What
 * strays further than `most` is no shading.
 */
function flatten(difference: Float32Array, zone: Uint8Array, arena: Arena, level: number, most: number): void {
  const [mean, share] = [arena.buffer(6), arena.buffer(7)];
  let [sum, count] = [0, 0];
  for (let i = 0; i < zone.length; i++) {
    share[i] = zone[i]!;
    if (zone[i] === 0) continue;
    sum += difference[i]!;
    count++;
  }
  const middle = count === 0 ? 0 : sum / count;
  for (let i = 0; i < zone.length; i++) {
    if (zone[i] === 1) difference[i]! += level - middle;
    mean[i] = difference[i]!;
  }
  boxMean(arena, mean, mean, shading_px, shading_px);
  boxMean(arena, share, share, shading_px, shading_px);
  for (let i = 0; i < zone.length; i++)
    if (zone[i] === 1) difference[i]! -= Math.min(Math.max(mean[i]! / share[i]!, -most), most);
}

/** 1 within `reach` pixels of a part. */
function nearness(parts: Parts, arena: Arena, reach: number): Uint8Array {
  const share = arena.buffer(6);
  for (let i = 0; i < parts.length; i++) share[i] = parts[i] === 0 ? 0 : 1;
  boxMean(arena, share, share, reach, reach);
  const near = new Uint8Array(share.length);
  for (let i = 0; i < near.length; i++) near[i] = share[i]! > 1e-6 ? 1 : 0;
  return near;
}
