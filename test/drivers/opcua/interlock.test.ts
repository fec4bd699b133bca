/** What must hold beside a machine (a robot's safety states, a guard): no start without it, and no job goes on. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../../../src/config/io/load.ts";
import type { OpcuaConfig } from "../../../src/drivers/opcua/config.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { type OpcuaBench, startOpcuaBench, stationProgram } from "../opcua-machine.ts";

const station = "http://cellward.example/UA/FinishingStation/";
const step = (name: string, namespace = station) => ({ namespace, name });
const machines = step("Machines", "http://opcfoundation.org/UA/Machinery/");
const title = "its guard is open";
const examples = new URL("../../../config/", import.meta.url);
let bench: OpcuaBench;
let count = 0;
const fresh = (): AttemptId => `interlock-${++count}` as AttemptId;

const cell = readFileSync(new URL("simulated-cell.toml", examples), "utf8");
const example = readFileSync(new URL("examples/robot/station.toml", examples), "utf8");
const section = /^\[\[machine\]\]\nid = "station-1"[\s\S]*?(?=^\[\[material)/m;

/** The station of a whole configuration, read as a cell reads it. */
async function stationIn(text: string): Promise<OpcuaConfig> {
  const folder = mkdtempSync(join(tmpdir(), "robot-"));
  try {
    writeFileSync(join(folder, "cell.toml"), text);
    const loaded = await loadConfig(join(folder, "cell.toml"));
    if (!loaded.ok) throw new Error(loaded.error.join(" "));
    const { serial, opcua } = loaded.value.config.machine.find(({ id }) => id === "station-1")!;
    return { ...opcua!, driver: "opcua", serial, userFile: "", passwordFile: "" };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const withRobot = await stationIn(cell.replace(section, `${example}\n`));

beforeAll(async () => {
  const path = [machines, step("finishing-1"), step("Door"), step("Closed")];
  const interlocks = [{ title, path, safeWhen: true }, ...withRobot.interlocks];
  bench = await startOpcuaBench(["--speed", "5", "--robot"], { interlocks });
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

test("[F27] the example with a robot is the simulated station and three interlocks, as the documentation shows them", async () => {
  const { interlocks, ...rest } = withRobot;
  const { interlocks: none, ...station } = await stationIn(cell);
  expect([rest, none, interlocks.length]).toEqual([station, [], 3]);
  const doc = readFileSync(new URL("../docs/add-a-machine.md", examples), "utf8");
  const shown = [...doc.matchAll(/^\+(.*)$/gm)].map(([, line]) => line);
  expect(example).toContain(`\n${shown.join("\n")}\n`);
  expect(shown.length).toBeGreaterThan(20);
});

const robotRows = [
  { change: { emergencyStop: true }, back: { emergencyStop: false }, says: "the robot's emergency stop is pressed" },
  {
    change: { protectiveStop: true },
    back: { protectiveStop: false },
    says: "the robot's protective stop is in force",
  },
  {
    change: { operationalMode: "MANUAL_REDUCED_SPEED" },
    back: { operationalMode: "AUTOMATIC" },
    says: "the robot is in no automatic mode",
  },
];

test.each(robotRows)("[F27][F31] a robot beside the machine ends the job, and bars the next: $says", async (row) => {
  await bench.settle();
  const program = bench.store(stationProgram("clean-dry"));
  await expect.poll(async () => (await bench.begin(fresh(), program)).kind, { timeout: 20_000 }).toBe("done");
  await bench.station.control("POST /robot", row.change);
  const { fault } = await bench.listener.next("failed", ({ attempt }) => attempt === `interlock-${count}`);
  expect([fault.code, fault.what]).toEqual([
    "interlock",
    `The machine says that ${row.says}, or does not say otherwise.`,
  ]);
  await expect
    .poll(async () => (await bench.state()).jobs.some(({ state }) => /Running|Interrupted/.test(state)))
    .toBe(false);
  await bench.settle();
  const next = await bench.begin(fresh(), program);
  expect(next.kind === "refused" && next.fault.what).toContain(row.says);
  expect((await bench.state()).jobs.map(({ id }) => id)).not.toContain(`interlock-${count}`);
  await bench.station.control("POST /robot", row.back);
});
