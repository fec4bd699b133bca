/** The verdict as a property: without full and finite evidence nothing ever passes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decide, type Step, type StepOutcome, steps } from "../../src/inspection/policy.ts";
import type { Finding } from "../../src/inspection/report.ts";

const outcome: fc.Arbitrary<StepOutcome | undefined> = fc.oneof(
  fc.constant({ ok: true } as const),
  fc.string({ minLength: 1 }).map((why) => ({ ok: false, why }) as const),
  fc.constant(undefined),
);
const number = fc.oneof(
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY),
);
const finding: fc.Arbitrary<Finding> = fc.record({
  class: fc.constantFrom("missing", "thin", "extra", "unchanged", "shift"),
  by: fc.constantFrom("residual", "network"),
  region: fc.record({ x_mm: number, y_mm: number, w_mm: number, h_mm: number }),
  outline_px: fc.constant([]),
  measured: number,
  limit: number,
  unit: fc.constantFrom("mm", "mm2", "share"),
  score: number,
});
const evidence = fc.record({
  outcomes: fc.record(Object.fromEntries(steps.map((s) => [s, outcome])) as Record<Step, typeof outcome>),
  findings: fc.array(finding, { maxLength: 4 }),
});

test("a pass needs every step done and every finding a number below its limit [F53][F55][L3]", () => {
  fc.assert(
    fc.property(evidence, ({ outcomes, findings }) => {
      const known = Object.fromEntries(Object.entries(outcomes).filter(([, o]) => o !== undefined));
      const { verdict, reasons } = decide({ outcomes: known, findings });
      expect(reasons.length).toBeGreaterThan(0);
      const complete = steps.every((s) => outcomes[s]?.ok === true);
      const numbers = findings.every((f) =>
        [f.measured, f.limit, f.score, ...Object.values(f.region)].every(Number.isFinite),
      );
      const below = findings.every((f) => f.measured < f.limit);
      expect(verdict).toBe(complete && numbers ? (below ? "pass" : "fail") : "blind");
    }),
    { numRuns: 500 },
  );
});

test("a step that never happened is named in words [L3][L8]", () => {
  const { verdict, reasons } = decide({ outcomes: {}, findings: [] });
  expect(verdict).toBe("blind");
  expect(reasons.join(" ")).toContain("the network's judgement did not happen");
});
