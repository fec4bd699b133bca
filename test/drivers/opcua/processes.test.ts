/** Processes that are killed: the job at the machine is ended by whoever is left, and its outcome is never guessed. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { benchOf, type OpcuaBench, startOpcuaBench, stationProgram } from "../opcua-machine.ts";
import { isRunning } from "../running.ts";

let bench: OpcuaBench;
beforeAll(async () => {
  bench = await startOpcuaBench(["--speed", "1", "--heartbeat-ms", "20000"], { heartbeatMs: 1000 });
});
afterAll(() => bench.dispose());

const stateOf = async (id: string) => (await bench.state()).jobs.find((job) => job.id === id)?.state ?? null;

test("[F33] kill -9 of the driver's child: the attempt's outcome is unknown, and its successor ends the job", async () => {
  const { machine, listener } = bench;
  const attempt = "c1" as AttemptId;
  expect(await bench.begin(attempt, bench.store(stationProgram("clean-dry")))).toEqual({ kind: "done" });
  listener.forget();
  const hold = machine.perform({ kind: "hold", attempt });
  process.kill(machine.childPid()!, "SIGKILL");
  expect(["done", "unknown"]).toContain((await hold).kind);
  expect(await listener.next("failed")).toMatchObject({ fault: { code: "driver-lost" }, heaters: "unknown" });
  await listener.next("online");
  await expect.poll(() => stateOf(attempt), { timeout: 30_000 }).toBe("Aborted");
  expect(await machine.perform({ kind: "abort", attempt })).toEqual({ kind: "done" });
  expect(await stateOf(attempt)).toBeNull();
  expect((await machine.perform({ kind: "proceed", attempt, releasedLayer: 1 })).kind).toBe("refused");
  await expect.poll(async () => (await bench.state()).programs, { timeout: 20_000 }).toEqual([]);
  await bench.settle();
});

test("[F31] kill -9 of the parent: the orphaned child ends the job, takes the program away and ends itself", async () => {
  await bench.machine.close();
  const entry = fileURLToPath(new URL("../fixtures/opcua-parent.ts", import.meta.url));
  const parent = spawn(process.execPath, [entry], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    parent.stdin.end(JSON.stringify({ config: bench.config, keysDir: bench.keysDir }));
    const child = await begun(createInterface({ input: parent.stdout }));
    expect(await stateOf("p1")).toBe("Running");
    parent.kill("SIGKILL");
    await expect.poll(() => stateOf("p1"), { timeout: 30_000 }).toBeNull();
    await expect.poll(async () => (await bench.state()).programs, { timeout: 20_000 }).toEqual([]);
    await expect.poll(() => isRunning(child), { timeout: 30_000 }).toBe(false);
  } finally {
    parent.kill("SIGKILL");
  }
  await bench.settle();
});

test("[F33] an attempt that was left at work by processes that are gone is ended by the abort of the next", async () => {
  const next = benchOf(bench.station, bench.keysDir, bench.config);
  await next.listener.next("online");
  const attempt = "n1" as AttemptId;
  expect(await next.begin(attempt, next.store(stationProgram("clean-dry")))).toEqual({ kind: "done" });
  const child = next.machine.childPid()!;
  const later = benchOf(bench.station, bench.keysDir, bench.config);
  try {
    process.kill(child, "SIGSTOP");
    await later.listener.next("online");
    const other = await later.begin("n2" as AttemptId, later.store(stationProgram("measure")));
    expect(other).toMatchObject({ kind: "refused", fault: { code: "foreign-job" } });
    expect(await later.machine.perform({ kind: "abort", attempt })).toEqual({ kind: "done" });
    expect(await stateOf(attempt)).toBeNull();
  } finally {
    if (isRunning(child)) process.kill(child, "SIGCONT");
    await later.machine.close();
    await next.machine.close();
  }
});

test("[F23][F33] a driver worn by many connections is replaced between two jobs, and nothing is said to be lost", async () => {
  await bench.settle();
  const said: string[] = [];
  const worn = benchOf(bench.station, bench.keysDir, bench.config, {
    connectionsAtMost: 1,
    log: (what) => said.push(what),
  });
  try {
    await worn.listener.next("online");
    const first = worn.machine.childPid()!;
    expect(await worn.begin("w1" as AttemptId, worn.store(stationProgram("clean-dry")))).toEqual({ kind: "done" });
    await bench.fault({ name: "restart", namespaces: 2 });
    await worn.listener.next("failed", ({ attempt }) => attempt === "w1");
    // A job was under way when it connected again: it is worn, and goes on until there is none.
    expect(worn.machine.childPid()).toBe(first);
    worn.listener.forget();
    await bench.settle();
    await bench.fault({ name: "restart", namespaces: 5 });
    await expect.poll(() => worn.machine.childPid() !== first, { timeout: 30_000 }).toBe(true);
    await expect.poll(() => isRunning(first), { timeout: 30_000 }).toBe(false);
    const ready = async () => (await worn.begin("w2" as AttemptId, worn.store(stationProgram("measure")))).kind;
    await expect.poll(ready, { timeout: 30_000 }).toBe("done");
    expect(worn.listener.heard.filter((o) => o.kind === "offline" && o.fault.code === "driver-lost")).toEqual([]);
    expect(said).toEqual(["driver child of station-1 is replaced by a fresh one"]);
  } finally {
    await worn.machine.close();
  }
});

/** The child's process id, once the job has begun. */
async function begun(lines: AsyncIterable<string>): Promise<number> {
  for await (const line of lines) {
    const said = JSON.parse(line) as { kind: string; child?: number };
    if (said.kind === "done") return said.child ?? 0;
    if (said.kind === "refused") throw new Error(line);
  }
  throw new Error("the parent began nothing");
}
