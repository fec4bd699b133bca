/** One controller at a machine: its lock is taken, kept and given back, and whoever takes it away is noticed. */
import { DataType, type Variant } from "node-opcua";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  afterTry,
  type Heard,
  type LeaseState,
  newLease,
  ownerOf,
  problemsOf,
  renewEvery,
} from "../../../src/drivers/opcua/lease.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { type Desk, openDesk } from "../../simulators/station/bench.ts";
import { type OpcuaBench, startOpcuaBench, stationProgram } from "../opcua-machine.ts";

let bench: OpcuaBench;
/** Another controller, which the machine trusts as well. */
let other: Desk;
beforeAll(async () => {
  bench = await startOpcuaBench(["--heartbeat-ms", "3000"], { lock: "required" });
  other = await openDesk(bench.station);
});
afterAll(async () => {
  await other.close();
  await bench.dispose();
});

async function lock(method: "InitLock" | "RenewLock" | "ExitLock" | "BreakLock"): Promise<unknown> {
  const context = { dataType: DataType.String, value: "another controller" };
  const done = await other.session.call({
    objectId: await other.node("di:Lock"),
    methodId: await other.node(`di:Lock/di:${method}`),
    inputArguments: method === "InitLock" ? [context] : [],
  });
  return done.outputArguments?.[0]?.value;
}
const owner = async (): Promise<unknown> => ((await other.read("di:Lock/di:LockingClient")) as Variant).value;
const clean = () => bench.store(stationProgram("clean-dry"));

const heard = (...tries: readonly (readonly [Heard, number])[]): LeaseState =>
  tries.reduce((state, [what, at]) => afterTry(state, what, at, 9000), newLease(0));
const done: Heard = { kind: "done" };
const unclear: Heard = { kind: "unclear", why: "BadTooManyOperations" };
const foreign: Heard = { kind: "foreign", by: "urn:other" };

test("[F32] whose a lock is, is told by its application; it is renewed well before it ends", () => {
  expect(ownerOf("urn:cell", "cell", "urn:cell")).toBe("ours");
  expect(ownerOf("urn:other", "operator", "urn:cell")).toBe("urn:other as operator");
  expect(ownerOf("", "", "urn:cell")).toBeNull();
  expect([renewEvery(9000, 2000), renewEvery(3000, 2000), renewEvery(null, 2000)]).toEqual([2000, 1000, 2000]);
});

test("[F32] nothing is this cell's before the machine has said so", () => {
  expect(problemsOf(heard([unclear, 0]), 0)).toEqual({
    bars: expect.stringContaining("may not lock"),
    ends: expect.stringContaining("may not lock"),
  });
  expect(problemsOf(heard([foreign, 0]), 0).ends).toContain("urn:other has locked it");
});

test("[F32] one answer that says nothing ends no job; none until the lock has lapsed does", () => {
  const once = heard([done, 0], [unclear, 2000]);
  expect(problemsOf(once, 2000)).toEqual({ bars: null, ends: null });
  const silent = heard([done, 0], [unclear, 4000], [unclear, 9000]);
  expect(problemsOf(silent, 9000).ends).toContain("BadTooManyOperations");
  expect(problemsOf(afterTry(silent, done, 9500, 9000), 9500)).toEqual({ bars: null, ends: null });
});

test("[F32] a lock of this cell's own connection before bars a start and ends no job", () => {
  const { bars, ends } = problemsOf(heard([{ kind: "ours" }, 0]), 0);
  expect([bars, ends]).toEqual([expect.stringContaining("connection before"), null]);
});

test("[F32] a loss is shown for a while although the lock was won back at once", () => {
  const back = heard([done, 0], [foreign, 2000], [done, 2001]);
  expect(problemsOf(back, 6000).ends).toContain("taken away");
  expect(problemsOf(back, 7001)).toEqual({ bars: null, ends: null });
});

test("[F32] while this cell has the machine, a second controller can neither lock nor command it", async () => {
  await expect.poll(owner).toBe("urn:cellward:test.example:cell-1");
  expect(await lock("InitLock")).toBe(-1);
  const abort = await other.session.call({
    objectId: await other.node("machinery:MachineryBuildingBlocks/jobs:JobManagement/jobs:JobOrderControl"),
    methodId: await other.node("machinery:MachineryBuildingBlocks/jobs:JobManagement/jobs:JobOrderControl/isa95:Abort"),
    inputArguments: [
      { dataType: DataType.String, value: "any" },
      { dataType: DataType.LocalizedText, arrayType: 1, value: [] },
    ],
  });
  expect(abort.statusCode.name).toBe("BadUserAccessDenied");
});

test("[F32][F31] a lock that is taken away ends the attempt in words, and the machine makes itself safe", async () => {
  expect(await bench.begin("lease-1" as AttemptId, clean())).toEqual({ kind: "done" });
  await lock("BreakLock");
  expect(await lock("InitLock")).toBe(0);
  const { fault } = await bench.listener.next("failed", ({ attempt }) => attempt === "lease-1");
  expect([fault.code, fault.what]).toEqual(["interlock", expect.stringContaining("urn:test:client as cell")]);
  await expect
    .poll(async () => (await bench.state()).jobs.map(({ state }) => state), { timeout: 20_000 })
    .toEqual(["Aborted"]);
  await lock("RenewLock");
  expect(await bench.begin("lease-2" as AttemptId, clean())).toMatchObject({
    kind: "refused",
    fault: { code: "interlock", what: expect.stringContaining("has locked it for itself") },
  });
});

test("[F32] given back by the other, it is taken again, and work goes on with a new attempt", async () => {
  expect(await lock("ExitLock")).toBe(0);
  await expect.poll(owner, { timeout: 20_000 }).toBe("urn:cellward:test.example:cell-1");
  await bench.settle();
  await expect
    .poll(async () => (await bench.begin("lease-3" as AttemptId, clean())).kind, { timeout: 20_000 })
    .toBe("done");
  expect(await bench.machine.perform({ kind: "abort", attempt: "lease-3" as AttemptId })).toEqual({ kind: "done" });
});
