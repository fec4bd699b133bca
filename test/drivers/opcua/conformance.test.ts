/** The OPC UA driver keeps the promises of the port, over a real socket with the simulated station. */
import { expect, onTestFinished, test } from "vitest";
import type { OpcuaConfig } from "../../../src/drivers/opcua/config.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { taskConformance } from "../conformance.ts";
import { partTag, startOpcuaBench, stationProgram } from "../opcua-machine.ts";
import { packmlUnit } from "./unit.ts";

const shown = { Running: "at-work", Interrupted: "held", Ended: "over", Aborted: "over" } as const;

const shownByUnit = {
  Starting: "at-work",
  Execute: "at-work",
  Unsuspending: "at-work",
  Suspended: "held",
  Held: "held",
} as const;

taskConformance("OPC UA to a finishing station", () => start([]));
taskConformance("OPC UA to a unit of PackML that knows no jobs", () => start(["--serves", "packml"], packmlUnit));

async function start(options: readonly string[], changes: Partial<OpcuaConfig> = {}) {
  const bench = await startOpcuaBench(["--speed", "20", ...options], { patienceMs: 2000, ...changes });
  const { machine, listener, settle, dispose, kill } = bench;
  const isUnit = options.includes("packml");
  return {
    ...{ machine, listener, settle, dispose, lose: kill, part: partTag },
    program: bench.store(stationProgram("press-sleeves")),
    longProgram: bench.store(stationProgram("clean-dry")),
    shows: async (attempt: string) => {
      const { jobs, unit: state } = await bench.state();
      // A unit of PackML knows no names: it shows what it does.
      if (isUnit) return shownByUnit[state as keyof typeof shownByUnit] ?? "nothing";
      const job = jobs.find(({ id }) => id === attempt);
      return job === undefined ? "nothing" : (shown[job.state as keyof typeof shown] ?? "nothing");
    },
  };
}

test("[F24] job control under the first edition's URI is found there, and its structures by the server's own definitions", async () => {
  const bench = await startOpcuaBench(["--speed", "20", "--serves", "job-control-v1", "--dummy-namespaces", "3"]);
  onTestFinished(() => bench.dispose());
  const attempt = "v1" as AttemptId;
  expect(await bench.begin(attempt, bench.store(stationProgram("press-sleeves")))).toEqual({ kind: "done" });
  const { executed } = await bench.listener.next("finished");
  expect(executed.results?.map(({ characteristic }) => characteristic)).toContain("sleeve-1-peak-force");
});

test("[F24] an additive machine is told its layers, shows those it has completed while it works, and counts them at the end", async () => {
  const bench = await startOpcuaBench(["--speed", "5", "--serves", "additive"], { profile: "additive" });
  onTestFinished(() => bench.dispose());
  const layers = () =>
    bench.machine.telemetry()?.readings?.find(({ name }) => name === "layers-completed")?.value ?? null;
  const attempt = "l1" as AttemptId;
  bench.recipe({ layersPlanned: 120 });
  expect(await bench.begin(attempt, bench.store(stationProgram("press-sleeves")))).toEqual({ kind: "done" });
  await expect.poll(layers, { timeout: 15_000 }).toBeGreaterThan(0);
  expect(layers()).toBeLessThan(120);
  const { executed } = await bench.listener.next("finished");
  expect(executed.results).toContainEqual({ characteristic: "LayersCompleted", value: 120, unit: "", gauge: null });
});
