/** Limit sets: from what clean layers of one recipe under one camera came to, the recipe's limits made tighter, never looser. */
import { z } from "zod";
import type { Fault } from "../equipment/machine.ts";
import { isDigest } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { mostFindings } from "./findings.ts";
import { type Bound, type Budget, boundOf } from "./guarantee.ts";
import { type InspectionLimits, inspectionLimits } from "./limits.ts";
import type { Finding, InspectionReport } from "./report.ts";

/** The limits that a set may tighten: sizes of what is found. What is looked for, and how, stays the recipe's. */
export const measures = [
  "extra_mm",
  "missing_mm2",
  "thin_mm2",
  "networkExtra_mm2",
  "unchangedShare",
  "shift_mm",
] as const;
export type Measure = (typeof measures)[number];

/** What each measure came to in one layer, as a share of the recipe's limit. */
export type LayerPeaks = Readonly<Record<Measure, number>>;

/** Findings are looked for from this share of the recipe's limits on. */
const lookedForFrom = 0.05;
/** A limit is never tightened beyond this share of the recipe's: below it nobody has validated that it is measured rightly. */
const tightest = 0.25;

/** The recipe's limits with every size so small that a clean layer's largest traces are findings. */
export function measuringLimits(limits: InspectionLimits): InspectionLimits {
  const small = Object.fromEntries(measures.map((each) => [each, limits[each] * lookedForFrom]));
  return { ...limits, ...small, unchangedShare: Math.max(0.05, limits.unchangedShare * lookedForFrom) };
}

/** What a layer came to, from its report under `measuringLimits`; what was not found is taken for just too small to be found. */
export function peaksOf({ findings }: Pick<InspectionReport, "findings">, limits: InspectionLimits): LayerPeaks {
  const least = measuringLimits(limits);
  // A full report drops the smallest: what it does not name may have been as large as the smallest that it does.
  const dropped = findings.length < mostFindings ? 0 : Math.min(...findings.map((f) => f.measured / f.limit));
  const peak = (measure: Measure): number => {
    const found = findings.filter((each) => measureOf(each) === measure).map(({ measured }) => measured);
    return Math.max(least[measure] * Math.max(1, dropped), ...found) / limits[measure];
  };
  return Object.fromEntries(measures.map((each) => [each, peak(each)])) as Record<Measure, number>;
}

/** Null for a finding whose limit is the program's own. */
function measureOf({ class: kind, by, unit }: Finding): Measure | null {
  if (kind === "extra") return unit === "mm" ? "extra_mm" : "networkExtra_mm2";
  if (kind === "missing") return by === "network" ? "missing_mm2" : null;
  if (kind === "thin") return "thin_mm2";
  return kind === "unchanged" ? "unchangedShare" : "shift_mm";
}

const digest = z.string().refine(isDigest, "not a SHA-256");
const bound = z.discriminatedUnion("method", [
  z.strictObject({ method: z.enum(["largest", "tail"]), value: z.number().nonnegative() }),
  z.strictObject({ method: z.literal("none"), why: z.string().min(1).max(200) }),
]);

const limitSet = z.strictObject({
  format: z.literal("cellward-limit-set-1"),
  /** What it counts for: layers of this recipe, seen by this camera set-up, judged by this model. */
  recipe: digest,
  setup: digest,
  model: digest,
  /** SHA-256 of the recipe's own limits, which it tightens. */
  base: digest,
  budget: z.strictObject({ share: z.number().positive().max(0.1), confidence: z.number().min(0.5).max(0.999) }),
  /** What it comes of: clean layers, and the builds and the last entry of the record that they stand in. */
  layers: z.int().nonnegative(),
  builds: z.int().nonnegative(),
  upTo: z.int().nonnegative(),
  /** By measure: the bound on clean layers, as a share of the recipe's limit. */
  bounds: z.strictObject(Object.fromEntries(measures.map((each) => [each, bound])) as Record<Measure, typeof bound>),
  /** What the layers are judged by. */
  limits: inspectionLimits,
});

/** A limit set as it is proposed, signed and kept. */
export type LimitSet = z.infer<typeof limitSet>;

/** What a set is made for. */
export type LimitSetFor = Pick<LimitSet, "recipe" | "setup" | "model" | "base" | "upTo">;

/** A set from the clean layers of builds; where no bound can be told, the recipe's own limit stands. */
export function composeLimitSet(
  made: LimitSetFor,
  limits: InspectionLimits,
  builds: readonly (readonly LayerPeaks[])[],
  budget: Budget,
): LimitSet {
  // The budget is for the layer: each of its measures may use its part of it (Bonferroni).
  const each: Budget = { ...budget, share: budget.share / measures.length };
  const bounds = Object.fromEntries(
    measures.map((measure) => [
      measure,
      boundOf(
        builds.map((layers) => layers.map((peaks) => peaks[measure])),
        each,
      ),
    ]),
  ) as Record<Measure, Bound>;
  const tightened = Object.fromEntries(
    measures.map((measure) => [measure, limitFrom(limits[measure], bounds[measure], measure)]),
  );
  return {
    format: "cellward-limit-set-1",
    ...made,
    budget: { ...budget },
    layers: builds.reduce((sum, { length }) => sum + length, 0),
    builds: builds.length,
    bounds,
    limits: { ...limits, ...tightened },
  };
}

function limitFrom(own: number, to: Bound, measure: Measure): number {
  if (to.method === "none" || !(to.value < 1)) return own;
  // Rounded up: the promise is of the bound, and a rounder limit is read more easily.
  const rounded = Math.ceil(own * Math.max(tightest, to.value) * 1000) / 1000;
  return Math.min(own, measure === "unchangedShare" ? Math.max(0.05, rounded) : rounded);
}

/** Reads a set from parsed JSON; unknown keys are refused. */
export function readLimitSet(value: unknown): Result<LimitSet, Fault> {
  const parsed = limitSet.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const first = parsed.error.issues[0];
  return err({
    code: "limit-set-invalid",
    what: `The limit set cannot be used: ${first?.path.join(".") || "its top"}: ${first?.message ?? "not valid"}.`,
    remedy: "Make it anew: `cellward limits propose`.",
  });
}

/** Why a set may not stand for the recipe's own limits; null where it may: it changes sizes alone, and none is looser. */
export function whyNotTighter(set: InspectionLimits, own: InspectionLimits): string | null {
  const looser = measures.find((each) => !(set[each] <= own[each]));
  if (looser !== undefined) return `it allows ${looser} ${set[looser]}, the recipe ${own[looser]}`;
  const sizes: ReadonlySet<string> = new Set(measures);
  const rest = (of: InspectionLimits) => Object.entries(of).filter(([name]) => !sizes.has(name));
  const others = new Map(rest(own));
  const other = rest(set).find(([name, value]) => JSON.stringify(others.get(name)) !== JSON.stringify(value));
  if (other !== undefined) return `it changes ${other[0]}, which is the recipe's alone`;
  return rest(set).length === others.size ? null : "it leaves out what the recipe asks for";
}
