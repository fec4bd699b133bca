/** Processes that are killed: the job at the machine is ended by whoever is left, and its outcome is never guessed. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { benchOf, type OpcuaBench, startOpcuaBench, stationProgram } from "../opcua-machine.ts";

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

/** The child's process id, once the job has begun. */
async function begun(lines: AsyncIterable<string>): Promise<number> {
  for await (const line of lines) {
    const said = JSON.parse(line) as { kind: string; child?: number };
    if (said.kind === "done") return said.child ?? 0;
    if (said.kind === "refused") throw new Error(line);
  }
  throw new Error("the parent began nothing");
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
