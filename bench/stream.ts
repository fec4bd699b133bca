/** Streaming through the whole driver and a real terminal, against the simulated printer's own limit in the same run. */
import { constants, openSync } from "node:fs";
import { ReadStream, WriteStream } from "node:tty";
import { fileURLToPath } from "node:url";
import { frame } from "../src/drivers/marlin/wire.ts";
import type { AttemptId } from "../src/kernel/names.ts";
import { BenchPrinter } from "../test/drivers/bench-printer.ts";
import { startBench } from "../test/drivers/marlin-machine.ts";
import { program } from "../test/toolpath/bench.ts";
import type { Row } from "./row.ts";

/** So fast that motion takes no time: what is left is the wire and the board's time for each line. */
const speed = 100_000;
const moves = 20_000;

/** One layer of short extruding moves to and fro. */
function longLayer(): string {
  const lines = Array.from({ length: moves }, (_, i) => `G1 X${60 + (i % 2) * 4} Y${60 + (i % 40)} E0.15`);
  return program("G1 Z0.2 F1200", "G1 X60 Y60 F6000", "G1 F1800", ...lines);
}

/** Lines a second through driver, child process, IPC and terminal. */
async function throughDriver(): Promise<number> {
  const bench = await startBench(speed);
  const attempt = "bench" as AttemptId;
  const digest = bench.store(longLayer());
  const answer = await bench.machine.perform({ kind: "begin", attempt, program: digest, releasedLayer: 9 });
  if (answer.kind !== "done") throw new Error(JSON.stringify(answer));
  const { summary } = await bench.listener.layer(attempt, 1);
  await bench.dispose();
  return moves / (summary.durationMs / 1000);
}

/** The same lines, framed beforehand, from a bare loop that keeps the command buffer and the receive ring full. */
async function bareLoop(): Promise<number> {
  const printer = new BenchPrinter();
  await printer.start(speed);
  const input = new ReadStream(openSync(printer.tty, constants.O_RDWR | constants.O_NOCTTY));
  const output = new WriteStream(openSync(printer.tty, constants.O_RDWR | constants.O_NOCTTY));
  const preamble = ["M302 S0", "G28"];
  const lines = [
    ...preamble,
    ...longLayer()
      .split("\n")
      .filter((line) => /^G1 X.*E/.test(line)),
  ];
  const framed = [frame(0, "M110 N0"), ...lines.map((line, i) => frame(i + 1, line))];
  const seconds = await pour(framed, input, output);
  input.destroy();
  output.destroy();
  await printer.dispose();
  return lines.length / seconds;
}

/** Sends all lines; resolves with the seconds from the first move to the last answer. */
function pour(framed: readonly string[], input: ReadStream, output: WriteStream): Promise<number> {
  const ringBytes = 127;
  let [next, acked, unacked, partial, since] = [0, 0, 0, "", 0];
  return new Promise((resolve) => {
    const send = () => {
      let batch = "";
      while (next < framed.length && (unacked === 0 || unacked + framed[next]!.length <= ringBytes)) {
        unacked += framed[next]!.length;
        batch += framed[next++]!;
      }
      if (batch !== "") output.write(batch);
    };
    input.on("data", (bytes: Buffer) => {
      const all = (partial + bytes.toString("latin1")).split("\n");
      partial = all.pop() ?? "";
      for (const line of all) {
        if (!line.startsWith("ok")) continue;
        unacked -= framed[acked++]!.length;
        if (acked === 3) since = performance.now();
      }
      if (acked === framed.length) resolve((performance.now() - since) / 1000);
      else send();
    });
    send();
  });
}

/** Runs both, the bare loop first. */
export async function run(): Promise<Row[]> {
  const baseline = Math.round(await bareLoop());
  const value = Math.round(await throughDriver());
  return [{ name: "stream through driver and pty", value, unit: "lines/s", baseline, ratio: value / baseline }];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await run());
