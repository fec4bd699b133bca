/** Good frames bent in twelve ways before the cell's inspector and before the judge of surfaces: how many of each pass. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openBuild } from "../src/inspection/build.ts";
import { decodeGrey } from "../src/inspection/io/decode.ts";
import { loadNetwork } from "../src/inspection/io/network.ts";
import { scoreSet } from "../src/inspection/io/score-set.ts";
import { openSet } from "../src/inspection/io/set-folder.ts";
import { drillGuideLimits } from "../src/inspection/limits.ts";
import { jpegOf } from "../src/simulators/camera/io/jpeg.ts";
import { filaments } from "../src/simulators/camera/look.ts";
import { beadsOf } from "../src/simulators/camera/print-faults.ts";
import { commissioned, createBench } from "../test/inspection/bench.ts";
import { type BentKind, bent, bentKinds, type Good, readRaw } from "../test/inspection/bent.ts";
import { guideLayers, program, recipe } from "../test/inspection/drill-guide.ts";

/** Pictures of a kind, and how many of them passed. */
export type Table = Map<BentKind | "good", { all: number; passed: number }>;

function note(table: Table, kind: BentKind | "good", passed: boolean): void {
  const row = table.get(kind) ?? { all: 0, passed: 0 };
  table.set(kind, { all: row.all + 1, passed: row.passed + (passed ? 1 : 0) });
}

/** Rendered filament before the inspector as a cell runs it: every step, its network included. */
export async function filamentTable(count: number): Promise<Table> {
  const network = await loadNetwork(new URL("../models/manifest.json", import.meta.url).pathname);
  if (!network.ok) throw new Error(network.error.what);
  const bench = createBench({ seed: 4101, filament: filaments.grey });
  const { setup } = commissioned(bench);
  const layers = guideLayers();
  const empty = await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
  const elsewhere = createBench({ seed: 4102, bed: { grid: true, grain: 0.2, seed: 9 } });
  const other = await readRaw(await jpegOf(elsewhere.shoot({ plan: layers[20]!, beads: [], slot: 5 })));
  const tools = {
    ...{ decode: decodeGrey, modelDigest: network.value.inHand.model, lap: () => performance.now() },
    infer: (input: Float32Array) => network.value.run(input),
  };
  const table: Table = new Map();
  const at = [10, 16, 22, 28];
  for (const [place, layer] of at.entries()) {
    const below = layers.slice(0, layer - 1).flatMap((each) => beadsOf(each));
    const plan = layers[layer - 1]!;
    const accepted = await jpegOf(bench.shoot({ plan: layers[layer - 2]!, beads: below, replace: true }));
    const picture = await readRaw(await jpegOf(bench.shoot({ plan, beads: beadsOf(plan) })));
    const judge = async (frame: Uint8Array): Promise<boolean> => {
      const build = { attempt: "A1", program, recipe, setup, limits: drillGuideLimits, emptyPlate: empty };
      const opened = await openBuild({ ...build, accepted: { layer: layer - 1, frame: accepted }, seen: [] }, tools);
      if (!opened.ok) throw new Error(opened.error.what);
      const times = { markedAt: 1, requestedAt: 2, receivedAt: 3, exposureStart: null };
      const report = await opened.value.inspect({ attempt: "A1", layer, take: 1, frame, ...times });
      return report.ok && report.value.verdict === "pass";
    };
    for (let n = 0; n < 5; n++) note(table, "good", await judge(await jpegOf(bench.shoot({ plan, beads: [] }))));
    const good: Good = { picture, earlier: accepted, other };
    await bend(table, good, Math.ceil(count / at.length), place, judge);
    process.stderr.write(`filament: layer ${layer} done\n`);
  }
  return table;
}

async function bend(
  table: Table,
  good: Good,
  times: number,
  place: number,
  judge: (frame: Uint8Array, kind: BentKind) => Promise<boolean>,
): Promise<void> {
  for (const [k, kind] of bentKinds.entries()) {
    for (let n = 0; n < times; n++)
      note(table, kind, await judge(await bent(kind, good, 1 + n + 1000 * k + 100_000 * place), kind));
  }
}

/** A folder of good frames before the judge of surfaces: the first half are references, the others are bent. */
export async function surfaceTable(name: string, folder: string, set: string, count: number): Promise<Table> {
  const names = (await readdir(folder)).filter((file) => /\.(jpe?g|png)$/i.test(file)).sort();
  const half = Math.min(12, names.length >> 1);
  for (const part of ["frames", "reference"]) await mkdir(join(set, part), { recursive: true });
  await writeFile(join(set, "set.toml"), 'process = "powder-bed"\nphase = "recoated"\n');
  const read = async (file: string) => new Uint8Array(await readFile(join(folder, file)));
  for (const file of names.slice(0, half)) await writeFile(join(set, "reference", file), await read(file));
  const kinds = new Map<string, BentKind | "good">();
  const rest = names.slice(half);
  const each = Math.max(1, Math.ceil(count / rest.length));
  const other = await readRaw(
    await jpegOf(createBench({ seed: 4103 }).shoot({ plan: { layer: 1, top_mm: 0.2 }, beads: [] })),
  );
  for (const [place, file] of rest.entries()) {
    const earlier = await read(file);
    const put = async (kind: BentKind | "good", n: number, bytes: Uint8Array) => {
      const frame = `${kind === "good" ? "a" : "b"}${String(place).padStart(3, "0")}_${kinds.size}_${n}.jpg`;
      kinds.set(frame, kind);
      await writeFile(join(set, "frames", frame), bytes);
    };
    await put("good", 0, earlier);
    const picture = await readRaw(earlier);
    for (const [k, kind] of bentKinds.entries())
      for (let n = 0; n < each; n++)
        await put(kind, n, await bent(kind, { picture, earlier, other }, 1 + n + 1000 * k + 100_000 * place));
  }
  const opened = await openSet(set);
  const progress = (text: string): void => void process.stderr.write(`${name}: ${text}\n`);
  const scored = opened.ok ? await scoreSet(opened.value, { progress, async show() {} }) : opened;
  if (!scored.ok) throw new Error(scored.error.what);
  const table: Table = new Map();
  for (const { frame, held } of scored.value.outcomes) note(table, kinds.get(frame)!, !held);
  return table;
}
