/** The scorer's arithmetic: exact intervals against published values, and who found what. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type FaultRow, interval, tablesOf } from "../../scripts/model-tables.ts";

test("intervals are those of Clopper and Pearson", () => {
  // R's binom.test gives the same: 0 of 10, 10 of 10, 8 of 10.
  expect(interval(0, 10)[1]).toBeCloseTo(0.3085, 4);
  expect(interval(10, 10)[0]).toBeCloseTo(0.6915, 4);
  expect(interval(8, 10)[0]).toBeCloseTo(0.4439, 4);
  expect(interval(8, 10)[1]).toBeCloseTo(0.9748, 4);
  // 299 found of 299 shows 98.8 % on two sides, 99 % on one.
  expect(interval(299, 299)[0]).toBeCloseTo(0.025 ** (1 / 299), 6);
});

test("an interval holds the share it is about, and narrows with more of the same", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.nat(400), (all, some) => {
      const hits = Math.min(all, some);
      const [low, high] = interval(hits, all);
      const [lower, higher] = interval(2 * hits, 2 * all);
      expect(low).toBeLessThanOrEqual(hits / all);
      expect(high).toBeGreaterThanOrEqual(hits / all);
      expect(higher - lower).toBeLessThan(high - low);
    }),
  );
});

test("a fault found only in its second layer counts within two layers, not in its own", () => {
  const none = { residual: false, network: false, held: false };
  const late = { residual: false, network: true, held: true };
  const row: FaultRow = {
    kind: "fault",
    part: "a",
    colour: "grey",
    layer: 5,
    fault: "lump",
    first: none,
    second: late,
  };
  expect(tablesOf([row])).toContain("| lump | 1 | 0 | 0 | 0/1 (0-97.5 %) | 0 | 1 | 1/1 (2.5-100.0 %) |");
});
