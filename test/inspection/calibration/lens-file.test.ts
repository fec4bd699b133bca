/** What a lens file may say, and how far what it does not know goes along into every layer. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LensFile, readLensFile } from "../../../src/inspection/calibration/lens-file.ts";
import { radialAt } from "../../../src/inspection/lens.ts";

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
