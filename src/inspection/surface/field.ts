/** Fields of numbers at the working scale, and the plain filters over them: typed arrays in, typed arrays out. */

/** One number a pixel, row by row. The unit is the user's: brightness, its logarithm, or spreads. */
export interface Field {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** `width` times `height` values. */
  readonly data: Float32Array;
}

/** Most pixels that are worked on: larger pictures are averaged over whole squares first. */
const mostWorked = 1_100_000;

/** The side of the squares (px of the picture) over which a picture of this size is averaged. */
export function reductionOf(width: number, height: number): number {
  return Math.max(1, Math.ceil(Math.sqrt((width * height) / mostWorked)));
}

/** A channel as a camera gave it: 8 or 16 bits a pixel. */
export interface RawPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint16Array;
}

/** Means over squares of `by` pixels; a rest at the right and below is left out. */
export function reduced(picture: RawPicture, by: number): Field {
  const width = Math.floor(picture.width / by);
  const height = Math.floor(picture.height / by);
  const data = new Float32Array(width * height);
  const from = picture.data;
  const scale = 1 / (by * by);
  for (let y = 0; y < height; y++) {
    const out = y * width;
    for (let row = 0; row < by; row++) {
      let at = (y * by + row) * picture.width;
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let k = 0; k < by; k++) sum += from[at++]!;
        data[out + x]! += sum;
      }
    }
    for (let x = out; x < out + width; x++) data[x]! *= scale;
  }
  return { width, height, data };
}

/** Buffers of one size that are used again and again, so that judging a frame allocates nothing of a picture's size. */
export interface Arena {
  readonly width: number;
  readonly height: number;
  /** The n-th buffer; its content is whatever was left in it. */
  buffer(n: number): Float32Array;
}

/** Makes an arena for fields of this size; buffers come to be when first asked for. */
export function createArena(width: number, height: number): Arena {
  const buffers: Float32Array[] = [];
  return {
    width,
    height,
    buffer(n) {
      buffers[n] ??= new Float32Array(width * height);
      return buffers[n];
    },
  };
}

/** Buffers 0 and 1 of every arena belong to the filters. */
const scratch = 0;

/**
 * Mean over a rectangle of (2 `rx` + 1) by (2 `ry` + 1) pixels around each pixel, at the rim over what lies inside.
 * `from` and `to` may be the same; neither may be buffer 0 of the arena.
 */
export function boxMean(arena: Arena, from: Float32Array, to: Float32Array, rx: number, ry: number): void {
  const { width, height } = arena;
  const across = rx === 0 ? from : arena.buffer(scratch);
  if (rx > 0) meanAcross(from, across, width, height, rx);
  if (ry > 0) meanDown(across, to, width, height, ry, across === to);
  else if (across !== to) to.set(across);
}

function meanAcross(from: Float32Array, to: Float32Array, width: number, height: number, r: number): void {
  for (let y = 0; y < height; y++) {
    const start = y * width;
    let sum = 0;
    let count = 0;
    for (let x = 0; x < Math.min(r, width); x++, count++) sum += from[start + x]!;
    for (let x = 0; x < width; x++) {
      if (x + r < width) {
        sum += from[start + x + r]!;
        count++;
      }
      if (x > r) {
        sum -= from[start + x - r - 1]!;
        count--;
      }
      to[start + x] = sum / count;
    }
  }
}

function meanDown(
  source: Float32Array,
  to: Float32Array,
  width: number,
  height: number,
  r: number,
  inPlace: boolean,
): void {
  const from = inPlace ? source.slice() : source;
  const sums = new Float64Array(width);
  let count = 0;
  const add = (y: number, sign: number): void => {
    const start = y * width;
    for (let x = 0; x < width; x++) sums[x]! += sign * from[start + x]!;
    count += sign;
  };
  for (let y = 0; y < Math.min(r, height); y++) add(y, 1);
  for (let y = 0; y < height; y++) {
    if (y + r < height) add(y + r, 1);
    if (y > r) add(y - r - 1, -1);
    const start = y * width;
    const share = 1 / count;
    for (let x = 0; x < width; x++) to[start + x] = sums[x]! * share;
  }
}

/**
 * In place: each value becomes the mean of those that count (`count` is 1) within a square around it, where at least a share
 * `least` of the square counts, and else what `otherwise` says. `values` has to be 0 where `count` is; `count` is used up.
 */
export function meanOfSome(
  arena: Arena,
  values: Float32Array,
  count: Float32Array,
  reach: number,
  least: number,
  otherwise: number,
): void {
  boxMean(arena, values, values, reach, reach);
  boxMean(arena, count, count, reach, reach);
  for (let i = 0; i < values.length; i++) values[i] = count[i]! > least ? values[i]! / count[i]! : otherwise;
}

/** In place: the greatest value within (2 `r` + 1) by (2 `r` + 1) pixels around each pixel. */
export function greatestAround(data: Float32Array, { width, height }: Arena, r: number): void {
  for (let y = 0; y < height; y++) greatestAlong(data, y * width, 1, width, r);
  for (let x = 0; x < width; x++) greatestAlong(data, x, width, height, r);
}

/** The same along one line of `length` values that stand `step` apart, by windows that double until they are wide enough. */
function greatestAlong(data: Float32Array, from: number, step: number, length: number, r: number): void {
  const line = new Float32Array(length + 2 * r).fill(Number.NEGATIVE_INFINITY);
  for (let k = 0; k < length; k++) line[k + r] = data[from + k * step]!;
  const whole = 2 * r + 1;
  for (let wide = 1; wide < whole; ) {
    const by = Math.min(wide, whole - wide);
    for (let k = 0; k + by < line.length; k++) if (line[k + by]! > line[k]!) line[k] = line[k + by]!;
    wide += by;
  }
  for (let k = 0; k < length; k++) data[from + k * step] = line[k]!;
}

/** Natural logarithm of brightness; a floor of `floor` keeps black finite. Writes into `to`. */
export function logarithm(from: Float32Array, to: Float32Array, floor: number): void {
  for (let i = 0; i < from.length; i++) to[i] = Math.log(from[i]! + floor);
}

/** Between pixels (bilinear), held at the rim. */
export function sampled(field: Field, x: number, y: number): number {
  const { width, height, data } = field;
  const cx = Math.min(Math.max(x, 0), width - 1.001);
  const cy = Math.min(Math.max(y, 0), height - 1.001);
  const x0 = Math.floor(cx);
  const y0 = Math.floor(cy);
  const at = y0 * width + x0;
  const top = data[at]! + (data[at + 1]! - data[at]!) * (cx - x0);
  const below = data[at + width]! + (data[at + width + 1]! - data[at + width]!) * (cx - x0);
  return top + (below - top) * (cy - y0);
}

/** The value below which a share `q` of the values lies; changes the order of `values`. What is no number counts as the largest. */
export function quantile(values: Float32Array | Float64Array, q: number): number {
  if (values.length === 0) return Number.NaN;
  let numbers = values.length;
  for (let i = numbers - 1; i >= 0; i--) {
    if (!Number.isNaN(values[i]!)) continue;
    numbers--;
    values[i] = values[numbers]!;
    values[numbers] = Number.NaN;
  }
  const place = Math.min(values.length - 1, Math.floor(q * values.length));
  return place >= numbers ? Number.NaN : selected(values, place, numbers);
}

/** The value that would stand at `place` if the first `count` were sorted (Hoare, 1961): sorting them all takes many times as long. */
function selected(values: Float32Array | Float64Array, place: number, count: number): number {
  let [low, high] = [0, count - 1];
  while (low < high) {
    const pivot = middleOf(values[low]!, values[(low + high) >> 1]!, values[high]!);
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const swapped = values[i]!;
      values[i++] = values[j]!;
      values[j--] = swapped;
    }
    if (place <= j) high = j;
    else if (place >= i) low = i;
    else break;
  }
  return values[place]!;
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** Every n-th value, so that at most `most` remain. */
export function thinned(values: Float32Array, most: number): Float32Array {
  const step = Math.max(1, Math.ceil(values.length / most));
  const out = new Float32Array(Math.ceil(values.length / step));
  for (let i = 0, at = 0; at < values.length; i++, at += step) out[i] = values[at]!;
  return out;
}
