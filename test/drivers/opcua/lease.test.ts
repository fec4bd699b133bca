/** One controller at a machine: its lock is taken, kept and given back, and whoever takes it away is noticed. */
import { DataType, type Variant } from "node-opcua";
import { afterAll, beforeAll, expect, test } from "vitest";
import { claimOf, renewEvery } from "../../../src/drivers/opcua/lease.ts";
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

test("[F32] whose a lock is, is told by its application; it is renewed well before it ends", () => {
  expect(claimOf("urn:cell", "cell", "urn:cell")).toEqual({ kind: "ours" });
  expect(claimOf("urn:other", "operator", "urn:cell")).toEqual({ kind: "foreign", by: "urn:other as operator" });
  expect(claimOf("", "", "urn:cell")).toEqual({ kind: "foreign", by: "somebody who is not named" });
  expect([renewEvery(9000, 2000), renewEvery(3000, 2000), renewEvery(null, 2000)]).toEqual([2000, 1000, 2000]);
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
