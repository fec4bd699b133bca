/** The picture gate, registration and sequence mark, on every camera fault of the simulated bench. */
import { expect, test } from "vitest";
import { gate } from "../../src/inspection/gate.ts";
import { readMarker, staleMark } from "../../src/inspection/marker.ts";
import type { Picture } from "../../src/inspection/picture.ts";
import { register } from "../../src/inspection/registration.ts";
import { readSetup } from "../../src/inspection/setup.ts";
import { type CameraFault, disturbanceOf } from "../../src/simulators/camera/faults.ts";
import { benchMount, cameraAt, knocked } from "../../src/simulators/camera/pinhole.ts";
import { parkSlot } from "../../src/toolpath/capture.ts";
import { commissioned, createBench, greenOf } from "./bench.ts";

const bench = createBench({ seed: 11 });
const { setup, empty } = commissioned(bench);
const plan = { layer: 3, top_mm: 0.6 };
const shoot = (...faults: CameraFault[]): Picture =>
  greenOf(bench.shoot({ plan, beads: [], disturbance: disturbanceOf(faults) }));
const healthy = shoot();

/** Why the picture is no evidence, or null. */
function refusal(picture: Picture, before: Picture | null = empty): string | null {
  const checked = gate(picture, setup, before);
  if (checked.grade !== "good") return checked.reasons.join("; ");
  const placed = register(picture, setup);
  return placed.ok ? null : placed.reason;
}

test("a healthy picture is good, lies within a tenth of a millimetre and shows its slot [F55][F58]", () => {
  expect(refusal(healthy)).toBeNull();
  const placed = register(healthy, setup);
  if (!placed.ok) throw new Error(placed.reason);
  expect(placed.evidence.moved_mm).toBeLessThan(0.05);
  expect(placed.evidence.uncertainty_mm).toBeLessThan(0.1);
  const reading = readMarker(healthy, placed.lens, setup, plan.top_mm);
  expect(staleMark(reading, "A1", 3, setup)).toBeNull();
  expect(staleMark(reading, "A1", 4, setup)).toContain(`slot ${parkSlot(8, "A1", 3)}`);
  expect(staleMark(reading, "A2", 3, setup)).toContain("another attempt");
});

test.each([
  [{ name: "blind" }, /dark|never changes/],
  [{ name: "dim", gain: 0.5 }, /too dark/],
  [{ name: "dim", gain: 0.7 }, /too dark/],
  [{ name: "wrong-exposure", factor: 3 }, /too bright|nothing/],
  [{ name: "defocus", radius: 5 }, /out of focus/],
  [{ name: "defocus", radius: 2 }, /out of focus/],
  [{ name: "lamp-gradient", amount: 0.3 }, /one part of the picture/],
  [{ name: "rolling-noise", amount: 0.03 }, /\w/],
  [{ name: "occluded", x: 0.12, y: 0.9, r: 0.09 }, /\w/],
] as const)("%o never counts as seen [F55][L3]", (fault, words) => {
  expect(refusal(shoot(fault)) ?? "").toMatch(words);
});

test("a frozen picture is recognised by its noise, even if it were encoded anew [F55][L3]", () => {
  expect(refusal(healthy, healthy)).toContain("frozen");
});

test("a camera moved by 2 mm or turned by half a degree is refused [F55][L3]", () => {
  for (const [mm, deg] of [
    [2, 0],
    [0, 0.5],
  ] as const) {
    const camera = knocked(cameraAt(benchMount, 1600, 1200), [0.8 * mm, 0.36 * mm, -0.48 * mm], deg);
    const moved = greenOf(createBench({ camera, seed: 12 }).shoot({ plan, beads: [] }));
    expect(refusal(moved) ?? "").toMatch(/moved|fiducial|never changes/);
  }
});

test("a picture of another size is refused, and a set-up file survives its own JSON [F55]", () => {
  expect(refusal({ width: 8, height: 8, data: new Uint8Array(64) })).toContain("8 x 8");
  expect(readSetup(JSON.parse(JSON.stringify(setup)))).toEqual({ ok: true, value: setup });
  expect(readSetup({ ...setup, extra: 1 }).ok).toBe(false);
});
