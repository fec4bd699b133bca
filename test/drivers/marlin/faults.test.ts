/** What the pure driver does when printer, wire or people do not behave. */
import { describe, expect, test } from "vitest";
import type { ModelBehaviour } from "./model.ts";
import { attempt, programOf, Rig, setupOf, sourceOf } from "./rig.ts";

const a1 = attempt("a1");

function printing(behaviour: Partial<ModelBehaviour> = {}): Rig {
  const rig = new Rig({ commandMs: 10, ...behaviour });
  expect(rig.open()).toBe(true);
  const program = sourceOf(programOf(3, 20));
  rig.tell({ kind: "begin", attempt: a1, program: program.digest, releasedLayer: 4 }, program);
  expect(rig.until(() => rig.layers().length === 1)).toBe(true);
  return rig;
}

function failure(rig: Rig, limitMs = 40_000) {
  rig.until(() => rig.heard("failed") !== undefined, limitMs);
  return { code: rig.heard("failed")?.fault.code, heaters: rig.heard("failed")?.heaters };
}

describe("a printer that misbehaves in a job", () => {
  test("[F33] a restart of the printer ends the job, and it is usable again afterwards", () => {
    const rig = printing();
    rig.firmware.restart();
    expect(failure(rig)).toEqual({ code: "machine-reset", heaters: "off" });
    expect(rig.observations.filter((o) => o.kind === "online")).toHaveLength(2);
    const moves = rig.firmware.executed.filter((line) => line.startsWith("G1")).length;
    rig.until(() => false, 5000);
    expect(rig.firmware.executed.filter((line) => line.startsWith("G1"))).toHaveLength(moves);
  });

  test.each([
    ["Error:Thermal Runaway, system stopped! Heater_ID: bed", "thermal-fault"],
    ["echo: cold extrusion prevented", "not-extruded"],
    ["echo: too long extrusion prevented", "not-extruded"],
    ["//action:pause", "someone-at-panel"],
    ["// action:cancel", "someone-at-panel"],
    ["echo:busy: paused for user", "someone-at-panel"],
    ["Error:something new", "firmware-error"],
    ["ok P15 B7", "foreign-line"],
  ])("%s ends the job with %s and the heaters go off", (line, code) => {
    const rig = printing();
    rig.firmware.say(line);
    expect(failure(rig)).toEqual({ code, heaters: "off" });
    expect(rig.firmware.hotend.target + rig.firmware.bed.target).toBe(0);
  });

  test.each([
    "//action:notification Bed Heating...",
    "//action:prompt_begin Filament",
    "echo:busy: processing",
    'echo:Unknown command: "L10012 G1 X1"',
    "\u00ff\u0000garbage",
    "ok",
    "Done printing file",
    "Resend: 3",
    "Cap:AUTOLEVEL:0HCap:RUNOUT:0",
  ])("%s is no reason to stop", (line) => {
    const rig = printing();
    rig.firmware.say(line);
    expect(rig.until(() => rig.heard("finished") !== undefined, 90_000)).toBe(true);
  });

  test("a command that the firmware does not know ends the job, not the file", () => {
    const rig = printing();
    rig.until(() => rig.firmware.executed.includes("G1 X2 Y3 E2.03"));
    rig.firmware.say('echo:Unknown command: "G1 X2 Y3 E2.03"');
    expect(failure(rig).code).toBe("unknown-command");
  });

  test("after kill() nothing more is sent but a greeting now and then, and the heaters are unknown", () => {
    const rig = printing();
    rig.firmware.say("Error:Printer halted. kill() called!");
    rig.until(() => rig.heard("failed") !== undefined, 100);
    rig.firmware.dead = true;
    expect(failure(rig)).toEqual({ code: "printer-halted", heaters: "unknown" });
    const before = rig.written.length;
    rig.until(() => false, 60_000);
    const later = rig.written.slice(before).join("");
    expect(later).toMatch(/M110/);
    expect(later).not.toMatch(/G1|M104/);
    expect(rig.observations.filter((o) => o.kind === "offline")).toHaveLength(1);
  });

  test("[F31] silence is seen within its bound, and the printer is cooled when it answers again", () => {
    const rig = printing();
    rig.cut = true;
    const since = rig.now;
    expect(failure(rig)).toEqual({ code: "no-sign-of-life", heaters: "unknown" });
    expect(rig.now - since).toBeLessThanOrEqual(9000);
    rig.cut = false;
    expect(rig.until(() => rig.observations.at(-1)?.kind === "online")).toBe(true);
    expect(rig.until(() => rig.firmware.hotend.target + rig.firmware.bed.target === 0)).toBe(true);
  });

  test("a driver that was held up itself does not take that for the printer's silence", () => {
    const rig = printing();
    rig.now += 30_000;
    expect(rig.until(() => rig.heard("finished") !== undefined, 90_000)).toBe(true);
  });

  test("[F25] a wire that damages every line ends in a storm of resends, not in an endless one", () => {
    const rig = printing();
    rig.firmware.behaviour = { ...rig.firmware.behaviour, damageToMachine: 0 };
    const receive = rig.firmware.receive.bind(rig.firmware);
    rig.firmware.receive = (text) => receive(text.replace(/G1 X2 Y9/g, "G1 X2 Y8"));
    expect(failure(rig)).toEqual({ code: "resend-storm", heaters: "off" });
  });

  test("a layer mark that was damaged on the way back is asked for again", () => {
    const rig = printing();
    const run = rig.firmware.run.bind(rig.firmware);
    let damaged = 0;
    rig.firmware.run = (now) =>
      run(now).replace(/\/\/layer:2/, (mark) => (damaged++ === 0 ? mark.replace("y", "x") : mark));
    expect(rig.until(() => rig.heard("finished") !== undefined)).toBe(true);
    expect(rig.layers()).toEqual([1, 2, 3]);
    expect(damaged).toBeGreaterThan(1);
  });
});

describe("making safe", () => {
  test.each([true, false])("[F31] abort stops, cools, parks and is confirmed (emergency parser: %s)", (parser) => {
    const rig = printing({ emergencyParser: parser });
    const id = rig.tell({ kind: "abort", attempt: a1 });
    const again = rig.tell({ kind: "abort", attempt: a1 });
    expect(rig.until(() => rig.answers.has(id) && rig.answers.has(again))).toBe(true);
    expect([rig.answers.get(id), rig.answers.get(again)]).toEqual([{ kind: "done" }, { kind: "done" }]);
    expect(rig.firmware.hotend.target + rig.firmware.bed.target).toBe(0);
    expect(rig.firmware.stopped).toBe(parser ? 2 : 0);
    expect(rig.firmware.executed.slice(-6).join()).toContain("G1 Z5 F600");
    expect(rig.heard("failed")).toBeUndefined();
    const over = rig.tell({ kind: "proceed", attempt: a1, releasedLayer: 9 });
    expect(rig.answers.get(over)).toMatchObject({ fault: { code: "attempt-over" } });
  });

  test.each([0, 200])(
    "[F31][F33] abort of an attempt that died with an earlier driver is confirmed (target: %i)",
    (target) => {
      const rig = new Rig();
      rig.firmware.hotend = { actual: 190, target };
      expect(rig.open()).toBe(true);
      const since = rig.now;
      const id = rig.tell({ kind: "abort", attempt: a1 });
      expect(rig.answers.has(id)).toBe(false);
      expect(rig.until(() => rig.answers.has(id))).toBe(true);
      expect(rig.answers.get(id)).toEqual({ kind: "done" });
      expect(rig.now - since).toBeLessThan(3000);
      expect(rig.firmware.hotend.target + rig.firmware.bed.target).toBe(0);
      expect(rig.firmware.executed).toContain("M104 S0");
      expect(rig.firmware.executed.join()).not.toContain("G1");
      const program = sourceOf(programOf(3, 20));
      rig.tell({ kind: "begin", attempt: a1, program: program.digest, releasedLayer: 4 }, program);
      expect(rig.until(() => rig.layers().length > 0, 10_000)).toBe(false);
    },
  );

  test("[F28][F31] abort of an attempt that died with an earlier driver is answered unknown by a silent printer", () => {
    const rig = new Rig();
    rig.open();
    rig.firmware.dead = true;
    const since = rig.now;
    const id = rig.tell({ kind: "abort", attempt: a1 });
    expect(rig.until(() => rig.answers.has(id))).toBe(true);
    expect(rig.answers.get(id)).toMatchObject({ kind: "unknown", fault: { code: "not-confirmed-safe" } });
    expect(rig.now - since).toBeLessThan(26_000);
  });

  test("[F28] an abort that the printer does not confirm is answered unknown, in bounded time", () => {
    const rig = printing();
    rig.firmware.dead = true;
    const since = rig.now;
    const id = rig.tell({ kind: "abort", attempt: a1 });
    expect(rig.until(() => rig.answers.has(id))).toBe(true);
    expect(rig.answers.get(id)).toMatchObject({ kind: "unknown", fault: { code: "not-confirmed-safe" } });
    expect(rig.now - since).toBeLessThan(26_000);
  });

  test("[F31] a driver whose parent is gone stops the print, cools the printer and only then exits", () => {
    const rig = printing();
    rig.event({ kind: "end", patience: 60_000 });
    expect(rig.exited).toBe(false);
    expect(rig.until(() => rig.exited)).toBe(true);
    expect(rig.firmware.hotend.target + rig.firmware.bed.target).toBe(0);
  });

  test("heat that belongs to no attempt is switched off before anything is begun", () => {
    const rig = new Rig();
    rig.firmware.hotend = { actual: 190, target: 200 };
    rig.event({ kind: "opened" });
    rig.until(() => rig.heard("online") !== undefined);
    const program = sourceOf(programOf(1, 1));
    const id = rig.tell({ kind: "begin", attempt: a1, program: program.digest, releasedLayer: 1 }, program);
    expect(rig.answers.get(id)).toMatchObject({ kind: "refused", fault: { code: "machine-busy" } });
    expect(rig.until(() => rig.firmware.hotend.target === 0)).toBe(true);
  });

  test("a printer without thermal protection is refused", () => {
    const rig = new Rig({ thermalProtection: false }, () => 0.5, setupOf());
    expect(rig.open()).toBe(false);
    expect(rig.heard("offline")?.fault.code).toBe("no-thermal-protection");
  });
});
