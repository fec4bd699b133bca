/** The station over real OPC UA: programs, each kind of job to its results, refusals by their bits, states, alarms. */
import { DataType, type NodeId, resolveNodeId } from "node-opcua";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Bench, type Desk, exampleProgram, openDesk, startBench } from "./bench.ts";
import { type EventDesk, openEvents } from "./events-desk.ts";
import {
  callMethod,
  command,
  controlPath,
  digestOfBytes,
  readProgram,
  responseOf,
  sendProgram,
  stateOf,
  store,
  until,
  value,
} from "./jobs-desk.ts";

const operations = ["clean-dry", "press-sleeves", "measure"];
const bit = (...numbers: number[]) => numbers.reduce((sum, number) => sum + 2 ** number, 0);
let bench: Bench;
let desk: Desk;
let events: EventDesk;

beforeAll(async () => {
  bench = await startBench(["--speed", "100", "--heartbeat-ms", "60000"]);
  desk = await openDesk(bench);
  events = await openEvents(desk.session);
  for (const name of operations) await sendProgram(desk, `${name}.json`, exampleProgram(name));
});
afterAll(async () => {
  await events.close();
  await desk.close();
  expect(await bench.stop()).toBe(0);
});
beforeEach(async () => {
  await bench.control("POST /clear", {});
  await bench.control("POST /door", { closed: true });
  await bench.control("POST /part", { tag: "P-1" });
});

test("the machine says what it is, and that it is simulated", async () => {
  const plate = (name: string) => desk.read(`di:Identification/${name}`).then((variant): unknown => variant.value);
  expect(await plate("di:ProductInstanceUri")).toBe("urn:cellward.example:finishing-station:FS-0001");
  expect(await plate("di:SerialNumber")).toBe("FS-0001");
  expect(await plate("di:SoftwareRevision")).toBe("1.4.0");
  expect(await plate("own:Simulated")).toBe(true);
  const blocks = await desk.node("machinery:MachineryBuildingBlocks/machinery:MachineryItemState");
  expect(String(blocks)).toBe(String(await desk.node("machinery:MachineryItemState")));
});

test("sensors have units and ranges", async () => {
  for (const [path, unit] of [
    ["own:Press/own:Force_N", "N"],
    ["own:Press/own:Stroke_mm", "mm"],
    ["own:Dryer/own:Temperature_C", "°C"],
    ["own:Washer/own:Temperature_C", "°C"],
  ]) {
    const units = (await desk.read(`${path}/EngineeringUnits`)).value as { displayName: { text: string } };
    const range = (await desk.read(`${path}/EURange`)).value as { low: number; high: number };
    const now = (await desk.read(path!)).value as number;
    expect(units.displayName.text).toBe(unit);
    expect(now).toBeGreaterThanOrEqual(range.low);
    expect(now).toBeLessThan(range.high);
  }
});

test("a program goes there and back in pieces, is moved to its name, and deleted", async () => {
  const bytes = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
  await sendProgram(desk, "there.part", bytes, 700);
  expect(await readProgram(desk, "there.part")).toEqual({ bytes, pieces: 1 });
  const [folder, file] = [await desk.node("own:Programs"), await desk.node("own:Programs/own:there.part")];
  const move = (newName: string) =>
    callMethod(desk, "own:Programs", "MoveOrCopy", [
      value(DataType.NodeId, file),
      value(DataType.NodeId, folder),
      value(DataType.Boolean, false),
      value(DataType.String, newName),
    ]);
  expect((await move("measure.json")).statusCode.name).toBe("BadBrowseNameDuplicated");
  expect((await move("there.json")).statusCode.name).toBe("Good");
  expect((await readProgram(desk, "there.json")).bytes).toEqual(bytes);
  expect((await desk.read("own:Programs/own:there.json/Size")).value).toEqual([0, 5000]);
  const moved = value(DataType.NodeId, await desk.node("own:Programs/own:there.json"));
  expect((await callMethod(desk, "own:Programs", "Delete", [moved])).statusCode.name).toBe("Good");
  await expect(desk.node("own:Programs/own:there.json")).rejects.toThrow("BadNoMatch");
});

test("a file that a session left open is free once that session ends", async () => {
  const other = await openDesk(bench);
  const open = (of: Desk) => callMethod(of, "own:Programs/own:measure.json", "Open", [value(DataType.Byte, 2)]);
  expect((await open(other)).statusCode.name).toBe("Good");
  expect((await open(desk)).statusCode.name).toBe("BadNotWritable");
  await other.close();
  const opened = await open(desk);
  expect(opened.statusCode.name).toBe("Good");
  const handle = value(DataType.UInt32, opened.outputArguments![0]!.value);
  await callMethod(desk, "own:Programs/own:measure.json", "Close", [handle]);
});

test("[F34] each kind of job goes from store to ended, and answers with its results", async () => {
  const results: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const id = `J-1-${operation}`;
    expect(await store(desk, { id, operation, tag: "P-1" })).toBe(1);
    expect(await stateOf(desk, id)).toEqual([1, 2]);
    expect(await command(desk, "Start", id)).toBe(1);
    await until(desk, id, 5);
    const response = await responseOf(desk, id);
    expect(response).toMatchObject({ status: 1, state: [5, 1], why: null });
    expect(response.data).toMatchObject({
      ProgramDigest: digestOfBytes(exampleProgram(operation)),
      JobResult: 1,
      SoftwareRevision: "1.4.0",
      PartTag: "P-1",
    });
    results[operation] = response.data;
    if (operation === "measure") expect(response.units).toMatchObject({ "guide-height": "mm" });
  }
  const number = expect.any(Number);
  expect(results["clean-dry"]).toMatchObject({
    "wash-temperature-min": number,
    "dry-temperature-max": number,
    "dry-duration": number,
  });
  for (const sleeve of ["sleeve-1", "sleeve-2"]) {
    expect(results["press-sleeves"]).toMatchObject({ [`${sleeve}-peak-force`]: number, [`${sleeve}-depth`]: number });
    expect((results["press-sleeves"]![`${sleeve}-curve`] as Float64Array).length).toBeGreaterThan(100);
  }
  expect(results["measure"]).toMatchObject({
    "sleeve-1-bore": number,
    "sleeve-2-bore": number,
    "sleeve-distance": number,
    "guide-height": number,
  });
});

test("what is refused says why by its bits, and changes nothing", async () => {
  const order = { id: "J-2", operation: "measure", tag: "P-1" };
  expect(await store(desk, { ...order, file: "none.json" })).toBe(bit(4, 33));
  expect(await store(desk, { ...order, digest: "0".repeat(64) })).toBe(bit(4, 34));
  expect(await store(desk, { ...order, id: "not acceptable" })).toBe(bit(32));
  expect(await command(desk, "Start", "J-2")).toBe(bit(1));
  expect(await store(desk, { ...order, tag: "P-7" }, "StoreAndStart")).toBe(bit(4, 35));
  expect(await stateOf(desk, "J-2")).toBeNull();
  expect(await store(desk, order)).toBe(1);
  expect(await store(desk, order)).toBe(bit(4));
  expect(await command(desk, "Resume", "J-2")).toBe(bit(3));
  await bench.control("POST /part", { tag: null });
  expect(await command(desk, "Start", "J-2")).toBe(bit(4, 35));
  await bench.control("POST /part", { tag: "P-1" });
  await bench.control("POST /door", { closed: false });
  expect(await command(desk, "Start", "J-2")).toBe(bit(4, 37));
  expect(await stateOf(desk, "J-2")).toEqual([1, 2]);
  expect(await command(desk, "Cancel", "J-2")).toBe(1);
  expect(await stateOf(desk, "J-2")).toBeNull();
  expect(await responseOf(desk, "J-2")).toMatchObject({ status: bit(1), state: [] });
});

test("a paused job is suspended by number and path, and PackML and the machine's state say the same", async () => {
  const numbers = async () => {
    const of = async (path: string) => (await desk.read(path)).value as number;
    const pack = "own:PackML/packml:BaseStateMachine";
    return {
      item: await of("machinery:MachineryItemState/CurrentState/Number"),
      mode: await of("machinery:MachineryOperationMode/CurrentState/Number"),
      machine: await of(`${pack}/packml:MachineState/CurrentState/Number`),
      unit: await of("own:PackML/packml:Status/own:StateCurrent"),
    };
  };
  expect(await numbers()).toEqual({ item: 2, mode: 3, machine: 18, unit: 4 });
  await store(desk, { id: "J-3", operation: "clean-dry", tag: "P-1" }, "StoreAndStart");
  await until(desk, "J-3", 3);
  expect(await command(desk, "Pause", "J-3")).toBe(1);
  expect(await stateOf(desk, "J-3")).toEqual([4, 2]);
  await until(desk, "J-3", 4);
  await expect.poll(async () => (await numbers()).unit).toBe(5);
  expect((await numbers()).item).toBe(3);
  const path = await desk.node(`${controlPath}/isa95:InterruptedSubstates`);
  expect(path).toBeDefined();
  expect(await command(desk, "Resume", "J-3")).toBe(1);
  expect(await command(desk, "Abort", "J-3")).toBe(1);
  expect(await stateOf(desk, "J-3")).toEqual([6]);
  await expect.poll(async () => (await numbers()).unit).toBe(9);
  expect((await numbers()).item).toBe(1);
  const pack = (of: string, name: string) =>
    callMethod(desk, `own:PackML/packml:BaseStateMachine${of}`, `packml:${name}`, []).then(
      (done) => done.statusCode.name,
    );
  expect(await pack("/packml:MachineState", "Reset")).toBe("BadInvalidState");
  expect(await pack("", "Clear")).toBe("Good");
  await expect.poll(async () => (await numbers()).unit).toBe(2);
  expect(await pack("/packml:MachineState", "Reset")).toBe("Good");
  await expect.poll(async () => (await numbers()).unit).toBe(4);
});

test("an alarm is raised, refreshed, acknowledged while active, and gone only when both are over", async () => {
  events.seen.length = 0;
  // The door that an earlier test opened may still be there: nobody has acknowledged it.
  const refreshed = async () => (await events.refresh()).filter(({ condition }) => condition === "detergent-low");
  await bench.control("POST /fault", { name: "detergent-low" });
  const raised = await events.until(({ condition }) => condition === "detergent-low");
  expect(raised).toMatchObject({ active: true, acked: false, retain: true, severity: 200, source: "finishing-1" });
  expect(await refreshed()).toHaveLength(1);
  const acknowledge = async (eventId: Buffer) => {
    const objectId = await desk.node("own:Alarms/own:detergent-low");
    const methodId: NodeId = resolveNodeId("AcknowledgeableConditionType_Acknowledge");
    const comment = value(DataType.LocalizedText, { text: "seen" });
    const done = await desk.session.call({
      objectId,
      methodId,
      inputArguments: [value(DataType.ByteString, eventId), comment],
    });
    return done.statusCode.name;
  };
  const [again] = await refreshed();
  expect(await acknowledge(Buffer.alloc(16))).not.toBe("Good");
  expect(await acknowledge(again!.eventId)).toBe("Good");
  expect(await refreshed()).toMatchObject([{ condition: "detergent-low", active: true, acked: true, retain: true }]);
  await bench.control("POST /clear", { name: "detergent-low" });
  await events.until(({ condition, active }) => condition === "detergent-low" && active === false);
  expect(await refreshed()).toEqual([]);
});

test("each change of a job's state is told by an event", async () => {
  events.seen.length = 0;
  await store(desk, { id: "J-4", operation: "measure", tag: "P-1" });
  await command(desk, "Start", "J-4");
  await events.until(({ message }) => message === "J-4 is Ended");
  const told = events.seen.map(({ message }) => message).filter((message) => message.startsWith("J-4"));
  expect(told).toEqual(["NotAllowedToStart", "AllowedToStart", "Running", "Ended"].map((state) => `J-4 is ${state}`));
});
