/** Writes a set of rendered filament layers: frames, references, where the part is to be seen, and what is wrong, pixel by pixel. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import type { RendererOptions } from "../look.ts";
import { benchMount, type CameraModel, cameraAt, project } from "../pinhole.ts";
import { beadsOf, type Damage, type PrintFault, printFaults, type StrandLayer } from "../print-faults.ts";
import { createRenderer, type Renderer } from "../renderer.ts";
import { beadList, type ForeignObject } from "../scene.ts";
import { type Truth, truthOf } from "../truth.ts";
import { jpegOf } from "./jpeg.ts";

/** What is rendered. */
export interface FilamentSet {
  /** Every layer of the part from the first one on. */
  readonly layers: readonly StrandLayer[];
  /** Numbers of the layers that become frames, and of those that become known-good references. */
  readonly frames: readonly number[];
  readonly references: readonly number[];
  /** Names of `printFaults`; every second frame has the next one. */
  readonly faults: readonly string[];
  /** Pixels; the picture is 4:3. */
  readonly width: number;
  readonly look: Omit<RendererOptions, "camera">;
}

/** The toolhead stands still for a picture, this far above the layer. */
const lift_mm = 2;
const parked = { x: 45, y: 140 } as const;
/** A surface this much higher or lower than it should be is a defect, as a share of the layer's height. */
const leastDifference = 0.5;

/** Writes `set.toml`, `frames`, `reference`, `expected`, `masks` and `classes.json` into `folder`. */
export async function writeFilamentSet(
  folder: string,
  set: FilamentSet,
  progress: (done: number, all: number) => void,
): Promise<void> {
  for (const part of ["frames", "reference", "expected", "masks"]) await mkdir(join(folder, part), { recursive: true });
  const camera = cameraAt(benchMount, set.width, (set.width * 3) / 4);
  const renderer = createRenderer({ ...set.look, camera });
  const classes = Object.fromEntries(set.faults.map((name, n) => [n + 1, name]));
  await writeFile(join(folder, "classes.json"), `${JSON.stringify(classes, null, 2)}\n`);
  const mm = mmPerPixel(camera).toFixed(4);
  await writeFile(join(folder, "set.toml"), `process = "filament"\nphase = "printed"\nmm_per_pixel = ${mm}\n`);
  const shots: Shot[] = [
    ...set.references.map((number): Shot => ({ number, kind: "reference", fault: null })),
    ...set.frames.map((number, n): Shot => ({ number, kind: "frames", fault: faultAt(set.faults, n) })),
  ];
  for (const [done, shot] of shots.entries()) {
    await writeShot(folder, set, renderer, shot, done + 1);
    progress(done + 1, shots.length);
  }
}

interface Shot {
  readonly number: number;
  readonly kind: "frames" | "reference";
  readonly fault: string | null;
}

/** Every second frame is faulty, with one fault after the other. */
function faultAt(faults: readonly string[], n: number): string | null {
  return n % 2 === 0 || faults.length === 0 ? null : faults[(n >> 1) % faults.length]!;
}

async function writeShot(
  folder: string,
  set: FilamentSet,
  renderer: Renderer,
  shot: Shot,
  epoch: number,
): Promise<void> {
  const { camera } = renderer;
  const plan = set.layers[shot.number - 1]!;
  const name = `layer_${String(shot.number).padStart(5, "0")}`;
  const scene = { epoch, ...print(set.layers, shot.number, shot.fault === null ? null : printFaults[shot.fault]!) };
  const head = { ...parked, z: plan.top_mm + lift_mm };
  await writeFile(join(folder, shot.kind, `${name}.jpg`), await jpegOf(renderer.render({ ...scene, head })));
  const ordered = truthOf(camera, { epoch: 0, ...print(set.layers, shot.number, null), head: null });
  const part = Uint8Array.from(ordered.bead, (bead) => (bead >= 0 ? 255 : 0));
  await writeMask(join(folder, "expected", `${name}.png`), camera, part);
  if (shot.kind === "reference") return;
  const truth = shot.fault === null ? ordered : truthOf(camera, { ...scene, head: null });
  const value = shot.fault === null ? 0 : set.faults.indexOf(shot.fault) + 1;
  const wrong = differing(ordered, truth, leastDifference * plan.height_mm, value);
  await writeMask(join(folder, "masks", `${name}.png`), camera, wrong);
}

type Printed = { readonly beads: ReturnType<typeof beadList>; readonly objects: readonly ForeignObject[] };

/** Everything up to layer `number`, the last one with the fault. */
function print(layers: readonly StrandLayer[], number: number, fault: PrintFault | null): Printed {
  const plan = layers[number - 1]!;
  let below = layers.slice(0, number - 1).flatMap((each) => beadsOf(each));
  const damage: Damage = fault === null ? { beads: beadsOf(plan) } : fault(plan, 0);
  const { displace } = damage;
  if (displace !== undefined) below = below.map((bead) => [...displace(bead)]);
  return { beads: beadList([...below, ...damage.beads]), objects: damage.objects ?? [] };
}

function differing(ordered: Truth, truth: Truth, least: number, value: number): Uint8Array {
  return Uint8Array.from(ordered.height, (z, i) => (Math.abs(z - truth.height[i]!) > least ? value : 0));
}

async function writeMask(path: string, { width, height }: CameraModel, data: Uint8Array): Promise<void> {
  await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toFile(path);
}

/** Millimetres a pixel in the middle of the plate. */
function mmPerPixel(camera: CameraModel): number {
  const [a, b] = [project(camera, 70, 75, 0), project(camera, 80, 75, 0)];
  return 10 / Math.hypot(a[0] - b[0], a[1] - b[1]);
}
