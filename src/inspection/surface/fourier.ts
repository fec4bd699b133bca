/** The discrete Fourier transform of small square fields: correlation over all shifts at once. */

/** A square field of complex numbers with a side that is a power of two. */
export interface Spectrum {
  readonly side: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** The spectrum of a real field of `side` times `side` numbers. */
export function spectrumOf(data: Float32Array | Float64Array, side: number): Spectrum {
  const spectrum = { side, re: Float64Array.from(data), im: new Float64Array(side * side) };
  transform(spectrum);
  return spectrum;
}

/** For every shift (row by row, wrapped round) the sum over all pairs of `b`, moved by it, times `a`. */
export function correlated(pairs: readonly (readonly [a: Spectrum, b: Spectrum])[]): Float64Array {
  const side = pairs[0]?.[0].side ?? 1;
  const product = { side, re: new Float64Array(side * side), im: new Float64Array(side * side) };
  for (const [a, b] of pairs) {
    for (let i = 0; i < product.re.length; i++) {
      // Conjugated, so that the forward transform does for the one back.
      product.re[i]! += a.re[i]! * b.re[i]! + a.im[i]! * b.im[i]!;
      product.im[i]! += a.re[i]! * b.im[i]! - a.im[i]! * b.re[i]!;
    }
  }
  transform(product);
  const scale = 1 / (side * side);
  return product.re.map((v) => v * scale);
}

/** In place: rows, then columns. */
function transform({ side, re, im }: Spectrum): void {
  const [lineRe, lineIm] = [new Float64Array(side), new Float64Array(side)];
  const turns = turnsOf(side);
  for (const [step, along] of [
    [side, 1],
    [1, side],
  ] as const) {
    for (let line = 0; line < side; line++) {
      for (let k = 0, at = line * step; k < side; k++, at += along) {
        lineRe[k] = re[at]!;
        lineIm[k] = im[at]!;
      }
      transformLine(lineRe, lineIm, turns);
      for (let k = 0, at = line * step; k < side; k++, at += along) {
        re[at] = lineRe[k]!;
        im[at] = lineIm[k]!;
      }
    }
  }
}

interface Turns {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** The roots of unity of a line of `n` numbers. */
function turnsOf(n: number): Turns {
  const angles = Float64Array.from({ length: n / 2 }, (_, k) => (-2 * Math.PI * k) / n);
  return { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
}

/** Cooley and Tukey (1965), radix 2. */
function transformLine(re: Float64Array, im: Float64Array, { cos, sin }: Turns): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j]!, re[i]!];
      [im[i], im[j]] = [im[j]!, im[i]!];
    }
  }
  for (let half = 1, stride = n / 2; half < n; half *= 2, stride /= 2) {
    for (let k = 0; k < half; k++) {
      const c = cos[k * stride]!;
      const s = sin[k * stride]!;
      for (let top = k; top < n; top += 2 * half) {
        const low = top + half;
        const r = re[low]! * c - im[low]! * s;
        const i = re[low]! * s + im[low]! * c;
        re[low] = re[top]! - r;
        im[low] = im[top]! - i;
        re[top] = re[top]! + r;
        im[top] = im[top]! + i;
      }
    }
  }
}
