/** The interpreter follows modes, units, shifts, heat and filament: tables of (lines) -> state. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createInterpreter } from "../../src/toolpath/interpreter.ts";
import type { Dialect, MachineState } from "../../src/toolpath/state.ts";
import { bytesOf } from "./bench.ts";

function run(lines: readonly string[], dialect: Dialect = "marlin") {
  const interpreter = createInterpreter({ dialect, home: { x: 0, y: 0, z: 0 } });
  const effects = lines.map((text) => {
    const bytes = bytesOf(text);
    return interpreter.step(bytes, 0, bytes.length);
  });
  return { ...interpreter, effects };
}

const cases: readonly (readonly [string, string, Partial<MachineState>])[] = [
  ["homing", "G28", { x: 0, y: 0, z: 0, homed: 7 }],
  ["homing two axes", "G28 X Y", { x: 0, y: 0, homed: 3 }],
  ["Cura's way of homing", "G28 X0 Y0|G28 Z0", { homed: 7 }],
  ["absolute moves", "G28|G1 X10 Y5 F600|G1 X20", { x: 20, y: 5, feed: 600 }],
  ["relative moves", "G28|G91|G1 X10|G1 X10 Z1|G90|G1 Y3", { x: 20, y: 3, z: 1 }],
  ["inches", "G28|G20|G1 X1 F10|G21|G1 Y1", { x: 25.4, y: 1, feed: 254 }],
  ["a shift", "G28|G1 X50|G92 X0|G1 X10", { x: 60, shiftX: 50 }],
  ["a shift of all", "G28|G1 X50 Y20 Z3|G92|G1 X1 Y1 Z1", { x: 51, y: 21, z: 4, e: 0 }],
  ["homing clears the shift", "G28|G1 X50|G92 X0 Y5|G28 X|G1 X10 Y5", { x: 10, shiftX: 0, shiftY: -5, y: 0 }],
  ["absolute extrusion", "G28|G1 E3|G1 E5|G92 E0|G1 E1", { e: 1 }],
  ["relative extrusion", "G28|M83|G1 E3|G1 E5", { e: 8, relativeE: true }],
  ["M82 again", "M83|M82", { relativeE: false }],
  ["a retraction", "M83|G1 E5|G1 E-2|G1 E0.5", { retracted: 1.5 }],
  ["a retraction made good", "M83|G1 E-2|G1 E3", { retracted: 0 }],
  ["G90 makes Marlin's extruder absolute", "M83|G90", { relativeE: false }],
  ["G91 makes it relative", "G91", { relative: true, relativeE: true }],
  ["heat", "M104 S200|M140 S60", { hotendTarget: 200, hotendReached: 0, bedTarget: 60, bedReached: 0 }],
  ["waiting for heat", "M109 S200|M190 R60", { hotendTarget: 200, hotendReached: 200, bedTarget: 60, bedReached: 60 }],
  ["heat off", "M109 S200|M104 S0|M190 S60|M140 S0", { hotendReached: 0, bedReached: 0, bedTarget: 0 }],
  ["fans", "M106|M106 S20", { fan: 20 }],
  ["fan full and off", "M106|M107", { fan: 0 }],
  ["motors off", "G28|M84", { homed: 0 }],
  ["one motor off", "G28|M18 Z", { homed: 3 }],
  ["the extruder's motor off", "G28|M84 E", { homed: 7 }],
  ["time", "G28|G1 X60 F3600|G1 X0|M83|G1 E10 F600|G4 S2|G4 P500", { seconds: 5.5 }],
  ["feeds stay", "G28|G1 F1200|G0 X5", { feed: 1200, x: 5 }],
];

describe("[F38] the interpreter", () => {
  it.each(cases)("%s", (_, lines, state) => {
    expect(run(lines.split("|")).state).toMatchObject(state);
  });

  it("leaves the extruder alone on G90 and G91 where the firmware does", () => {
    expect(run(["M83", "G90"], "klipper").state.relativeE).toBe(true);
    expect(run(["M82", "G91"], "klipper").state.relativeE).toBe(false);
  });

  it("says what a move did", () => {
    const { move } = run(["G28", "M83", "G1 E-1 F60", "G1 X3 Y4 E1.5 F300"]);
    expect(move).toMatchObject({
      x0: 0,
      x1: 3,
      y1: 4,
      planar: 5,
      length: 5,
      e: 1.5,
      deposited: 0.5,
      seconds: 1,
      homed: 7,
    });
  });

  it("says what kind of line it was", () => {
    const { effects } = run(["; x", "G28", "G1 X1", "G1 F5", "M104 S1", "M400", "M500", "g1", "G92 E0"]);
    expect(effects).toEqual(["blank", "home", "move", "state", "heat", "state", "unknown", "unreadable", "state"]);
  });

  it("knows no place before homing", () => {
    expect(run(["G91", "G1 X5"]).state.x).toBeNaN();
    expect(run(["G1 X5"]).state).toMatchObject({ x: 5, homed: 0 });
  });

  it("goes on from a copy", () => {
    const { state } = run(["G28", "M83", "G1 X5 E2 F100"]);
    const copy = createInterpreter({ dialect: "marlin", home: { x: 0, y: 0, z: 0 } }, state);
    const line = bytesOf("G1 X9");
    copy.step(line, 0, line.length);
    expect([state.x, copy.state.x, copy.state.e]).toEqual([5, 9, 2]);
  });

  it("comes to the same place by absolute, relative, inch and shifted moves", () => {
    const step = fc.record({
      dx: fc.integer({ min: -40, max: 40 }),
      way: fc.constantFrom("abs", "rel", "inch", "shift"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let x = 0;
        let origin = 0;
        const lines = steps.flatMap(({ dx, way }) => {
          x += dx;
          if (way === "rel") return ["G91", `G1 X${dx}`, "G90"];
          if (way === "inch") return ["G20", `G1 X${((x - origin) / 25.4).toFixed(9)}`, "G21"];
          if (way === "abs") return [`G1 X${x - origin}`];
          const here = x - dx - origin;
          origin += here - 7;
          return ["G92 X7", `G1 X${x - origin}`];
        });
        expect(run(["G28", ...lines]).state.x).toBeCloseTo(x, 6);
      }),
    );
  });
});
