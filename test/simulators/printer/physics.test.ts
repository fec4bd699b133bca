/** What the machine really does: heat, filament and beads, whatever the firmware believes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { filamentMm2, makeHost, printing, volumeOf } from "./host.ts";

describe("physics of the simulated printer", () => {
  test("the beads hold exactly the filament that was fed, retractions apart [F34]", () => {
    const step = fc.record({
      x: fc.integer({ min: 10, max: 140 }),
      y: fc.integer({ min: 10, max: 100 }),
      e: fc.integer({ min: 1, max: 300 }).map((e) => e / 100),
      retract: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        const host = printing();
        host.send("G1 Z0.2 F600");
        let fed = 0;
        for (const { x, y, e, retract } of steps) {
          if (retract) host.send("G1 E-2 F2400", "G1 E2 F2400");
          host.send(`G1 X${x} Y${y} E${e} F3000`);
          fed += e;
        }
        host.send("M400");
        const { beads } = host.printer.beads(0, 1000);
        const laid = beads.reduce((sum, bead) => sum + volumeOf(bead), 0);
        expect(Math.abs(laid - fed * filamentMm2)).toBeLessThan(0.01 + fed * filamentMm2 * 0.005);
      }),
      { numRuns: 15 },
    );
  });

  test("a bead has the height of its layer and the width of its filament [F34]", () => {
    const host = printing();
    host.send("G1 X20 Y20 Z0.2 F3000", "G1 X40 E0.66", "G1 Z0.4", "G1 X20 E0.66", "M400");
    const { beads } = host.printer.beads(0, 10);
    expect(beads.map((bead) => bead[7])).toEqual([0.2, 0.2]);
    for (const bead of beads) expect(bead[6]).toBeCloseTo((0.66 * filamentMm2) / 20 / 0.2 + 0.2 * (1 - Math.PI / 4), 3);
    expect(host.printer.beads(1, 10).beads).toEqual([beads[1]]);
  });

  test("cold plastic does not come out, even where the firmware allows it", () => {
    const host = makeHost({ speed: 100 });
    host.send("G28", "M302 S0", "M83", "G1 Z0.2 F600", "G1 X50 E5 F1500", "M400");
    expect(host.printer.state(host.now()).next).toBe(0);
  });

  test("it keeps heating when its host is gone [F31]", () => {
    const host = printing();
    host.wait(3_600_000);
    const { hotend, bed } = host.printer.state(host.now());
    expect(hotend.target).toBe(205);
    expect(Math.abs(hotend.actual - 205)).toBeLessThan(3);
    expect(Math.abs(bed.actual - 60)).toBeLessThan(3);
  });

  test("unless its profile says otherwise [F31]", () => {
    const host = printing({ profile: { hostLoss: "firmware-timeout", idleTimeoutMs: 300_000 } });
    host.wait(299_000);
    expect(host.printer.state(host.now()).hotend.target).toBe(205);
    host.wait(2_000);
    expect(host.heard.at(-1)).toBe("Hotend Idle Timeout");
    host.wait(60_000);
    expect(host.printer.state(host.now()).hotend.actual).toBeLessThan(60);
  });

  test("heating takes its time: a hotend needs more than a minute, a bed longer", () => {
    const host = makeHost();
    const start = host.now();
    host.send("M109 S205");
    const hotendS = (host.now() - start) / 1000;
    expect(hotendS).toBeGreaterThan(60);
    expect(hotendS).toBeLessThan(240);
    host.send("M190 S60");
    expect(Math.abs(host.printer.state(host.now()).bed.actual - 60)).toBeLessThan(2);
  });

  test("a heater without power is found out: Heating failed, and the machine halts [F31]", () => {
    const host = makeHost();
    host.printer.inject({ name: "kill-heater", heater: "hotend" }, host.now());
    host.send("M104 S200");
    host.wait(120_000);
    expect(host.heard.slice(-3)).toEqual([
      "Error:Heating failed, system stopped! Heater_ID: 0",
      "Error:Printer halted. kill() called!",
      "//action:poweroff",
    ]);
    expect(host.printer.state(host.now()).hotend.target).toBe(0);
  });

  test("a sensor that falls off is found out: Thermal Runaway, and the heaters go off [F31]", () => {
    const host = printing({ speed: 10 });
    host.printer.inject({ name: "thermal-runaway", heater: "hotend" }, host.now());
    host.wait(30_000);
    expect(host.heard.at(-3)).toBe("Error:Thermal Runaway, system stopped! Heater_ID: 0");
    expect(host.printer.state(host.now()).hotend.target).toBe(0);
  });

  test("the same seed and the same bytes give the same machine [F34]", () => {
    const run = (): unknown => {
      const host = printing({ seed: 7 });
      host.send("G1 X30 Y30 Z0.2 F3000", "G1 X60 E2", "M400", "M105");
      return [host.heard, host.printer.state(host.now()), host.printer.beads(0, 100)];
    };
    expect(run()).toEqual(run());
  });

  test("the parking slot is where the head really is", () => {
    const host = printing();
    host.send("G1 X45 Y140 Z10 F6000", "M400");
    expect(host.printer.state(host.now()).slot).toBe(2);
    host.send("G1 Y120", "M400");
    expect(host.printer.state(host.now()).slot).toBeNull();
  });
});
