/** Scores the inspector on rendered builds that its network never saw: other parts, then the drill guide, with ablation. */

import { appendFileSync, readFileSync } from "node:fs";
import type { Tools } from "../src/inspection/build.ts";
import { loadNetwork } from "../src/inspection/io/network.ts";
import type { Finding, InspectionReport } from "../src/inspection/report.ts";
import { outputShape } from "../src/inspection/tensor.ts";
import { jpegOf } from "../src/simulators/camera/io/jpeg.ts";
import { filaments, type RendererOptions } from "../src/simulators/camera/look.ts";
import { beadsOf, printFaults } from "../src/simulators/camera/print-faults.ts";
import { type Bench, commissioned, createBench } from "../test/inspection/bench.ts";
import { guideLayers, openGuide } from "../test/inspection/drill-guide.ts";
import { type Row, tablesOf } from "./model-tables.ts";
import { runUnseen, type Scope } from "./model-unseen.ts";

const usage = `usage: model-score [MODE], the model being that of models/manifest.json (or of the environment's MANIFEST)
  short                      a part of the unseen builds, and the ablation (the default)
  long [K/N ROWS]            all unseen builds, or every N-th from K on (from 0) with the rows appended to the file ROWS
  tables ROWS...             the tables of rows that \`long\` wrote
  ablation                   the drill guide's faults with the network's output zeroed
  guide-clean SEEDS          whole clean builds of the drill guide (development scores)
  guide-faults SEEDS [NAME]  its faults at three heights (development scores)`;
const [mode = "short", first = "", second = ""] = process.argv.slice(2);
const loaded = await loadNetwork(process.env["MANIFEST"] ?? "models/manifest.json");
if (!loaded.ok) throw new Error(loaded.error.what);
const infer: Tools["infer"] = (input) => loaded.value.run(input);
const layers = guideLayers();
const modes: Readonly<Record<string, () => Promise<void>>> = {
  short: async () => {
    await unseen({ colours: ["grey"], heights: [0.5], cleanLayers: 6, from: 0, of: 2 });
    await ablation();
  },
  long: () => {
    const [from = 0, of = 1] = first === "" ? [] : first.split("/").map(Number);
    const colours = ["grey", "white", "ivory", "natural", "blue", "red"] as const;
    return unseen({ colours, heights: [0.2, 0.7], cleanLayers: 99, from, of });
  },
  tables: async () => {
    const lines = process.argv.slice(3).flatMap((file) => readFileSync(file, "utf8").trim().split("\n"));
    console.log(tablesOf(lines.map((line): Row => JSON.parse(line))));
  },
  ablation,
  "guide-clean": () => clean(Number(first || 1)),
  "guide-faults": () => faults(Number(first || 1), second),
};
const chosen = modes[mode];
if (chosen === undefined) throw new Error(usage);
await chosen();

/** Parts, looks and poses that neither the network nor the limits have seen. */
async function unseen(scope: Scope): Promise<void> {
  const rows: Row[] = [];
  await runUnseen(scope, infer, (row) => {
    rows.push(row);
    if (second !== "") appendFileSync(second, `${JSON.stringify(row)}\n`);
    if (row.kind === "clean" && row.held)
      console.log(`false alarm: ${row.part} ${row.colour} layer ${row.layer}: ${row.why}`);
  });
  console.log(`\n${tablesOf(rows)}`);
}

/** The demo's faults at one height, each with the network and with its output zeroed (every cell surely "ok"). */
async function ablation(): Promise<void> {
  const size = outputShape[2] * outputShape[3];
  const zeroed: Tools["infer"] = async () => new Float32Array(outputShape[1] * size).fill(1, 0, size);
  const bench = createBench(looks(0));
  const { setup } = commissioned(bench);
  const empty = await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
  const names = ["nothing printed", "under-extrusion 0.6", "shift 2 mm in x", "lump of 3 mm", "spaghetti"];
  console.log("\n| drill guide, ivory | with the network | output zeroed |\n| --- | --- | --- |");
  for (const [name, at] of [...names.map((n) => [n, 27] as const), ["under-extrusion 0.6", 26] as const]) {
    const words: string[] = [];
    for (const run of [infer, zeroed]) {
      const [report] = await tryFault(bench, name, at, (more) => openGuide(setup, empty, run, more), 1);
      words.push(`${report!.verdict}: ${report!.reasons.slice(0, 1).join(" ").slice(0, 110)}`);
    }
    const planted = (at - 1) % 5 === 0 ? ", a layer with a planted defect" : "";
    console.log(`| ${name}, layer ${at}${planted} | ${words.join(" | ")} |`);
  }
}

/** Another filament and lamp for every seed. */
function looks(seed: number): RendererOptions {
  const colours = Object.values(filaments);
  const filament = colours[seed % colours.length] ?? filaments.ivory;
  return seed === 0 ? { seed: 90 } : { seed: 90 + seed, filament };
}

/** Whole clean builds: every alarm is false. */
async function clean(count: number): Promise<void> {
  for (let seed = 0; seed < count; seed++) {
    const bench = createBench(looks(seed));
    const { setup } = commissioned(bench);
    const empty = await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
    const build = await openGuide(setup, empty, infer);
    if (!build.ok) throw new Error(build.error.what);
    const alarms: string[] = [];
    const most = { missing: 0, thin: 0, extra: 0 };
    for (const plan of layers) {
      const frame = await jpegOf(bench.shoot({ plan, beads: beadsOf(plan) }));
      const report = await build.value.inspect(request(plan.layer, frame));
      if (!report.ok) throw new Error(report.error.what);
      const said = report.value.network?.maxScore;
      for (const key of ["missing", "thin", "extra"] as const) most[key] = Math.max(most[key], said?.[key] ?? 0);
      if (report.value.verdict !== "pass") {
        alarms.push(`layer ${plan.layer} ${report.value.verdict}: ${report.value.reasons.slice(0, 2).join(" ")}`);
        await build.value.accept({ layer: plan.layer, frame });
      }
    }
    console.log(
      `clean build ${seed}: ${alarms.length} false alarms of ${layers.length} layers; highest scores ${JSON.stringify(most)}`,
    );
    for (const alarm of alarms) console.log(`  ${alarm}`);
  }
}

/** Each fault at three heights: is it found in its first or second layer, and by whom? */
async function faults(count: number, only: string): Promise<void> {
  const table = new Map<string, { residual: number; network: number; either: number; second: number; all: number }>();
  for (let seed = 0; seed < count; seed++) {
    const bench = createBench(looks(seed));
    const { setup } = commissioned(bench);
    const empty = await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
    for (const at of [4, 27, 50]) {
      for (const name of Object.keys(printFaults).filter((n) => n.includes(only))) {
        const found = await tryFault(bench, name, at, (more) => openGuide(setup, empty, infer, more));
        const row = table.get(name) ?? { residual: 0, network: 0, either: 0, second: 0, all: 0 };
        const by = (who: Finding["by"], r: InspectionReport): boolean => r.findings.some((f) => f.by === who);
        row.all++;
        if (by("residual", found[0]!)) row.residual++;
        if (by("network", found[0]!)) row.network++;
        if (found[0]!.verdict !== "pass") row.either++;
        if (found.some((r) => r.verdict !== "pass")) row.second++;
        table.set(name, row);
        console.log(
          `${name} | layer ${at} | seed ${seed} | ${found.map((r) => `${r.verdict} ${classesIn(r)}`).join(" / ")}`,
        );
      }
    }
  }
  console.log(
    "\n| fault | residual alone | network alone | found in its layer | within two layers |\n| --- | --- | --- | --- | --- |",
  );
  for (const [name, r] of table)
    console.log(
      `| ${name} | ${r.residual}/${r.all} | ${r.network}/${r.all} | ${r.either}/${r.all} | ${r.second}/${r.all} |`,
    );
}

function classesIn(report: InspectionReport): string {
  const names = report.findings.map((f) => `${f.by[0]}:${f.class}${f.measured.toFixed(1)}`).slice(0, 4);
  return `[${names.join(" ")}]${report.verdict === "blind" ? ` ${report.reasons.join(" ")}` : ""}`;
}

async function tryFault(
  bench: Bench,
  name: string,
  at: number,
  open: (more: object) => ReturnType<typeof openGuide>,
  most = 2,
): Promise<InspectionReport[]> {
  let beads = layers.slice(0, at - 1).flatMap((plan) => beadsOf(plan));
  const last = layers[at - 2]!;
  const accepted = { layer: last.layer, frame: await jpegOf(bench.shoot({ plan: last, beads, replace: true })) };
  const build = await open({ accepted });
  if (!build.ok) throw new Error(build.error.what);
  const reports: InspectionReport[] = [];
  for (const since of [0, 1].slice(0, most)) {
    const plan = layers[at - 1 + since]!;
    const damage = printFaults[name]!(plan, since);
    if (damage.displace !== undefined) beads = beads.map((b) => [...damage.displace!(b)]);
    beads = [...beads, ...damage.beads.map((b) => [...b])];
    const frame = await jpegOf(bench.shoot({ plan, beads, replace: true, objects: damage.objects ?? [] }));
    const report = await build.value.inspect(request(plan.layer, frame));
    if (!report.ok) throw new Error(report.error.what);
    reports.push(report.value);
    if (report.value.verdict !== "pass") break;
  }
  return reports;
}

function request(layer: number, frame: Uint8Array) {
  return {
    attempt: "A1",
    layer,
    take: 1,
    frame,
    markedAt: 1000 * layer,
    requestedAt: 1000 * layer + 10,
    receivedAt: 1000 * layer + 300,
    exposureStart: null,
  };
}
