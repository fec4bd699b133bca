/** `npm run bad-pictures`: twelve kinds of bad pictures before the cell's inspector and before the judge of surfaces; none may pass. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openBuild } from "../src/inspection/build.ts";
import { decodeGrey } from "../src/inspection/io/decode.ts";
import { loadNetwork } from "../src/inspection/io/network.ts";
import { scoreSet } from "../src/inspection/io/score-set.ts";
import { openSet } from "../src/inspection/io/set-folder.ts";
import { drillGuideLimits } from "../src/inspection/limits.ts";
import { interval } from "../src/inspection/score/measures.ts";
import { jpegOf } from "../src/simulators/camera/io/jpeg.ts";
import { filaments } from "../src/simulators/camera/look.ts";
import { beadsOf } from "../src/simulators/camera/print-faults.ts";
import { writePowderSet } from "../src/simulators/powder/io/write-set.ts";
import { commissioned, createBench } from "../test/inspection/bench.ts";
import { type BentKind, bent, bentKinds, type Good, readRaw } from "../test/inspection/bent.ts";
import { guideLayers, program, recipe } from "../test/inspection/drill-guide.ts";

const help = `Usage: npm run bad-pictures [-- --count 250] [-- --real FOLDER]
Bends good frames in twelve ways, --count times each, and has them judged: rendered filament by the cell's inspector, drawn powder by the
judge of surfaces, and with --real the frames of a folder (good frames of one camera, 24 or more) by it too.
Exit codes: 0 none passed; 4 some passed; 2 usage.`;
const { values } = parseArgs({
  options: { count: { type: "string", default: "250" }, real: { type: "string" }, help: { type: "boolean" } },
});
const count = Number(values.count);
if (values.help === true || !(Number.isInteger(count) && count > 0)) {
  console.log(help);
  process.exit(values.help === true ? 0 : 2);
}
let passedInAll = 0;

/** Pictures of a kind, and how many of them passed. */
type Table = Map<BentKind | "good", { all: number; passed: number }>;

function note(table: Table, kind: BentKind | "good", passed: boolean): void {
  const row = table.get(kind) ?? { all: 0, passed: 0 };
  table.set(kind, { all: row.all + 1, passed: row.passed + (passed ? 1 : 0) });
}

function print(name: string, table: Table): void {
  console.log(`${name}`);
  for (const [kind, { all, passed }] of table) {
    if (kind === "good") continue;
    console.log(`  ${kind.padEnd(18)} ${passed} of ${all} passed`);
    passedInAll += passed;
  }
  const bad = [...table].filter(([kind]) => kind !== "good");
  const [passed, all] = [0, 1].map((k) => bad.reduce((sum, [, row]) => sum + (k === 0 ? row.passed : row.all), 0));
  const [, high] = interval(passed!, all!);
  const good = table.get("good");
  const kept = good === undefined ? "" : `; good pictures held ${good.all - good.passed} of ${good.all}`;
  console.log(`  all bad            ${passed} of ${all} passed (at most ${(100 * high).toFixed(2)} % at 95 %)${kept}`);
}

/** Rendered filament before the inspector as a cell runs it: every step, its network included. */
async function filament(): Promise<void> {
  const network = await loadNetwork(new URL("../models/manifest.json", import.meta.url).pathname);
  if (!network.ok) throw new Error(network.error.what);
  const bench = createBench({ seed: 4101, filament: filaments.grey });
  const { setup } = commissioned(bench);
  const layers = guideLayers();
  const empty = await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
  const elsewhere = createBench({ seed: 4102, bed: { grid: true, grain: 0.2, seed: 9 } });
  const other = await readRaw(await jpegOf(elsewhere.shoot({ plan: layers[20]!, beads: [], slot: 5 })));
  const tools = {
    ...{ decode: decodeGrey, modelDigest: network.value.digest, lap: () => performance.now() },
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
  print("rendered filament, by the cell's inspector", table);
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
async function surface(name: string, folder: string, set: string): Promise<void> {
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
      const frame = `p${String(place).padStart(3, "0")}_${kinds.size}_${n}.jpg`;
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
  print(`${name}, by the judge of surfaces`, table);
}

const work = await mkdtemp(join(tmpdir(), "cellward-bad-"));
try {
  await filament();
  await writePowderSet(
    join(work, "drawn"),
    1301,
    Array.from({ length: 16 }, () => []),
    "recoated",
    1000,
  );
  await surface("drawn powder", join(work, "drawn/frames"), join(work, "drawn-set"));
  if (values.real === undefined) console.log("real pictures: SKIPPED, no --real FOLDER was named");
  else await surface(`real pictures of ${values.real}`, values.real, join(work, "real-set"));
} finally {
  await rm(work, { recursive: true, force: true });
}
process.exitCode = passedInAll === 0 ? 0 : 4;
