/** The Marlin driver keeps the promises of the port, over a real terminal with two builds of the simulated printer. */
import { machineConformance } from "../conformance.ts";
import { startBench } from "../marlin-machine.ts";

/** A build that tells nothing of its buffers, hears nothing out of band, reports nothing by itself, at a baud rate. */
const plain = ["--plain-ok", "--no-emergency-parser", "--no-autoreport", "--baud", "250000"];

for (const [name, build] of [
  ["Marlin on a serial port", []],
  ["the plainest Marlin on a paced line", plain],
] as const)
  machineConformance(name, async () => {
    const bench = await startBench(400, { livenessMs: 3000 }, build);
    const { machine, listener, dispose } = bench;
    const lose = () => bench.printer.fault({ name: "unplug" });
    return { machine, listener, program: bench.program(3), layers: 3, lose, dispose };
  });
