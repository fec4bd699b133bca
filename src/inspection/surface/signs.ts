/** What layers show of their parts at several scales, and expected pictures drawn over them by a homography. */
import {
  type Arena,
  boxMean,
  createArena,
  type Field,
  logarithm,
  meanOfSome,
  quantile,
  reduced,
  thinned,
} from "./field.ts";
import { powderRegion } from "./region.ts";

/** An expected picture of any size; any value but 0 is part. */
export interface Outline {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A good layer (brightness at the working scale) and its expected picture. */
export interface ShownLayer {
  readonly field: Field;
  readonly outline: Outline;
}

/** A frame's point to the expected picture's: both from 0 to 1 across and down; row by row, the last of nine is 1. */
export type Homography = readonly number[];

/** How parts show. */
export type Showing = "brightness" | "roughness";

/** What may be part on each layer, and the share of part in each pixel of its expected picture. */
export interface Signs {
  readonly seen: readonly Field[];
  readonly shares: readonly Field[];
}

/** The same at one scale: the expected pictures are about as fine as the layers. */
export interface Level {
  readonly width: number;
  readonly height: number;
  readonly seen: readonly Float32Array[];
  readonly shares: readonly Field[];
  readonly energy: number;
}

/** Signs at the scale at which the frame's longer side has `longer` pixels: less their surroundings, in spreads, outliers bounded. */
export function levelOf({ seen, shares }: Signs, longer: number): Level {
  const { width: w, height: h } = seen[0]!;
  const scale = longer / Math.max(w, h);
  const [width, height] = [Math.round(w * scale), Math.round(h * scale)];
  const small = seen.map((field) => {
    const data = shrunk(field, width, height);
    withoutSurroundings(data, width, height);
    const spread = 1.48 * quantile(thinned(data.map(Math.abs), 20_000), 0.5) || 1;
    return data.map((v) => Math.max(-3, Math.min(3, v / spread)));
  });
  const energy = small.reduce((sum, one) => sum + squares(one), 0);
  return { width, height, seen: small, shares: shares.map((share) => lessened(share, longer)), energy };
}

/** The logarithm of brightness, or that of its roughness over a few pixels; the machine around the surface is evened out. */
export function evidence({ width, height, data }: Field, by: Showing): Field {
  const arena = createArena(width, height);
  const log = new Float32Array(data.length);
  logarithm(data, log, 2);
  const surface = powderRegion(log, arena);
  if (by === "roughness") {
    const smooth = arena.buffer(1);
    boxMean(arena, log, smooth, 2, 2);
    for (let i = 0; i < log.length; i++) log[i] = Math.abs(log[i]! - smooth[i]!);
    boxMean(arena, log, log, 4, 4);
    logarithm(log, log, 0.002);
  }
  evenedOut(log, surface, arena);
  return { width, height, data: log };
}

/** In place: outside the surface the mean of the surface around, or of all of it. */
function evenedOut(log: Float32Array, surface: Uint8Array, arena: Arena): void {
  const [sum, count] = [arena.buffer(1), arena.buffer(2)];
  let [all, pixels] = [0, 0];
  for (let i = 0; i < log.length; i++) {
    sum[i] = surface[i] === 0 ? 0 : log[i]!;
    count[i] = surface[i]!;
    all += sum[i]!;
    pixels += surface[i]!;
  }
  const r = Math.round(Math.max(arena.width, arena.height) / 12);
  meanOfSome(arena, sum, count, r, 0.01, all / Math.max(1, pixels));
  for (let i = 0; i < log.length; i++) if (surface[i] === 0) log[i] = sum[i]!;
}

/** The share of part in squares of an expected picture, so that its longer side has about `longer` of them. */
export function shareOf({ width, height, data }: Outline, longer: number): Field {
  const by = Math.max(1, Math.floor(Math.max(width, height) / longer));
  const isPart = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) isPart[i] = data[i] === 0 ? 0 : 1;
  return reduced({ width, height, data: isPart }, by);
}

function lessened(share: Field, longer: number): Field {
  const by = Math.max(1, Math.floor(Math.max(share.width, share.height) / longer));
  const [width, height] = [Math.floor(share.width / by), Math.floor(share.height / by)];
  return by === 1 ? share : { width, height, data: shrunk(share, width, height) };
}

/** Means over the rectangles that become one pixel. */
function shrunk({ width, height, data }: Field, w: number, h: number): Float32Array {
  const sums = new Float32Array(w * h);
  const counts = new Float32Array(w * h);
  for (let y = 0; y < height; y++) {
    const row = Math.min(h - 1, Math.floor((y * h) / height)) * w;
    for (let x = 0; x < width; x++) {
      const to = row + Math.min(w - 1, Math.floor((x * w) / width));
      sums[to]! += data[y * width + x]!;
      counts[to]!++;
    }
  }
  return sums.map((sum, i) => sum / Math.max(1, counts[i]!));
}

/** In place: less the mean over an eighth of the picture around each pixel. */
function withoutSurroundings(data: Float32Array, width: number, height: number): void {
  const arena = createArena(width, height);
  const r = Math.round(Math.max(width, height) / 12);
  const around = arena.buffer(1);
  boxMean(arena, data, around, r, r);
  for (let i = 0; i < data.length; i++) data[i]! -= around[i]!;
}

/** The sum of squares. */
export function squares(data: Float32Array): number {
  let sum = 0;
  for (const v of data) sum += v * v;
  return sum;
}

/** Samples a field (bilinear) at the places that the map gives to a frame's pixels; 0 outside. */
export function draw(
  { width, height, data }: Field,
  h: Homography,
  frame: { readonly width: number; readonly height: number },
  out: Float32Array,
  w = frame.width,
  rows = frame.height,
): void {
  for (let y = 0; y < rows; y++) {
    const fy = (y + 0.5) / frame.height;
    for (let x = 0; x < w; x++) {
      const fx = (x + 0.5) / frame.width;
      const d = h[6]! * fx + h[7]! * fy + h[8]!;
      const u = ((h[0]! * fx + h[1]! * fy + h[2]!) / d) * width - 0.5;
      const v = ((h[3]! * fx + h[4]! * fy + h[5]!) / d) * height - 0.5;
      out[y * frame.width + x] =
        d > 0 && u > -1 && v > -1 && u < width && v < height ? between(data, width, height, u, v) : 0;
    }
  }
}

function between(data: Float32Array, width: number, height: number, u: number, v: number): number {
  const x0 = Math.floor(u);
  const y0 = Math.floor(v);
  const at = (x: number, y: number): number => (x < 0 || y < 0 || x >= width || y >= height ? 0 : data[y * width + x]!);
  const top = at(x0, y0) + (at(x0 + 1, y0) - at(x0, y0)) * (u - x0);
  const below = at(x0, y0 + 1) + (at(x0 + 1, y0 + 1) - at(x0, y0 + 1)) * (u - x0);
  return top + (below - top) * (v - y0);
}

/** An expected picture drawn over the frame, less its surroundings as the layers are. */
export function laidOut({ width, height }: Level, share: Field, map: Homography): Float32Array {
  const one = new Float32Array(width * height);
  draw(share, map, { width, height }, one);
  withoutSurroundings(one, width, height);
  return one;
}

/** Whether each pixel of a frame is part (1) by an expected picture that lies as `map` says. */
export function laidOn(
  { width, height, data }: Outline,
  h: Homography,
  frame: { readonly width: number; readonly height: number },
): Uint8Array {
  const out = new Uint8Array(frame.width * frame.height);
  for (let y = 0, i = 0; y < frame.height; y++) {
    const fy = (y + 0.5) / frame.height;
    for (let x = 0; x < frame.width; x++, i++) {
      const fx = (x + 0.5) / frame.width;
      const d = h[6]! * fx + h[7]! * fy + h[8]!;
      const u = Math.floor(((h[0]! * fx + h[1]! * fy + h[2]!) / d) * width);
      const v = Math.floor(((h[3]! * fx + h[4]! * fy + h[5]!) / d) * height);
      const shows = d > 0 && u >= 0 && v >= 0 && u < width && v < height;
      out[i] = shows && data[v * width + u]! > 0 ? 1 : 0;
    }
  }
  return out;
}
