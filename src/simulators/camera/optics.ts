/** Blurs light as lenses do: a small point spread always, a wide one when out of focus, and darker corners. */
import type { Rect } from "./gbuffer.ts";
import { grown } from "./gbuffer.ts";
import type { CameraModel } from "./pinhole.ts";

/** Light that reaches each pixel, 1 at the optical axis, less by `loss` in the farthest corner. */
export function vignetteOf(camera: CameraModel, loss: number): Float32Array {
  const { width, height, cx, cy } = camera;
  const table = new Float32Array(width * height);
  const corner = Math.hypot(width / 2, height / 2);
  for (let v = 0, pixel = 0; v < height; v++) {
    for (let u = 0; u < width; u++, pixel++) {
      const r2 = ((u - cx) ** 2 + (v - cy) ** 2) / (corner * corner);
      table[pixel] = 1 - loss * r2 * (0.5 + 0.5 * r2);
    }
  }
  return table;
}

/** Five-tap weights (centre, one off, two off) of a Gaussian of `sigma` pixels. */
function taps(sigma: number): readonly [number, number, number] {
  const one = Math.exp(-0.5 / (sigma * sigma));
  const two = Math.exp(-2 / (sigma * sigma));
  const sum = 1 + 2 * one + 2 * two;
  return [1 / sum, one / sum, two / sum];
}

/** Writes `from`, blurred by `sigma` and darkened by `vignette`, to `to` within `rect`; three floats a pixel. */
export function spread(
  camera: CameraModel,
  rect: Rect,
  sigma: number,
  vignette: Float32Array,
  from: Float32Array,
  to: Float32Array,
): void {
  const [w0, w1, w2] = taps(Math.max(0.05, sigma));
  const { width, height } = camera;
  const wide = grown(rect, 2, camera) ?? rect;
  const columns = 3 * (rect.u1 - rect.u0);
  const rows = new Map<number, Float32Array>();
  const horizontal = (v: number): Float32Array => {
    const row = Math.max(0, Math.min(height - 1, v));
    const known = rows.get(row);
    if (known !== undefined) return known;
    const line = new Float32Array(columns);
    blurRow(from, 3 * row * width, 3 * width, 3 * rect.u0, line, w0, w1, w2);
    rows.set(row, line);
    rows.delete(row - 6);
    return line;
  };
  for (let v = wide.v0; v < rect.v0; v++) horizontal(v);
  for (let v = rect.v0; v < rect.v1; v++) {
    const [a, b, c, d, e] = [horizontal(v - 2), horizontal(v - 1), horizontal(v), horizontal(v + 1), horizontal(v + 2)];
    const start = v * width + rect.u0;
    for (let i = 0, pixel = start; i < columns; pixel++) {
      const loss = vignette[pixel]!;
      for (let channel = 0; channel < 3; channel++, i++) {
        to[3 * start + i] = loss * (w0 * c[i]! + w1 * (b[i]! + d[i]!) + w2 * (a[i]! + e[i]!));
      }
    }
  }
}

function blurRow(
  from: Float32Array,
  row: number,
  rowLength: number,
  first: number,
  line: Float32Array,
  w0: number,
  w1: number,
  w2: number,
): void {
  // Six values are two pixels: beside the edge a row stays as it is.
  const from0 = Math.max(0, 6 - first);
  const to0 = Math.min(line.length, rowLength - 6 - first);
  for (let i = 0; i < from0; i++) line[i] = from[row + first + i]!;
  for (let i = from0, at = row + first + from0; i < to0; i++, at++) {
    line[i] = w0 * from[at]! + w1 * (from[at - 3]! + from[at + 3]!) + w2 * (from[at - 6]! + from[at + 6]!);
  }
  for (let i = Math.max(from0, to0); i < line.length; i++) line[i] = from[row + first + i]!;
}

/** The whole picture out of focus: two box blurs that together spread light as far as a disc of `radius` pixels. */
export function defocused(camera: CameraModel, radius: number, from: Float32Array): Float32Array {
  const r = Math.max(1, Math.min(60, Math.round(radius / 1.7)));
  const other = new Float32Array(from.length);
  const result = new Float32Array(from.length);
  boxRows(camera, r, from, other);
  boxColumns(camera, r, other, result);
  boxRows(camera, r, result, other);
  boxColumns(camera, r, other, result);
  return result;
}

/** Running mean of 2 r + 1 pixels along each row; the ends repeat. */
function boxRows({ width, height }: CameraModel, r: number, from: Float32Array, to: Float32Array): void {
  const scale = 1 / (2 * r + 1);
  for (let line = 0; line < 3 * height; line++) {
    const start = Math.floor(line / 3) * 3 * width + (line % 3);
    const last = start + 3 * (width - 1);
    let sum = 0;
    for (let i = -r; i <= r; i++) sum += from[Math.max(start, Math.min(last, start + 3 * i))]!;
    for (let at = start; at <= last; at += 3) {
      to[at] = sum * scale;
      const enter = at + 3 * (r + 1);
      const leave = at - 3 * r;
      sum += from[Math.min(enter, last)]! - from[Math.max(leave, start)]!;
    }
  }
}

/** The same down the columns, a whole row of sums at a time. */
function boxColumns({ width, height }: CameraModel, r: number, from: Float32Array, to: Float32Array): void {
  const scale = 1 / (2 * r + 1);
  const row = 3 * width;
  const sums = new Float64Array(row);
  const rowAt = (v: number) => row * Math.max(0, Math.min(height - 1, v));
  for (let i = -r; i <= r; i++) {
    for (let c = 0, at = rowAt(i); c < row; c++, at++) sums[c]! += from[at]!;
  }
  for (let v = 0; v < height; v++) {
    const here = v * row;
    const enter = rowAt(v + r + 1);
    const leave = rowAt(v - r);
    for (let c = 0; c < row; c++) {
      const sum = sums[c]!;
      to[here + c] = sum * scale;
      sums[c] = sum + from[enter + c]! - from[leave + c]!;
    }
  }
}
