/** The camera's faults: read strictly, and each bends the picture the way its name says. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDevice } from "../../../src/simulators/camera/device.ts";
import { type CameraFault, disturbanceOf, faultNames, readFault } from "../../../src/simulators/camera/faults.ts";
import { benchMount, cameraAt, project } from "../../../src/simulators/camera/pinhole.ts";
import { createRenderer } from "../../../src/simulators/camera/renderer.ts";
import { beadList, type Scene } from "../../../src/simulators/camera/scene.ts";
import { brightCentre, difference, mean, patch, sharpness } from "./statistics.ts";

const camera = cameraAt(benchMount, 800, 600);
const strands = Array.from({ length: 60 }, (_, i) => [50, 60 + 0.4 * i, 0.2, 100, 60 + 0.4 * i, 0.2, 0.45, 0.2]);
const scene: Scene = { epoch: 1, beads: beadList(strands), objects: [], head: { x: 30, y: 140, z: 2.2 } };

describe("reading", () => {
  test("every name has defaults", () => {
    for (const name of faultNames) expect(readFault({ name })).toMatchObject({ ok: true, value: { name } });
  });

  test("anything else is refused in words, never taken or thrown", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const name = typeof body === "object" && body !== null && "name" in body ? body["name"] : null;
        fc.pre(!faultNames.some((known) => known === name));
        expect(readFault(body).ok).toBe(false);
      }),
    );
    expect(readFault({ name: "dim", gain: "low" }).ok).toBe(false);
    expect(readFault({ name: "dim", gain: -1 }).ok).toBe(false);
    expect(readFault({ name: "defocus", radius: 1e9 }).ok).toBe(false);
    expect(readFault({ name: "occluded", x: 3 }).ok).toBe(false);
  });
});

describe("pictures", () => {
  const renderer = createRenderer({ camera, seed: 2 });
  const healthy = renderer.render(scene);
  const under = (...given: Record<string, unknown>[]) => {
    const faults = given.map((body) => {
      const fault = readFault(body);
      if (!fault.ok) throw new Error(fault.error);
      return fault.value;
    });
    return renderer.render(scene, disturbanceOf(faults));
  };
  const middle = project(camera, 75, 72, 0.2);

  test("blind is dark and shows nothing", () => {
    const frame = under({ name: "blind" });
    expect(mean(frame)).toBeLessThan(12);
    expect(Math.abs(patch(frame, ...middle, 5) - patch(frame, 100, 300, 5))).toBeLessThan(2);
  });

  test("dim lowers and a wrong exposure raises the level", () => {
    const ratio = patch(under({ name: "dim", gain: 0.5 }), ...middle, 5) / patch(healthy, ...middle, 5);
    expect(ratio).toBeCloseTo(0.5 ** (1 / 2.2), 1);
    expect(mean(under({ name: "wrong-exposure", factor: 3 }))).toBeGreaterThan(1.4 * mean(healthy));
  });

  test("defocus softens edges and keeps the level", () => {
    const frame = under({ name: "defocus", radius: 8 });
    expect(sharpness(frame)).toBeLessThan(0.8 * sharpness(healthy));
    expect(Math.abs(patch(frame, ...middle, 5) - patch(healthy, ...middle, 5))).toBeLessThan(12);
  });

  test("an occluder hides its own place and no other", () => {
    const frame = under({ name: "occluded", x: middle[0] / 800, y: middle[1] / 600, r: 0.05 });
    expect(patch(frame, ...middle, 5)).toBeLessThan(0.3 * patch(healthy, ...middle, 5));
    expect(Math.abs(patch(frame, 100, 300, 5) - patch(healthy, 100, 300, 5))).toBeLessThan(3);
    const small = difference(under({ name: "occluded", fraction: 0.01 }), healthy);
    expect(small).toBeLessThan(difference(under({ name: "occluded", fraction: 0.1 }), healthy));
  });

  test("a lamp gradient darkens one side, glare brightens a spot", () => {
    const tilted = under({ name: "lamp-gradient", amount: 0.3 });
    const share = (x: number) => patch(tilted, x, 300, 20) / patch(healthy, x, 300, 20);
    expect(share(720)).toBeLessThan(share(80) - 0.08);
    const shiny = under({ name: "glare" });
    expect(patch(shiny, 368, 312, 5)).toBeGreaterThan(245);
    expect(patch(shiny, 20, 590, 5)).toBeLessThan(patch(healthy, 20, 590, 5) + 8);
  });

  test("rolling noise makes rows differ and moves from frame to frame", () => {
    const [a, b] = [under({ name: "rolling-noise" }), under({ name: "rolling-noise" })];
    expect(difference(a, b)).toBeGreaterThan(2 * difference(healthy, renderer.render(scene)));
  });
});

describe("the device", () => {
  const set = (device: ReturnType<typeof createDevice>, body: unknown) => {
    const fault = readFault(body);
    if (fault.ok) device.fault(fault.value satisfies CameraFault);
  };

  test("frozen gives the very same frame whatever happens before it; with fresh noise it still shows the old scene", () => {
    const device = createDevice({ camera });
    const first = device.take(scene);
    const later: Scene = { ...scene, head: { x: 90, y: 140, z: 2.4 } };
    set(device, { name: "frozen" });
    expect(device.take(later)).toEqual({ frame: first.frame, repeated: true });
    set(device, { name: "frozen", fresh: true });
    const noisy = device.take(later);
    expect(noisy.repeated).toBe(false);
    expect(Buffer.compare(noisy.frame.rgb, first.frame.rgb)).not.toBe(0);
    expect(difference(noisy.frame, first.frame)).toBeLessThan(4);
    device.clear();
    expect(difference(device.take(later).frame, first.frame)).toBeGreaterThan(difference(noisy.frame, first.frame));
  });

  test("moved shifts every fiducial, and clearing it puts them back", () => {
    const device = createDevice({ camera });
    const [u, v] = project(camera, 75, -8, 0);
    const spot = () => brightCentre(device.take(scene).frame, u, v, 6, 130);
    const before = spot();
    set(device, { name: "moved", mm: 0.3, deg: 0.05 });
    const moved = spot();
    expect(Math.hypot(moved[0] - before[0], moved[1] - before[1])).toBeGreaterThan(0.5);
    device.clear("moved");
    const after = spot();
    expect(Math.hypot(after[0] - before[0], after[1] - before[1])).toBeLessThan(0.2);
    expect(device.faults()).toEqual([]);
  });
});
