/** How the values of machines went over a build: layers put into bins, in which nothing extreme is smoothed away. */
import { type LayerValue, type LayerValues, mostValues } from "../equipment/layer-values.ts";
import type { Trend, TrendsView } from "./api-layers.ts";

/** Bins side by side on a panel. */
export const mostBins = 160;

interface GrowingTrend {
  readonly unit: string;
  readonly min: (number | null)[];
  readonly max: (number | null)[];
  /** Of the samples so far. */
  readonly mean: number[];
  readonly samples: number[];
  readonly gaps: Set<number>;
}

/**
 * `rows` are the values of each layer from layer 1 on, null where none were written down. A bin's mean is that of all its samples, its
 * lowest and highest are those of its layers, and one gap among them is the bin's.
 */
export function trendsOf(
  rows: readonly (LayerValues | null)[],
  most = mostBins,
): Omit<TrendsView, "attempt" | "leftOut"> {
  const layersPerBin = Math.max(1, Math.ceil(rows.length / most));
  const bins = Math.ceil(rows.length / layersPerBin);
  const trends = new Map<string, GrowingTrend>();
  rows.forEach((row, at) => {
    for (const value of row?.values ?? []) {
      const trend = trends.get(value.reading) ?? newTrend(value.unit, bins);
      if (trends.size >= mostValues && !trends.has(value.reading)) continue;
      trends.set(value.reading, trend);
      add(trend, Math.floor(at / layersPerBin), value);
    }
  });
  return { layersPerBin, bins, values: [...trends].map(([reading, trend]) => finished(reading, trend)) };
}

function newTrend(unit: string, bins: number): GrowingTrend {
  const nothing = () => Array.from({ length: bins }, (): number | null => null);
  const none = () => Array.from({ length: bins }, () => 0);
  return { unit, min: nothing(), max: nothing(), mean: none(), samples: none(), gaps: new Set() };
}

function add(trend: GrowingTrend, bin: number, { min, mean, max, samples, gap, bad = 0 }: LayerValue): void {
  if (gap || bad > 0) trend.gaps.add(bin);
  if (min === null || mean === null || max === null) return;
  trend.min[bin] = Math.min(trend.min[bin] ?? min, min);
  trend.max[bin] = Math.max(trend.max[bin] ?? max, max);
  // Kept as a running mean: sums of the largest values would leave the numbers.
  const all = trend.samples[bin]! + samples;
  if (all > 0) trend.mean[bin]! += (mean - trend.mean[bin]!) * (samples / all);
  trend.samples[bin] = all;
}

function finished(reading: string, { unit, min, max, mean: means, samples, gaps }: GrowingTrend): Trend {
  const mean = means.map((value, bin) => (samples[bin]! > 0 ? value : null));
  return { reading, unit, min, mean, max, gaps: [...gaps].sort((a, b) => a - b) };
}
