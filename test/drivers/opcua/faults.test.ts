/** The OPC UA driver against a station that misbehaves: nothing is done twice, nothing is said to be known that is not. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Observation } from "../../../src/equipment/machine.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { type OpcuaBench, partTag, startOpcuaBench, stationProgram } from "../opcua-machine.ts";

let bench: OpcuaBench;
let count = 0;
const fresh = (): AttemptId => `fault-${++count}` as AttemptId;
const press = () => bench.store(stationProgram("press-sleeves"));
const alarmsOf = (heard: readonly Observation[]) => heard.flatMap((o) => (o.kind === "alarm" ? [o.alarm] : []));

beforeAll(async () => {
  bench = await startOpcuaBench(["--speed", "10", "--heartbeat-ms", "60000"], {
    heartbeatMs: 1000,
    patienceMs: 40_000,
  });
});
afterEach(async () => {
  await bench.station.control("POST /clear", {});
  await bench.station.control("POST /part", { tag: partTag });
  await bench.settle();
});
afterAll(() => bench.dispose());

test("[F23][F64] a freeze in mid-job is seen in bounded time; the job is found again, with the gap and its results", async () => {
  const { listener } = bench;
  const attempt = fresh();
  expect(await bench.begin(attempt, press())).toEqual({ kind: "done" });
  listener.forget();
  await bench.fault({ name: "freeze", ms: 7000 });
  const unseen = await listener.next("alarm", ({ alarm }) => alarm.id === "not-watched" && alarm.active);
  expect(unseen.alarm.what).toContain("not answered");
  const gap = await listener.next("gap");
  expect(gap.to - gap.from).toBeGreaterThan(1000);
  const { executed } = await listener.next("finished", (o) => o.attempt === attempt);
  expect(executed.results?.map(({ characteristic, unit }) => `${characteristic} ${unit}`)).toEqual([
    ...["sleeve-1-peak-force N", "sleeve-1-depth mm", "sleeve-2-peak-force N", "sleeve-2-depth mm"],
  ]);
  expect(executed.evidence?.every(({ digest }) => bench.evidence.has(digest))).toBe(true);
  expect(listener.heard.filter(({ kind }) => kind === "offline" || kind === "failed")).toEqual([]);
  await listener.next("alarm", ({ alarm }) => alarm.id === "not-watched" && !alarm.active);
});

test("[F28][L4] a start whose answer is lost is found in the machine's own list, and never given again", async () => {
  await bench.fault({ name: "lost-answers", count: 1 });
  const attempt = fresh();
  const answers = [await bench.begin(attempt, press()), await bench.begin(attempt, press())];
  expect(answers).toEqual([{ kind: "done" }, { kind: "done" }]);
  await bench.listener.next("finished", (o) => o.attempt === attempt);
  const ran = (await bench.state()).jobs.filter(({ id }) => id === attempt);
  expect(ran).toHaveLength(1);
});

test("[F28] a ReturnStatus of 0 is no answer: the machine's state tells that it began", async () => {
  await bench.fault({ name: "return-status", give: "zero" });
  const attempt = fresh();
  expect(await bench.begin(attempt, press())).toEqual({ kind: "done" });
  await bench.listener.next("finished", (o) => o.attempt === attempt);
});

test("[F28] a success that the machine's state does not bear out is not believed", async () => {
  await bench.fault({ name: "return-status", give: "success" });
  await bench.station.control("POST /part", { tag: "P-2" });
  const attempt = fresh();
  const answer = await bench.begin(attempt, press());
  expect(answer).toMatchObject({ kind: "unknown", fault: { code: "start-unknown" } });
  expect(await bench.machine.perform({ kind: "abort", attempt })).toEqual({ kind: "done" });
  expect((await bench.state()).jobs.filter(({ id }) => id === attempt)).toEqual([]);
});

test("[F48][L8] the wrong part is refused in words, and its program does not stay at the machine", async () => {
  await bench.station.control("POST /part", { tag: "P-2" });
  const answer = await bench.begin(fresh(), press());
  expect(answer).toMatchObject({ kind: "refused", fault: { code: "start-refused" } });
  expect(answer.kind === "refused" && answer.fault.what).toContain("another part, or none, is in its fixture");
  await expect.poll(async () => (await bench.state()).programs, { timeout: 20_000 }).toEqual([]);
});

test("[F3] a program that the machine keeps wrong is not started", async () => {
  await bench.fault({ name: "corrupt-program" });
  const attempt = fresh();
  expect(await bench.begin(attempt, press())).toMatchObject({
    kind: "refused",
    fault: { code: "program-read-back-differs" },
  });
  const { jobs, programs } = await bench.state();
  expect([jobs.filter(({ id }) => id === attempt), programs]).toEqual([[], []]);
});

test("[F3] a program goes in small pieces where the machine takes no larger ones", async () => {
  await bench.fault({ name: "small-limits", bytes: 32, nodes: 2 });
  const attempt = fresh();
  expect(await bench.begin(attempt, press())).toEqual({ kind: "done" });
  await bench.listener.next("finished", (o) => o.attempt === attempt);
});

test("[F36] in a flood of alarms each is told, each end is told, and a job can still be begun", async () => {
  const { listener } = bench;
  listener.forget();
  await bench.fault({ name: "alarm-flood", count: 120 });
  const attempt = fresh();
  expect(await bench.begin(attempt, press())).toEqual({ kind: "done" });
  const told = (active: boolean) =>
    new Set(alarmsOf(listener.heard).flatMap((a) => (a.active === active && a.id.includes("flood-") ? [a.id] : [])));
  await expect.poll(() => told(true).size, { timeout: 30_000 }).toBe(120);
  await bench.station.control("POST /clear", {});
  await expect.poll(() => told(false).size, { timeout: 30_000 }).toBe(120);
  await listener.next("finished", (o) => o.attempt === attempt);
});

test("[F48] an open door holds the job and is an alarm; closed again, the job goes on when it is told", async () => {
  const { listener, machine } = bench;
  const attempt = fresh();
  expect(await bench.begin(attempt, bench.store(stationProgram("clean-dry")))).toEqual({ kind: "done" });
  listener.forget();
  await bench.station.control("POST /door", { closed: false });
  await listener.next("alarm", ({ alarm }) => alarm.active && alarm.id.includes("door-open"));
  const proceed = { kind: "proceed", attempt, releasedLayer: 1 } as const;
  expect(await machine.perform(proceed)).toMatchObject({ kind: "refused", fault: { code: "command-refused" } });
  await bench.station.control("POST /door", { closed: true });
  expect(await machine.perform(proceed)).toEqual({ kind: "done" });
  expect(await machine.perform({ kind: "abort", attempt })).toEqual({ kind: "done" });
});

test("[F35] too much force ends the job at the machine, and its own words are told", async () => {
  await bench.fault({ name: "overforce" });
  const attempt = fresh();
  expect(await bench.begin(attempt, press())).toEqual({ kind: "done" });
  const { fault } = await bench.listener.next("failed", (o) => o.attempt === attempt);
  expect(fault.code).toBe("aborted-at-machine");
  expect(fault.what).toContain("sleeve-1 took");
  expect(await bench.machine.perform({ kind: "abort", attempt })).toEqual({ kind: "done" });
});
