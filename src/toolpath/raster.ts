/** Strands drawn on a millimetre grid, and the masks that inspection compares a picture with. */
import type { Millimetre } from "../kernel/units.ts";
import type { Strand } from "./strands.ts";

/**
 * A grid over the bed. Pixel (column, row) has its centre at
 * (originX + (column + 0.5) * pitch, originY + (row + 0.5) * pitch); rows go toward +y; masks are row by row.
 */
export interface Grid {
  readonly originX_mm: Millimetre;
  readonly originY_mm: Millimetre;
  readonly pitch_mm: Millimetre;
  readonly width_px: number;
  readonly height_px: number;
}

/** Sets `value` in `mask` wherever a pixel's centre lies on a strand; strands outside the grid are cut off. */
export function draw(
  strands: readonly Strand[],
  grid: Grid,
  mask: Uint8Array,
  value: (strand: Strand) => number,
): void {
  for (const strand of strands) drawOne(strand, grid, mask, value(strand));
}

/** The footprint of strands: 1 where a pixel's centre is covered. Shape height_px x width_px. */
export function rasterise(strands: readonly Strand[], grid: Grid): Uint8Array {
  const mask = new Uint8Array(grid.width_px * grid.height_px);
  draw(strands, grid, mask, () => 1);
  return mask;
}

/** A strand is a capsule; every row crosses a capsule in one interval, because it is convex. */
function drawOne(strand: Strand, grid: Grid, mask: Uint8Array, value: number): void {
  const scale = 1 / grid.pitch_mm;
  // In pixels, shifted so that pixel centres have whole coordinates.
  const x0 = (strand.x0 - grid.originX_mm) * scale - 0.5;
  const y0 = (strand.y0 - grid.originY_mm) * scale - 0.5;
  const x1 = (strand.x1 - grid.originX_mm) * scale - 0.5;
  const y1 = (strand.y1 - grid.originY_mm) * scale - 0.5;
  const r = (strand.width_mm * scale) / 2;
  const size = Math.hypot(x1 - x0, y1 - y0);
  const nx = size > 0 ? (-(y1 - y0) / size) * r : 0;
  const ny = size > 0 ? ((x1 - x0) / size) * r : 0;
  const corners = [x0 + nx, y0 + ny, x1 + nx, y1 + ny, x1 - nx, y1 - ny, x0 - nx, y0 - ny] as const;
  const top = Math.min(grid.height_px - 1, Math.floor(Math.max(y0, y1) + r));
  for (let row = Math.max(0, Math.ceil(Math.min(y0, y1) - r)); row <= top; row += 1) {
    const span: [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    disc(span, x0, row - y0, r);
    disc(span, x1, row - y1, r);
    for (let k = 0; k < 8; k += 2) edge(span, corners, k, row);
    const from = Math.max(0, Math.ceil(span[0]));
    const to = Math.min(grid.width_px - 1, Math.floor(span[1]));
    if (from <= to) mask.fill(value, row * grid.width_px + from, row * grid.width_px + to + 1);
  }
}

function disc(span: [number, number], x: number, dy: number, r: number): void {
  const under = r * r - dy * dy;
  if (under < 0) return;
  const half = Math.sqrt(under);
  widen(span, x - half);
  widen(span, x + half);
}

/** Widens the span by where the edge from corner k to the next crosses the row. */
function edge(span: [number, number], corners: readonly number[], k: number, row: number): void {
  const [ax, ay] = [corners[k]!, corners[k + 1]!];
  const [bx, by] = [corners[(k + 2) % 8]!, corners[(k + 3) % 8]!];
  if (ay === by || row < Math.min(ay, by) || row > Math.max(ay, by)) return;
  widen(span, ax + ((bx - ax) * (row - ay)) / (by - ay));
}

function widen(span: [number, number], x: number): void {
  if (x < span[0]) span[0] = x;
  if (x > span[1]) span[1] = x;
}

/** Raises `heights` (mm, the top of what is printed so far) to `z_mm` under the mask. */
export function raise(heights: Float32Array, mask: Uint8Array, z_mm: Millimetre): void {
  for (let at = 0; at < mask.length; at += 1) if (mask[at] !== 0 && heights[at]! < z_mm) heights[at] = z_mm;
}

const FAR = 1e12;

/**
 * Distance in mm from every pixel's centre to the nearest set pixel's centre; Infinity where the mask is empty.
 * Exact squared Euclidean transform by lower envelopes (Felzenszwalb and Huttenlocher, Theory of Computing 8, 2012).
 */
export function distanceTo(mask: Uint8Array, grid: Grid): Float32Array {
  const { width_px: width, height_px: height } = grid;
  const squared = new Float64Array(mask.length);
  for (let at = 0; at < mask.length; at += 1) squared[at] = mask[at] !== 0 ? 0 : FAR;
  const room = Math.max(width, height);
  const line = new Float64Array(room);
  const parabola = new Int32Array(room);
  const border = new Float64Array(room + 1);
  for (let column = 0; column < width; column += 1) envelope(squared, column, width, height, line, parabola, border);
  for (let row = 0; row < height; row += 1) envelope(squared, row * width, 1, width, line, parabola, border);
  const distance = new Float32Array(mask.length);
  for (let at = 0; at < mask.length; at += 1) {
    distance[at] = squared[at]! >= FAR / 2 ? Number.POSITIVE_INFINITY : Math.sqrt(squared[at]!) * grid.pitch_mm;
  }
  return distance;
}

function envelope(
  field: Float64Array,
  first: number,
  step: number,
  count: number,
  line: Float64Array,
  parabola: Int32Array,
  border: Float64Array,
): void {
  for (let q = 0; q < count; q += 1) line[q] = field[first + q * step]!;
  let k = 0;
  parabola[0] = 0;
  border[0] = Number.NEGATIVE_INFINITY;
  border[1] = Number.POSITIVE_INFINITY;
  for (let q = 1; q < count; q += 1) {
    let crossing = meet(line, q, parabola[k]!);
    while (crossing <= border[k]!) {
      k -= 1;
      crossing = meet(line, q, parabola[k]!);
    }
    k += 1;
    parabola[k] = q;
    border[k] = crossing;
    border[k + 1] = Number.POSITIVE_INFINITY;
  }
  k = 0;
  for (let q = 0; q < count; q += 1) {
    while (border[k + 1]! < q) k += 1;
    const p = parabola[k]!;
    field[first + q * step] = (q - p) * (q - p) + line[p]!;
  }
}

function meet(line: Float64Array, q: number, p: number): number {
  return (line[q]! + q * q - (line[p]! + p * p)) / (2 * (q - p));
}

/** Islands of a mask: 0 outside, else 1 to `count`, joined over edges and corners, in order of their first pixel. */
export function islandsOf(mask: Uint8Array, grid: Grid): { readonly labels: Int32Array; readonly count: number } {
  const labels = new Int32Array(mask.length);
  const queue = new Int32Array(mask.length);
  let count = 0;
  for (let seed = 0; seed < mask.length; seed += 1) {
    if (mask[seed] === 0 || labels[seed] !== 0) continue;
    count += 1;
    flood(mask, grid, labels, queue, seed, count);
  }
  return { labels, count };
}

function flood(mask: Uint8Array, grid: Grid, labels: Int32Array, queue: Int32Array, seed: number, label: number): void {
  const { width_px: width, height_px: height } = grid;
  let [head, tail] = [0, 1];
  queue[0] = seed;
  labels[seed] = label;
  while (head < tail) {
    const at = queue[head++]!;
    const column = at % width;
    const row = (at - column) / width;
    for (let r = Math.max(0, row - 1); r <= Math.min(height - 1, row + 1); r += 1) {
      for (let c = Math.max(0, column - 1); c <= Math.min(width - 1, column + 1); c += 1) {
        const next = r * width + c;
        if (mask[next] === 0 || labels[next] !== 0) continue;
        labels[next] = label;
        queue[tail++] = next;
      }
    }
  }
}
