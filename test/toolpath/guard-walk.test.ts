/** Random walks: the guard lets a move through exactly when a plain model of the machine stays in bounds. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkText, createGuard } from "../../src/toolpath/guard.ts";
import { planToolpath } from "../../src/toolpath/plan.ts";
import { bytesOf, layered, projectFile, recipe, recipeWith } from "./bench.ts";

const limits = recipeWith({ originShift: true }).guard;
const whole = fc.integer({ min: -40, max: 190 });
const step = fc.oneof(
  fc.record({ kind: fc.constant("move" as const), x: whole, y: whole, z: fc.integer({ min: -10, max: 130 }) }),
  fc.record({ kind: fc.constant("mode" as const), relative: fc.boolean() }),
  fc.record({ kind: fc.constant("rename" as const), x: whole }),
);

describe("[F38] bounds hold on any walk", () => {
  it("whatever the modes and renamed origins", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const guard = createGuard(limits, true);
        for (const line of ["G28", "G1 F1000"]) expect(checkText(guard, line, 1, "program")).toBeNull();
        const at = { x: 0, y: 0, z: 0 };
        let relative = false;
        let origin = 0;
        for (const s of steps) {
          if (s.kind === "mode") {
            relative = s.relative;
            checkText(guard, relative ? "G91" : "G90", 1, "program");
          } else if (s.kind === "rename") {
            origin = at.x - s.x;
            expect(checkText(guard, `G92 X${s.x}`, 1, "program")).toBeNull();
          } else {
            at.x = relative ? at.x + s.x : s.x + origin;
            at.y = relative ? at.y + s.y : s.y;
            at.z = relative ? at.z + s.z : s.z;
            const inside = at.x >= 0 && at.x <= 150 && at.y >= 0 && at.y <= 150 && at.z >= 0 && at.z <= 120;
            const refusal = checkText(guard, `G1 X${s.x} Y${s.y} Z${s.z}`, 1, "program");
            expect(refusal?.code).toBe(inside ? undefined : "out-of-bounds");
            if (!inside) return;
          }
        }
      }),
    );
  });

  it.each([
    ["X150", undefined],
    ["X150.0004", undefined],
    ["Y150 Z120", undefined],
    ["X0 Y0 Z0", undefined],
    ["X150.001", "out-of-bounds"],
    ["Y150.001", "out-of-bounds"],
    ["Z120.001", "out-of-bounds"],
    ["X-0.001", "out-of-bounds"],
    ["Y-0.001", "out-of-bounds"],
    ["Z-0.001", "out-of-bounds"],
    ["X1 F9000", undefined],
    ["X1 F9001", "feed-range"],
    ["Z1 F1500", undefined],
    ["Z1 F1501", "feed-range"],
    ["X3 Z0.4 F9000", undefined],
    ["X1 Z4 F5000", "feed-range"],
    ["X1 F60", undefined],
    ["E0.001 F9000", "cold-extrusion"],
    ["E0.01 F9000", "feed-range"],
    ["X1 F59.9", "feed-range"],
  ])("G1 %s: %s", (words, code) => {
    const guard = createGuard(limits, true);
    for (const line of ["G28", "G1 F1000"]) checkText(guard, line, 1, "program");
    expect(checkText(guard, `G1 ${words}`, 1, "program")?.code).toBe(code);
  });

  it.each([
    ["M104 S230", undefined],
    ["M104 S230.5", "temperature-high"],
    ["M104 S120", undefined],
    ["M104 S119", "temperature-low"],
    ["M140 S70", undefined],
    ["M140 S30", undefined],
    ["M140 S29", "temperature-low"],
    ["M104 S0", undefined],
    ["M109 S200 R231", "temperature-high"],
    ["M106 S255", undefined],
    ["G4 S60", undefined],
    ["G4 P60001", "dwell-too-long"],
  ])("%s: %s", (line, code) => {
    expect(checkText(createGuard(limits, true), line, 1, "program")?.code).toBe(code);
  });
});

describe("[F38] damage to a good program", () => {
  const good = layered(3);
  it("is refused or still within limits, and never throws", () => {
    const edit = fc.record({ at: fc.nat(good.length - 1), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const bytes = bytesOf(good).slice();
        for (const { at, to } of edits) bytes[at] = to;
        const result = planToolpath(bytes, recipe);
        if (!result.ok) {
          expect(result.error.length).toBeGreaterThan(0);
          return;
        }
        const { min, max } = result.value.box;
        expect(Math.min(...min)).toBeGreaterThanOrEqual(0);
        expect(max[0] <= 148 && max[1] <= 118 && max[2] <= 115).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [0, "control-character"],
    [13, "control-character"],
    [127, "control-character"],
    [200, "not-ascii"],
  ])("byte %d late in the example is %s", (byte, code) => {
    const bytes = projectFile("config/examples/drill-guide/drill-guide.gcode");
    const at = bytes.indexOf(88, 600_000);
    bytes[at] = byte;
    const result = planToolpath(bytes, recipe);
    expect(result.ok ? [] : result.error.map((r) => r.code)).toEqual([code]);
  });

  it("a truncated example is always refused", () => {
    const bytes = projectFile("config/examples/drill-guide/drill-guide.gcode");
    for (const share of [0.001, 0.1, 0.5, 0.9, 0.999]) {
      expect(planToolpath(bytes.subarray(0, Math.floor(bytes.length * share)), recipe).ok).toBe(false);
    }
  });
});
