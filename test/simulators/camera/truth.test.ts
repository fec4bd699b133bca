/** Ground truth: heights, places and owners of pixels agree with the beads they came from. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { benchMount, cameraAt, project } from "../../../src/simulators/camera/pinhole.ts";
import { beadList, type Scene } from "../../../src/simulators/camera/scene.ts";
import { truthOf } from "../../../src/simulators/camera/truth.ts";

const camera = cameraAt(benchMount, 400, 300);
const scene = (beads: number[][]): Scene => ({ epoch: 1, beads: beadList(beads), objects: [], head: null });

test("a bead is found at its own height by the ray through its ridge, whatever its direction and rise", () => {
  const place = fc.double({ min: 30, max: 120, noNaN: true });
  const top = fc.double({ min: 1, max: 15, noNaN: true });
  fc.assert(
    fc.property(place, place, top, place, place, top, (x0, y0, z0, x1, y1, z1) => {
      fc.pre(Math.hypot(x1 - x0, y1 - y0) > 3 * Math.abs(z1 - z0));
      const truth = truthOf(camera, scene([[x0, y0, z0, x1, y1, z1, 3, 1]]));
      const [x, y, z] = [(x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2];
      const [u, v] = project(camera, x, y, z);
      const pixel = Math.round(v) * camera.width + Math.round(u);
      expect(truth.bead[pixel]).toBe(0);
      // A pixel is half a millimetre here, and the ridge is round.
      expect(Math.abs(truth.height[pixel]! - z)).toBeLessThan(0.35);
      expect(Math.hypot(truth.x[pixel]! - x, truth.y[pixel]! - y)).toBeLessThan(0.9);
    }),
    { numRuns: 25 },
  );
});

test("the bead on top owns the pixel, and a pixel that shows no bead belongs to none", () => {
  const low = [40, 70, 0.4, 110, 70, 0.4, 3, 0.4];
  const high = [75, 40, 0.8, 75, 100, 0.8, 3, 0.4];
  const truth = truthOf(camera, scene([high, low]));
  const owner = (x: number, y: number, z: number) => {
    const [u, v] = project(camera, x, y, z);
    return truth.bead[Math.round(v) * camera.width + Math.round(u)];
  };
  expect(owner(75, 70, 0.8)).toBe(0);
  expect(owner(50, 70, 0.4)).toBe(1);
  expect(owner(50, 90, 0)).toBe(-1);
});

test("the bed is at height zero and the posts are 20 mm tall", () => {
  const truth = truthOf(camera, scene([]));
  const seen = (x: number, y: number, z: number) => {
    const [u, v] = project(camera, x, y, z);
    return truth.height[Math.round(v) * camera.width + Math.round(u)];
  };
  expect(seen(75, 75, 0)).toBe(0);
  expect(seen(-10, 40, 20)).toBe(20);
  expect(seen(160, 110, 20)).toBe(20);
});
