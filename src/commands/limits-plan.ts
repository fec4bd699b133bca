/** From a record to what a limit set is made of: the builds of one recipe under one camera set-up, and their clean layers. */

import { type LayerPeaks, type LimitSet, type Measure, measures, peaksOf } from "../inspection/limit-set.ts";
import type { InspectionLimits } from "../inspection/limits.ts";
import type { InspectionReport } from "../inspection/report.ts";
import { percentile } from "../inspection/score/measures.ts";
import type { Recorded } from "../jobs/controller.ts";
import type { Digest } from "../kernel/names.ts";
import { type CleanLayers, createCleanLayers } from "./clean-layers.ts";
import { createRejudgePlan, type JudgedBuild, type Look } from "./rejudge-plan.ts";

/** Builds that count, with the layers of each that are known to be whole. */
export interface CleanBuilds {
  readonly recipe: Digest;
  readonly setup: Digest;
  readonly builds: readonly JudgedBuild[];
  readonly clean: ReturnType<CleanLayers["byAttempt"]>;
  /** The last entry that was read. */
  readonly upTo: number;
}

export interface LimitsPlan {
  take(recorded: Recorded): void;
  /** The builds of the recipe that the camera saw under the set-up of its newest build; null where none has a clean layer. `recipe` null: that of the newest build. */
  clean(recipe: Digest | null, camera: string): CleanBuilds | null;
}

/** A plan that has heard nothing yet; it must hear every entry of the record, in order. */
export function createLimitsPlan(): LimitsPlan {
  const [plan, layers] = [createRejudgePlan(), createCleanLayers()];
  let upTo = 0;
  return {
    take(recorded) {
      plan.take(recorded);
      layers.take(recorded.event);
      upTo = recorded.seq;
    },
    clean(recipe, camera) {
      const clean = layers.byAttempt();
      const counting = plan
        .builds()
        .filter((build) => build.camera === camera)
        .filter((build) => (clean.get(build.attempt)?.size ?? 0) > 0 && (recipe === null || build.recipe === recipe));
      const newest = counting.at(-1);
      if (newest === undefined) return null;
      const builds = counting.filter((build) => build.recipe === newest.recipe && build.setup === newest.setup);
      return { recipe: newest.recipe, setup: newest.setup, builds, clean, upTo };
    },
  };
}

/** Collects what the clean layers of each build come to; of several looks at a layer the last counts. */
export function createPeaks({ clean }: Pick<CleanBuilds, "clean">, limits: InspectionLimits) {
  const builds = new Map<string, Map<number, LayerPeaks>>();
  return {
    take({ attempt }: JudgedBuild, { layer }: Look, said: Pick<InspectionReport, "findings" | "verdict">): void {
      const layers = builds.get(attempt) ?? new Map<number, LayerPeaks>();
      builds.set(attempt, layers);
      if (said.verdict !== "blind" && clean.get(attempt)?.has(layer)) layers.set(layer, peaksOf(said, limits));
    },
    /** By build, in the order in which layers were printed. */
    builds: (): LayerPeaks[][] =>
      [...builds.values()]
        .map((layers) => [...layers].sort(([a], [b]) => a - b).map(([, peaks]) => peaks))
        .filter(({ length }) => length > 0),
  };
}

/** One limit of a set beside what clean layers came to. */
export interface MeasureRow {
  readonly measure: Measure;
  /** The recipe's own limit. */
  readonly own: number;
  readonly median: number;
  readonly p99: number;
  readonly largest: number;
  /** The set's limit. */
  readonly limit: number;
  /** Why it is the recipe's own; null where it is tighter. */
  readonly why: string | null;
}

/** The table of a set, in the units of the limits. */
export function rowsOf(
  set: LimitSet,
  own: InspectionLimits,
  builds: readonly (readonly LayerPeaks[])[],
): readonly MeasureRow[] {
  return measures.map((measure) => {
    const peaks = builds.flatMap((layers) => layers.map((each) => each[measure] * own[measure]));
    const [bound, limit] = [set.bounds[measure], set.limits[measure]];
    const reached = bound.method === "none" ? bound.why : "clean layers come as near to it as the budget allows";
    return {
      ...{ measure, own: own[measure], limit },
      ...{ median: percentile(peaks, 0.5), p99: percentile(peaks, 0.99), largest: percentile(peaks, 1) },
      why: limit < own[measure] ? null : reached,
    };
  });
}

/** The table as lines for people. */
export function rowsInWords(rows: readonly MeasureRow[]): readonly string[] {
  const cells = (of: readonly (string | number)[]) =>
    of.map((each, i) => (i === 0 ? String(each).padEnd(18) : String(each).padStart(9))).join("");
  const short = (value: number) => (Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "-");
  return [
    cells(["limit", "recipe", "median", "99 %", "largest", "set"]),
    ...rows.map(({ measure, own, median, p99, largest, limit, why }) => {
      const line = cells([measure, own, short(median), short(p99), short(largest), limit]);
      return why === null ? line : `${line}   the recipe's own: ${why}`;
    }),
  ];
}
