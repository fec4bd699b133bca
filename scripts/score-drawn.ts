/** Scores drawn powder beds that no limit was chosen on: a row a machine, and all of them together. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { scoreSet } from "../src/inspection/io/score-set.ts";
import { openSet } from "../src/inspection/io/set-folder.ts";
import type { FrameOutcome } from "../src/inspection/score/tally.ts";
import { tally } from "../src/inspection/score/tally.ts";
import { countedInWords, measuredInWords } from "../src/inspection/score/words.ts";
import { faultKindsOf } from "../src/simulators/powder/bed.ts";
import { writePowderSet } from "../src/simulators/powder/io/write-set.ts";

const help = `Usage: npm run score-drawn -- [--machines 6] [--from 1100] [--phase recoated|fused] [--layers 24] [--width 1000]
Draws machines from seeds, every second layer with a fault, and scores them by their own eight good layers.`;

const { values } = parseArgs({
  options: {
    machines: { type: "string", default: "6" },
    from: { type: "string", default: "1100" },
    phase: { type: "string", default: "recoated" },
    layers: { type: "string", default: "24" },
    width: { type: "string", default: "1000" },
    help: { type: "boolean", default: false },
  },
});
const phase = values.phase === "fused" ? "fused" : values.phase === "recoated" ? "recoated" : null;
const [machines, from, layers, width] = [values.machines, values.from, values.layers, values.width].map(Number);
const isWrong = [machines, from, layers, width].some((n) => !Number.isInteger(n) || (n ?? 0) < 1);
if (values.help || phase === null || isWrong) {
  console.log(help);
  process.exit(values.help ? 0 : 2);
}
const kinds = faultKindsOf(phase);
const folder = await mkdtemp(join(tmpdir(), "cellward-drawn-"));
const all: FrameOutcome[] = [];
try {
  for (let seed = from!; seed < from! + machines!; seed++) {
    const set = join(folder, `${seed}`);
    const faults = Array.from({ length: layers! }, (_, n) => (n % 2 === 0 ? [] : [kinds[(n >> 1) % kinds.length]!]));
    await writePowderSet(set, seed, faults, phase!, width);
    const opened = await openSet(set);
    const scored = opened.ok ? await scoreSet(opened.value, { progress() {}, async show() {} }) : opened;
    if (!scored.ok) throw new Error(scored.error.what);
    all.push(...scored.value.outcomes);
    row(`${phase} ${seed}`, scored.value.outcomes);
    await rm(set, { recursive: true });
  }
  row("all", all);
} finally {
  await rm(folder, { recursive: true, force: true });
}

function row(name: string, outcomes: readonly FrameOutcome[]): void {
  const report = tally(outcomes);
  const parts = [
    `AUROC ${measuredInWords(report.imageAuroc)}`,
    `pixel F1 ${measuredInWords(report.pixelF1)}`,
    `found ${countedInWords(report.recall)}`,
    `false alarms ${countedInWords(report.falseAlarms)}`,
  ];
  console.log(`${name}: ${parts.join("; ")}`);
  if (name !== "all") return;
  for (const { class: kind, recall } of report.byClass) console.log(`  ${kind}: found ${countedInWords(recall)}`);
}
