/** The renderer: repeatable under a seed, fresh noise, incremental drawing, beads and toolhead where they are. */
import { expect, test } from "vitest";
import { filaments } from "../../../src/simulators/camera/look.ts";
import { benchMount, cameraAt, project } from "../../../src/simulators/camera/pinhole.ts";
import { createRenderer } from "../../../src/simulators/camera/renderer.ts";
import { beadList, noBeads, type Scene } from "../../../src/simulators/camera/scene.ts";
import { markerAt } from "../../../src/simulators/camera/toolhead.ts";
import { guideLayers } from "./guide.ts";
import { difference, mean, patch } from "./statistics.ts";

const camera = cameraAt(benchMount, 480, 360);
const bare: Scene = { epoch: 1, beads: noBeads(), objects: [], head: null };
const slab = (z: number) =>
  Array.from({ length: 40 }, (_, i) => [50, 60 + 0.4 * i, z, 100, 60 + 0.4 * i, z, 0.45, 0.2]);
const withSlab: Scene = { ...bare, beads: beadList(slab(0.2)) };

test("the same seed gives the same bytes, another seed other noise, and no two frames of one camera are alike", () => {
  const [a, b, c] = [7, 7, 8].map((seed) => createRenderer({ camera, seed }));
  const first = a!.render(withSlab);
  expect(Buffer.compare(first.rgb, b!.render(withSlab).rgb)).toBe(0);
  expect(difference(first, c!.render(withSlab))).toBeGreaterThan(0.3);
  const second = a!.render(withSlab);
  expect(Buffer.compare(first.rgb, second.rgb)).not.toBe(0);
  expect(difference(first, second)).toBeLessThan(4);
});

test("layers drawn one by one look like the same layers drawn at once", () => {
  const layers = guideLayers().slice(0, 9);
  const step = createRenderer({ camera, seed: 3 });
  for (let n = 1; n < layers.length; n++) step.render({ ...bare, beads: beadList(layers.slice(0, n).flat()) });
  const whole = createRenderer({ camera, seed: 3 });
  for (let n = 1; n < layers.length; n++) whole.render(bare);
  const scene = { ...bare, beads: beadList(layers.flat()) };
  expect(difference(step.render(scene), whole.render({ ...scene, epoch: 2 }))).toBeLessThan(0.02);
});

test("a cleared plate is bare again", () => {
  const renderer = createRenderer({ camera });
  const before = renderer.render(bare);
  const full = renderer.render({ ...withSlab, epoch: 2 });
  const after = renderer.render({ ...bare, epoch: 3 });
  const [u, v] = project(camera, 75, 68, 0.2);
  expect(patch(full, u, v, 4)).toBeGreaterThan(patch(before, u, v, 4) + 80);
  expect(Math.abs(patch(after, u, v, 4) - patch(before, u, v, 4))).toBeLessThan(3);
});

test("a missing strand, a blob, a hanging strand and a foreign object each change the picture where they are", () => {
  const looks = (scene: Partial<Scene>) => createRenderer({ camera, seed: 5 }).render({ ...withSlab, ...scene });
  const healthy = looks({});
  const at = (x: number, y: number, z: number) => project(camera, x, y, z);
  const change = (scene: Partial<Scene>, [u, v]: [number, number]) =>
    Math.abs(patch(looks(scene), u, v, 1) - patch(healthy, u, v, 1));
  const strands = slab(0.2);
  expect(change({ beads: beadList(strands.filter((_, i) => i < 18 || i > 20)) }, at(75, 67.6, 0.2))).toBeGreaterThan(
    40,
  );
  expect(change({ beads: beadList([...strands, [120, 40, 2, 120, 40, 2, 3, 2]]) }, at(120, 40, 1.5))).toBeGreaterThan(
    60,
  );
  expect(
    change({ beads: beadList([...strands, [110, 30, 9, 130, 30, 12, 0.6, 0.4]]) }, at(120, 30, 10.5)),
  ).toBeGreaterThan(30);
  expect(change({ objects: [{ kind: "foreign", x: 75, y: 68, z: 0.2, r: 4 }] }, at(75, 68, 3))).toBeGreaterThan(30);
});

test("a tall part throws its shadow away from the lamp", () => {
  const tower = Array.from({ length: 60 }, (_, n) => slab(0.2 * (n + 1))).flat();
  const frame = createRenderer({ camera }).render({ ...bare, beads: beadList(tower) });
  const empty = createRenderer({ camera }).render(bare);
  const [u, v] = project(camera, 103, 72, 0);
  expect(patch(frame, u, v, 1)).toBeLessThan(0.75 * patch(empty, u, v, 1));
});

test("the marker on the parked toolhead tells the eight slots apart", () => {
  const renderer = createRenderer({ camera });
  for (let slot = 0; slot < 8; slot++) {
    const head = { x: 15 + 15 * slot, y: 140, z: 2.2 + slot };
    const frame = renderer.render({ ...bare, head });
    for (let other = 0; other < 8; other++) {
      const [u, v] = markerAt({ camera }, { ...head, x: 15 + 15 * other });
      if (other === slot) expect(patch(frame, u, v, 2)).toBeGreaterThan(200);
      else expect(patch(frame, u, v, 2)).toBeLessThan(120);
    }
  }
});

test("the filaments differ in colour as their names say", () => {
  const [u, v] = project(camera, 75, 68, 0.2);
  const pixel = (name: keyof typeof filaments) => {
    const { rgb, width } = createRenderer({ camera, filament: filaments[name] }).render(withSlab);
    const at = 3 * (Math.round(v) * width + Math.round(u));
    return [rgb[at]!, rgb[at + 1]!, rgb[at + 2]!] as const;
  };
  const [red, blue, grey, natural, ivory] = (["red", "blue", "grey", "natural", "ivory"] as const).map(pixel);
  expect(red![0]).toBeGreaterThan(red![1] + 60);
  expect(blue![2]).toBeGreaterThan(blue![0] + 40);
  expect(Math.max(...grey!) - Math.min(...grey!)).toBeLessThan(25);
  expect(natural![1]).toBeLessThan(ivory![1] - 30);
});

test("a dark filament, another lamp and another pose still give a usable picture", () => {
  const pose = cameraAt({ target: [70, 70, 0], distance: 380, elevation: 57, azimuth: -4, roll: 1 }, 640, 480);
  const light = { lamp: [180, 20, 240], radius: 40, colour: [0.7, 0.75, 0.8], ambient: [0.2, 0.2, 0.2] } as const;
  const frame = createRenderer({ camera: pose, light, filament: filaments.grey, seed: 9 }).render(withSlab);
  expect(frame.rgb.length).toBe(640 * 480 * 3);
  expect(mean(frame)).toBeGreaterThan(25);
  expect(mean(frame)).toBeLessThan(160);
});
