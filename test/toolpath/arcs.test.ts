/** Arcs and places that must stay clear: the whole path is judged, held against a path drawn point by point. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkText, createGuard } from "../../src/toolpath/guard.ts";
import type { GuardLimits } from "../../src/toolpath/limits.ts";
import { planToolpath } from "../../src/toolpath/plan.ts";
import { createStrandReader } from "../../src/toolpath/strands.ts";
import { bytesOf, program, recipeWith, square } from "./bench.ts";

const clip = {
  title: "the clip at the front",
  x: { min: 60, max: 80 },
  y: { min: 0, max: 10 },
  z: { min: 0, max: 30 },
};
const withArcs = recipeWith({ commands: [...recipeWith({}).guard.commands, "G2", "G3"], keepOut_mm: [clip] });
const limits: GuardLimits = withArcs.guard;

function at(x: number, y: number, given = limits) {
  const guard = createGuard(given, true);
  for (const line of ["G28", "G1 F1000", `G1 Z40`, `G1 X${x} Y${y}`]) {
    expect(checkText(guard, line, 1, "program")).toBeNull();
  }
  return guard;
}

describe("[F38] an arc", () => {
  it("passes exactly when every point of it is inside, whatever its centre and direction", () => {
    const whole = fc.integer({ min: 0, max: 150 });
    fc.assert(
      fc.property(
        whole,
        whole,
        fc.integer({ min: -80, max: 80 }),
        fc.integer({ min: -80, max: 80 }),
        fc.integer({ min: 1, max: 359 }),
        fc.boolean(),
        (x, y, i, j, degrees, clockwise) => {
          fc.pre(Math.hypot(i, j) > 1);
          const [cx, cy, radius] = [x + i, y + j, Math.hypot(i, j)];
          const from = Math.atan2(y - cy, x - cx);
          const point = (share: number) => {
            const angle = from + ((clockwise ? -1 : 1) * share * degrees * Math.PI) / 180;
            return [cx + radius * Math.cos(angle), cy + radius * Math.sin(angle)] as const;
          };
          const [ex, ey] = point(1).map((each) => each.toFixed(3));
          const points = Array.from({ length: 2001 }, (_, n) => point(n / 2000));
          const outside = Math.max(...points.map(([a, b]) => Math.max(-a, a - 150, -b, b - 150)));
          // Between the two the rounding of the end decides.
          fc.pre(Math.abs(outside) > 0.02);
          const line = `${clockwise ? "G2" : "G3"} X${ex} Y${ey} I${i} J${j}`;
          const refusal = checkText(at(x, y, { ...limits, keepOut_mm: [] }), line, 1, "program");
          expect(refusal?.code ?? null).toBe(outside > 0 ? "out-of-bounds" : null);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ["G2 X60 Y50 I5", null],
    ["G3 X60 Y50 R5", null],
    ["G2 I5", null],
    ["G2 X145 Y50 R50", null],
    ["G3 X145 Y5 R-90", "out-of-bounds"],
    ["G2 X60 Y50 I3", "arc-move"],
    ["G2 X60 Y50 R4", "arc-move"],
    ["G2 X60 Y50", "missing-value"],
    ["G2 R5", "arc-move"],
    ["G2 X60 Y50 I5 R5", "arc-move"],
    ["G2 X60 Y50 I5 P3", "unknown-parameter"],
    ["G3 I-60", "out-of-bounds"],
    ["G3 X50 Y3 J-23.5", null],
  ])("%s from X50 Y50: %s", (line, code) => {
    expect(checkText(at(50, 50), line, 1, "program")?.code ?? null).toBe(code);
  });

  it("is refused where the profile does not list it, in relative mode on Klipper, and everywhere through a keep-out", () => {
    expect(checkText(at(50, 50, recipeWith({}).guard), "G2 X60 Y50 I5", 1, "program")?.code).toBe("arc-move");
    const klipper = at(50, 50, { ...limits, dialect: "klipper" });
    expect(checkText(klipper, "G91", 1, "program")).toBeNull();
    expect(checkText(klipper, "G2 X10 Y0 I5", 1, "program")?.code).toBe("arc-move");
    const low = at(55, 5);
    expect(checkText(low, "G1 Z20", 1, "program")).toBeNull();
    expect(checkText(low, "G2 X85 Y5 I15", 1, "program")?.code).toBe("keep-out");
  });

  it("is laid down as strands that stay within a fiftieth of a millimetre of it", () => {
    const layer = (z: number) => [`G1 Z${z} F1200`, "G1 X60 Y60 F6000", "G1 F1800", "G3 I20 E4"];
    const bytes = bytesOf(program(...layer(0.2), ...layer(0.4)));
    const plan = planToolpath(bytes, withArcs);
    if (!plan.ok) throw new Error(plan.error[0]?.what);
    const strands = createStrandReader(bytes, plan.value, limits).strands(2);
    const off = strands.flatMap(({ x0, y0, x1, y1 }) => [
      Math.abs(Math.hypot(x0 - 80, y0 - 60) - 20),
      Math.abs(Math.hypot((x0 + x1) / 2 - 80, (y0 + y1) / 2 - 60) - 20),
    ]);
    expect([strands.length > 20, Math.max(...off) < 0.02]).toEqual([true, true]);
    expect(plan.value.box.max.slice(0, 2)).toEqual([100, 80]);
  });
});

describe("[F38] a place that must stay clear", () => {
  it.each([
    ["G1 X90 Y5 Z40", null],
    ["G1 X90 Y5 Z20", "keep-out"],
    ["G1 X70 Y5 Z31", null],
    ["G1 X70 Y5 Z29", "keep-out"],
    ["G1 X50 Y40 Z5", null],
  ])("%s from X50 Y5 Z40: %s", (line, code) => {
    expect(checkText(at(50, 5), line, 1, "program")?.code ?? null).toBe(code);
  });

  it("is not crossed between two clear ends, as points along the way show", () => {
    const whole = fc.integer({ min: 0, max: 150 });
    fc.assert(
      fc.property(whole, whole, whole, whole, fc.integer({ min: 0, max: 60 }), (x0, y0, x1, y1, z) => {
        const guard = createGuard({ ...limits, keepOut_mm: [] }, true);
        const clear = createGuard(limits, true);
        for (const line of ["G28", "G1 F1000", "G1 Z40", `G1 X${x0} Y${y0}`]) {
          checkText(guard, line, 1, "program");
          checkText(clear, line, 1, "program");
        }
        const inside = Array.from({ length: 3001 }, (_, n) => n / 3000).some((share) => {
          const [x, y, h] = [x0 + share * (x1 - x0), y0 + share * (y1 - y0), 40 + share * (z - 40)];
          return x >= 60 && x <= 80 && y >= 0 && y <= 10 && h >= 0 && h <= 30;
        });
        const refusal = checkText(clear, `G1 X${x1} Y${y1} Z${z}`, 1, "program");
        // A path that only grazes the box between two of the points is refused as well: that is the safe side.
        if (inside) expect(refusal?.code).toBe("keep-out");
        else if (refusal !== null) expect(refusal.code).toBe("keep-out");
      }),
    );
  });

  it("does not change programs that stay away from it", () => {
    expect(planToolpath(bytesOf(program(...square(0.2), ...square(0.4))), withArcs).ok).toBe(true);
  });
});
