/** A grey picture in memory and the plain statistics that the gate and the detectors share. */

/** One channel, row by row, eight bits. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A rectangle of whole pixels: left and top included, right and bottom not. */
export interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The part of the box that lies in the picture. */
export function clip(box: PixelBox, picture: { readonly width: number; readonly height: number }): PixelBox {
  const clamp = (v: number, high: number): number => Math.min(Math.max(Math.round(v), 0), high);
  return {
    left: clamp(box.left, picture.width),
    right: clamp(box.right, picture.width),
    top: clamp(box.top, picture.height),
    bottom: clamp(box.bottom, picture.height),
  };
}

/** Brightness between pixels (bilinear); NaN outside. */
export function sample(picture: Picture, x: number, y: number): number {
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  if (!(x0 >= 0 && y0 >= 0 && x0 + 1 < picture.width && y0 + 1 < picture.height)) return Number.NaN;
  const [fx, fy] = [x - x0, y - y0];
  const at = y0 * picture.width + x0;
  const d = picture.data;
  const top = d[at]! + (d[at + 1]! - d[at]!) * fx;
  const bottom = d[at + picture.width]! + (d[at + picture.width + 1]! - d[at + picture.width]!) * fx;
  return top + (bottom - top) * fy;
}

/** Mean, spread, sharpness and clipping of a box of the picture. */
export interface BoxStatistics {
  readonly mean: number;
  /** Standard deviation of brightness. */
  readonly spread: number;
  /** Mean square of the discrete Laplacian: falls when the picture loses focus. */
  readonly sharpness: number;
  /** Noise (standard deviation) estimated from a mask that cancels structure (Immerkaer, CVIU 64, 1996). */
  readonly noise: number;
  /** Share of pixels at 0-1 or 254-255. */
  readonly clipped: number;
}

/** Statistics of the inside of a box (its outermost pixels serve only as neighbours). */
export function statistics(picture: Picture, box: PixelBox): BoxStatistics {
  const { data, width } = picture;
  // Sums live in an array of doubles, a row at a time. Kept in variables over both loops, the measures of one picture came out
  // wrong twice in some hundred test runs on a busy machine, and right a moment later; what did that was not found.
  const sums = new Float64Array(5);
  for (let y = box.top + 1; y < box.bottom - 1; y++) {
    addRow(data, width, y * width + box.left + 1, y * width + box.right - 1, sums);
  }
  const count = Math.max(0, box.bottom - box.top - 2) * Math.max(0, box.right - box.left - 2);
  if (count === 0) return { mean: 0, spread: 0, sharpness: 0, noise: 0, clipped: 1 };
  const [sum, squares, laplace, immerkaer, clipped] = sums as unknown as [number, number, number, number, number];
  const mean = sum / count;
  return {
    mean,
    spread: Math.sqrt(Math.max(0, squares / count - mean * mean)),
    sharpness: laplace / count,
    noise: (Math.sqrt(Math.PI / 2) * immerkaer) / (6 * count),
    clipped: clipped / count,
  };
}

/** Adds the pixels from `from` to before `to`: brightness, its square, the square of the Laplacian, Immerkaer's noise, clipped ones. */
function addRow(data: Uint8Array, width: number, from: number, to: number, sums: Float64Array): void {
  for (let i = from; i < to; i++) {
    const v = data[i]!;
    const cross4 = data[i - 1]! + data[i + 1]! + data[i - width]! + data[i + width]!;
    const corners = data[i - width - 1]! + data[i - width + 1]! + data[i + width - 1]! + data[i + width + 1]!;
    const bend = cross4 - 4 * v;
    sums[0]! += v;
    sums[1]! += v * v;
    sums[2]! += bend * bend;
    sums[3]! += Math.abs(corners - 2 * cross4 + 4 * v);
    if (v <= 1 || v >= 254) sums[4]!++;
  }
}

/** Middle value (the lower of the two for an even count); NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
}

/** Pearson correlation of two equally long series; 0 where one of them is flat. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = Math.min(a.length, b.length);
  let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [x, y] = [a[i]!, b[i]!];
    sa += x;
    sb += y;
    saa += x * x;
    sbb += y * y;
    sab += x * y;
  }
  const va = saa - (sa * sa) / n;
  const vb = sbb - (sb * sb) / n;
  return va > 1e-9 && vb > 1e-9 ? (sab - (sa * sb) / n) / Math.sqrt(va * vb) : 0;
}
