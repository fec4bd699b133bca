/** How full the driver keeps the wire, and the printer's planner, against the bound of each in the same run; in virtual time. */
import { fileURLToPath } from "node:url";
import { defaultLimits } from "../src/drivers/marlin/link.ts";
import { firstNumber, frame } from "../src/drivers/marlin/wire.ts";
import { Virtual } from "../test/drivers/marlin/virtual.ts";
import { program } from "../test/toolpath/bench.ts";
import type { Row } from "./row.ts";

const baud = 115_200;

/** One layer of extruding moves to and fro, `length` millimetres each. */
function layerOf(moves: number, length: number): string[] {
  return Array.from({ length: moves }, (_, i) => `G1 X${60 + (i % 2) * length} Y${60 + (i % 40)} E0.15`);
}

/** Seconds that the layer's lines take, from the first to the mark behind the last. */
function secondsOf(bench: Virtual, lines: readonly string[]): number {
  if (!bench.open()) throw new Error("the simulated printer did not answer");
  bench.begin(program("G1 Z0.2 F1200", "G1 X60 Y60 F6000", "G1 F1800", ...lines));
  if (bench.end() !== "finished") throw new Error(JSON.stringify(bench.heard("failed")));
  const done = bench.observations.find((o) => o.kind === "layer-done");
  if (done?.kind !== "layer-done") throw new Error("no layer was made");
  return done.summary.durationMs / 1000;
}

/** Motion takes no time: what is left is the wire. The bound is each line's own bytes, ten bits each, without a gap. */
function wireRow(advancedOk: boolean, plainInFlight: number): Row {
  const window1 = !advancedOk && plainInFlight === 1;
  const lines = layerOf(20_000, 4);
  const setup = { limits: { ...defaultLimits, plainInFlight } };
  const seconds = secondsOf(new Virtual({ speed: 100_000, baud, profile: { advancedOk }, setup, keep: false }), lines);
  const bytes = lines.reduce((sum, line, i) => sum + frame(firstNumber + 100 + i, line).length, 0);
  // A window of one line waits for each answer: then the bound is the line and its `ok`.
  const turn = window1 ? lines.length * (("ok\n".length * 10) / baud) : 0;
  const [value, baseline] = [lines.length / seconds, lines.length / ((bytes * 10) / baud + turn)];
  const window = advancedOk ? "ADVANCED_OK" : `plain ok, window ${plainInFlight}`;
  return row(`wire of ${baud} baud, ${window}`, value, baseline);
}

/** The planner is the bound: the sum of the moves' own times, as the simulated steppers make them one after the other. */
function plannerRow(): Row {
  const lines = layerOf(2000, 8);
  const free = secondsOf(new Virtual({ baud: 2_000_000, keep: false }), lines);
  const seconds = secondsOf(new Virtual({ baud, keep: false }), lines);
  return row(`planner of 16 moves at ${baud} baud`, lines.length / seconds, lines.length / free);
}

function row(name: string, value: number, baseline: number): Row {
  return { name, value: Math.round(value), unit: "lines/s", baseline: Math.round(baseline), ratio: value / baseline };
}

/** Runs the rows one after the other. */
export async function run(): Promise<Row[]> {
  return [wireRow(true, 1), wireRow(false, 4), wireRow(false, 1), plannerRow()];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await run());
