/** How low a limit may lie, so that clean layers break it no more often than a budget allows, at a stated confidence. */
import { seededRandom } from "../kernel/random.ts";
import { normalQuantile } from "./normal.ts";

/** What one measure came to in the clean layers of one build. */
export type BuildPeaks = readonly number[];

/** What a limit promises. */
export interface Budget {
  /** Share of clean layers that may break it, 0 to 1. */
  readonly share: number;
  /** Chance that the promise is kept, over the builds that could have been drawn, 0 to 1. */
  readonly confidence: number;
}

/** How the bound was found: `largest` is free of any distribution, `tail` fits one; `none` says why neither could be. */
export type Bound =
  | { readonly method: "largest" | "tail"; readonly value: number }
  | { readonly method: "none"; readonly why: string };

/** Fewer builds say nothing of how builds differ. */
const leastBuilds = 8;
/** Fewer layers leave too few in the tail to fit. */
const leastLayers = 400;
/** So many of the tail must really stand out: where nearly all are alike, because they are too small to be measured, nothing says how the rare ones grow. */
const leastAbove = 40;
/** The tail begins at this quantile. */
const tailFrom = 0.9;
/** A heavier tail (shape of the Pareto distribution) was not promised rightly when the method was tried. */
const heaviestShape = 0.3;
/** A smaller shape is none: the tail falls as an exponential. */
const leastShape = 1e-6;
const draws = 200;
/** Levels of builds at which the mixture over builds is summed. */
const steps = 100;

/**
 * A bound that a clean layer of a build nobody has seen reaches with a chance of at most `budget.share`, or why there is none.
 *
 * Layers of one build are alike: they share its lamp and its filament, and many of them tell little of how builds differ. So each build has
 * a level, its mean; the layers relative to it have a tail, a generalized Pareto distribution fitted by probability-weighted moments
 * (Hosking and Wallis, Technometrics 29, 1987); and the level varies from build to build as a log-normal. The bound is that of the
 * mixture. To it is added what is not known, at the stated confidence: how builds vary (by the chi-square distribution of their
 * variance), and how the tail goes on (over seeded redraws of whole builds), as independent parts. Only where there are
 * builds enough for that alone is it the largest ever seen (Wilks, Ann. Math. Stat. 12, 1941; one layer a build would do).
 */
export function boundOf(all: readonly BuildPeaks[], budget: Budget): Bound {
  const builds = all.filter(({ length }) => length > 0);
  const why = whyTooLittle(builds, budget);
  if (why !== null) return { method: "none", why };
  const largest = builds.reduce((most, peaks) => Math.max(most, ...peaks), 0);
  if (isEnough(builds, budget)) return { method: "largest", value: largest };
  const means = builds.map((peaks) => peaks.reduce((sum, peak) => sum + peak, 0) / peaks.length);
  const relative = builds.map((peaks, k) => peaks.map((peak) => peak / means[k]!));
  const tail = tailOf(sortedOf(relative));
  if (tail.shape > heaviestShape) {
    return { method: "none", why: `a few layers stand out too far (shape ${tail.shape.toFixed(2)})` };
  }
  const z = normalQuantile(budget.confidence);
  const { likely, worst } = levelsOf(means.map(Math.log), z);
  const value = mixed(tail, likely, budget.share);
  const ofBuilds = Math.log(mixed(tail, worst, budget.share) / value);
  const ofTail = z * deviationOf(redraws(relative).map((sorted) => Math.log(levelAt(tailOf(sorted), budget.share))));
  return { method: "tail", value: Math.max(largest, value * Math.exp(Math.hypot(ofBuilds, ofTail))) };
}

/** True where so many builds tell by their largest alone, whatever its distribution. */
function isEnough(builds: readonly BuildPeaks[], { share, confidence }: Budget): boolean {
  return (1 - share) ** builds.length <= 1 - confidence;
}

function whyTooLittle(builds: readonly BuildPeaks[], budget: Budget): string | null {
  const { length } = builds;
  if (length < leastBuilds)
    return `clean layers of ${length} build${length === 1 ? "" : "s"}; ${leastBuilds} are needed`;
  if (isEnough(builds, budget)) return null;
  const sorted = sortedOf(builds);
  if (sorted.length < leastLayers) return `${sorted.length} clean layers; ${leastLayers} are needed`;
  if (builds.some((peaks) => !peaks.some((peak) => peak > 0))) return "a build shows nothing at all";
  const start = sorted[Math.floor(tailFrom * sorted.length) - 1]!;
  const above = sorted.length - (sorted.findLastIndex((value) => value <= start) + 1);
  return above < leastAbove
    ? `${above} of ${sorted.length} layers show more than a trace; ${leastAbove} are needed`
    : null;
}

function sortedOf(builds: readonly BuildPeaks[]): Float64Array {
  return Float64Array.from(builds.flat()).sort();
}

/** Peaks of as many builds, drawn with replacement and sorted; the same draws in every run. */
function redraws(builds: readonly BuildPeaks[]): Float64Array[] {
  const random = seededRandom(1941);
  return Array.from({ length: draws }, () => sortedOf(builds.map(() => builds[Math.floor(random() * builds.length)]!)));
}

/** Logarithms of the levels of builds, as a normal distribution. */
interface Levels {
  readonly mean: number;
  readonly deviation: number;
}

/** What the levels seen make likely, and the highest and widest that they leave possible at `z`. */
function levelsOf(logs: readonly number[], z: number): { readonly likely: Levels; readonly worst: Levels } {
  const mean = logs.reduce((sum, each) => sum + each, 0) / logs.length;
  const deviation = deviationOf(logs);
  const freedom = logs.length - 1;
  // Wilson and Hilferty, Proc. Natl. Acad. Sci. 17, 1931; below nine builds it is on the safe side.
  const chiSquare = freedom * Math.max(0.05, 1 - 2 / (9 * freedom) - z * Math.sqrt(2 / (9 * freedom))) ** 3;
  const worst = {
    mean: mean + (z * deviation) / Math.sqrt(logs.length),
    deviation: deviation * Math.sqrt(freedom / chiSquare),
  };
  return { likely: { mean, deviation }, worst };
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  return Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1));
}

/** The largest values of a sample and the distribution fitted to them. */
interface Tail {
  readonly sorted: Float64Array;
  readonly start: number;
  /** Share of the sample that lies above the start. */
  readonly above: number;
  readonly scale: number;
  /** Never negative: a tail that ends is taken for one that does not. */
  readonly shape: number;
}

function tailOf(sorted: Float64Array): Tail {
  const from = Math.floor(tailFrom * sorted.length);
  const start = sorted[from - 1]!;
  const count = sorted.length - from;
  let [mean, weighted] = [0, 0];
  for (let i = 0; i < count; i++) {
    const over = (sorted[from + i]! - start) / count;
    mean += over;
    weighted += over * (1 - (i + 0.65) / count);
  }
  const above = count / sorted.length;
  const shape = mean > 0 ? 2 - mean / (mean - 2 * weighted) : 0;
  if (!(shape > leastShape)) return { sorted, start, above, scale: mean, shape: 0 };
  return { sorted, start, above, scale: (2 * mean * weighted) / (mean - 2 * weighted), shape };
}

/** The value that a share of the sample's distribution exceeds; the share is one of the tail. */
function levelAt({ start, above, scale, shape }: Tail, share: number): number {
  const rarer = Math.min(1, share / above);
  return shape === 0 ? start - scale * Math.log(rarer) : start + (scale / shape) * (rarer ** -shape - 1);
}

/** Share of the sample's distribution that exceeds a value. */
function beyond({ sorted, start, above, scale, shape }: Tail, value: number): number {
  if (value <= start) return 1 - countUpTo(sorted, value) / sorted.length;
  if (scale === 0) return 0;
  const far = (value - start) / scale;
  return above * (shape === 0 ? Math.exp(-far) : (1 + shape * far) ** (-1 / shape));
}

function countUpTo(sorted: Float64Array, value: number): number {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]! <= value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The value that a share of the layers of all builds exceeds, where builds are of such levels. */
function mixed(tail: Tail, { mean, deviation }: Levels, share: number): number {
  const levels = Array.from({ length: steps }, (_, k) =>
    Math.exp(mean + deviation * normalQuantile((k + 0.5) / steps)),
  );
  const exceeding = (value: number): number =>
    levels.reduce((sum, level) => sum + beyond(tail, value / level), 0) / steps;
  let [low, high] = [0, levels.at(-1)! * levelAt(tail, share)];
  while (exceeding(high) > share) high *= 2;
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2;
    if (exceeding(middle) > share) low = middle;
    else high = middle;
  }
  return high;
}
