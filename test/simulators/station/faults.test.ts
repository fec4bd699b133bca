/** Each breakage of the station does what it says, seen by a real OPC UA client. */
import { createHash } from "node:crypto";
import { AttributeIds, resolveNodeId } from "node-opcua";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Bench, clientOf, type Desk, exampleProgram, openDesk, startBench, uris } from "./bench.ts";
import { type EventDesk, openEvents } from "./events-desk.ts";
import {
  callMethod,
  command,
  keepAlive,
  readProgram,
  responseOf,
  sendProgram,
  stateOf,
  store,
  until,
  value,
} from "./jobs-desk.ts";

let bench: Bench;
let desk: Desk;
let events: EventDesk;
let stopBeating = () => {};
let jobs = 0;

beforeAll(async () => {
  bench = await startBench(["--speed", "50", "--heartbeat-ms", "6000"]);
  desk = await openDesk(bench);
  events = await openEvents(desk.session);
  for (const name of ["clean-dry", "press-sleeves", "measure"]) {
    await sendProgram(desk, `${name}.json`, exampleProgram(name));
  }
  stopBeating = await keepAlive(desk);
});
afterAll(async () => {
  stopBeating();
  await desk.client.disconnect();
  expect(await bench.stop()).toBe(0);
});
beforeEach(async () => {
  await bench.control("POST /part", { tag: "P-1" });
});
afterEach(async () => {
  await bench.control("POST /clear", {});
  await press("stop");
  await press("clear");
  await press("reset");
});

/** Presses a button at the station's panel, and waits until the unit has come to rest. */
async function press(button: string): Promise<void> {
  await bench.control("POST /panel", { button });
  const resting = ["Idle", "Stopped", "Aborted"];
  await expect
    .poll(async () => (await bench.control("GET /state")).body["unit"])
    .toSatisfy((unit: string) => resting.includes(unit));
}

const fault = (body: unknown) => bench.control("POST /fault", body).then(({ status }) => expect(status).toBe(200));
const fresh = () => `J-${++jobs}`;

async function started(operation: string): Promise<string> {
  const id = fresh();
  expect(await store(desk, { id, operation, tag: "P-1" }, "StoreAndStart")).toBe(1);
  return id;
}

test("the control socket takes what it knows, and says what is wrong with the rest", async () => {
  for (const [route, body] of [
    ["POST /fault", { name: "meteor" }],
    ["POST /fault", { name: "slow" }],
    ["POST /fault", { name: "slow", ms: 5, more: 1 }],
    ["POST /clear", { name: "meteor" }],
    ["POST /part", {}],
    ["POST /panel", { button: "reset" }],
  ] as const) {
    const { status, body: said } = await bench.control(route, body);
    expect(status).toBe(400);
    expect(said["error"]).toEqual(expect.any(String));
  }
  expect((await bench.control("GET /nothing")).status).toBe(404);
});

test("return-status: 0 for what was done, 1 for what was not; the list tells the truth", async () => {
  await fault({ name: "return-status", give: "zero" });
  const id = fresh();
  const order = { id, operation: "measure", tag: "P-1" };
  expect(await store(desk, order)).toBe(0);
  expect(await stateOf(desk, id)).toEqual([1, 2]);
  await fault({ name: "return-status", give: "success" });
  await bench.control("POST /part", { tag: "P-9" });
  expect(await command(desk, "Start", id)).toBe(1);
  expect(await stateOf(desk, id)).toEqual([1, 2]);
});

test("lost-answers: the start is done, and its answer never comes", async () => {
  const id = fresh();
  await store(desk, { id, operation: "measure", tag: "P-1" });
  await fault({ name: "lost-answers" });
  const answer = command(desk, "Start", id).catch((problem: unknown) => String(problem));
  await until(desk, id, 5);
  expect(await Promise.race([answer, Promise.resolve("nothing yet")])).toBe("nothing yet");
  expect(await command(desk, "Clear", id)).toBe(1);
});

test("alarm-flood: each alarm comes, is told again by a refresh, and ends", async () => {
  events.seen.length = 0;
  await fault({ name: "alarm-flood", count: 60 });
  await events.until(({ condition }) => condition === "flood-60");
  const refreshed = await events.refresh();
  expect(new Set(refreshed.map(({ condition }) => condition)).size).toBe(60);
  events.seen.length = 0;
  await bench.control("POST /clear", { name: "alarm-flood" });
  await events.until(({ condition, active }) => condition === "flood-60" && active === false);
});

test("overforce: the job is aborted with its curve, the alarm stands until somebody clears the unit", async () => {
  events.seen.length = 0;
  await fault({ name: "overforce" });
  const id = await started("press-sleeves");
  await until(desk, id, 6);
  const response = await responseOf(desk, id);
  expect(response).toMatchObject({ state: [6], why: expect.stringContaining("600 N"), data: { JobResult: 2 } });
  expect(response.data["sleeve-1-peak-force"]).toBeGreaterThan(600);
  expect(response.data).not.toHaveProperty("sleeve-2-depth");
  await events.until(({ condition, active }) => condition === "press-overforce" && active === true);
  await bench.control("POST /clear", {});
  const next = fresh();
  expect(await store(desk, { id: next, operation: "measure", tag: "P-1" }, "StoreAndStart")).toBe(2 ** 4 + 2 ** 36);
  await press("clear");
  await events.until(({ condition, active }) => condition === "press-overforce" && active === false);
});

test("measurement-off and missing-result bend the results, and nothing else", async () => {
  const right = await started("measure");
  await until(desk, right, 5);
  await fault({ name: "measurement-off", id: "guide-height", mm: 0.4 });
  await fault({ name: "missing-result", id: "sleeve-2-bore" });
  const wrong = await started("measure");
  await until(desk, wrong, 5);
  const [one, two] = [(await responseOf(desk, right)).data, (await responseOf(desk, wrong)).data];
  expect(Number(two["guide-height"]) - Number(one["guide-height"])).toBeCloseTo(0.4, 1);
  expect(Number(two["sleeve-1-bore"]) - Number(one["sleeve-1-bore"])).toBeCloseTo(0, 1);
  expect(one).toHaveProperty("sleeve-2-bore");
  expect(two).not.toHaveProperty("sleeve-2-bore");
});

test("door-open holds, part-swap aborts", async () => {
  const id = await started("clean-dry");
  await until(desk, id, 3);
  await fault({ name: "door-open" });
  await until(desk, id, 4);
  expect(await stateOf(desk, id)).toEqual([4, 1]);
  expect((await desk.read("own:Door/own:Closed")).value).toBe(false);
  await fault({ name: "part-swap", tag: "P-2" });
  await until(desk, id, 6);
  expect((await desk.read("own:Fixture/own:PartTag")).value).toBe("P-2");
  expect((await responseOf(desk, id)).why).toContain("P-2");
});

test("small-limits: long writes and long requests are refused, a reader gets many short pieces", async () => {
  const program = exampleProgram("measure");
  await fault({ name: "small-limits", bytes: 128, nodes: 3 });
  const made = await callMethod(desk, "own:Programs", "CreateFile", [value(12, "long.json"), value(1, true)]);
  const path = "own:Programs/own:long.json";
  const handle = value(7, made.outputArguments![1]!.value);
  const written = await callMethod(desk, path, "Write", [handle, value(15, program)]);
  expect(written.statusCode.name).toBe("BadEncodingLimitsExceeded");
  await callMethod(desk, path, "Close", [handle]);
  await sendProgram(desk, "short.json", program, 128);
  const back = await readProgram(desk, "short.json");
  expect(back.bytes).toEqual(program);
  expect(back.pieces).toBe(Math.ceil(program.length / 128));
  expect((await desk.read("own:Programs/own:short.json/MaxByteStringLength")).value).toBe(128);
  const node = await desk.node("own:Fixture/own:PartTag");
  const read = desk.session.read(Array.from({ length: 4 }, () => ({ nodeId: node, attributeId: AttributeIds.Value })));
  await expect(read).rejects.toThrow("BadTooManyOperations");
});

test("slow: the answer comes after later questions by another way", async () => {
  await fault({ name: "slow", ms: 1000 });
  const order: string[] = [];
  const read = desk.read("own:Fixture/own:PartTag").then(() => order.push("opc ua"));
  await bench.control("GET /state").then(() => order.push("control"));
  await read;
  expect(order).toEqual(["control", "opc ua"]);
});

test("freeze: nothing is answered until it is over, and a job survives it", async () => {
  const id = await started("clean-dry");
  await until(desk, id, 3);
  await command(desk, "Pause", id);
  await fault({ name: "freeze", ms: 1500 });
  let over = false;
  const timer = setTimeout(() => {
    over = true;
  }, 1000);
  await bench.control("GET /state");
  expect(over).toBe(true);
  clearTimeout(timer);
  expect(await stateOf(desk, id)).toEqual([4, 2]);
  await command(desk, "Abort", id);
});

test("a heartbeat that stands still aborts what has the station, after the stated time", async () => {
  const id = await started("clean-dry");
  await until(desk, id, 3);
  await command(desk, "Pause", id);
  stopBeating();
  await until(desk, id, 6);
  expect((await responseOf(desk, id)).why).toContain("6000 ms");
  expect((await desk.read("own:Heartbeat/own:TimeoutMs")).value).toBe(6000);
  stopBeating = await keepAlive(desk);
});

// From here on the station comes back as something else, and the session of the tests above is gone.

async function startTime(of: Desk): Promise<number> {
  const nodeId = resolveNodeId("Server_ServerStatus_StartTime");
  const read = await of.session.read({ nodeId, attributeId: AttributeIds.Value });
  return (read.value.value as Date).getTime();
}

/** SHA-1 of the certificate that the station shows in its endpoints. */
async function shownThumbprint(): Promise<string> {
  const client = clientOf(bench);
  await client.connect(bench.url);
  const [endpoint] = await client.getEndpoints();
  await client.disconnect();
  return createHash("sha1").update(endpoint!.serverCertificate).digest("hex");
}

test("[F34] restart: indexes move, the running job is aborted, programs and list stay, the start time tells", async () => {
  const id = await started("clean-dry");
  await until(desk, id, 3);
  await command(desk, "Pause", id);
  const [index, time] = [desk.namespaces.indexOf(uris.own), await startTime(desk)];
  const { body } = await bench.control("POST /fault", { name: "restart", namespaces: 5 });
  expect(body["programs"]).toContain("clean-dry.json");
  expect(body["jobs"]).toContainEqual({ id, state: "Aborted", sub: null, why: "the station was restarted" });
  const after = await openDesk(bench);
  expect(after.namespaces.indexOf(uris.own)).toBe(index + 5);
  expect(await startTime(after)).toBeGreaterThan(time);
  await after.node("own:Programs/own:clean-dry.json");
  expect(await stateOf(after, id)).toEqual([6]);
  expect((await responseOf(after, id)).why).toContain("restarted");
  await after.close();
});

test("other-certificate: another thumbprint, and the client is still trusted", async () => {
  expect(await shownThumbprint()).toBe(bench.thumbprint);
  const { body } = await bench.control("POST /fault", { name: "other-certificate" });
  expect(body["thumbprint"]).not.toBe(bench.thumbprint);
  expect(await shownThumbprint()).toBe(body["thumbprint"]);
  await (await openDesk(bench)).close();
});

test("other-identity: the same address and name, another serial and instance", async () => {
  await bench.control("POST /fault", { name: "other-identity", serial: "FS-0666" });
  const other = await openDesk(bench);
  expect((await other.read("di:Identification/di:SerialNumber")).value).toBe("FS-0666");
  expect((await other.read("di:Identification/di:ProductInstanceUri")).value).toContain("FS-0666");
  await other.close();
});
