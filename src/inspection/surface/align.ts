/** Registration of a frame to the reference of the same camera: a coarse search, then an affine fit to a part of a pixel. */
import { solve } from "../linear.ts";
import { type Arena, boxMean, type Field, quantile, sampled } from "./field.ts";

/**
 * Where a reference pixel lies in the frame, relative to itself, in pixels of the working scale:
 * dx = m0 + m1 x + m2 y, dy = m3 + m4 x + m5 y with x and y from -1 to 1 across the picture.
 */
export type Motion = readonly [number, number, number, number, number, number];

export const noMotion: Motion = [0, 0, 0, 0, 0, 0];

/** What can be recognised in the reference. */
export interface Landmarks {
  /** Smoothed logarithm of the reference, and its reductions by 2, 4, 8 ... */
  readonly levels: readonly Field[];
  /** Indices of pixels with strong edges, spread over the picture. */
  readonly points: Int32Array;
  readonly gx: Float32Array;
  readonly gy: Float32Array;
}

/** Tiles across and down, edge pixels taken from each. */
const tiles = 24;
const aTile = 12;
/** Fewer edge pixels than this are no structure to register by. */
const leastPoints = 80;
/** The coarse search looks this share of the picture's width to every side. */
const reach = 0.1;

/** Finds what can be recognised in a reference (logarithm of brightness, smoothed by the caller's arena). */
export function landmarksOf(reference: Field, arena: Arena): Landmarks {
  const smooth = new Float32Array(reference.data.length);
  boxMean(arena, reference.data, smooth, 1, 1);
  const { width, height } = reference;
  const levels = pyramid({ width, height, data: smooth });
  const points: number[] = [];
  const slope = (i: number): readonly [number, number] => [
    (smooth[i + 2]! - smooth[i - 2]!) / 4,
    (smooth[i + 2 * width]! - smooth[i - 2 * width]!) / 4,
  ];
  const all = new Float64Array(4000);
  for (let k = 0; k < all.length; k++) {
    const x = 4 + ((k * 7919) % (width - 8));
    const y = 4 + ((k * 104_729) % (height - 8));
    all[k] = Math.hypot(...slope(y * width + x));
  }
  const strong = Math.max(0.01, 5 * quantile(all, 0.5));
  for (let tile = 0; tile < tiles * tiles; tile++) points.push(...strongest(tile, width, height, slope, strong));
  const gx = Float32Array.from(points, (i) => slope(i)[0]);
  const gy = Float32Array.from(points, (i) => slope(i)[1]);
  return { levels, points: Int32Array.from(points), gx, gy };
}

function strongest(
  tile: number,
  width: number,
  height: number,
  slope: (i: number) => readonly [number, number],
  least: number,
): number[] {
  const x0 = Math.max(4, Math.floor(((tile % tiles) * width) / tiles));
  const y0 = Math.max(4, Math.floor((Math.floor(tile / tiles) * height) / tiles));
  const x1 = Math.min(width - 4, x0 + Math.floor(width / tiles));
  const y1 = Math.min(height - 4, y0 + Math.floor(height / tiles));
  const found: { at: number; steep: number }[] = [];
  for (let y = y0; y < y1; y += 2) {
    for (let x = x0; x < x1; x += 2) {
      const at = y * width + x;
      const steep = Math.hypot(...slope(at));
      if (steep >= least) found.push({ at, steep });
    }
  }
  return found
    .sort((a, b) => b.steep - a.steep)
    .slice(0, aTile)
    .map(({ at }) => at);
}

function pyramid(field: Field): Field[] {
  const levels = [field];
  for (let last = field; Math.min(last.width, last.height) >= 64; ) {
    last = halved(last);
    levels.push(last);
  }
  return levels;
}

function halved(field: Field): Field {
  const width = field.width >> 1;
  const height = field.height >> 1;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 2 * y * field.width + 2 * x;
      const below = at + field.width;
      data[y * width + x] = (field.data[at]! + field.data[at + 1]! + field.data[below]! + field.data[below + 1]!) / 4;
    }
  }
  return { width, height, data };
}

/** A motion, and how far the frame's edges differed from the reference's before and after it (logarithm of brightness). */
export interface Aligned {
  readonly motion: Motion;
  readonly before: number;
  readonly after: number;
}

/** A motion of so few pixels has to leave less than this share of the difference; a farther one has to explain much of it. */
const near = 5;
const explainsNear = 0.97;
const explainsFar = 0.6;

/** The motion that brings the frame (logarithm of brightness) onto the reference; none where nothing can be recognised. */
export function align(landmarks: Landmarks, frame: Field, arena: Arena): Aligned {
  const still = { motion: noMotion, before: 0, after: 0 };
  if (landmarks.points.length < leastPoints) return still;
  const data = arena.buffer(1);
  boxMean(arena, frame.data, data, 1, 1);
  const levels = pyramid({ width: frame.width, height: frame.height, data });
  const before = misfit(landmarks, levels[0]!, noMotion);
  const candidates = [noMotion, coarse(landmarks.levels, levels)].map((start) => {
    const motion = fitted(landmarks, levels[0]!, start);
    return { motion, after: misfit(landmarks, levels[0]!, motion) };
  });
  // A fit that explains nothing is noise: the frame stays as it is. Grain alone can be fitted a little better anywhere.
  const found = candidates.filter(
    ({ motion, after }) => after < (farthest(motion) <= near ? explainsNear : explainsFar) * before,
  );
  if (found.length === 0) return { ...still, before, after: before };
  return { ...found.reduce((a, b) => (b.after < 0.95 * a.after ? b : a)), before };
}

/** The shift of best correlation on a small picture, made finer on larger ones; in pixels of the full working scale. */
function coarse(reference: readonly Field[], frame: readonly Field[]): Motion {
  const top = reference.length - 1;
  const around = Math.max(2, Math.round(reach * reference[top]!.width));
  let best = search(reference[top]!, frame[top]!, 0, 0, around);
  for (let level = top - 1; level >= 2 && level >= top - 2; level--) {
    best = search(reference[level]!, frame[level]!, 2 * best.x, 2 * best.y, 2);
    if (level === 2 || level === top - 2) return [best.x * 2 ** level, 0, 0, best.y * 2 ** level, 0, 0];
  }
  return [best.x * 2 ** top, 0, 0, best.y * 2 ** top, 0, 0];
}

function search(a: Field, b: Field, x0: number, y0: number, around: number): { x: number; y: number } {
  const [ga, gb] = [steepness(a), steepness(b)];
  let best = { x: x0, y: y0, likeness: Number.NEGATIVE_INFINITY };
  for (let y = y0 - around; y <= y0 + around; y++) {
    for (let x = x0 - around; x <= x0 + around; x++) {
      const likeness = overlap(ga, gb, a.width, a.height, x, y);
      if (likeness > best.likeness) best = { x, y, likeness };
    }
  }
  return best;
}

function steepness(field: Field): Float32Array {
  const { width, height, data } = field;
  const out = new Float32Array(data.length);
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
      out[i] = Math.abs(data[i + 1]! - data[i - 1]!) + Math.abs(data[i + width]! - data[i - width]!);
    }
  }
  return out;
}

/** Pearson's correlation of what both show where the second is moved by `dx` and `dy`. */
function overlap(a: Float32Array, b: Float32Array, width: number, height: number, dx: number, dy: number): number {
  const step = width > 200 ? 2 : 1;
  let [n, sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0, 0];
  for (let y = Math.max(1, 1 - dy); y < Math.min(height - 1, height - 1 - dy); y += step) {
    const row = y * width;
    const other = (y + dy) * width + dx;
    for (let x = Math.max(1, 1 - dx); x < Math.min(width - 1, width - 1 - dx); x += step) {
      const va = a[row + x]!;
      const vb = b[other + x]!;
      n++;
      sa += va;
      sb += vb;
      saa += va * va;
      sbb += vb * vb;
      sab += va * vb;
    }
  }
  const [va, vb] = [saa - (sa * sa) / n, sbb - (sb * sb) / n];
  return va > 1e-9 && vb > 1e-9 ? (sab - (sa * sb) / n) / Math.sqrt(va * vb) : 0;
}

/** Where a place of the reference (x and y from -1 to 1) lies in the frame, from there, in working pixels. */
export function offsetAt(motion: Motion, x: number, y: number): readonly [number, number] {
  return [motion[0] + motion[1] * x + motion[2] * y, motion[3] + motion[4] * x + motion[5] * y];
}

function misfit({ points, levels }: Landmarks, frame: Field, motion: Motion): number {
  const rests = restsOf(points, levels[0]!, frame, motion);
  const level = quantile(rests.slice(), 0.5);
  return quantile(
    rests.map((r) => Math.abs(r - level)),
    0.5,
  );
}

function restsOf(points: Int32Array, reference: Field, frame: Field, motion: Motion): Float64Array {
  const { width, height } = reference;
  return Float64Array.from(points, (i) => {
    const px = i % width;
    const py = (i - px) / width;
    const [dx, dy] = offsetAt(motion, (2 * px) / width - 1, (2 * py) / height - 1);
    return sampled(frame, px + dx, py + dy) - reference.data[i]!;
  });
}

/** Gauss and Newton over the six numbers of the motion and one of the light, edges that do not follow weighed down. */
function fitted(landmarks: Landmarks, frame: Field, start: Motion): Motion {
  let motion = start;
  const { points, gx, gy } = landmarks;
  const { width, height } = frame;
  for (let round = 0; round < 12; round++) {
    const rests = restsOf(points, landmarks.levels[0]!, frame, motion);
    const level = quantile(rests.slice(), 0.5);
    const scale =
      2 *
      Math.max(
        0.003,
        quantile(
          rests.map((r) => Math.abs(r - level)),
          0.5,
        ),
      ) *
      1.4826;
    const a = Array.from({ length: 7 }, () => new Array<number>(7).fill(0));
    const b = new Array<number>(7).fill(0);
    for (let k = 0; k < points.length; k++) {
      const rest = rests[k]! - level;
      const weight = Math.abs(rest) <= scale ? 1 : scale / Math.abs(rest);
      const px = points[k]! % width;
      const x = (2 * px) / width - 1;
      const y = (2 * (points[k]! - px)) / width / height - 1;
      const row = [gx[k]!, gx[k]! * x, gx[k]! * y, gy[k]!, gy[k]! * x, gy[k]! * y, 1];
      for (let i = 0; i < 7; i++) {
        b[i]! -= weight * row[i]! * rest;
        for (let j = 0; j < 7; j++) a[i]![j]! += weight * row[i]! * row[j]!;
      }
    }
    for (let i = 0; i < 6; i++) a[i]![i]! *= 1.001;
    const step = solve(a, b);
    if (step === null) return motion;
    motion = motion.map((m, i) => m + Math.max(-4, Math.min(4, step[i]!))) as unknown as Motion;
    if (Math.max(...step.slice(0, 6).map(Math.abs)) < 0.005) break;
  }
  return motion;
}

/** The largest way that any corner of the picture is moved, in pixels of the working scale. */
export function farthest(motion: Motion): number {
  const corners = [-1, 1].flatMap((x) => [-1, 1].map((y) => Math.hypot(...offsetAt(motion, x, y))));
  return Math.max(...corners);
}

/** Resamples the frame onto the reference's pixels; `inside` becomes 0 where the frame shows nothing. */
export function warp(frame: Field, motion: Motion, to: Float32Array, inside: Uint8Array): void {
  const { width, height, data } = frame;
  if (motion.every((m) => m === 0)) {
    to.set(data);
    inside.fill(1);
    return;
  }
  for (let row = 0; row < height; row++) {
    const y = (2 * row) / height - 1;
    const start = row * width;
    let sx = motion[0] - motion[1] + motion[2] * y;
    let sy = row + motion[3] - motion[4] + motion[5] * y;
    const stepX = 1 + (2 * motion[1]) / width;
    const stepY = (2 * motion[4]) / width;
    for (let column = 0; column < width; column++, sx += stepX, sy += stepY) {
      const seen = sx >= 0 && sy >= 0 && sx < width - 1 && sy < height - 1;
      const cx = Math.min(Math.max(sx, 0), width - 1.001);
      const cy = Math.min(Math.max(sy, 0), height - 1.001);
      const x0 = cx | 0;
      const y0 = cy | 0;
      const at = y0 * width + x0;
      const top = data[at]! + (data[at + 1]! - data[at]!) * (cx - x0);
      const below = data[at + width]! + (data[at + width + 1]! - data[at + width]!) * (cx - x0);
      to[start + column] = top + (below - top) * (cy - y0);
      inside[start + column] = seen ? 1 : 0;
    }
  }
}
