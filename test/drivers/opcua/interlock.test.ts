/** What must hold beside a machine (a robot's safety states, a guard): no start without it, and no job goes on. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { type OpcuaBench, startOpcuaBench, stationProgram } from "../opcua-machine.ts";

const station = "http://cellward.example/UA/FinishingStation/";
const step = (name: string, namespace = station) => ({ namespace, name });
const machines = step("Machines", "http://opcfoundation.org/UA/Machinery/");
const title = "its guard is open";
let bench: OpcuaBench;
let count = 0;
const fresh = (): AttemptId => `interlock-${++count}` as AttemptId;

beforeAll(async () => {
  const path = [machines, step("finishing-1"), step("Door"), step("Closed")];
  bench = await startOpcuaBench(["--speed", "5"], { interlocks: [{ title, path, safeWhen: true }] });
});
afterAll(() => bench.dispose());

test("[F27][F29] an interlock that does not hold refuses a start, in its own words; one that holds does not", async () => {
  const program = bench.store(stationProgram("clean-dry"));
  await bench.station.control("POST /door", { closed: false });
  // The station shows its door some moments later; until then it refuses by itself.
  const told = async () => {
    const answer = await bench.begin(fresh(), program);
    return answer.kind === "refused" ? `${answer.fault.code}: ${answer.fault.what}` : answer.kind;
  };
  await expect.poll(told, { timeout: 20_000 }).toMatch(/^interlock: .*its guard is open/);
  expect((await bench.state()).jobs.every(({ state }) => !/Running/.test(state))).toBe(true);
  await bench.station.control("POST /door", { closed: true });
  await bench.settle();
  await expect.poll(told, { timeout: 20_000 }).toBe("done");
});

test("[F27][F31] an interlock that is lost while a job runs ends the attempt, and the job at the machine", async () => {
  await bench.station.control("POST /door", { closed: false });
  const { fault } = await bench.listener.next("failed", ({ attempt }) => attempt === `interlock-${count}`);
  expect([fault.code, fault.what]).toEqual(["interlock", expect.stringContaining(title)]);
  await expect
    .poll(async () => (await bench.state()).jobs.every(({ state }) => !/Running|Interrupted/.test(state)), {
      timeout: 30_000,
    })
    .toBe(true);
  await bench.station.control("POST /door", { closed: true });
});
