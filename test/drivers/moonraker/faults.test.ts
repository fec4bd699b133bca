/** What goes wrong with a printer behind Moonraker: each told in words, nothing made twice, nothing made that was not released. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Answer } from "../../../src/equipment/machine.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { layered } from "../../toolpath/bench.ts";
import { type KlipperState, type MoonrakerBench, startMoonrakerBench } from "../moonraker-machine.ts";

let bench: MoonrakerBench;
beforeAll(async () => {
  bench = await startMoonrakerBench(200);
});
afterAll(() => bench.dispose());

let count = 0;
const fresh = (): AttemptId => `A${++count}` as AttemptId;
const begin = (bench: MoonrakerBench, attempt: AttemptId, released = 1) =>
  bench.machine.perform({ kind: "begin", attempt, program: bench.program(3), releasedLayer: released });
const codeOf = (answer: Answer) => (answer.kind === "refused" ? answer.fault.code : answer.kind);
const abort = (bench: MoonrakerBench, attempt: AttemptId) => bench.machine.perform({ kind: "abort", attempt });
const failed = (bench: MoonrakerBench, attempt: AttemptId) =>
  bench.listener.next("failed", (o) => o.attempt === attempt);
const print = ({ objects }: KlipperState) => objects["print_stats"] as { state: string; filename: string };
const targets = ({ objects }: KlipperState) => [objects["extruder"]?.["target"], objects["heater_bed"]?.["target"]];

describe("[F3][F26][F28] a start", () => {
  test("of a copy that the printer's storage has altered is refused, and nothing moves", async () => {
    await bench.world("corrupt");
    const attempt = fresh();
    const before = (await bench.state()).executed;
    expect(await begin(bench, attempt)).toMatchObject({ kind: "refused", fault: { code: "copy-differs" } });
    expect((await bench.until(({ files }) => files.length === 0)).executed).toEqual(before);
  });

  test("on a full storage is refused in words", async () => {
    await bench.world("full", 1);
    const answer = await begin(bench, fresh());
    await bench.world("full", 0);
    expect(answer).toMatchObject({ kind: "refused", fault: { code: "program-not-stored" } });
    expect(answer.kind === "refused" && answer.fault.what).toContain("No space left");
  });

  test("beside somebody else's print, or with jobs in Moonraker's own queue, is refused", async () => {
    await bench.world("store", "other.gcode");
    await bench.world("start", "other.gcode");
    const beside = await begin(bench, fresh());
    await bench.world("cancel");
    await bench.world("queue", "next.gcode");
    let queued = await begin(bench, fresh());
    // Until the driver has heard that the other print is over.
    while (codeOf(queued) === "foreign-print") queued = await begin(bench, fresh());
    await bench.world("unqueue");
    expect([codeOf(beside), codeOf(queued)]).toEqual(["foreign-print", "foreign-queue"]);
  });

  test("whose answer is lost is looked for, and never said twice", async () => {
    await bench.world("deaf-to", "printer.print.start");
    const attempt = fresh();
    expect(await begin(bench, attempt)).toEqual({ kind: "done" });
    await bench.world("deaf-to");
    await bench.listener.layer(attempt, 1);
    expect(await abort(bench, attempt)).toEqual({ kind: "done" });
  });
});

describe("[F25][F26][L3] a print", () => {
  test("is the ordered program and its capture macros, and its copy goes at the end", async () => {
    const attempt = fresh();
    await begin(bench, attempt, 4);
    const finished = await bench.listener.next("finished", (o) => o.attempt === attempt);
    const { executed } = await bench.until(({ files }) => !files.some((file) => file.includes(attempt)));
    expect(finished.executed.program).toBe(createHash("sha256").update(layered(3)).digest("hex"));
    const wanted = layered(3)
      .split("\n")
      .map((line) => line.replace(/;.*/, "").trim())
      .filter((line) => line !== "");
    // Every line of the program was carried out in its order; what lies between is the driver's.
    let at = 0;
    for (const line of executed) if (line === wanted[at]) at++;
    expect(at).toBe(wanted.length);
    expect(executed.filter((line) => line === "PAUSE")).toHaveLength(4);
    expect(targets(await bench.state())).toEqual([0, 0]);
  });

  test("begins no layer that nobody released, whoever is away", async () => {
    const attempt = fresh();
    expect(await begin(bench, attempt, 1)).toEqual({ kind: "done" });
    await bench.listener.layer(attempt, 1);
    await bench.world("drop");
    const gap = await bench.listener.next("gap");
    expect(gap.to).toBeGreaterThanOrEqual(gap.from);
    expect(print(await bench.state()).state).toBe("paused");
    await bench.machine.perform({ kind: "proceed", attempt, releasedLayer: 2 });
    await bench.listener.layer(attempt, 2);
    expect((await bench.state()).executed.filter((line) => line === "PAUSE")).toHaveLength(3);
    await abort(bench, attempt);
  });

  test.each([
    ["resumed by somebody else", "resume", undefined, "someone-at-panel"],
    ["cancelled at the panel", "cancel", undefined, "someone-at-panel"],
    ["sped up at the panel", "speed", 1.5, "someone-at-panel"],
    ["cooled while it waits", "script", "TURN_OFF_HEATERS", "set-points-changed"],
  ] as const)("[F32] that is %s is over, and is made safe", async (_, name, value, code) => {
    const attempt = fresh();
    expect(await begin(bench, attempt, 1)).toEqual({ kind: "done" });
    await bench.listener.layer(attempt, 1);
    await bench.world(name, value);
    if (code === "someone-at-panel") await bench.listener.next("foreign-action", (seen) => seen.attempt === attempt);
    expect((await failed(bench, attempt)).fault.code).toBe(code);
    expect(targets(await bench.state())).toEqual([0, 0]);
    expect(print(await bench.state()).state).not.toBe("printing");
    await bench.world("speed", 1);
  });

  test("[F3] whose file somebody overwrites is over, and is not said to be made", async () => {
    const attempt = fresh();
    expect(await begin(bench, attempt, 1)).toEqual({ kind: "done" });
    await bench.listener.layer(attempt, 1);
    await bench.world("overwrite", `cellward/${attempt}.gcode`);
    expect((await failed(bench, attempt)).fault.code).toBe("copy-changed");
  });

  test("paused in mid-layer by a sensor is over", async () => {
    const slow = await startMoonrakerBench(20);
    onTestFinished(() => slow.dispose());
    const attempt = fresh();
    await begin(slow, attempt, 4);
    await slow.until((state) => state.executed.at(-1)?.startsWith("G1") === true && state.executed.length > 20);
    await slow.world("pause");
    expect((await failed(slow, attempt)).fault.code).toBe("someone-at-panel");
  });
});

describe("[F31] the loss of", () => {
  test("Klipper's firmware is told by its own words, and the printer is used again after its restart", async () => {
    const bench = await startMoonrakerBench(200);
    onTestFinished(() => bench.dispose());
    const attempt = fresh();
    expect(await begin(bench, attempt, 1)).toEqual({ kind: "done" });
    await bench.listener.layer(attempt, 1);
    bench.listener.forget();
    await bench.world("shutdown", "MCU 'mcu' shutdown: Timer too close");
    const { fault } = await failed(bench, attempt);
    expect([fault.code, fault.what]).toEqual(["printer-halted", expect.stringContaining("Timer too close")]);
    expect((await begin(bench, fresh())).kind).toBe("refused");
    await bench.world("restart");
    await bench.listener.next("online");
    expect(await abort(bench, fresh())).toEqual({ kind: "done" });
  });

  test("a server that freezes is noticed within its bound, and the open attempt ends", async () => {
    const bench = await startMoonrakerBench(200);
    onTestFinished(() => bench.dispose());
    const attempt = fresh();
    expect(await begin(bench, attempt, 1)).toEqual({ kind: "done" });
    await bench.listener.layer(attempt, 1);
    await bench.world("frozen", 1);
    const { fault, heaters } = await failed(bench, attempt);
    expect([["no-sign-of-life", "connection-lost"].includes(fault.code), heaters]).toEqual([true, "unknown"]);
    await bench.world("frozen", 0);
    // What an earlier attempt left at the printer is ended when it is there again.
    const { objects } = await bench.until((state) => print(state).state === "cancelled" && targets(state)[0] === 0);
    expect(objects["heater_bed"]?.["target"]).toBe(0);
  });

  test("[F33] the driver's process is unknown, and its successor ends the print and cools", async () => {
    const bench = await startMoonrakerBench(200);
    onTestFinished(() => bench.dispose());
    const attempt = fresh();
    expect(await begin(bench, attempt, 1)).toEqual({ kind: "done" });
    await bench.listener.layer(attempt, 1);
    process.kill(bench.machine.childPid() ?? 0, "SIGKILL");
    expect((await failed(bench, attempt)).heaters).toBe("unknown");
    await bench.until((state) => print(state).state === "cancelled" && targets(state)[0] === 0);
    await bench.until(({ files }) => files.length === 0);
    expect(await abort(bench, attempt)).toEqual({ kind: "done" });
  });

  test("an abort while a heater is waited for, and Klipper hears nothing, ends in its emergency stop", async () => {
    const bench = await startMoonrakerBench(1);
    onTestFinished(() => bench.dispose());
    const attempt = fresh();
    expect(await begin(bench, attempt, 1)).toEqual({ kind: "done" });
    await bench.until(({ blocked }) => blocked);
    expect(await abort(bench, attempt)).toEqual({ kind: "done" });
    expect((await bench.state()).objects["webhooks"]?.["state"]).toBe("shutdown");
  });
});

describe("[F23][F32] a printer", () => {
  test.each([
    ["with another mainboard", { serial: "usb-Klipper_other" }, "wrong-machine"],
    ["that does not know the key", { apiKeyFile: "/dev/null" }, "sign-in-refused"],
    ["whose key file is not there", { apiKeyFile: "/nowhere/key" }, "no-api-key"],
  ] as const)("%s is refused in words", async (_, changes, code) => {
    const bench = await startMoonrakerBench(200, changes, false);
    onTestFinished(() => bench.dispose());
    const { fault } = await bench.listener.next("offline");
    expect([fault.code, fault.remedy]).toEqual([code, expect.stringMatching(/[a-z].*\.$/)]);
    expect((await begin(bench, fresh())).kind).toBe("refused");
  });

  test("that keeps a copy is told about until it is gone", async () => {
    const bench = await startMoonrakerBench(200);
    onTestFinished(() => bench.dispose());
    await bench.world("stuck", 1);
    const attempt = fresh();
    await begin(bench, attempt, 4);
    await bench.listener.next("finished", (o) => o.attempt === attempt);
    const { alarm } = await bench.listener.next("alarm", (o) => o.alarm.active);
    expect(alarm.what).toContain("the design lies there");
    await bench.world("stuck", 0);
    await bench.listener.next("alarm", (o) => !o.alarm.active);
    expect((await bench.state()).files).toEqual([]);
  });
});
