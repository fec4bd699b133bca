/** Renders random builds with planted faults and writes the crops that the network is trained on (see models/README). */

import { mkdirSync, writeFileSync } from "node:fs";
import { expectLayer, type LayerPlan } from "../src/inspection/expected.ts";
import { gate } from "../src/inspection/gate.ts";
import { warp } from "../src/inspection/grid.ts";
import { decodeGrey } from "../src/inspection/io/decode.ts";
import { eyeOf, type Lens } from "../src/inspection/lens.ts";
import type { Picture } from "../src/inspection/picture.ts";
import { register } from "../src/inspection/registration.ts";
import { channels, inputOf } from "../src/inspection/tensor.ts";
import { tileShape, tilesOf } from "../src/inspection/tiles.ts";
import { jpegOf } from "../src/simulators/camera/io/jpeg.ts";
import { beadsOf } from "../src/simulators/camera/print-faults.ts";
import { randomOf } from "../src/simulators/camera/random.ts";
import { commissioned, createBench } from "../test/inspection/bench.ts";
import { type FaultName, labelsOf, type Printed, plant } from "../test/inspection/faults.ts";
import { randomFill, randomSolid, slice } from "../test/inspection/synthetic.ts";

const [folder = "/tmp/cellward-model-data", first = "1000", builds = "60", layers = "8"] = process.argv.slice(2);
/** Side of a training crop in grid cells. */
const side = 128;
const cropsALayer = 7;
const names: readonly FaultName[] = [
  "none",
  "drop-some",
  "drop-patch",
  "thin-all",
  "thin-patch",
  "blobs",
  "strings",
  "shift",
  "none",
];

interface Seen {
  readonly picture: Picture;
  readonly lens: Lens;
  readonly gain: number;
  readonly plan: LayerPlan | null;
  readonly top_mm: number;
}

mkdirSync(folder, { recursive: true });
for (let build = 0; build < Number(builds); build++) await buildOne(Number(first) + build);

async function buildOne(seed: number): Promise<void> {
  const random = randomOf(seed * 2654435761);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const level = between(0.12, 0.95);
  const lamp = [between(-60, 200), between(-120, 160), between(220, 380)] as const;
  const bench = createBench({
    seed,
    filament: {
      colour: [level, level * between(0.6, 1.1), level],
      gloss: between(0.1, 0.45),
      clearDepth: random() < 0.15 ? between(0.3, 0.9) : 0,
    },
    light: {
      lamp,
      radius: between(10, 60),
      colour: [0.85, 0.82, 0.78],
      ambient: [0.2, 0.2, 0.2].map((v) => v * between(0.7, 2.2)) as [number, number, number],
    },
    bed: { grid: random() < 0.7, grain: random(), seed },
  });
  const { setup, empty } = commissioned(bench);
  const eye = eyeOf(setup.lens);
  let before: Seen = { picture: empty, lens: setup.lens, gain: 1, plan: null, top_mm: 0 };
  const start = random() < 0.3 ? 1 : 1 + Math.floor(random() * 40);
  const plans = slice(randomSolid(seed), randomFill(seed), Number(layers), start).map((plan, i) => ({
    ...plan,
    top_mm: plan.height_mm * (i + 1),
  }));
  const crops: Uint8Array[] = [];
  for (const plan of plans) {
    if (plan.strands.length < 5) continue;
    const name = names[Math.floor(random() * names.length)]!;
    const printed = plant(plan, name, random);
    const shot = bench.shoot({ plan, beads: [...beadsOf(plan, printed.strands), ...printed.extra] });
    const picture = await decodeGrey(await jpegOf(shot));
    if (!picture.ok) throw new Error(picture.error.what);
    const judged = gate(picture.value, setup, null);
    const placed = register(picture.value, setup);
    if (!placed.ok) continue;
    const now: Seen = { picture: picture.value, lens: placed.lens, gain: judged.gain, plan, top_mm: plan.top_mm };
    crops.push(...cropsOf(now, before, printed, eye, random));
    before = now;
  }
  writeFileSync(`${folder}/${seed}.bin`, Buffer.concat(crops));
  console.log(`build ${seed}: ${crops.length} crops, filament ${level.toFixed(2)}`);
}

function cropsOf(
  now: Seen,
  before: Seen,
  printed: Printed,
  eye: { x: number; y: number; z: number },
  random: () => number,
): Uint8Array[] {
  const plan = now.plan!;
  const tiles = tilesOf(plan);
  const tile = tiles[Math.floor(random() * tiles.length)]!;
  const expected = expectLayer(plan, tile);
  const views = {
    now: scaled(warp(now.picture, now.lens, tile, plan.top_mm), now.gain),
    before: scaled(warp(before.picture, before.lens, tile, plan.top_mm), before.gain),
    beneath: scaled(warp(before.picture, before.lens, tile, before.top_mm), before.gain),
  };
  const seenAt = (x: number, y: number, rise: number): readonly [number, number] => {
    const t = rise / (eye.z - plan.top_mm - rise);
    return [x + (x - eye.x) * t, y + (y - eye.y) * t];
  };
  const input = inputOf(views, expected, before.plan === null ? null : expectLayer(before.plan, tile));
  const labels = labelsOf(plan, printed, tile, seenAt);
  const wrong = [...labels.keys()].filter((i) => labels[i]! > 0 && labels[i]! < 255);
  const printedCells = [...expected.footprint.keys()].filter((i) => expected.footprint[i] === 1);
  return Array.from({ length: cropsALayer }, (_, n) => {
    const pool = n % 2 === 0 && wrong.length > 0 ? wrong : printedCells;
    const centre = pool[Math.floor(random() * pool.length)] ?? 0;
    const jitter = (): number => Math.round((random() - 0.5) * 80);
    const left = even(Math.min(Math.max(0, (centre % tileShape.width) + jitter() - side / 2), tileShape.width - side));
    const top = even(
      Math.min(Math.max(0, Math.floor(centre / tileShape.width) + jitter() - side / 2), tileShape.height - side),
    );
    return cropAt(input, labels, left, top);
  });
}

function even(v: number): number {
  return v - (v % 2);
}

function scaled(values: Float32Array, gain: number): Float32Array {
  return values.map((v) => v / gain);
}

/** One crop: channels as signed bytes (31 a unit, ridges 127), then labels at half resolution. */
function cropAt(input: Float32Array, labels: Uint8Array, left: number, top: number): Uint8Array {
  const size = tileShape.width * tileShape.height;
  const out = new Uint8Array(channels.length * side * side + (side / 2) ** 2);
  let at = 0;
  for (let c = 0; c < channels.length; c++) {
    const factor = c < 3 ? 31 : 127;
    for (let y = top; y < top + side; y++) {
      for (let x = left; x < left + side; x++)
        out[at++] = Math.round(input[c * size + y * tileShape.width + x]! * factor) & 255;
    }
  }
  for (let y = top; y < top + side; y += 2) {
    for (let x = left; x < left + side; x += 2) out[at++] = halved(labels, y * tileShape.width + x);
  }
  return out;
}

/** Label of a square of four cells: what most say, 255 where there is no majority. */
function halved(labels: Uint8Array, i: number): number {
  const four = [labels[i]!, labels[i + 1]!, labels[i + tileShape.width]!, labels[i + tileShape.width + 1]!];
  const counts = four.map((v) => four.filter((w) => w === v).length);
  const most = Math.max(...counts);
  return most >= 2 ? four[counts.indexOf(most)]! : 255;
}
