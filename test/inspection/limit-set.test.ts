/** Limit sets: what a layer came to, how that makes limits tighter, and that nothing else can. */
import { describe, expect, it } from "vitest";
import {
  composeLimitSet,
  type LayerPeaks,
  measures,
  measuringLimits,
  peaksOf,
  readLimitSet,
  whyNotTighter,
} from "../../src/inspection/limit-set.ts";
import { drillGuideLimits as own } from "../../src/inspection/limits.ts";
import type { Finding } from "../../src/inspection/report.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import { seededRandom } from "../../src/kernel/random.ts";

const region = { x_mm: 0, y_mm: 0, w_mm: 1, h_mm: 1 };
const found = (change: Partial<Finding>): Finding => ({
  ...{ class: "extra", by: "residual", region, outline_px: [], measured: 1, limit: 0.075, unit: "mm", score: 1 },
  ...change,
});
const digest = (text: string) => digestOfValue(text);
const of = { recipe: digest("r"), setup: digest("s"), model: digest("m"), base: digestOfValue(own), upTo: 900 };
const budget = { share: 1e-4, confidence: 0.95 };

/** Builds of which every measure lies at about `level` of the recipe's limit. */
function builds(level: number, count = 20): LayerPeaks[][] {
  const random = seededRandom(3);
  return Array.from({ length: count }, () =>
    Array.from(
      { length: 50 },
      () => Object.fromEntries(measures.map((each) => [each, level * (1 + 0.1 * random())])) as LayerPeaks,
    ),
  );
}

describe("[F53] what a layer came to", () => {
  it("is the largest finding of each measure, as a share of the recipe's limit", () => {
    const peaks = peaksOf(
      {
        findings: [
          found({ measured: 0.3 }),
          found({ measured: 0.6 }),
          found({ class: "missing", by: "network", unit: "mm2", measured: 0.25 }),
          // Whole pieces that did not change have a limit of the program's own.
          found({ class: "missing", unit: "mm2", measured: 19 }),
          found({ by: "network", unit: "mm2", measured: 0.3 }),
          found({ class: "shift", measured: 0.09 }),
        ],
      },
      own,
    );
    expect(peaks.extra_mm).toBeCloseTo(0.4);
    expect(peaks.missing_mm2).toBeCloseTo(0.25);
    expect(peaks.networkExtra_mm2).toBeCloseTo(0.5);
    expect(peaks.shift_mm).toBeCloseTo(0.3);
    // Too small to be found counts as just too small.
    expect(peaks.thin_mm2).toBeCloseTo(0.05);
  });

  it("of a report that is full, what it does not name may have been as large as the smallest that it does", () => {
    const findings = Array.from({ length: 40 }, () => found({ measured: 0.75 }));
    expect(peaksOf({ findings }, own).thin_mm2).toBeCloseTo(0.5);
  });

  it("is looked for under limits that differ from the recipe's in size alone", () => {
    expect(whyNotTighter(measuringLimits(own), own)).toBeNull();
    for (const each of measures) expect(measuringLimits(own)[each]).toBeLessThan(own[each]);
  });
});

describe("[F53] a limit set", () => {
  it("tightens what clean layers stay far below, and says by what bound", () => {
    const set = composeLimitSet(of, own, builds(0.4), budget);
    expect(whyNotTighter(set.limits, own)).toBeNull();
    for (const each of measures) {
      expect(set.bounds[each].method).toBe("tail");
      expect(set.limits[each]).toBeLessThan(own[each]);
      expect(set.limits[each]).toBeGreaterThan(0.44 * own[each]);
    }
    expect(set).toMatchObject({ layers: 1000, builds: 20, ...of });
    expect(readLimitSet(JSON.parse(JSON.stringify(set)))).toEqual({ ok: true, value: set });
  });

  it("never tightens below a quarter of the recipe's limit, and never loosens", () => {
    expect(composeLimitSet(of, own, builds(0.08), budget).limits.missing_mm2).toBe(0.25);
    expect(composeLimitSet(of, own, builds(1.4), budget).limits).toEqual(own);
  });

  it("is the recipe's own where there are too few builds", () => {
    const set = composeLimitSet(of, own, builds(0.4, 3), budget);
    expect(set.limits).toEqual(own);
    expect(set.bounds.extra_mm).toMatchObject({ method: "none", why: expect.stringContaining("8 are needed") });
  });

  it("is refused where it is looser, or changes what is looked for", () => {
    expect(whyNotTighter({ ...own, extra_mm: 1.6 }, own)).toBe("it allows extra_mm 1.6, the recipe 1.5");
    expect(whyNotTighter({ ...own, extraContrast: 13 }, own)).toBe(
      "it changes extraContrast, which is the recipe's alone",
    );
    expect(whyNotTighter({ ...own, canaryEvery: 100 }, own)).toMatch(/canaryEvery/);
    expect(whyNotTighter(own, { ...own, parts: { margin_mm: 1 } })).toBe("it leaves out what the recipe asks for");
    expect(whyNotTighter({ ...own, parts: { margin_mm: 1 } }, own)).toMatch(/parts/);
    expect(whyNotTighter({ ...own, extra_mm: Number.NaN }, own)).toMatch(/extra_mm/);
  });

  it.each([
    [{ format: "cellward-limit-set-2" }, /format/],
    [{ recipe: "abc" }, /recipe/],
    [{ layers: -1 }, /layers/],
    [{ more: 1 }, /its top/],
    [{ budget: { share: 0, confidence: 0.95 } }, /budget.share/],
  ])("that is not one is refused with its place: %j", (change, what) => {
    const read = readLimitSet({ ...composeLimitSet(of, own, builds(0.4), budget), ...change });
    expect(read).toMatchObject({ ok: false, error: { code: "limit-set-invalid", what: expect.stringMatching(what) } });
  });
});
