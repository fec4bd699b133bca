/** How low a limit may lie, so that clean layers break it no more often than a budget allows, at a stated confidence. */
import { seededRandom } from "../kernel/random.ts";

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
const draws = 400;

/**
 * A bound that a clean layer reaches with a chance of at most `budget.share`, or why there is none. With enough layers it is
 * the largest ever seen (Wilks, Ann. Math. Stat. 12, 1941); with fewer, the return level of a generalized Pareto tail fitted
 * by probability-weighted moments (Hosking and Wallis, Technometrics 29, 1987), of which the stated quantile is taken over
 * seeded redraws of whole builds: layers of one build are alike, and count as what they are.
 */
export function boundOf(builds: readonly BuildPeaks[], budget: Budget): Bound {
  const layers = builds.reduce((sum, { length }) => sum + length, 0);
  if (builds.length < leastBuilds) {
    return {
      method: "none",
      why: `clean layers of ${builds.length} build${builds.length === 1 ? "" : "s"}; ${leastBuilds} are needed`,
    };
  }
  const largest = builds.reduce((most, peaks) => Math.max(most, ...peaks), 0);
  if ((1 - budget.share) ** layers <= 1 - budget.confidence) return { method: "largest", value: largest };
  if (layers < leastLayers) {
    return { method: "none", why: `${layers} clean layers; ${leastLayers} are needed` };
  }
  const sorted = Float64Array.from(builds.flat()).sort();
  const start = sorted[Math.floor(tailFrom * layers) - 1]!;
  const above = sorted.length - (sorted.findLastIndex((value) => value <= start) + 1);
  if (above < leastAbove) {
    return { method: "none", why: `${above} of ${layers} layers show more than a trace; ${leastAbove} are needed` };
  }
  const fitted = tailOf(sorted, budget.share);
  if (fitted.shape > heaviestShape) {
    return { method: "none", why: `a few layers stand out too far (shape ${fitted.shape.toFixed(2)})` };
  }
  const levels = redraws(builds).map((sorted) => tailOf(sorted, budget.share).level);
  levels.sort((a, b) => a - b);
  const stated = levels[Math.ceil(budget.confidence * draws) - 1]!;
  return { method: "tail", value: Math.max(stated, largest) };
}

/** Peaks of as many builds, drawn with replacement and sorted; the same draws in every run. */
function redraws(builds: readonly BuildPeaks[]): Float64Array[] {
  const random = seededRandom(1941);
  return Array.from({ length: draws }, () =>
    Float64Array.from(builds.flatMap(() => builds[Math.floor(random() * builds.length)]!)).sort(),
  );
}

/** The value that a share of the layers exceeds, by the tail's fit, and the fit's shape; a tail that ends is taken for one that does not. */
function tailOf(sorted: Float64Array, share: number): { readonly level: number; readonly shape: number } {
  const from = Math.floor(tailFrom * sorted.length);
  const start = sorted[from - 1]!;
  const count = sorted.length - from;
  let [mean, weighted] = [0, 0];
  for (let i = 0; i < count; i++) {
    const over = (sorted[from + i]! - start) / count;
    mean += over;
    weighted += over * (1 - (i + 0.65) / count);
  }
  const shape = mean > 0 ? 2 - mean / (mean - 2 * weighted) : 0;
  const rarer = share / (count / sorted.length);
  if (!(shape > 1e-6)) return { level: start - mean * Math.log(rarer), shape };
  const scale = (2 * mean * weighted) / (mean - 2 * weighted);
  return { level: start + (scale / shape) * (rarer ** -shape - 1), shape };
}
