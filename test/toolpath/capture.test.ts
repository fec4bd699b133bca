/** The capture macro leaves the machine as it found it, in every mode, and every line of it passes the guard. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parkSlot, renderCaptureMacro } from "../../src/toolpath/capture.ts";
import { checkText, createGuard } from "../../src/toolpath/guard.ts";
import { coldState } from "../../src/toolpath/state.ts";
import { accepted, layered, program, recipe, recipeWith, refused, square } from "./bench.ts";

const generous = recipeWith({
  inches: true,
  originShift: true,
  commands: [...recipe.guard.commands, "G20"],
  prime_mm_max: 200,
});

/** A guard that has taken `lines`; every line must pass. */
function guardAfter(lines: readonly string[]) {
  const guard = createGuard(generous.guard, true);
  for (const line of lines) {
    const refusal = checkText(guard, line, 1, "program");
    if (refusal !== null) throw new Error(`${line}: ${refusal.what}`);
  }
  return guard;
}

const hot = ["M140 S60", "M190 S60", "M109 S205", "G28", "G1 X60 Y60 Z0.2 F1000"];

describe("[F51][F25] the capture macro", () => {
  it("is what the recipe says", () => {
    const state = { ...coldState(), x: 60, y: 70, z: 0.2, feed: 1500, homed: 7, relativeE: true };
    expect(renderCaptureMacro(recipe.capture, 9, 1, state)).toEqual({
      before: ["G1 E-0.8 F2100", "G1 Z2.2 F1200", "G1 X30 Y140 F7800", "M400", "M118 A1 layer:9"],
      after: ["G1 X60 Y70 F7800", "G1 Z0.2 F1200", "G1 E0.8 F2100", "G1 F1500"],
    });
  });
  it("counts filament from where it is when extrusion is absolute", () => {
    const state = { ...coldState(), x: 60, y: 70, z: 0.2, e: 12.34567, feed: 1500, homed: 7 };
    const lines = renderCaptureMacro(recipe.capture, 1, 1, state);
    expect([lines.before[0], lines.after[2]]).toEqual(["G1 E11.54567 F2100", "G1 E12.34567 F2100"]);
  });
  it("does not retract twice", () => {
    const state = { ...coldState(), x: 60, y: 70, z: 0.2, retracted: 0.8, feed: 1500, homed: 7, relativeE: true };
    const lines = renderCaptureMacro(recipe.capture, 1, 1, state);
    expect([...lines.before, ...lines.after].filter((line) => line.includes("E"))).toEqual([]);
  });
  it("[L3] never parks two layers that follow each other in the same slot", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 64 }), fc.string(), fc.nat({ max: 100_000 }), (slots, attempt, layer) => {
        const [one, next] = [parkSlot(slots, attempt, layer), parkSlot(slots, attempt, layer + 1)];
        expect(one).toBeGreaterThanOrEqual(0);
        expect(one).toBeLessThan(slots);
        expect(next).not.toBe(one);
      }),
    );
  });
  it("[L3] parks in another sequence in every attempt, and in the same one whenever it is asked again", () => {
    const sequence = (attempt: string) =>
      Array.from({ length: 62 }, (_, k) => parkSlot(recipe.capture.park.slots, attempt, k + 1)).join("");
    const all = Array.from({ length: 500 }, (_, k) => sequence(`a-${k}`));
    expect(new Set(all).size).toBe(500);
    expect(sequence("a-7")).toBe(all[7]);
    // A picture of the same layer of another attempt has the right place about once in eight.
    const agree = all.slice(1).map((other) => [...other].filter((slot, k) => slot === all[0]![k]).length / 62);
    expect(agree.reduce((sum, share) => sum + share, 0) / agree.length).toBeCloseTo(1 / 8, 1);
    expect(Math.max(...agree)).toBeLessThan(0.8);
  });
  it("restores position, feed, filament and modes, whatever the program's modes are", () => {
    const setup = fc.shuffledSubarray([
      "G91",
      "M82",
      "M83",
      "G20",
      "G90",
      "G92 X3 Y4 Z1 E7",
      "G92 E123.45678",
      "G1 E-1.5 F600",
      "G1 F777",
    ]);
    fc.assert(
      fc.property(setup, fc.integer({ min: 1, max: 200 }), fc.nat({ max: 7 }), (modes, layer, slot) => {
        const safe = modes
          .map((line) => (line.startsWith("G1 E") ? `G92 E0\n${line}` : line))
          .flatMap((l) => l.split("\n"));
        // An inch of filament is more than a retraction may be.
        fc.pre(!(safe.includes("G20") && safe.some((line) => line.startsWith("G1 "))));
        const guard = guardAfter([...hot, ...safe]);
        const before = { ...guard.interpreter.state };
        const lines = renderCaptureMacro(generous.capture, layer, slot, before);
        for (const line of [...lines.before, ...lines.after]) {
          expect(checkText(guard, line, 1, "insert")).toBeNull();
          expect(line.length).toBeLessThanOrEqual(generous.guard.lineBytes_max);
        }
        const after = guard.interpreter.state;
        expect([after.relative, after.relativeE, after.unit, after.homed]).toEqual([
          before.relative,
          before.relativeE,
          before.unit,
          before.homed,
        ]);
        for (const key of ["x", "y", "z", "e", "feed", "retracted", "shiftX", "shiftY", "shiftZ"] as const) {
          expect(after[key]).toBeCloseTo(before[key], 6);
        }
      }),
    );
  });
  it("stands at the park position when it says so", () => {
    const guard = guardAfter(hot);
    for (const line of renderCaptureMacro(recipe.capture, 7, 7, guard.interpreter.state).before)
      checkText(guard, line, 1, "insert");
    expect(guard.interpreter.state).toMatchObject({ x: 120, y: 140, z: 2.2, retracted: 0.8 });
  });
  it("may say a layer mark; the program may not", () => {
    const guard = guardAfter(hot);
    expect(checkText(guard, "M118 A1 layer:1", 1, "insert")).toBeNull();
    expect(checkText(guard, "M118 A1 layer:1", 1, "program")?.code).toBe("host-message");
  });
});

describe("[F38] program and macro are judged together", () => {
  const withCapture = (capture: Partial<typeof recipe.capture>) => ({
    ...recipe,
    capture: { ...recipe.capture, ...capture },
  });
  it.each([
    ["out-of-bounds", { lift_mm: 50 }, { bounds_mm: { ...recipe.guard.bounds_mm, z: { min: 0, max: 40 } } }],
    ["out-of-bounds", { park: { ...recipe.capture.park, y_mm: 151 } }, {}],
    ["out-of-bounds", { park: { ...recipe.capture.park, xStep_mm: 20 } }, {}],
    ["retraction-too-long", { retract_mm: 3 }, {}],
    ["feed-range", { travelFeed_mm_min: 60_000 }, {}],
    ["park-over-part", { park: { x0_mm: 70, xStep_mm: 0, y_mm: 70, slots: 1 } }, {}],
  ] as const)("%s", (code, capture, guard) => {
    const by = { ...withCapture(capture), guard: { ...recipe.guard, ...guard } };
    expect(refused(layered(3), by)[0]?.code).toBe(code);
  });
  it("a retraction already made by the program counts", () => {
    const text = program(...square(0.2), "G1 E-1.9 F2100", "G1 X70 Y70", "G1 E1.9", ...square(0.4));
    expect(accepted(text).layers).toHaveLength(2);
  });
});
