/** Feeds the committed network with real powder-bed pictures, a machine and a process it was not made for, and scores it. */

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { components } from "../src/inspection/components.ts";
import type { ExpectedLayer } from "../src/inspection/expected.ts";
import { boxMean } from "../src/inspection/filter.ts";
import { loadNetwork } from "../src/inspection/io/network.ts";
import { drillGuideLimits } from "../src/inspection/limits.ts";
import { median } from "../src/inspection/picture.ts";
import { inputOf, outputShape } from "../src/inspection/tensor.ts";
import { tileShape } from "../src/inspection/tiles.ts";
import { greyJpeg } from "../test/inspection/grey.ts";

/** Every n-th defect picture of each folder is scored; all good ones are. */
const stride = Number(process.argv[2] ?? 3);
const folder = fileURLToPath(new URL("../../shared/data/pblm-powder-recoat/", import.meta.url));
/** The first good layers, in the order of the build, are the reference; the good ones after them are the test. */
const referenceLayers = 10;
/** Pictures of 1024 x 1024 are halved, so that two overlapping tiles of the network cover one. */
const side = 512;
const tops = [0, side - tileShape.height] as const;

const loaded = await loadNetwork(process.env["MANIFEST"] ?? "models/manifest.json");
if (!loaded.ok) throw new Error(loaded.error.what);
const network = loaded.value;
const good = await picturesOf("No_Defect", 1);
const reference = referenceOf(good.slice(0, referenceLayers));
const clean = await scoresOf(good.slice(referenceLayers));
console.log(
  `reference: the first ${referenceLayers} of ${good.length} good layers; test: the ${clean.length} after them`,
);
// The fifth folder, Plateform_Powder_Uneven, has pictures of another size and place of the camera.
const kinds = ["Deformation_With_Scratch", "Powder_Uneven", "Powder_Uneven_With_Scratch"] as const;
const names = [
  "network on the change",
  "the same, light evened",
  "network on the picture alone",
  "plain z-map",
  "raw pixels' spread",
] as const;
console.log(
  `\n| defect pictures | n | ${names.map((n) => `${n}, AUROC`).join(" | ")} | held by the recipe's network limits, light evened |`,
);
console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
console.log(`| none (good test layers) | ${clean.length} | | | | | | ${heldOf(clean)} |`);
const all: Scored[] = [];
for (const kind of kinds) {
  const scored = await scoresOf(await picturesOf(kind, stride));
  all.push(...scored);
  console.log(lineOf(kind, scored));
}
console.log(lineOf("**all**", all));

interface Scored {
  readonly scores: readonly number[];
  readonly held: boolean;
}

function lineOf(kind: string, scored: readonly Scored[]): string {
  const areas = names.map((_, i) =>
    areaUnderCurve(
      clean.map((s) => s.scores[i]!),
      scored.map((s) => s.scores[i]!),
    ),
  );
  return `| ${kind} | ${scored.length} | ${areas.join(" | ")} | ${heldOf(scored)} |`;
}

function heldOf(scored: readonly Scored[]): string {
  return `${scored.filter((s) => s.held).length}/${scored.length}`;
}

/** Half-size pictures, row by row, each divided by its median and set to a common level of 128. */
async function picturesOf(kind: string, every: number): Promise<Float32Array[]> {
  const files = readdirSync(`${folder}${kind}`).sort();
  const pictures: Float32Array[] = [];
  for (const file of files.filter((_, i) => i % every === 0)) {
    const picture = await greyJpeg(`${folder}${kind}/${file}`);
    if (picture.width !== 2 * side || picture.height !== 2 * side) throw new Error(`${kind}/${file}: another size`);
    pictures.push(levelled(halved(picture.data)));
  }
  return pictures;
}

function halved(data: Uint8Array): Float32Array {
  return Float32Array.from({ length: side * side }, (_, i) => {
    const at = 4 * side * Math.floor(i / side) + 2 * (i % side);
    return (data[at]! + data[at + 1]! + data[at + 2 * side]! + data[at + 2 * side + 1]!) / 4;
  });
}

function levelled(values: Float32Array): Float32Array {
  const level = median([...values.filter((_, i) => i % 13 === 0)]);
  return values.map((v) => (v * 128) / Math.max(1, level));
}

/** Median and spread (1.4826 times the median deviation, at least one grey level) of every pixel. */
function referenceOf(pictures: readonly Float32Array[]): { middle: Float32Array; spread: Float32Array } {
  const middle = new Float32Array(side * side);
  const spread = new Float32Array(side * side);
  for (let i = 0; i < middle.length; i++) {
    const values = pictures.map((p) => p[i]!);
    middle[i] = median(values);
    spread[i] = Math.max(1, 1.4826 * median(values.map((v) => Math.abs(v - middle[i]!))));
  }
  return { middle, spread };
}

async function scoresOf(pictures: readonly Float32Array[]): Promise<Scored[]> {
  const scored: Scored[] = [];
  for (const picture of pictures) {
    const change = await networkOn(picture, reference.middle);
    const alone = await networkOn(picture, picture);
    // The reference's own light is divided out, so that even brightness is what the network expects.
    const evened = picture.map((v, i) => (v * 128) / Math.max(8, reference.middle[i]!));
    const even = await networkOn(evened, new Float32Array(side * side).fill(128));
    const scores = [change.mean, even.mean, alone.mean, zScore(picture), spreadOf(picture)];
    scored.push({ scores, held: even.held });
  }
  return scored;
}

/** The network on both tiles: mean probability of anything but "ok", and whether one piece reaches the recipe's limits. */
async function networkOn(now: Float32Array, before: Float32Array): Promise<{ mean: number; held: boolean }> {
  let [sum, cells, held] = [0, 0, false];
  for (const top of tops) {
    const cut = (values: Float32Array): Float32Array => values.slice(top * side, (top + tileShape.height) * side);
    const views = { now: cut(now), before: cut(before), beneath: cut(before) };
    const output = await network.run(inputOf(views, nothingOrdered(), null));
    if (output === null) throw new Error("the network gave no result");
    const size = outputShape[2] * outputShape[3];
    for (let i = 0; i < size; i++) sum += 1 - output[i]!;
    cells += size;
    for (const [c, limit_mm2] of [
      [1, drillGuideLimits.missing_mm2],
      [3, drillGuideLimits.networkExtra_mm2],
    ] as const) {
      const mask = Uint8Array.from({ length: size }, (_, i) =>
        output[c * size + i]! >= drillGuideLimits.networkScore ? 1 : 0,
      );
      // A pixel is taken for a grid cell: the picture's own scale is not known.
      const least = Math.ceil(limit_mm2 / (2 * tileShape.step_mm) ** 2);
      held ||= components(mask, outputShape[3], outputShape[2], least).length > 0;
    }
  }
  return { mean: sum / cells, held };
}

/** There is no toolpath: every cell counts, and no strand is expected anywhere. */
function nothingOrdered(): ExpectedLayer {
  const { width, height, step_mm } = tileShape;
  const area = width * height;
  return {
    plan: { layer: 2, top_mm: 0, height_mm: 0, strands: [] },
    grid: { x0_mm: 0, y0_mm: 0, step_mm, width, height },
    footprint: new Uint8Array(area).fill(1),
    ridge: new Float32Array(area),
    area,
  };
}

/** Highest but 0.1 % of the smoothed deviation from the reference, in its spreads. */
function zScore(picture: Float32Array): number {
  const z = picture.map((v, i) => (v - reference.middle[i]!) / reference.spread[i]!);
  const smooth = boxMean(z, side, side, 4).map(Math.abs).sort();
  return smooth[Math.floor(smooth.length * 0.999)]!;
}

/** Standard deviation of the picture's pixels: needs no reference. */
function spreadOf(picture: Float32Array): number {
  const mean = picture.reduce((a, b) => a + b, 0) / picture.length;
  return Math.sqrt(picture.reduce((a, b) => a + (b - mean) ** 2, 0) / picture.length);
}

/** Area under the receiver's curve with its 95 % interval (Hanley and McNeil, Radiology 143, 1982), were all independent. */
function areaUnderCurve(low: readonly number[], high: readonly number[]): string {
  let wins = 0;
  for (const h of high) for (const l of low) wins += h > l ? 1 : h === l ? 0.5 : 0;
  const a = wins / (low.length * high.length);
  const [q1, q2] = [a / (2 - a), (2 * a * a) / (1 + a)];
  const variance =
    (a * (1 - a) + (high.length - 1) * (q1 - a * a) + (low.length - 1) * (q2 - a * a)) / (low.length * high.length);
  const half = 1.96 * Math.sqrt(Math.max(0, variance));
  return `${a.toFixed(3)} (${Math.max(0, a - half).toFixed(2)}-${Math.min(1, a + half).toFixed(2)})`;
}
