/** The plate laid on the bed tells where the camera stands, and whether set-up and fiducials say the same. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare } from "../../../src/inspection/calibration/agree.ts";
import { type BedPose, type Laid, onBed, placeOf, poseOnBed } from "../../../src/inspection/calibration/bed-pose.ts";
import { cornersOf, layPlate } from "../../../src/inspection/calibration/plate.ts";
import { ringCentre } from "../../../src/inspection/fiducials.ts";
import { type Lens, lensOfMount, nudge, project } from "../../../src/inspection/lens.ts";
import { benchRig } from "../bench.ts";

const layout = (() => {
  const laid = layPlate(148, 210);
  if (!laid.ok) throw new Error(laid.error);
  return laid.value;
})();
const known = { focal_px: 2400, centre_px: { x: 812, y: 590 }, k1: -0.12, k2: 0.05 };
const truth: Lens = { ...nudge(lensOfMount(benchRig.mount), [0.02, -0.03, 0.01], [4, -6, 9]), ...known };
const laid: Laid = { x_mm: 5, y_mm: -30, turn: 0, z_mm: 0.3, within_mm: 0.2 };
const plate = { x0_mm: 0, y0_mm: 0, x1_mm: 150, y1_mm: 145 };

/** By how much a pose puts places of the bed elsewhere than the camera that took the picture, at most. */
const disagreement = (pose: BedPose, lens: Lens, ground: typeof plate) => compare(pose, lens, 0, ground)!.off_mm;

/** What an ideal detector sees of the sheet. */
const seenBy = (lens: Lens, how: Laid, wobble = () => 0) => ({
  name: "ideal",
  pairs: layout.tags
    .flatMap((_, id) => cornersOf(layout, id))
    .map((at) => {
      const { x, y } = project(lens, onBed(at, layout, how));
      return { at, seen: { x: x + wobble(), y: y + wobble() } };
    }),
});

describe("[F58] a sheet on the bed", () => {
  it("lies with its lower left corner where it was laid, turned about it", () => {
    const [corner, along] = [
      { x: -74, y: -105 },
      { x: 74, y: -105 },
    ];
    const at = (turn: Laid["turn"]) => [corner, along].map((p) => onBed(p, layout, { ...laid, turn }));
    expect(at(0)).toEqual([
      { x: 5, y: -30, z: 0.3 },
      { x: 153, y: -30, z: 0.3 },
    ]);
    expect(at(90)[1]).toEqual({ x: 5, y: 118, z: 0.3 });
    expect(at(180)[1]).toEqual({ x: -143, y: -30, z: 0.3 });
    expect(at(270)[1]).toEqual({ x: 5, y: -178, z: 0.3 });
    expect(at(90)[0]).toMatchObject({ x: 5, y: -30 });
  });

  it("tells the camera's place, however it is turned and whichever way the camera looks", () => {
    const turned = fc.constantFrom<Laid["turn"]>(0, 90, 180, 270);
    const small = fc.double({ min: -0.08, max: 0.08, noNaN: true });
    fc.assert(
      fc.property(turned, small, small, small, (turn, a, b, c) => {
        const lens = { ...nudge(truth, [a, b, c], [0, 0, 0]), ...known };
        const place = { 0: [5, -30], 90: [160, 0], 180: [150, 170], 270: [-20, 140] }[turn] as [number, number];
        const how = { ...laid, turn, x_mm: place[0], y_mm: place[1] };
        const pose = poseOnBed(seenBy(lens, how), layout, how, known);
        if (!pose.ok) throw new Error(pose.error);
        expect(disagreement(pose.value, lens, plate)).toBeLessThan(1e-3);
      }),
      { numRuns: 40 },
    );
  });

  it("says how well: the true place lies within what is said in nearly all of many noisy pictures", () => {
    let state = 77;
    const wobble = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state / 2 ** 32 - 0.5) * 0.6;
    };
    let within = 0;
    for (let n = 0; n < 60; n++) {
      const pose = poseOnBed(seenBy(truth, laid, wobble), layout, { ...laid, within_mm: 1e-6 }, known);
      if (!pose.ok) throw new Error(pose.error);
      const middle = { x0_mm: 75, x1_mm: 80, y0_mm: 70, y1_mm: 75 };
      if (disagreement(pose.value, truth, middle) <= pose.value.uncertainty_mm) within++;
      expect(pose.value.uncertainty_mm).toBeLessThan(0.05);
    }
    expect(within).toBeGreaterThanOrEqual(55);
  });

  it("that lies otherwise than was said is found out by whoever knows better", () => {
    const pose = poseOnBed(seenBy(truth, { ...laid, x_mm: 7 }), layout, laid, known);
    const off = pose.ok ? disagreement(pose.value, truth, plate) : 0;
    // Two millimetres; a little more where the bed is seen slantwise.
    expect(off).toBeGreaterThan(1.8);
    expect(off).toBeLessThan(3.5);
  });

  it("[L8] is refused where too little of it is seen, where it is bent, and through another lens", () => {
    const whole = seenBy(truth, laid);
    const few = { ...whole, pairs: whole.pairs.slice(0, 12) };
    expect(poseOnBed(few, layout, laid, known)).toMatchObject({ error: expect.stringContaining("only 3 of") });
    const bent = whole.pairs.map(({ at, seen }) => ({ at, seen: { ...seen, y: seen.y + (at.x / 25) ** 2 } }));
    const flat = expect.stringContaining("not flat");
    expect(poseOnBed({ ...whole, pairs: bent }, layout, laid, known)).toMatchObject({ error: flat });
    const other = { ...known, k1: 0.3 };
    expect(poseOnBed(whole, layout, laid, other)).toMatchObject({ error: flat });
  });

  it("is told of paper that is flat to a tenth of a millimetre, in however many pixels the camera sees it", () => {
    const by = 3.4;
    const centre_px = { x: known.centre_px.x * by, y: known.centre_px.y * by };
    const fine = { ...known, focal_px: known.focal_px * by, centre_px };
    const camera: Lens = { ...truth, ...fine };
    const wavy = (high_mm: number) => {
      const { name, pairs } = seenBy(camera, laid);
      const wave = (at: { x: number }) => high_mm * Math.sin(at.x / 15);
      const seen = ({ at }: (typeof pairs)[number]) => {
        const p = onBed(at, layout, laid);
        return { at, seen: project(camera, { ...p, x: p.x + wave(at), y: p.y + wave(at) }) };
      };
      return poseOnBed({ name, pairs: pairs.map(seen) }, layout, laid, fine);
    };
    const good = wavy(0.07);
    if (!good.ok) throw new Error(good.error);
    expect(good.value.reprojection_px).toBeGreaterThan(1);
    expect(disagreement(good.value, camera, plate)).toBeLessThan(0.2);
    expect(wavy(0.4)).toMatchObject({ error: expect.stringContaining("not flat") });
  });

  it("tells where a ring really stands that the rig file has elsewhere", () => {
    const [fiducial] = benchRig.fiducials;
    const moved = { ...fiducial!, at: { ...fiducial!.at, x: fiducial!.at.x + 1.7, y: fiducial!.at.y - 0.9 } };
    const seen = ringCentre(truth, moved.at, benchRig.fiducialRadius_mm);
    const place = placeOf(fiducial!, seen, benchRig.fiducialRadius_mm, truth)!;
    expect(place.x).toBeCloseTo(moved.at.x, 3);
    expect(place.y).toBeCloseTo(moved.at.y, 3);
    expect(place.z).toBe(fiducial!.at.z);
  });
});

describe("[F58] what the set-up says otherwise", () => {
  const sheetOf = (change: { x?: number; y?: number; turn?: number; scale?: number }) => {
    const [angle, by] = [((change.turn ?? 0) * Math.PI) / 180, change.scale ?? 1];
    const pairs = layout.tags
      .flatMap((_, id) => cornersOf(layout, id))
      .map((at) => {
        const p = onBed(at, layout, laid);
        const [u, v] = [(p.x - 75) * by, (p.y - 72.5) * by];
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        const there = { x: 75 + c * u - s * v + (change.x ?? 0), y: 72.5 + s * u + c * v + (change.y ?? 0), z: p.z };
        return { at, seen: project(truth, there) };
      });
    const pose = poseOnBed({ name: "lying", pairs }, layout, laid, known);
    if (!pose.ok) throw new Error(pose.error);
    return compare(pose.value, truth, 0.1, plate)!;
  };
  const sign = fc.constantFrom(-1, 1);

  it("is named for what it is: the sheet's place, its turn, or its size, with how much of each", () => {
    const amount = fc.double({ min: 1, max: 4, noNaN: true });
    fc.assert(
      fc.property(amount, sign, sign, (much, one, other) => {
        const place = sheetOf({ x: one * much, y: other * 0.5 });
        expect(place).toMatchObject({ agrees: false, wrong: ["place"] });
        expect(place.moved.x_mm).toBeCloseTo(one * much, 1);
        expect(place.moved.y_mm).toBeCloseTo(other * 0.5, 1);
        const turn = sheetOf({ turn: one * much });
        expect(turn).toMatchObject({ agrees: false, wrong: ["turn"] });
        expect(turn.moved.turn_deg).toBeCloseTo(one * much, 1);
        const size = sheetOf({ scale: 1 + 0.01 * one * much });
        expect(size).toMatchObject({ agrees: false, wrong: ["size"] });
        expect(size.moved.scale).toBeCloseTo(1 + 0.01 * one * much, 2);
      }),
      { numRuns: 20 },
    );
  });

  it("is no disagreement where it is less than both know, and all of it is named where several things are wrong", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.12, noNaN: true }), sign, (much, one) => {
        expect(sheetOf({ x: one * much, y: much })).toMatchObject({ agrees: true, wrong: [] });
      }),
      { numRuns: 20 },
    );
    expect(sheetOf({ x: 2, turn: 1.5, scale: 1.02 }).wrong).toEqual(["place", "turn", "size"]);
  });

  it("is nothing where the set-up's camera does not see that ground", () => {
    const pose = poseOnBed(seenBy(truth, laid), layout, laid, known);
    const behind = truth.rotation.map((v, k) => (k >= 6 ? -v : v));
    const [x, y, z] = truth.translation;
    const away: Lens = { ...truth, rotation: behind, translation: [x, y, -z] };
    expect(pose.ok && compare(pose.value, away, 0.1, plate)).toBeNull();
  });
});
