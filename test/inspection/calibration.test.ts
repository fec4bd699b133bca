/** Calibration and warp, on cameras whose truth is known. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { calibrate } from "../../src/inspection/calibrate.ts";
import { warp } from "../../src/inspection/grid.ts";
import { type Lens, lensOfMount, nudge, project } from "../../src/inspection/lens.ts";
import { register } from "../../src/inspection/registration.ts";
import { benchMount, cameraAt } from "../../src/simulators/camera/pinhole.ts";
import { benchRig, commissioned, createBench, greenOf, rigAt } from "./bench.ts";

const middle = { x: 75, y: 72, z: 6 };
const truth = (p: {
  turn: [number, number, number];
  shift: [number, number, number];
  focal: number;
  k1: number;
}): Lens => ({
  ...nudge(lensOfMount(benchRig.mount), p.turn, p.shift),
  focal_px: p.focal,
  k1: p.k1,
});
const small = (reach: number) => fc.tuple(...[0, 0, 0].map(() => fc.double({ min: -reach, max: reach, noNaN: true })));
const camera = fc
  .record({
    turn: small(0.08) as fc.Arbitrary<[number, number, number]>,
    shift: small(25) as fc.Arbitrary<[number, number, number]>,
    focal: fc.double({ min: 2100, max: 2700, noNaN: true }),
    k1: fc.double({ min: -0.1, max: 0.05, noNaN: true }),
  })
  .map(truth);

test("a calibration predicts every place on the plate to a tenth of a pixel [F58]", () => {
  fc.assert(
    fc.property(camera, (lens) => {
      const sightings = benchRig.fiducials.map(({ id, at }) => ({ id, at, seen: project(lens, at) }));
      const found = calibrate(sightings, { width: 1600, height: 1200 }, middle);
      if (!found.ok) throw new Error(found.error.what);
      for (const x of [20, 75, 130]) {
        for (const z of [0, 13]) {
          const [a, b] = [project(lens, { x, y: 70, z }), project(found.value.lens, { x, y: 70, z })];
          expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeLessThan(0.1);
        }
      }
      expect(found.value.uncertainty_mm).toBeLessThan(0.03);
    }),
    { numRuns: 40 },
  );
});

test("too few fiducials, or all in one plane, are refused in words [F58][L8]", () => {
  const lens = lensOfMount(benchRig.mount);
  const all = benchRig.fiducials.map(({ id, at }) => ({ id, at, seen: project(lens, at) }));
  const few = calibrate(all.slice(0, 7), { width: 1600, height: 1200 }, middle);
  expect(few.ok ? "" : few.error.what).toContain("only 7");
  const flat = [...all.slice(0, 5), ...all.slice(0, 5)];
  expect(calibrate(flat, { width: 1600, height: 1200 }, middle).ok).toBe(false);
});

test("the warp brings a picture of the plate back to millimetres, and is NaN beyond the frame [F58]", () => {
  const lens = lensOfMount(benchRig.mount);
  const [width, height] = [1600, 1200];
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) data[i] = (i % width) / 8;
  const grid = { x0_mm: 30, y0_mm: 30, step_mm: 1, width: 80, height: 60 };
  const seen = warp({ width, height, data }, lens, grid, 4);
  for (const [col, row] of [
    [0, 0],
    [79, 59],
    [40, 10],
  ] as const) {
    const at = project(lens, { x: 30 + col, y: 30 + row, z: 4 });
    expect(Math.abs(seen[row * 80 + col]! - at.x / 8)).toBeLessThan(0.6);
  }
  const beyond = warp({ width, height, data }, lens, { ...grid, x0_mm: 900 }, 4);
  expect(beyond.every(Number.isNaN)).toBe(true);
});

test("the warp looks where the lens says that a place is seen, with both terms of distortion [F58]", () => {
  const [width, height] = [1600, 1200];
  // Brightness tells the place to a pixel, across and down, over and over again every 200.
  const ramps = [0, 1].map((axis) => {
    const data = new Uint8Array(width * height);
    for (let i = 0; i < data.length; i++) data[i] = (axis === 0 ? i % width : Math.floor(i / width)) % 200;
    return { width, height, data };
  });
  // So fine that one sample a cell is taken.
  const grid = { x0_mm: 0, y0_mm: 0, step_mm: 0.25, width: 600, height: 576 };
  const agrees = (seen: number, at: number): boolean => {
    const due = at % 200;
    return Number.isNaN(seen) || due < 1 || due > 198 || Math.abs(seen - due) < 0.01;
  };
  fc.assert(
    fc.property(camera, fc.double({ min: -0.3, max: 0.3, noNaN: true }), (plain, k2) => {
      const lens: Lens = { ...plain, k2 };
      const [across, down] = ramps.map((picture) => warp(picture, lens, grid, 5));
      for (let row = 0; row < grid.height; row += 82) {
        for (let col = 0; col < grid.width; col += 82) {
          const at = project(lens, { x: col / 4, y: row / 4, z: 5 });
          const cell = row * grid.width + col;
          expect([agrees(across![cell]!, at.x), agrees(down![cell]!, at.y)]).toEqual([true, true]);
        }
      }
    }),
    { numRuns: 30 },
  );
});

test("a camera of 20 megapixels is commissioned, and its pictures are registered: its pixels are finer than its lens [F58]", async () => {
  const width = 5160;
  const bench = createBench({ camera: cameraAt(benchMount, width, (width * 3) / 4), seed: 3 });
  const look = () => greenOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
  const { setup } = commissioned(bench, rigAt(width));
  // What counts is the place on the plate.
  expect(setup.uncertainty_mm).toBeLessThan(0.1);
  expect(register(look(), setup)).toMatchObject({ ok: true });
}, 120_000);
