/** The least time of a program is never more than what a machine takes for it, and says more than the commanded feeds. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assumed, ownSeconds } from "../../scripts/corpus-times.ts";
import { Planner } from "../../src/simulators/printer/planner.ts";
import { benchPrinter } from "../../src/simulators/printer/profile.ts";
import { createInterpreter } from "../../src/toolpath/interpreter.ts";
import { createLeastTime, type LeastTime } from "../../src/toolpath/least-time.ts";
import type { MotionLimits } from "../../src/toolpath/limits.ts";
import { planToolpath } from "../../src/toolpath/plan.ts";
import { bytesOf, layered, projectFile, recipe, recipeWith } from "./bench.ts";

const { maxFeed, maxAcceleration, acceleration, junctionDeviationMm } = benchPrinter;
/** The simulated printer's own settings. */
const bench: MotionLimits = {
  speed_mm_s: maxFeed,
  acceleration_mm_s2: maxAcceleration,
  print_mm_s2: acceleration.print,
  retract_mm_s2: acceleration.retract,
  travel_mm_s2: acceleration.travel,
  junction: { deviation_mm: junctionDeviationMm },
};
const plain: MotionLimits = { ...bench, junction: { jerk_mm_s: { x: 10, y: 10, z: 0.4, e: 5 } } };

interface Line {
  readonly to: { readonly x: number; readonly y: number; readonly z: number; readonly e: number };
  readonly feed: number;
}

/** What the simulated firmware's planner, which is written apart from the estimate, takes for the moves in seconds. */
function driven(lines: readonly Line[]): number {
  const planner = new Planner({ ...benchPrinter, stepOverheadS: 0 }, 1);
  planner.setPosition({ x: 0, y: 0, z: 0, e: 0 });
  let now = 0;
  const goOn = () => {
    now = planner.nextMs() ?? now;
    planner.step(now);
  };
  for (const { to, feed } of lines) {
    while (planner.free === 0) goOn();
    planner.add(to, feed, now);
  }
  while (!planner.idle) goOn();
  return now / 1000;
}

/** Follows the lines as G-code. */
function timed(lines: readonly Line[], limits: MotionLimits): number {
  const least = createLeastTime(limits);
  follow(least, [
    "G28",
    "G92 E0",
    "M82",
    ...lines.map(({ to, feed }) => `G1 X${to.x} Y${to.y} Z${to.z} E${to.e} F${feed * 60}`),
  ]);
  return least.seconds();
}

function follow(least: LeastTime, lines: readonly string[]): number {
  const interpreter = createInterpreter({ dialect: "marlin", home: { x: 0, y: 0, z: 0 } });
  for (const line of lines) {
    const bytes = bytesOf(line);
    if (interpreter.step(bytes, 0, bytes.length) === "move") least.move(interpreter.move);
  }
  return interpreter.state.seconds;
}

const step = fc.record({
  x: fc.integer({ min: -40, max: 40 }),
  y: fc.integer({ min: -40, max: 40 }),
  z: fc.constantFrom(0, 0, 0, 0, 2),
  e: fc.constantFrom(0, 3, 3, 3, -8),
  feed: fc.constantFrom(20, 60, 120, 300),
});
/** Paths of steps from 0.5 mm to some centimetres, each far longer than what firmware leaves out. */
const paths = fc.array(step, { minLength: 1, maxLength: 90 }).map((steps): Line[] => {
  const to = { x: 0, y: 0, z: 0, e: 0 };
  return steps.map(({ x, y, z, e, feed }) => {
    to.x = round(to.x + (x === 0 && y === 0 ? 1 : x * 0.5));
    to.y = round(to.y + y * 0.5);
    to.z = round(to.z + z * 0.5);
    to.e = round(to.e + e * 0.1);
    return { to: { ...to }, feed };
  });
});
const round = (value: number): number => Math.round(value * 1000) / 1000;

describe("[F38] the least time", () => {
  test("is never more than what the simulated firmware takes, nor much less", () => {
    const ratios: number[] = [];
    fc.assert(
      fc.property(paths, (lines) => {
        const [real, bound] = [driven(lines), timed(lines, bench)];
        ratios.push(bound / real);
        expect(bound).toBeLessThanOrEqual(real * (1 + 1e-9));
      }),
      { numRuns: 300 },
    );
    // The filament's own turns and a queue of fifteen cost the firmware something; a bound that says nothing would be 0.
    expect(ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)]).toBeGreaterThan(0.85);
  });

  test.each([
    ["junction deviation", bench],
    ["classic jerk", plain],
  ])("is never less than the commanded feeds say, whatever the corners cost (%s)", (_, limits) => {
    fc.assert(
      fc.property(paths, (lines) => {
        const interpreted = follow(createLeastTime(limits), [
          "G28",
          ...lines.map(({ to, feed }) => `G1 X${to.x} Y${to.y} F${feed * 60}`),
        ]);
        const least = createLeastTime(limits);
        follow(least, ["G28", ...lines.map(({ to, feed }) => `G1 X${to.x} Y${to.y} F${feed * 60}`)]);
        expect(least.seconds()).toBeGreaterThanOrEqual(interpreted * (1 - 1e-9));
      }),
      { numRuns: 200 },
    );
  });

  test("of one move and of moves in one line is what the textbook says", () => {
    const still: MotionLimits = { ...plain, junction: { jerk_mm_s: { x: 1e-6, y: 1e-6, z: 1e-6, e: 1e-6 } } };
    const limits = {
      ...still,
      travel_mm_s2: 1000,
      speed_mm_s: { x: 500, y: 500, z: 500, e: 500 },
      acceleration_mm_s2: { x: 1e4, y: 1e4, z: 1e4, e: 1e4 },
    };
    const seconds = (...lines: readonly string[]): number => {
      const least = createLeastTime(limits);
      follow(least, ["G28", ...lines]);
      return least.seconds();
    };
    // 100 mm at 100 mm/s with 1000 mm/s2: 0.1 s up, 0.1 s down over 5 mm each, 0.9 s between.
    expect(seconds("G1 X100 F6000")).toBeCloseTo(1.1, 5);
    // Too short for its speed: the half of it up, the other down.
    expect(seconds("G1 X2 F6000")).toBeCloseTo(2 * Math.sqrt(2 / 1000), 5);
    // In a thousand pieces, a window of which is shorter than the way to stop: never more, and little less.
    const pieces = seconds(...Array.from({ length: 1000 }, (_, n) => `G1 X${(n + 1) / 10} F6000`));
    expect(pieces).toBeLessThanOrEqual(1.1 + 1e-9);
    expect(pieces).toBeGreaterThan(1.09);
    // A corner that nothing may be taken through with speed is two moves.
    expect(seconds("G1 X100 F6000", "G1 Y100 F6000")).toBeCloseTo(2.2, 3);
  });

  test("of a plan holds dwell, takes a stop for a stop, and stands only where the recipe says the machine's accelerations", () => {
    const withMotion = recipeWith({ motion: bench });
    const plan = (text: string, by = withMotion) => {
      const made = planToolpath(bytesOf(text), by);
      return made.ok ? made.value : expect.fail(JSON.stringify(made.error));
    };
    const { motion: _, ...guard } = recipe.guard;
    expect(plan(layered(3), { ...recipe, guard }).leastSeconds).toBeNull();
    const [some, same] = [plan(layered(3)), plan(layered(3))];
    expect(some.leastSeconds).toBe(same.leastSeconds);
    expect(some.leastSeconds!).toBeGreaterThan(some.seconds);
    const asked = (bounds: { min: number; max: number }, of = withMotion) =>
      planToolpath(bytesOf(layered(3)), of, { least_s: bounds });
    expect(asked({ min: some.leastSeconds! - 1, max: some.leastSeconds! + 1 }).ok).toBe(true);
    const late = asked({ min: 0, max: some.leastSeconds! - 1 });
    expect(late).toMatchObject({
      error: [{ code: "motion-time", what: expect.stringMatching(/takes no less than \d+ s; the order says 0 to/) }],
    });
    const unsaid = asked({ min: 0, max: 9999 }, { ...recipe, guard });
    expect(unsaid).toMatchObject({
      error: [{ code: "motion-time", what: expect.stringMatching(/does not say the machine's accelerations/) }],
    });
    const waiting = plan(layered(3).replace("G1 E-0.8", "G4 S5\nG1 E-0.8"));
    expect(waiting.leastSeconds! - some.leastSeconds!).toBeGreaterThanOrEqual(5);
    expect(waiting.leastSeconds! - some.leastSeconds!).toBeLessThan(5.2);
  });

  test("of the example's program is what PrusaSlicer itself says of it, for the machine that it takes for granted", () => {
    const bytes = projectFile("config/examples/drill-guide/drill-guide.gcode");
    const made = planToolpath(bytes, recipeWith({ motion: assumed.PrusaSlicer }));
    const { seconds, leastSeconds } = made.ok ? made.value : expect.fail(JSON.stringify(made.error));
    const own = ownSeconds(bytes);
    expect([own, leastSeconds! / own!, seconds / own!]).toEqual([1682, expect.closeTo(1, 2), expect.closeTo(0.822, 2)]);
  });
});
