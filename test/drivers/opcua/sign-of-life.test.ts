/** This cell's sign of life at a machine: in the machine's own type, and never silently in vain. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CountedType, isCounted, nextCount, valueOfCount } from "../../../src/drivers/opcua/sign-of-life.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { heartbeatTypes } from "../../../src/simulators/station/station.ts";
import { type OpcuaBench, startOpcuaBench, stationProgram } from "../opcua-machine.ts";

let bench: OpcuaBench;
beforeAll(async () => {
  // A job that takes longer than the station waits for a sign of life, at the station's own speed.
  const options = ["--heartbeat-type", "Boolean", "--heartbeat-ms", "2500", "--speed", "80"];
  bench = await startOpcuaBench(options, { signOfLife: { path: ["Heartbeat", "Controller"], everyMs: 300 } });
});
afterAll(() => bench.dispose());

test("[F23] whatever the type, each value differs from the one before, and fits", () => {
  const counted = (heartbeatTypes as readonly string[]).filter(isCounted);
  expect(counted).toEqual(["UInt32", "Boolean", "Int16", "UInt64", "Double"]);
  const limits: Partial<Record<CountedType, number>> = {
    UInt32: 2 ** 32,
    Boolean: 2,
    Int16: 2 ** 15,
    UInt64: 2 ** 32,
    Double: 2 ** 53,
  };
  fc.assert(
    fc.property(fc.constantFrom(...counted), fc.nat(0x7fffffff), (type, start) => {
      const count = start % limits[type]!;
      const next = nextCount(type, count);
      expect(valueOfCount(type, next)).not.toEqual(valueOfCount(type, count));
      expect(next).toBeGreaterThanOrEqual(0);
      expect(next).toBeLessThan(limits[type]!);
    }),
  );
  expect([isCounted("String"), isCounted("toString")]).toEqual([false, false]);
});

test("[F23][F31] a truth value is counted in as well: a job longer than the machine's patience is finished", async () => {
  const attempt = "life-1" as AttemptId;
  const begun = performance.now();
  expect(await bench.begin(attempt, bench.store(stationProgram("clean-dry")))).toEqual({ kind: "done" });
  const end = await Promise.race([bench.listener.next("finished"), bench.listener.next("failed")]);
  expect(end.kind).toBe("finished");
  expect(performance.now() - begun).toBeGreaterThan(2500);
});

test("[F23][F31] a machine that refuses it in mid-job is stopped, and takes no other job, in words", async () => {
  const program = bench.store(stationProgram("clean-dry"));
  expect(await bench.begin("life-2" as AttemptId, program)).toEqual({ kind: "done" });
  await bench.fault({ name: "sign-of-life-refused" });
  const { fault } = await bench.listener.next("failed", ({ attempt }) => attempt === "life-2");
  expect([fault.code, fault.what]).toEqual([
    "interlock",
    expect.stringContaining("sign of life (BadUserAccessDenied)"),
  ]);
  await expect.poll(async () => (await bench.state()).jobs.some(({ state }) => state === "Running")).toBe(false);
  await bench.settle();
  expect(await bench.begin("life-3" as AttemptId, program)).toMatchObject({
    kind: "refused",
    fault: { code: "interlock" },
  });
});
