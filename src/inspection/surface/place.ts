/**
 * Where expected pictures lie on the frames of a camera that they were not made for: one homography for all of them, found
 * from good layers whose parts show as brighter, darker or rougher than what lies around them.
 */
import { solve } from "../linear.ts";
import type { Field } from "./field.ts";
import { correlated, type Spectrum, spectrumOf } from "./fourier.ts";
import {
  draw,
  evidence,
  type Homography,
  type Level,
  laidOut,
  levelOf,
  type Outline,
  type Showing,
  type Signs,
  shareOf,
  squares,
} from "./signs.ts";

/** A good layer (brightness at the working scale) and its expected picture. */
export interface ShownLayer {
  readonly field: Field;
  readonly outline: Outline;
}

/** The place that was found, and how surely. */
export interface Place {
  readonly map: Homography;
  /** Correlation of parts and their surroundings with what the layers show, from 0 to 1. */
  readonly likeness: number;
  /** How the parts show. */
  readonly by: Showing;
}

/** Side of the square that the coarse search works in, and the longer side of the picture in it. */
const side = 64;
const shown = 48;
/** The longer side of the picture where the place is made finest. */
const finest = 512;
/** Width of the rectangle that holds all parts, as a share of the frame: 0.15 to 1, in steps of 5 %. */
const scales = Array.from({ length: 34 }, (_, n) => 0.15 * 1.06 ** n);
/** A camera that looks from the side makes the picture lower or narrower. */
const aspects = [1, 0.87, 1.15, 0.75];
/** Layers that are looked at. */
export const mostLayers = 4;
/** Places of the coarse search that are followed up, from brightness and from roughness each. */
const starts = 4;
/** Places that are less alike than this are chance: those of other builds' pictures came to 0.563 at most, true ones to 0.576 and more. */
const leastLikeness = 0.57;
/** Surroundings of parts that are drawn more faintly than this are none. */
const leastDrawn = 1e-3;

/** The eight ways in which a picture can lie: columns and rows mirrored, then exchanged. */
interface Lie {
  readonly mirrorX: boolean;
  readonly mirrorY: boolean;
  readonly turned: boolean;
}
const lies: readonly Lie[] = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => ({
  ...{ mirrorX: (n & 1) > 0, mirrorY: (n & 2) > 0, turned: (n & 4) > 0 },
}));

/** Finds where the expected pictures lie; null where no place stands out from chance. The same answer for the same layers. */
export function placeOf(layers: readonly ShownLayer[]): Place | null {
  const used = layers.filter(({ outline }) => outline.data.some((v) => v > 0)).slice(0, mostLayers);
  const frame = boundsOf(used.map(({ outline }) => outline));
  if (used.length === 0 || frame === null) return null;
  const shares = used.map(({ outline }) => shareOf(outline, finest));
  const kinds = (["brightness", "roughness"] as const).map((by): { readonly by: Showing; readonly signs: Signs } => ({
    ...{ by, signs: { seen: used.map(({ field }) => evidence(field, by)), shares } },
  }));
  const places = kinds.flatMap(({ signs }) => searched(levelOf(signs, shown), frame).slice(0, starts));
  // Where the one hardly shows the parts, its best place can be found by the other alone.
  const found = kinds.flatMap(({ by, signs }) => {
    const level = levelOf(signs, 2 * shown);
    return places.map(({ map }) => ({ by, signs, level, ...improved(level, scored(level, map), affine, 8) }));
  });
  const likeliest = (a: Candidate, b: Candidate): number => b.likeness - a.likeness;
  const best = found.sort(likeliest).slice(0, starts);
  const [first] = best.map((one) => ({ ...one, ...improved(one.level, one, all) })).sort(likeliest);
  if (first === undefined) return null;
  const { by, signs, ...start } = first;
  const near = improved(levelOf(signs, finest / 2), start);
  const { map } = improved(levelOf(signs, finest), near, all, 6);
  const likeness = likenessOf(levelOf(signs, 64), map);
  return likeness < leastLikeness ? null : { map, likeness, by };
}

interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A share of the parts' pixels this small may lie outside: marks at the border are no parts. */
const strays = 0.005;

/** The smallest rectangle (from 0 to 1) that holds the parts of all expected pictures, but for a few strays on each side. */
function boundsOf(outlines: readonly Outline[]): Bounds | null {
  const fine = 1000;
  const [xs, ys] = [new Float64Array(fine), new Float64Array(fine)];
  for (const { width, height, data } of outlines) {
    for (let i = 0; i < data.length; i++) {
      if (data[i] === 0) continue;
      const x = i % width;
      xs[Math.floor((x / width) * fine)]!++;
      ys[Math.floor(((i - x) / width / height) * fine)]!++;
    }
  }
  const [left, right] = ends(xs);
  const [top, bottom] = ends(ys);
  return right > left && bottom > top ? { left, top, right, bottom } : null;
}

function ends(counts: Float64Array): readonly [number, number] {
  const all = counts.reduce((a, b) => a + b, 0);
  const place = (share: number): number => {
    let sum = 0;
    return counts.findIndex((n) => {
      sum += n;
      return sum > share * all;
    });
  };
  return [place(strays) / counts.length, (place(1 - strays) + 1) / counts.length];
}

interface Candidate {
  readonly map: Homography;
  readonly likeness: number;
}

/** The best place for every scale, aspect and lie, the best first. */
function searched(level: Level, bounds: Bounds): Candidate[] {
  const spectra = level.seen.map((seen) => spectrumOf(onSquare(seen, level), side));
  const { width, height } = level.shares[0]!;
  const found: Candidate[] = [];
  const sides = [bounds.right - bounds.left, bounds.bottom - bounds.top] as const;
  for (const lie of lies) {
    for (const scale of scales) {
      for (const aspect of aspects) {
        const shape = ((sides[1] * height) / (sides[0] * width)) * aspect;
        const across = scale * level.width;
        const down = lie.turned ? across / shape : across * shape;
        if (across > 1.1 * shown || down > 1.1 * shown || down < 6) continue;
        found.push(bestShift(level, spectra, { bounds, lie, across, down }));
      }
    }
  }
  return found.sort((a, b) => b.likeness - a.likeness);
}

/** The rectangle of parts, laid on the level. */
interface Laid {
  readonly bounds: Bounds;
  readonly lie: Lie;
  /** Size of the rectangle of parts, pixels of the level. */
  readonly across: number;
  readonly down: number;
}

function bestShift(level: Level, spectra: readonly Spectrum[], laid: Laid): Candidate {
  let energy = 0;
  const pairs = level.shares.map((share, k): readonly [Spectrum, Spectrum] => {
    const drawn = drawnAtOrigin(share, laid);
    energy += squares(drawn);
    return [spectra[k]!, spectrumOf(drawn, side)];
  });
  const sums = correlated(pairs);
  let best = 0;
  for (let i = 1; i < sums.length; i++) if (Math.abs(sums[i]!) > Math.abs(sums[best]!)) best = i;
  const x = wrapped(best % side);
  const y = wrapped(Math.floor(best / side));
  return {
    map: mapOf(level, laid, x, y),
    likeness: Math.abs(sums[best]!) / Math.sqrt(energy * level.energy + 1e-9),
  };
}

function wrapped(n: number): number {
  return n > side - (side - shown) / 2 ? n - side : n;
}

/** The homography (here: a similarity with an aspect) for the rectangle of parts at (x, y) of the level. */
function mapOf(level: Level, { bounds, lie, across, down }: Laid, x: number, y: number): Homography {
  const { left, top, right, bottom } = bounds;
  // From the frame (0 to 1) to the rectangle (0 to 1), as it lies.
  const p = [level.width / across, 0, -x / across];
  const q = [0, level.height / down, -y / down];
  const [a, b] = lie.turned ? [q, p] : [p, q];
  const u = lie.mirrorX ? [-a[0]!, -a[1]!, 1 - a[2]!] : a;
  const v = lie.mirrorY ? [-b[0]!, -b[1]!, 1 - b[2]!] : b;
  const [sx, sy] = [right - left, bottom - top];
  return [...[sx * u[0]!, sx * u[1]!, sx * u[2]! + left], ...[sy * v[0]!, sy * v[1]!, sy * v[2]! + top], ...[0, 0, 1]];
}

function drawnAtOrigin(share: Field, laid: Laid): Float32Array {
  const out = new Float32Array(side * side);
  const square = { width: side, height: side };
  const map = mapOf(square as Level, laid, 0, 0);
  const [w, h] = [Math.min(side, Math.ceil(laid.across)), Math.min(side, Math.ceil(laid.down))];
  draw(share, map, square, out, w, h);
  const r = Math.round(shown / 12);
  // The surroundings reach over the rim, to the other side of the square.
  const wide = new Float32Array(out);
  wrappedMean(wide, r);
  for (let i = 0; i < out.length; i++) out[i]! -= wide[i]!;
  return out;
}

function wrappedMean(data: Float32Array, r: number): void {
  const n = 2 * r + 1;
  const line = new Float32Array(side);
  for (const [step, along] of [
    [side, 1],
    [1, side],
  ] as const) {
    for (let k = 0; k < side; k++) {
      let sum = 0;
      for (let j = -r; j <= r; j++) sum += data[k * step + ((j + side) % side) * along]!;
      for (let j = 0; j < side; j++) {
        line[j] = sum / n;
        sum += data[k * step + ((j + r + 1) % side) * along]! - data[k * step + ((j - r + side) % side) * along]!;
      }
      for (let j = 0; j < side; j++) data[k * step + j * along] = line[j]!;
    }
  }
}

function onSquare(data: Float32Array, { width, height }: Level): Float32Array {
  const out = new Float32Array(side * side);
  for (let y = 0; y < height; y++) out.set(data.subarray(y * width, (y + 1) * width), y * side);
  return out;
}

/** How many numbers of the homography are free: without its perspective, or all. */
const [affine, all] = [6, 8];

/** Gauss and Newton with damping over the first `free` numbers of the homography, towards the highest correlation. */
function improved(level: Level, start: Candidate, free = all, rounds = 20): Candidate {
  let best = scored(level, start.map);
  let damping = 1e-3;
  for (let round = 0; round < rounds && damping < 1e3; round++) {
    const step = stepFrom(level, best, free, damping);
    if (step === null) break;
    const next = scored(
      level,
      best.map.map((v, i) => v + (step[i] ?? 0)),
    );
    if (next.likeness > best.likeness) {
      const gain = next.likeness - best.likeness;
      best = next;
      damping /= 5;
      if (gain < 1e-4) break;
    } else damping *= 10;
  }
  return best;
}

/** What a perspective costs: cameras look from above, and a few parts can be matched from many sides. */
const perspectiveCost = 0.3;

function costOf(h: Homography): number {
  return perspectiveCost * (h[6]! ** 2 + h[7]! ** 2);
}

interface Scored extends Candidate {
  readonly drawn: readonly Float32Array[];
  /** How strongly the layers show what is drawn. */
  readonly gain: number;
}

function scored(level: Level, map: Homography): Scored {
  let [product, energy] = [0, 0];
  const drawn = level.shares.map((share, k) => {
    const one = laidOut(level, share, map);
    energy += squares(one);
    const seen = level.seen[k]!;
    for (let i = 0; i < one.length; i++) product += one[i]! * seen[i]!;
    return one;
  });
  const likeness = Math.abs(product) / Math.sqrt(energy * level.energy + 1e-9) - costOf(map);
  return { map, drawn, likeness, gain: energy > 0 ? product / energy : 0 };
}

const nudge = 1e-3;

function stepFrom(level: Level, { map, drawn, gain }: Scored, free: number, damping: number): number[] | null {
  const normal = Array.from({ length: free }, () => new Array<number>(free).fill(0));
  const right = new Array<number>(free).fill(0);
  for (const [k, share] of level.shares.entries()) {
    const slopes = Array.from({ length: free }, (_, p) => {
      const moved = laidOut(
        level,
        share,
        map.map((v, i) => (i === p ? v + nudge : v)),
      );
      for (let i = 0; i < moved.length; i++) moved[i] = (gain * (moved[i]! - drawn[k]![i]!)) / nudge;
      return moved;
    });
    for (let p = 0; p < free; p++) {
      const slope = slopes[p]!;
      for (let i = 0; i < slope.length; i++) right[p]! += slope[i]! * (level.seen[k]![i]! - gain * drawn[k]![i]!);
      for (let q = p; q < free; q++) {
        const other = slopes[q]!;
        let sum = 0;
        for (let i = 0; i < slope.length; i++) sum += slope[i]! * other[i]!;
        normal[p]![q]! += sum;
      }
    }
  }
  for (let p = 0; p < free; p++) for (let q = 0; q < p; q++) normal[p]![q] = normal[q]![p]!;
  return solve(
    normal.map((row, p) => row.map((v, q) => (p === q ? v * (1 + damping) + 1e-9 : v))),
    right,
  );
}

/** Correlation (without its sign) of what is drawn with what is seen, where anything is drawn. */
function likenessOf(level: Level, map: Homography): number {
  let [product, drawnEnergy, seenEnergy] = [0, 0, 0];
  for (const [k, share] of level.shares.entries()) {
    const drawn = laidOut(level, share, map);
    const seen = level.seen[k]!;
    for (let i = 0; i < drawn.length; i++) {
      if (Math.abs(drawn[i]!) < leastDrawn) continue;
      product += drawn[i]! * seen[i]!;
      drawnEnergy += drawn[i]! ** 2;
      seenEnergy += seen[i]! ** 2;
    }
  }
  return Math.abs(product) / Math.sqrt(drawnEnergy * seenEnergy + 1e-9);
}
