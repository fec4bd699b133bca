/** Measures of a detector on labelled frames, each with its 95 % interval. */

/** A value with its 95 % interval; NaN where it cannot be told. */
export interface Measured {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Exact 95 % interval of a share (Clopper and Pearson, Biometrika 26, 1934), by bisection of the binomial sum. */
export function interval(hits: number, all: number): readonly [low: number, high: number] {
  const atMost = (k: number, p: number): number => {
    // In logarithms: the first term of many trials is smaller than any number.
    let [sum, term] = [0, all * Math.log1p(-p)];
    for (let i = 0; i <= k; i++) {
      sum += Math.exp(term);
      term += Math.log(((all - i) / (i + 1)) * (p / (1 - p)));
    }
    return sum;
  };
  const solve = (tooLow: (p: number) => boolean): number => {
    let [low, high] = [0, 1];
    for (let i = 0; i < 50; i++) {
      const middle = (low + high) / 2;
      if (tooLow(middle)) low = middle;
      else high = middle;
    }
    return low;
  };
  return [
    hits === 0 ? 0 : solve((p) => 1 - atMost(hits - 1, p) < 0.025),
    hits === all ? 1 : solve((p) => atMost(hits, p) > 0.025),
  ];
}

/** A share of counts with its exact interval. */
export function shareOf(hits: number, all: number): Measured {
  if (all === 0) return { value: Number.NaN, low: Number.NaN, high: Number.NaN };
  const [low, high] = interval(hits, all);
  return { value: hits / all, low, high };
}

/**
 * Area under the receiver's curve: the chance that a defective frame scores above a clean one. The interval solves
 * Hanley and McNeil's variance (Radiology 143, 1982) at its own ends, so that it does not close at 1.
 */
export function areaUnderCurve(clean: readonly number[], defective: readonly number[]): Measured {
  const [m, n] = [clean.length, defective.length];
  if (m === 0 || n === 0) return { value: Number.NaN, low: Number.NaN, high: Number.NaN };
  let wins = 0;
  for (const d of defective) for (const c of clean) wins += d > c ? 1 : d === c ? 0.5 : 0;
  const value = wins / (m * n);
  const half = (a: number): number => {
    const [q1, q2] = [a / (2 - a), (2 * a * a) / (1 + a)];
    return 1.96 * Math.sqrt(Math.max(0, a * (1 - a) + (n - 1) * (q1 - a * a) + (m - 1) * (q2 - a * a)) / (m * n));
  };
  const end = (inner: number, outer: number): number => {
    let [near, far] = [inner, outer];
    for (let i = 0; i < 40; i++) {
      const middle = (near + far) / 2;
      if (Math.abs(value - middle) <= half(middle)) near = middle;
      else far = middle;
    }
    return near;
  };
  return { value, low: end(value, 0), high: end(value, 1) };
}

/** Pixels of one frame: marked and labelled, marked only, labelled only. */
export interface PixelCounts {
  readonly both: number;
  readonly marked: number;
  readonly missed: number;
}

/** F1 of all pixels together; the interval from 400 seeded draws of whole frames. */
export function pixelF1(frames: readonly PixelCounts[]): Measured {
  const of = (pick: (k: number) => PixelCounts): number => {
    let [both, wrong] = [0, 0];
    for (let k = 0; k < frames.length; k++) {
      const f = pick(k);
      both += f.both;
      wrong += f.marked + f.missed;
    }
    return (2 * both) / (2 * both + wrong);
  };
  const value = of((k) => frames[k]!);
  if (Number.isNaN(value)) return { value, low: value, high: value };
  let state = 12_345;
  const draw = (): number => {
    // Numbers from a linear congruence: the same on every run.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * frames.length);
  };
  const drawn = Array.from({ length: 400 }, () => of(() => frames[draw()]!))
    .filter((f) => !Number.isNaN(f))
    .sort((a, b) => a - b);
  return { value, low: drawn[Math.floor(0.025 * drawn.length)]!, high: drawn[Math.floor(0.975 * drawn.length)]! };
}

/** The value below which a share of the values lies; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
