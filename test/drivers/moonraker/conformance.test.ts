/** The Moonraker driver keeps the promises of the port, over real sockets with the simulated Moonraker. */
import { machineConformance } from "../conformance.ts";
import { startMoonrakerBench } from "../moonraker-machine.ts";

machineConformance("Klipper behind Moonraker", async () => {
  const bench = await startMoonrakerBench(200);
  const { machine, listener, dispose, kill } = bench;
  return { machine, listener, program: bench.program(3), layers: 3, lose: kill, dispose };
});
