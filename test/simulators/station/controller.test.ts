/** The station's controller without a wire: job states, PackML, interlocks, heartbeat, and random commands from a seed. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../../../src/kernel/hash.ts";
import { createFaults } from "../../../src/simulators/station/faults.ts";
import { createFiles } from "../../../src/simulators/station/files.ts";
import { hasStation, type JobOrder, type Method, methods, status } from "../../../src/simulators/station/jobs.ts";
import { commanded, type PackCommand, packStates, settle } from "../../../src/simulators/station/packml.ts";
import { createStation, mostJobs, type Station } from "../../../src/simulators/station/station.ts";
import { exampleProgram } from "./bench.ts";

const operations = ["clean-dry", "press-sleeves", "measure"];

function freshStation(): Station {
  const files = createFiles(() => 65_536);
  for (const name of operations) {
    const file = `${name}.json`;
    files.create(file);
    const handle = files.open(file, 2, "test");
    if (handle.ok) files.write(handle.value, file, "test", exampleProgram(name));
    files.forget("test");
  }
  const station = createStation(
    { seed: 1, heartbeatMs: 5000, heartbeatType: "UInt32", resetsItself: true },
    files,
    createFaults(),
  );
  station.putPart("P-1");
  return station;
}

function order(id: string, changes: Partial<JobOrder> = {}): JobOrder {
  const workMaster = changes.workMaster ?? "measure";
  const programDigest = digestOf(exampleProgram(workMaster));
  return {
    ...{
      id,
      workMaster,
      programFile: `${workMaster}.json`,
      programDigest,
      partTag: "P-1",
      layersPlanned: null,
      priority: 0,
      raw: null,
    },
    ...changes,
  };
}

let station: Station;
let now = 0;
beforeEach(() => {
  station = freshStation();
  now = 1_000_000;
});

/** Lets `seconds` go by with a living client, or without one. */
function pass(seconds: number, alive = true): void {
  for (let s = 0; s < seconds; s++) {
    if (alive) station.beat(now);
    station.tick(1, now, now + 1000);
    now += 1000;
  }
}
const jobOf = (id: string) => station.jobs().find((job) => job.order.id === id)!;
const stateOf = (id: string) => jobOf(id)?.state;
const bitsOf = (done: ReturnType<Station["store"]>) => (done.ok ? done.value : done.error.bits);

describe("job states", () => {
  it("go from store to ended, with one job at a time and the higher priority first", () => {
    expect(bitsOf(station.store(order("J-1"), false))).toBe(1n);
    station.store(order("J-2"), true);
    station.store(order("J-3", { priority: 5 }), true);
    expect(stateOf("J-1")).toEqual({ name: "NotAllowedToStart", sub: "Ready" });
    pass(1);
    expect(stateOf("J-3")?.name).toBe("Running");
    expect(stateOf("J-2")?.name).toBe("AllowedToStart");
    pass(60);
    expect(stateOf("J-2")).toEqual({ name: "Ended", sub: "Completed" });
    expect(stateOf("J-3")).toEqual({ name: "Ended", sub: "Completed" });
    expect(stateOf("J-1")?.name).toBe("NotAllowedToStart");
    expect(station.unit()).toBe("Idle");
  });
  it("are told one by one, however long nobody asks, and with the reason at the end", () => {
    station.store(order("J-1"), true);
    pass(60);
    station.store(order("J-2", { workMaster: "clean-dry" }), true);
    pass(2);
    station.command("Abort", "J-2");
    const told = station.news().map(({ order: { id }, state, why }) => `${id} ${state.name} ${why ?? ""}`.trim());
    expect(told).toEqual([
      ...["J-1 AllowedToStart", "J-1 Running", "J-1 Ended", "J-2 AllowedToStart", "J-2 Running"],
      "J-2 Aborted aborted by the controller",
    ]);
    expect(station.news()).toEqual([]);
  });
  it("say which method is not legal, and leave everything as it was", () => {
    station.store(order("J-1"), false);
    for (const method of ["RevokeStart", "Pause", "Resume", "Stop", "Clear"] as const) {
      expect(bitsOf(station.command(method, "J-1"))).toBe(status.invalidState);
    }
    expect(bitsOf(station.command("Start", "J-9"))).toBe(status.unknownJobOrder);
    expect(stateOf("J-1")?.name).toBe("NotAllowedToStart");
  });
  it("can be paused and go on where they were, be stopped, and be cleared", () => {
    station.store(order("J-1", { workMaster: "clean-dry" }), true);
    pass(5);
    station.command("Pause", "J-1");
    pass(600);
    expect(stateOf("J-1")).toEqual({ name: "Interrupted", sub: "Suspended" });
    expect(station.unit()).toBe("Suspended");
    station.command("Resume", "J-1");
    pass(2);
    expect(station.unit()).toBe("Execute");
    station.command("Stop", "J-1");
    expect(stateOf("J-1")?.name).toBe("Ended");
    expect(jobOf("J-1").why).toContain("stopped");
    expect(bitsOf(station.command("Clear", "J-1"))).toBe(1n);
    expect(station.jobs()).toEqual([]);
  });
  it("are bounded: a full list takes no more, the same id is taken once", () => {
    for (let n = 0; n < mostJobs; n++) expect(station.store(order(`J-${n}`), false).ok).toBe(true);
    expect(bitsOf(station.store(order("J-x"), false))).toBe(status.unableToAccept);
    station.command("Cancel", "J-3");
    expect(bitsOf(station.store(order("J-4"), false))).toBe(status.unableToAccept);
    expect(station.store(order("J-3"), false).ok).toBe(true);
  });
});

describe("interlocks", () => {
  it("refuse a program that is missing, another one, or for something else", () => {
    const refused = (changes: Partial<JobOrder>) => bitsOf(station.store(order("J-1", changes), false));
    expect(refused({ programFile: "other.json" })).toBe(status.unableToAccept | status.programMissing);
    expect(refused({ programDigest: "0".repeat(64) })).toBe(status.unableToAccept | status.programDiffers);
    expect(refused({ programFile: "clean-dry.json", programDigest: digestOf(exampleProgram("clean-dry")) })).toBe(
      status.unableToAccept | status.programDiffers,
    );
    expect(station.jobs()).toEqual([]);
  });
  it("refuse the wrong part, no part, and an open door at the start", () => {
    station.store(order("J-1", { workMaster: "press-sleeves" }), false);
    station.putPart("P-2");
    expect(bitsOf(station.command("Start", "J-1"))).toBe(status.unableToAccept | status.wrongPart);
    station.putPart(null);
    expect(bitsOf(station.command("Start", "J-1"))).toBe(status.unableToAccept | status.wrongPart);
    station.putPart("P-1");
    station.setDoor(false);
    expect(bitsOf(station.command("Start", "J-1"))).toBe(status.unableToAccept | status.doorOpen);
    station.setDoor(true);
    station.setMode("Maintenance");
    expect(bitsOf(station.command("Start", "J-1"))).toBe(status.unableToAccept | status.unitNotReady);
    station.setMode("Processing");
    expect(bitsOf(station.command("Start", "J-1"))).toBe(1n);
  });
  it("look again when a job begins: a part that was swapped meanwhile is not pressed", () => {
    station.store(order("J-1", { workMaster: "press-sleeves" }), true);
    station.putPart("P-2");
    pass(2);
    expect(stateOf("J-1")?.name).toBe("Aborted");
    expect(jobOf("J-1")).toMatchObject({ findings: [], startedAt: null, why: expect.stringContaining("P-2") });
    expect(station.unit()).toBe("Idle");
  });
  it("stop a job when the part is swapped under it, and take back starts that wait", () => {
    station.store(order("J-1", { workMaster: "press-sleeves" }), true);
    station.store(order("J-2"), true);
    pass(2);
    station.putPart("P-2");
    pass(1);
    expect(stateOf("J-1")?.name).toBe("Aborted");
    expect(stateOf("J-2")?.name).toBe("NotAllowedToStart");
    expect(station.plant.force_N).toBe(0);
  });
  it("hold a job while the door is open; it goes on only when told", () => {
    station.store(order("J-1", { workMaster: "clean-dry" }), true);
    pass(3);
    station.setDoor(false);
    pass(1);
    expect(stateOf("J-1")).toEqual({ name: "Interrupted", sub: "Held" });
    expect(station.alarms()).toMatchObject([{ name: "door-open" }]);
    expect(bitsOf(station.command("Resume", "J-1"))).toBe(status.unableToAccept | status.doorOpen);
    station.setDoor(true);
    pass(5);
    expect(stateOf("J-1")?.name).toBe("Interrupted");
    expect(bitsOf(station.command("Resume", "J-1"))).toBe(1n);
    pass(900);
    expect(stateOf("J-1")?.name).toBe("Ended");
  });
});

describe("what aborts a job", () => {
  it("a heartbeat that stands still for the stated time, and not before", () => {
    station.store(order("J-1", { workMaster: "clean-dry" }), true);
    pass(10);
    pass(4, false);
    expect(stateOf("J-1")?.name).toBe("Running");
    pass(3, false);
    expect(stateOf("J-1")?.name).toBe("Aborted");
    expect(jobOf("J-1").why).toContain("heartbeat");
    expect(station.unit()).toBe("Aborted");
    const warm_C = station.plant.washer_C;
    pass(60, false);
    expect(station.plant.washer_C).toBeLessThan(warm_C);
  });
  it("too much force: alarm and unit stay until clear and reset", () => {
    station.faults.set({ name: "overforce", factor: 8 });
    station.store(order("J-1", { workMaster: "press-sleeves" }), true);
    pass(60);
    expect(stateOf("J-1")?.name).toBe("Aborted");
    expect(jobOf("J-1").findings.map(({ id }) => id)).toContain("sleeve-1-curve");
    expect(station.alarms()).toMatchObject([{ name: "press-overforce" }]);
    station.store(order("J-2"), false);
    expect(bitsOf(station.command("Start", "J-2"))).toBe(status.unableToAccept | status.unitNotReady);
    expect(station.pack("Reset")).toBe(false);
    expect(station.pack("Clear")).toBe(true);
    pass(1);
    expect(station.alarms()).toEqual([]);
    expect(station.pack("Reset")).toBe(true);
    pass(1);
    expect(bitsOf(station.command("Start", "J-2"))).toBe(1n);
  });
  it("a restart: the job that ran is aborted, and no waiting start is carried over", () => {
    station.store(order("J-1", { workMaster: "clean-dry" }), true);
    station.store(order("J-2"), true);
    pass(3);
    station.powerCycle(now);
    expect(stateOf("J-1")?.name).toBe("Aborted");
    expect(stateOf("J-2")?.name).toBe("NotAllowedToStart");
    pass(5);
    expect(stateOf("J-2")?.name).toBe("NotAllowedToStart");
  });
});

describe("whatever happens", () => {
  const ids = fc.constantFrom("J-1", "J-2", "J-3");
  const act = fc.oneof(
    fc.record({
      kind: fc.constant("store" as const),
      id: ids,
      start: fc.boolean(),
      work: fc.constantFrom(...operations),
    }),
    fc.record({
      kind: fc.constant("command" as const),
      id: ids,
      method: fc.constantFrom(...(Object.keys(methods) as Method[])),
    }),
    fc.record({ kind: fc.constant("pass" as const), seconds: fc.integer({ min: 1, max: 40 }), alive: fc.boolean() }),
    fc.record({ kind: fc.constant("part" as const), tag: fc.constantFrom("P-1", "P-2", null) }),
    fc.record({ kind: fc.constant("door" as const), closed: fc.boolean() }),
    fc.record({
      kind: fc.constant("pack" as const),
      command: fc.constantFrom("Abort", "Clear", "Stop", "Reset" as const),
    }),
    fc.constant({ kind: "power" as const }),
  );

  function perform(act: FcAct): void {
    switch (act.kind) {
      case "store":
        station.store(order(act.id, { workMaster: act.work }), act.start);
        return;
      case "command":
        return commandFollowsTheTable(act.method, act.id);
      case "pass":
        return pass(act.seconds, act.alive);
      case "part":
        return station.putPart(act.tag);
      case "door":
        return station.setDoor(act.closed);
      case "pack":
        station.pack(act.command);
        return;
      case "power":
        return station.powerCycle(now);
    }
  }
  type FcAct = typeof act extends fc.Arbitrary<infer Value> ? Value : never;

  function commandFollowsTheTable(method: Method, id: string): void {
    const before = jobOf(id)?.state.name;
    const done = station.command(method, id);
    if (before === undefined) expect(bitsOf(done)).toBe(status.unknownJobOrder);
    else if (!methods[method].from.includes(before)) expect(bitsOf(done)).toBe(status.invalidState);
    if (!done.ok && before !== undefined) expect(jobOf(id).state.name).toBe(before);
    const { to } = methods[method];
    if (done.ok && to === "gone") expect(jobOf(id)).toBeUndefined();
    else if (done.ok && to !== "same") expect(jobOf(id).state).toEqual(to);
  }

  it("at most one job has the station, what has it matches the unit, and a job that is over stays over", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        station = freshStation();
        now = 1_000_000;
        const over = new Map<string, unknown>();
        for (const one of acts) {
          perform(one);
          const holders = station.jobs().filter(hasStation);
          expect(holders.length).toBeLessThanOrEqual(1);
          if (holders.length === 0) expect(station.plant.force_N).toBe(0);
          for (const job of station.jobs()) {
            const known = over.get(job.order.id);
            if (known !== undefined) expect(job).toBe(known);
            if (job.state.name === "Ended" || job.state.name === "Aborted") {
              expect(job.endedAt).not.toBeNull();
              over.set(job.order.id, job);
              expect(job.why === null).toBe(job.state.name === "Ended" && job.findings.length > 0);
            }
          }
          for (const id of over.keys()) if (jobOf(id) === undefined) over.delete(id);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("PackML", () => {
  it("takes a command only from its source states, and every acting state ends by itself", () => {
    const states = Object.keys(packStates) as (keyof typeof packStates)[];
    const commands: PackCommand[] = [
      ...(["Start", "Reset", "Hold", "Unhold", "Suspend", "Unsuspend", "Complete", "Stop", "Abort", "Clear"] as const),
    ];
    for (const state of states) {
      expect(settle(settle(state))).toBe(settle(state));
      for (const command of commands) {
        const to = commanded(state, command);
        if (to !== null) expect(settle(to)).not.toBe(to);
      }
    }
    expect(states.filter((state) => commanded(state, "Start") !== null)).toEqual(["Idle"]);
    expect(states.filter((state) => commanded(state, "Clear") !== null)).toEqual(["Aborted"]);
    expect(commanded("Stopped", "Stop")).toBeNull();
    expect(commanded("Aborted", "Reset")).toBeNull();
  });
});
