/** The simulated lens: projection, its inverse, knocks, and that pictures show fiducials where the model says. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { fiducials } from "../../../src/simulators/camera/bench.ts";
import {
  benchMount,
  cameraAt,
  centreOf,
  knocked,
  project,
  raysOf,
  unproject,
} from "../../../src/simulators/camera/pinhole.ts";
import { createRenderer } from "../../../src/simulators/camera/renderer.ts";
import { noBeads } from "../../../src/simulators/camera/scene.ts";
import { cameraMatrix } from "../../../src/simulators/camera/truth.ts";
import { brightCentre } from "./statistics.ts";

const camera = cameraAt(benchMount, 1600, 1200);
const place = { x: fc.double({ min: -15, max: 165, noNaN: true }), y: fc.double({ min: -15, max: 165, noNaN: true }) };
const height = fc.double({ min: 0, max: 40, noNaN: true });

test("a point comes back from its pixel and its height", () => {
  fc.assert(
    fc.property(place.x, place.y, height, (x, y, z) => {
      const [u, v] = project(camera, x, y, z);
      const [backX, backY] = unproject(camera, u, v, z);
      expect(Math.hypot(backX - x, backY - y)).toBeLessThan(1e-6);
    }),
  );
});

test("what is higher is seen farther back and larger: true parallax", () => {
  fc.assert(
    fc.property(place.x, place.y, fc.double({ min: 0.2, max: 40, noNaN: true }), (x, y, z) => {
      expect(project(camera, x, y, z)[1]).toBeLessThan(project(camera, x, y, 0)[1]);
      const spread = (h: number) => project(camera, x + 1, y, h)[0] - project(camera, x, y, h)[0];
      expect(spread(z)).toBeGreaterThan(spread(0) * 0.999);
    }),
  );
});

test("the rotation is orthonormal, and the camera matrix and distortion together project as the model does", () => {
  const { R, k1, cx, cy, fx, fy } = camera;
  const dot = (a: number, b: number) => [0, 1, 2].reduce((sum, i) => sum + R[3 * a + i]! * R[3 * b + i]!, 0);
  for (const [a, b, want] of [
    [0, 0, 1],
    [1, 1, 1],
    [2, 2, 1],
    [0, 1, 0],
    [0, 2, 0],
    [1, 2, 0],
  ] as const) {
    expect(dot(a, b)).toBeCloseTo(want, 12);
  }
  const P = cameraMatrix(camera);
  const row = (r: number) => P[4 * r]! * 30 + P[4 * r + 1]! * 100 + P[4 * r + 2]! * 7 + P[4 * r + 3]!;
  const [x, y] = [(row(0) / row(2) - cx) / fx, (row(1) / row(2) - cy) / fy];
  const d = 1 + k1 * (x * x + y * y);
  const [u, v] = project(camera, 30, 100, 7);
  expect(u).toBeCloseTo(fx * x * d + cx, 6);
  expect(v).toBeCloseTo(fy * y * d + cy, 6);
});

test("a knock moves the pinhole by what it says and turns the view by what it says", () => {
  const moved = knocked(camera, [1.6, 0.72, -0.96], 0.5);
  const [a, b] = [centreOf(camera), centreOf(moved)];
  expect(Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2])).toBeCloseTo(2, 1);
  const trace = [0, 1, 2].reduce(
    (sum, i) => sum + [0, 1, 2].reduce((s, j) => s + moved.R[3 * i + j]! * camera.R[3 * i + j]!, 0),
    0,
  );
  expect((Math.acos((trace - 1) / 2) * 180) / Math.PI).toBeCloseTo(0.5, 6);
});

test("the table of rays agrees with the inverse projection at every corner", () => {
  const small = cameraAt(benchMount, 320, 240);
  const rays = raysOf(small);
  for (const [u, v] of [
    [0, 0],
    [319, 0],
    [0, 239],
    [319, 239],
    [160, 120],
  ] as const) {
    const [x, y] = unproject(small, u, v, 5);
    const pixel = v * 320 + u;
    expect(rays.centre[0] + (rays.centre[2] - 5) * rays.rx[pixel]!).toBeCloseTo(x, 3);
    expect(rays.centre[1] + (rays.centre[2] - 5) * rays.ry[pixel]!).toBeCloseTo(y, 3);
  }
});

test("every fiducial stands in the picture where the pinhole model puts it, to a third of a pixel", () => {
  const renderer = createRenderer({ camera });
  const frame = renderer.render({ epoch: 1, beads: noBeads(), objects: [], head: null });
  for (const [x, y, z] of fiducials) {
    const [u, v] = project(camera, x, y, z);
    const half = Math.round((2.6 * camera.fx) / 400);
    const [seenU, seenV] = brightCentre(frame, u, v, half, 130);
    expect(Math.hypot(seenU - u, seenV - v), `fiducial ${x},${y},${z}`).toBeLessThan(0.33);
  }
});
