/** The OPC UA driver keeps the promises of the port, over a real socket with the simulated station. */
import { taskConformance } from "../conformance.ts";
import { partTag, startOpcuaBench, stationProgram } from "../opcua-machine.ts";

const shown = { Running: "at-work", Interrupted: "held", Ended: "over", Aborted: "over" } as const;

taskConformance("OPC UA to a finishing station", async () => {
  const bench = await startOpcuaBench(["--speed", "20"], { patienceMs: 2000 });
  const { machine, listener, settle, dispose, kill } = bench;
  return {
    ...{ machine, listener, settle, dispose, lose: kill, part: partTag },
    program: bench.store(stationProgram("press-sleeves")),
    longProgram: bench.store(stationProgram("clean-dry")),
    shows: async (attempt) => {
      const job = (await bench.state()).jobs.find(({ id }) => id === attempt);
      return job === undefined ? "nothing" : (shown[job.state as keyof typeof shown] ?? "nothing");
    },
  };
});
