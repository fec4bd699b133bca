/** What a lens file may say, and how far what it does not know goes along into every layer. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LensFile, readLensFile } from "../../../src/inspection/calibration/lens-file.ts";
import { commission } from "../../../src/inspection/commission.ts";
import { radialAt } from "../../../src/inspection/lens.ts";
import { register } from "../../../src/inspection/registration.ts";
import { digestOf } from "../../../src/kernel/hash.ts";
import { benchRig, commissioned, createBench, greenOf } from "../bench.ts";

const file: LensFile = {
  ...{ format: "cellward-lens-1", width_px: 1600, height_px: 1200, focal_px: 2400 },
  ...{ centre_px: { x: 800, y: 600 }, k1: -0.1, k2: 0.02, reprojection_px: 0.1 },
  uncertainty: { focal_px: 12, centre_px: 3, corner_px: 0.8 },
  ...{ pictures: 12, madeAt: 1_770_000_000_000 },
};

describe("[F58][L8] a lens file", () => {
  it.each([
    [{ k1: -0.1 }, true],
    [{ k1: 0, k2: 0 }, true],
    [{ k1: 0.3, k2: 0.1 }, true],
    // The corner lies 0.4167 focal lengths from the middle: the fold of k1 alone comes to 2/3 sqrt(-1 / (3 k1)).
    [{ k1: -0.8, k2: 0 }, true],
    [{ k1: -0.9, k2: 0 }, false],
    [{ k1: -2, k2: 0 }, false],
    [{ k1: 0, k2: -8 }, false],
    [{ k1: 0.5, k2: -9 }, false],
    [{ k1: -2, k2: 4 }, true],
  ])("%j is one that a lens can have: %s", (change, good) => {
    const read = readLensFile({ ...file, ...change });
    expect(read.ok).toBe(good);
    if (!read.ok)
      expect(read.error.what).toMatch(/folds the picture over \d+ px from the middle; the corner is 1000 px/);
  });

  it("is taken only where what lies farther out is seen farther out, to the corner", () => {
    const term = fc.double({ min: -6, max: 6, noNaN: true });
    fc.assert(
      fc.property(term, term, (k1, k2) => {
        const seen = (r: number) => r * radialAt({ k1, k2 }, r * r);
        const corner = Math.hypot(800, 600) / 2400;
        let rises = true;
        let r = 0;
        while (rises && seen(r) < corner && r < 3) {
          r += 1e-4;
          rises = seen(r) > seen(r - 1e-4);
        }
        // A fold within a thousandth of the corner is anybody's guess.
        if (!rises && Math.abs(seen(r) - corner) < 1e-3) return;
        expect(readLensFile({ ...file, k1, k2 }).ok).toBe(rises);
      }),
      { numRuns: 200 },
    );
  });
});

it("[F58] what is not known of the lens is part of the uncertainty of every layer", () => {
  const bench = createBench({ seed: 4 });
  const { setup, empty } = commissioned(bench);
  const { focal_px, centre_px, k1 } = setup.lens;
  const known = { focal_px, centre_px, k1, k2: 0 };
  const made = (uncertainty?: LensFile["uncertainty"]) => {
    const lens = uncertainty === undefined ? known : { ...known, uncertainty };
    const read = commission(empty, benchRig, digestOf(empty.data), 1_770_000_000_000, lens);
    if (!read.ok) throw new Error(read.error.what);
    return read.value;
  };
  const [without, sure, unsure] = [
    made(),
    made({ focal_px: 0, centre_px: 0, corner_px: 0 }),
    made({ focal_px: 12, centre_px: 9, corner_px: 3 }),
  ];
  expect(without.lensUncertainty_mm).toBeUndefined();
  expect(sure.uncertainty_mm).toBeCloseTo(without.uncertainty_mm, 12);
  // Three pixels of about 0.13 mm, and half of a plate's diagonal times 12 of some 2400.
  expect(unsure.lensUncertainty_mm).toBeGreaterThan(0.5);
  expect(unsure.lensUncertainty_mm).toBeLessThan(1);
  expect(unsure.uncertainty_mm).toBeCloseTo(Math.hypot(without.uncertainty_mm, unsure.lensUncertainty_mm!), 12);
  const frame = greenOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
  const seen = [without, unsure].map((each) => register(frame, each).evidence!.uncertainty_mm);
  expect(seen[1]).toBeCloseTo(Math.hypot(seen[0]!, unsure.lensUncertainty_mm!), 12);
});
