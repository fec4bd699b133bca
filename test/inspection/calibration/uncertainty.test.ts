/** What a lens file leaves open stands in every uncertainty that follows from it. */
import { describe, expect, it } from "vitest";
import { calibrate } from "../../../src/inspection/calibrate.ts";
import { fitLens } from "../../../src/inspection/calibration/fit-lens.ts";
import { covarianceOf, type LensFile } from "../../../src/inspection/calibration/lens-file.ts";
import { lensSpread_px } from "../../../src/inspection/calibration/spread.ts";
import { commission } from "../../../src/inspection/commission.ts";
import { type Lens, project, rotationOf } from "../../../src/inspection/lens.ts";
import { register } from "../../../src/inspection/registration.ts";
import { readSetup } from "../../../src/inspection/setup.ts";
import { digestOf } from "../../../src/kernel/hash.ts";
import { benchRig, commissioned, createBench, greenOf } from "../bench.ts";
import { truth, viewsOf } from "./views.ts";

const tilts = [30, -28, 25, -32, 20, 35];

/** A lens file as it would be written of the bench's true lens (2400 px, k1 -0.07), known so badly. */
const ofBench = (share: number, change = {}): LensFile => ({
  ...{ format: "cellward-lens-1", width_px: 1600, height_px: 1200, focal_px: 2400, k1: -0.07, k2: 0 },
  ...{ centre_px: { x: 799.5, y: 599.5 }, reprojection_px: 0.1, pictures: 10, madeAt: 1 },
  uncertainty: { focal_px: 10 * share, centre_px: 4 * share, corner_px: 3 * share },
  ...change,
});

it("[F58][L8] a lens that would fold within the picture is not taken from pictures that never show the corners", () => {
  const strong = { ...truth, width: 1400, height: 1050, cx: 700, cy: 525, k1: -0.35, k2: 0.02 };
  const fit = fitLens(viewsOf(4, tilts, 0.05, strong), strong);
  expect(fit).toMatchObject({ ok: false, error: expect.stringMatching(/folds the picture.*into the corners/) });
});

describe("what a lens file leaves open", () => {
  it("[F58] holds: places on the plate lie within what is said of the lens in about 95 of 100 runs", () => {
    const { k1, k2 } = truth;
    const lens: Lens = {
      ...{ rotation: rotationOf([2.6, 0.05, 0.02]), translation: [-60, 40, 380] },
      ...{ focal_px: truth.focal_px, centre_px: { x: truth.cx, y: truth.cy }, k1, k2 },
    };
    const at = benchRig.fiducials.map(({ at }) => ({ ...at, x: at.x - 15, y: at.y - 75 }));
    const sightings = at.map((place, k) => ({ id: `${k}`, at: place, seen: project(lens, place) }));
    let [within, all, ratio] = [0, 0, 0];
    for (let seed = 0; seed < 60; seed++) {
      const fit = fitLens(viewsOf(seed, tilts, 0.3), truth);
      if (!fit.ok) throw new Error(fit.error);
      const found = calibrate(sightings, truth, at[0]!, undefined, fit.value.intrinsics);
      if (!found.ok) throw new Error(found.error.what);
      const spread = lensSpread_px(found.value.lens, at, fit.value.covariance);
      for (const place of [
        { x: 0, y: -50, z: 0 },
        { x: 110, y: 40, z: 20 },
        { x: 60, y: 0, z: 40 },
      ]) {
        const [a, b] = [project(lens, place), project(found.value.lens, place)];
        const off = Math.hypot(a.x - b.x, a.y - b.y);
        all++;
        ratio += (off / spread(place)) ** 2;
        if (off <= 2 * spread(place)) within++;
      }
    }
    expect(within / all).toBeGreaterThan(0.88);
    // Neither more is said than is so, nor much less.
    expect(Math.sqrt(ratio / all)).toBeGreaterThan(0.6);
    expect(Math.sqrt(ratio / all)).toBeLessThan(1.3);
  });

  it("[F58] of a file of before is what each number was known to on its own", () => {
    const covariance = covarianceOf(ofBench(1));
    expect(covariance[0]![0]).toBe(25);
    expect(covariance[1]![1]).toBe(4);
    const corner = 2400 * (1000 / 2400) ** 3 * Math.sqrt(covariance[3]![3]!);
    expect(corner).toBeCloseTo(1.5, 6);
    expect(covarianceOf(ofBench(1, { covariance: [[1]] }))).toEqual([[1]]);
  });

  it("[F58] stands in the set-up and in each frame's uncertainty; a set-up without it reads and counts as before", () => {
    const bench = createBench({ seed: 11 });
    const { setup: without, empty } = commissioned(bench);
    const picture = greenOf(bench.shoot({ plan: { layer: 1, top_mm: 0.2 }, beads: [] }));
    const before = register(picture, without);
    const digest = digestOf(empty.data);
    const [well, badly] = [1, 5].map((share) => {
      const setup = commission(empty, benchRig, digest, 1_770_000_000_000, ofBench(share));
      if (!setup.ok) throw new Error(setup.error.what);
      expect(readSetup(JSON.parse(JSON.stringify(setup.value)))).toEqual(setup);
      const placed = register(picture, setup.value);
      const fit = 2 * placed.evidence!.residual_px * placed.evidence!.scale_mm_per_px;
      const share_mm = setup.value.lensUncertainty_mm!;
      expect(placed.evidence!.uncertainty_mm).toBeCloseTo(Math.hypot(fit, share_mm), 9);
      expect(setup.value.uncertainty_mm).toBeGreaterThan(share_mm);
      return share_mm;
    });
    expect(badly! / well!).toBeCloseTo(5, 1);
    expect(readSetup(JSON.parse(JSON.stringify(without)))).toMatchObject({ ok: true });
    expect("lensUncertainty_mm" in without).toBe(false);
    const { residual_px, scale_mm_per_px, uncertainty_mm } = before.evidence!;
    expect(uncertainty_mm).toBe(2 * residual_px * scale_mm_per_px);
  });
});
