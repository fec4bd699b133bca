/** The Marlin driver keeps the promises of the port, over a real terminal with the simulated printer. */
import { machineConformance } from "../conformance.ts";
import { startBench } from "../marlin-machine.ts";

machineConformance("Marlin on a serial port", async () => {
  const bench = await startBench(400, { livenessMs: 3000 });
  const { machine, listener, dispose } = bench;
  const lose = () => bench.printer.fault({ name: "unplug" });
  return { machine, listener, program: bench.program(3), layers: 3, lose, dispose };
});
