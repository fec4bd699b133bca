/** Measures frame to verdict by stages at 2, 12 and 20 MP, in one process, as the inspector's child does it. */

import { pathToFileURL } from "node:url";
import { openBuild } from "../src/inspection/build.ts";
import { commission } from "../src/inspection/commission.ts";
import { decodeGrey } from "../src/inspection/io/decode.ts";
import { loadNetwork } from "../src/inspection/io/network.ts";
import { drillGuideLimits } from "../src/inspection/limits.ts";
import { digestOf } from "../src/kernel/hash.ts";
import { jpegOf } from "../src/simulators/camera/io/jpeg.ts";
import { benchMount, cameraAt } from "../src/simulators/camera/pinhole.ts";
import { beadsOf } from "../src/simulators/camera/print-faults.ts";
import { createBench, rigAt } from "../test/inspection/bench.ts";
import { guideLayers, program, recipe } from "../test/inspection/drill-guide.ts";
import type { Row } from "./row.ts";

/** The layer whose frame is judged, and how often. */
const layer = 20;
const rounds = 21;

/** Judges one layer's frame again and again at three picture sizes; medians by stage, and p95 of the whole. */
export async function run(): Promise<Row[]> {
  return [...(await measure(1600, "2 MP")), ...(await measure(4000, "12 MP")), ...(await measure(5160, "20 MP"))];
}

async function measure(width: number, label: string): Promise<Row[]> {
  const network = await loadNetwork(new URL("../models/manifest.json", import.meta.url).pathname);
  if (!network.ok) throw new Error(network.error.what);
  const bench = createBench({ camera: cameraAt(benchMount, width, (width * 3) / 4), seed: 3 });
  const layers = guideLayers();
  const below = layers[layer - 2]!;
  const plan = layers[layer - 1]!;
  const emptyPlate = await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
  const plate = await decodeGrey(emptyPlate);
  if (!plate.ok) throw new Error(plate.error.what);
  const commissioned = commission(plate.value, rigAt(width), digestOf(emptyPlate), Date.now());
  if (!commissioned.ok) throw new Error(commissioned.error.what);
  const setup = commissioned.value;
  const beads = layers.slice(0, layer - 1).flatMap((l) => beadsOf(l));
  const accepted = { layer: layer - 1, frame: await jpegOf(bench.shoot({ plan: below, beads })) };
  const frame = await jpegOf(bench.shoot({ plan, beads: beadsOf(plan) }));
  const tools = {
    decode: decodeGrey,
    modelDigest: network.value.inHand.model,
    infer: (input: Float32Array) => network.value.run(input),
    lap: () => performance.now(),
  };
  const times: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++) {
    const build = await openBuild(
      { attempt: "A1", program, recipe, setup, limits: drillGuideLimits, emptyPlate, accepted, seen: [] },
      tools,
    );
    if (!build.ok) throw new Error(build.error.what);
    const start = performance.now();
    const report = await build.value.inspect({
      ...{ attempt: "A1", layer, take: 1, frame, markedAt: 1, requestedAt: 2, receivedAt: 3, exposureStart: null },
    });
    const total = performance.now() - start;
    if (!report.ok) throw new Error(report.error.what);
    for (const [stage, ms] of Object.entries({ ...report.value.stageMs, total })) {
      const list = times[stage] ?? [];
      list.push(ms);
      times[stage] = list;
    }
  }
  const at = (list: readonly number[], share: number): number =>
    Math.round([...list].sort((a, b) => a - b)[Math.floor(share * (rounds - 1))]! * 10) / 10;
  const rows = Object.entries(times).map(
    ([stage, list]): Row => ({ name: `inspect ${label} ${stage}`, value: at(list, 0.5), unit: "ms" }),
  );
  const p95 = at(times["total"]!, 0.95);
  return [
    ...rows,
    { name: `inspect ${label} total, p95`, value: p95, unit: "ms" },
    { name: `inspect ${label}, machines a core at a layer in 10 s`, value: Math.floor(10_000 / p95), unit: "machines" },
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const row of await run()) console.log(`${row.name.padEnd(30)} ${row.value.toFixed(1)} ${row.unit}`);
}
