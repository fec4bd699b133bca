/** `cellward inspect score` without a set: every row of the goals of inspection, measured on layers made on the spot from unseen seeds. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { run as latency } from "../bench/inspect.ts";
import { loadNetwork } from "../src/inspection/io/network.ts";
import { scoreSet } from "../src/inspection/io/score-set.ts";
import { openSet } from "../src/inspection/io/set-folder.ts";
import { shareOf } from "../src/inspection/score/measures.ts";
import { type FrameOutcome, tally } from "../src/inspection/score/tally.ts";
import { countedInWords, measuredInWords } from "../src/inspection/score/words.ts";
import { outputShape } from "../src/inspection/tensor.ts";
import { faultKinds } from "../src/simulators/powder/bed.ts";
import { writePowderSet } from "../src/simulators/powder/io/write-set.ts";
import { surfaceTable, type Table } from "./bad-tables.ts";
import { cleanGuide, deathOf, geometry } from "./goals-filament.ts";

const help = `Usage: cellward inspect score [--full] [--json]

Measures every row of the goals of inspection on rendered filament and drawn powder, from seeds that no limit and no model has seen, with
95 % intervals and the number of cases. About six minutes; --full takes the numbers of the goals and about an hour.
For your own pictures: cellward inspect score --set FOLDER. Exit code 0 whatever the figures.`;

const { values } = read();

function read() {
  const options = {
    full: { type: "boolean" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (problem) {
    process.stderr.write(`${problem instanceof Error ? problem.message : problem}\n\n${help}\n`);
    process.exit(2);
  }
}

if (values.help === true) {
  console.log(help);
  process.exit(0);
}
const full = values.full === true;

/** One row of the goals. */
interface Row {
  readonly metric: string;
  readonly goal: string;
  readonly measured: string;
  readonly on: string;
}

const rows: Row[] = [];
const say = (text: string): void => void process.stderr.write(`${text}\n`);
function add(metric: string, goal: string, measured: string, on: string): void {
  const row = { metric, goal, measured, on };
  rows.push(row);
  if (values.json !== true) console.log(`${metric}\n  goal ${goal}\n  here ${measured}\n  on   ${on}`);
}

const counted = (hits: number, all: number): string => countedInWords({ hits, all, ...shareOf(hits, all) });

async function machines(work: string): Promise<void> {
  const outcomes: FrameOutcome[] = [];
  const each = full ? 6 : 2;
  for (const phase of ["recoated", "fused"] as const) {
    for (let n = 0; n < each; n++) {
      const seed = 1600 + n + (phase === "fused" ? 50 : 0);
      const folder = join(work, `${phase}-${seed}`);
      const faults = Array.from({ length: 24 }, (_, k) => (k % 2 === 0 ? [] : [faultKinds[(k >> 1) % 6]!]));
      await writePowderSet(folder, seed, faults, phase, 1000);
      outcomes.push(...(await scored(folder)));
      say(`drawn ${phase} machine ${seed} judged`);
    }
  }
  const report = tally(outcomes);
  const on = `${2 * each} drawn powder machines, ${outcomes.length} frames, each by its own 8 references`;
  add("unseen machine, image AUROC", "0.99", measuredInWords(report.imageAuroc), on);
  add("unseen machine, pixel F1", "0.60", measuredInWords(report.pixelF1), on);
  add("false pauses, powder", "1 in 10,000 layers or fewer", countedInWords(report.falseAlarms), on);
  const { total } = report.latencyMs;
  add(
    "bytes to verdict, surfaces at 1 MP",
    "250 ms",
    `${total?.p50.toFixed(0)} ms, p95 ${total?.p95.toFixed(0)} ms`,
    on,
  );
}

async function scored(folder: string): Promise<readonly FrameOutcome[]> {
  const opened = await openSet(folder);
  const done = opened.ok ? await scoreSet(opened.value, { progress() {}, async show() {} }) : opened;
  if (!done.ok) throw new Error(done.error.what);
  return done.value.outcomes;
}

async function badPictures(work: string): Promise<void> {
  await writePowderSet(
    join(work, "bad"),
    1660,
    Array.from({ length: 16 }, () => []),
    "recoated",
    1000,
  );
  const table: Table = await surfaceTable(
    "bad pictures",
    join(work, "bad/frames"),
    join(work, "bad-set"),
    full ? 250 : 8,
  );
  const bad = [...table].filter(([kind]) => kind !== "good").map(([, row]) => row);
  const sum = (pick: (row: { all: number; passed: number }) => number) =>
    bad.reduce((total, row) => total + pick(row), 0);
  const passed = counted(
    sum((row) => row.passed),
    sum((row) => row.all),
  );
  add("bad pictures counted as a pass", "0 of 3,000 of 12 kinds", passed, "drawn powder, bent in 12 ways");
}

async function filament(): Promise<void> {
  const network = await loadNetwork(new URL("../models/manifest.json", import.meta.url).pathname);
  if (!network.ok) throw new Error(network.error.what);
  const infer = (input: Float32Array) => network.value.run(input);
  const found = await geometry(infer, full ? 300 : 18, say);
  for (const [kind, { hits, all }] of found)
    add(
      `${kind} of 1 mm or more, in its layer`,
      "99 % or more",
      counted(hits, all),
      "rendered drill guide, grey and white",
    );
  const clean = await cleanGuide(infer, full ? 62 : 24, say);
  add(
    "false pauses, filament",
    "1 in 10,000 layers or fewer",
    counted(clean.hits, clean.all),
    "rendered drill guide, blue",
  );
  const size = outputShape[1] * outputShape[2] * outputShape[3];
  const ok = new Float32Array(size).fill(0).fill(1, 0, outputShape[2] * outputShape[3]);
  const layers = await deathOf(async () => ok);
  const told = layers === null ? "not found within 20 layers" : `found in the ${layers}. layer`;
  add(
    "silent model death",
    "within the canary's period of 5 layers",
    told,
    "the network's output replaced by `ok` everywhere",
  );
}

async function speed(): Promise<void> {
  const stages = await latency();
  for (const [size, megapixels] of [
    ["2 MP", 1.92],
    ["12 MP", 12],
  ] as const) {
    const total = stages.find(({ name }) => name === `inspect ${size} total`)?.value ?? Number.NaN;
    const rate = (1000 * megapixels) / total;
    const on = "rendered drill guide, one layer, one process; whatever else runs on this computer counts";
    add(`bytes to verdict, filament at ${size}`, "250 ms", `${total.toFixed(0)} ms, ${rate.toFixed(1)} MP/s`, on);
  }
  add(
    "memory",
    "under 600 MB",
    `${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
    "this process, rendering included",
  );
}

const work = await mkdtemp(join(tmpdir(), "cellward-goals-"));
try {
  await machines(work);
  await badPictures(work);
  await filament();
  await speed();
  add("labelled, in domain, pixel F1", "0.80", "not measured", "no model is trained on labels of a user");
  add("contour deviation, U95", "0.15 mm", "not measured", "contours are not compared with their program yet");
  if (values.json === true) console.log(JSON.stringify({ ok: true, full, rows }));
} finally {
  await rm(work, { recursive: true, force: true });
}
