/** A PackML unit seen as job control: no command where it is not legal, no success that nobody saw, and the unit found again. */
import { describe, expect, it, onTestFinished, test } from "vitest";
import type { JobMethod } from "../../../src/drivers/opcua/names.ts";
import { jobMethods } from "../../../src/drivers/opcua/names.ts";
import {
  commandFor,
  itemStateOf,
  jobsIn,
  operationModeOf,
  unitStateOf,
  unitStates,
} from "../../../src/drivers/opcua/packml.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { commanded } from "../../../src/simulators/station/packml.ts";
import { startOpcuaBench, stationProgram } from "../opcua-machine.ts";
import { packmlUnit } from "./unit.ts";

const given = (begun: boolean) => ({ job: "J1-A1", parameters: new Map<string, string>(), begun });
const mainIn = (state: (typeof unitStates)[number], begun: boolean) => jobsIn(state, given(begun))[0]?.state?.main;

describe("[F28][F27] a unit of PackML", () => {
  it("is told nothing in a state in which ISA-TR88 does not allow it", () => {
    const told = unitStates.flatMap((state) =>
      jobMethods.map((method) => ({ state, method, command: commandFor(method, state) })),
    );
    for (const { state, command } of told) {
      if (command !== "nothing" && command !== "not-now")
        expect([state, command, commanded(state, command)]).not.toContain(null);
    }
    const possible = (method: JobMethod) =>
      told
        .filter((each) => each.method === method && each.command !== "not-now" && each.command !== "nothing")
        .map(({ state }) => state);
    expect(possible("StoreAndStart")).toEqual(["Idle"]);
    expect(possible("Resume")).toEqual(["Suspended", "Held"]);
    expect(possible("Abort")).toHaveLength(unitStates.length - 2);
  });

  it("has its state from the innermost machine that is active, and none where they name none", () => {
    expect(unitStateOf("Aborted", null, null)).toBe("Aborted");
    expect(unitStateOf("Cleared", "Stopped", null)).toBe("Stopped");
    expect(unitStateOf("Cleared", "Running", "Execute")).toBe("Execute");
    expect([
      unitStateOf("Cleared", "Running", null),
      unitStateOf(null, null, null),
      unitStateOf("Ended", null, null),
    ]).toEqual([null, null, null]);
  });

  it("has ended a job only where it says Complete; one that was reset before anybody looked is no success", () => {
    expect(unitStates.filter((state) => mainIn(state, true) === "Ended")).toEqual(["Complete"]);
    expect([mainIn("Idle", false), mainIn("Idle", true), mainIn("Resetting", true)]).toEqual([
      "AllowedToStart",
      "Aborted",
      "Aborted",
    ]);
  });

  it("at work that nobody here gave it is somebody else's; at rest it has no jobs", () => {
    expect(unitStates.filter((state) => jobsIn(state, null).length > 0).length).toBe(9);
    expect(jobsIn("Idle", null)).toEqual([]);
    expect(unitStates.filter((state) => itemStateOf(state) === 2)).toEqual(["Idle", "Complete"]);
    expect([0, 1, 2, 3, 7].map(operationModeOf)).toEqual([0, 3, 1, 2, 0]);
  });
});

test("[F33][L4] the child of a PackML unit is killed: its successor ends what the unit is at, though the unit knows no names", async () => {
  const bench = await startOpcuaBench(["--speed", "1", "--serves", "packml"], packmlUnit);
  onTestFinished(() => bench.dispose());
  const { machine, listener } = bench;
  const attempt = "c1" as AttemptId;
  expect(await bench.begin(attempt, bench.store(stationProgram("clean-dry")))).toEqual({ kind: "done" });
  listener.forget();
  process.kill(machine.childPid()!, "SIGKILL");
  expect(await listener.next("failed")).toMatchObject({ fault: { code: "driver-lost" }, heaters: "unknown" });
  await listener.next("online");
  expect(await machine.perform({ kind: "abort", attempt })).toEqual({ kind: "done" });
  expect((await bench.state()).unit).toBe("Aborted");
});

test("[F32] somebody presses stop at a PackML unit: the job ends there and is no success", async () => {
  const bench = await startOpcuaBench(["--speed", "1", "--serves", "packml"], packmlUnit);
  onTestFinished(() => bench.dispose());
  const attempt = "s1" as AttemptId;
  expect(await bench.begin(attempt, bench.store(stationProgram("clean-dry")))).toEqual({ kind: "done" });
  await bench.station.control("POST /panel", { button: "stop" });
  expect(await bench.listener.next("failed")).toMatchObject({ attempt, fault: { code: "aborted-at-machine" } });
  expect(bench.listener.heard.some(({ kind }) => kind === "finished")).toBe(false);
});

test("[F23][F33] a PackML unit out of sight in mid-job is found again at that very job, and nothing failed", async () => {
  const options = ["--serves", "packml", "--speed", "10", "--heartbeat-ms", "60000"];
  const bench = await startOpcuaBench(options, { ...packmlUnit, heartbeatMs: 1000, patienceMs: 40_000 });
  onTestFinished(() => bench.dispose());
  const attempt = "seen-again" as AttemptId;
  expect(await bench.begin(attempt, bench.store(stationProgram("clean-dry")))).toEqual({ kind: "done" });
  bench.listener.forget();
  await bench.fault({ name: "freeze", ms: 6000 });
  await bench.listener.next("gap");
  const end = await Promise.race([bench.listener.next("finished"), bench.listener.next("failed")]);
  expect([end.kind, end.attempt]).toEqual(["finished", attempt]);
  expect(bench.listener.heard.filter(({ kind }) => kind === "foreign-action")).toEqual([]);
}, 120_000);
