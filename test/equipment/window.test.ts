/** Windows of watched values: limits along a course, what counts as outside, and what silence is. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Telemetry } from "../../src/equipment/machine.ts";
import {
  type Breach,
  breachText,
  isWithin,
  limitsAt,
  lookThrough,
  newWindowWatch,
  numberOf,
  type ParameterWindow,
} from "../../src/equipment/window.ts";
import type { EquipmentId } from "../../src/kernel/names.ts";

const window: ParameterWindow = {
  ...{ id: "oven", title: "Oven", reading: "oven", unit: "°C", before: null, outside_s: 5, silent_s: 10 },
  course: [
    { at_s: 10, lower: 20, upper: 30 },
    { at_s: 110, lower: 120, upper: 130 },
    { at_s: 210, lower: 120, upper: 130 },
  ],
};

/** Every breach of a course of samples, each `[at, value]`, looked at every second. */
function breaches(of: ParameterWindow, samples: readonly (readonly [number, number])[], until: number): Breach[] {
  let watch = newWindowWatch(0);
  const found: Breach[] = [];
  for (let at = 0; at <= until; at++) {
    const value = samples.find(([when]) => when === at)?.[1] ?? null;
    const looked = lookThrough(of, watch, value, at);
    watch = looked.watch;
    if (looked.breach) found.push(looked.breach);
  }
  return found;
}

const telemetry: Telemetry = {
  equipment: "oven-1" as EquipmentId,
  at: 1,
  hotend: { actual: 204, target: 205 },
  bed: null,
  readings: [
    { name: "oven", value: 121.5, unit: "°C", at: 1 },
    { name: "door", value: true, unit: "1", at: 1 },
    { name: "dead", value: "no value (BadSensorFailure)", unit: "°C", at: 1 },
  ],
};

describe("the window of a value", () => {
  it("[F35] its limits run straight between the points of its course and stay before and after", () => {
    expect([0, 10, 60, 110, 150, 900].map((at) => limitsAt(window, at))).toEqual([
      { lower: 20, upper: 30 },
      { lower: 20, upper: 30 },
      { lower: 70, upper: 80 },
      { lower: 120, upper: 130 },
      { lower: 120, upper: 130 },
      { lower: 120, upper: 130 },
    ]);
  });

  it("[F35] limits at any time lie between those of the two points around it", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 500, noNaN: true }), (at) => {
        const { lower, upper } = limitsAt(window, at);
        expect(lower!).toBeGreaterThanOrEqual(20);
        expect(upper!).toBeLessThanOrEqual(130);
        expect(upper! - lower!).toBeCloseTo(10);
      }),
    );
  });

  it("[F35] a ramp that is outside by one sample for as long as allowed, and then by one moment more, is a breach", () => {
    const steady = Array.from({ length: 200 }, (_, at) => [at, at < 10 ? 25 : Math.min(125, 15 + at)] as const);
    expect(breaches(window, steady, 199)).toEqual([]);
    const late = steady.map(([at, value]) => [at, at >= 50 && at < 55 ? value - 30 : value] as const);
    expect(breaches(window, late, 199)).toEqual([]);
    const later = steady.map(([at, value]) => [at, at >= 50 && at < 56 ? value - 30 : value] as const);
    expect(breaches(window, later, 199)).toMatchObject([
      { kind: "outside", value: 40, lower: 65, upper: 75, for_s: 5 },
    ]);
  });

  it("[F13] one value outside after which nothing more comes is still outside", () => {
    const seen = breaches(
      window,
      [
        [1, 25],
        [2, 99],
      ],
      8,
    );
    expect(seen[0]).toMatchObject({ kind: "outside", value: 99, for_s: 5 });
  });

  it("[F13] with nothing forgiven the first value outside is a breach", () => {
    expect(breaches({ ...window, outside_s: 0 }, [[3, 31]], 3)).toMatchObject([{ value: 31, for_s: 0 }]);
  });

  it("[F13][L3] a value that is not heard is a breach of its own", () => {
    expect(breaches(window, [[1, 25]], 11)).toEqual([]);
    expect(breaches(window, [[1, 25]], 12)).toMatchObject([{ kind: "silent", value: null, for_s: 11 }]);
    expect(breaches(window, [], 11)).toMatchObject([{ kind: "silent" }]);
  });

  it("[F13] values within their limits are never a breach, whatever their course", () => {
    const limits = { lower: -5, upper: 5 };
    const flat = { ...window, course: [{ at_s: 0, ...limits }], outside_s: 0 };
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 30, maxLength: 60 }), (values) => {
        expect(
          breaches(
            flat,
            values.map((value, at) => [at, value] as const),
            values.length - 1,
          ),
        ).toEqual([]);
        expect(values.every((value) => isWithin(value, limits))).toBe(true);
      }),
    );
  });

  it("[F13][L3] only a number in the unit asked for is a value", () => {
    const read = (reading: string, unit = "°C") => numberOf(telemetry, { reading, unit });
    expect([read("oven"), read("hotend"), read("hotend-set-point")]).toEqual([121.5, 204, 205]);
    expect([
      read("oven", "K"),
      read("bed"),
      read("door", "1"),
      read("dead"),
      read("no-such"),
      read("hotend", "K"),
    ]).toEqual([null, null, null, null, null, null]);
  });

  it("[L8] a breach is told with its value, its limits and its time", () => {
    const breach = { kind: "outside", value: 99.5, lower: 20, upper: 30, for_s: 6 } as const;
    expect(breachText(window, breach)).toBe("Oven was 99.5 °C for 6 s; allowed is 20 °C to 30 °C.");
    expect(breachText(window, { ...breach, upper: null, for_s: 0 })).toBe(
      "Oven was 99.5 °C; allowed is at least 20 °C.",
    );
    expect(breachText(window, { ...breach, kind: "silent", value: null, for_s: 11 })).toBe(
      "Oven was not reported for 11 s.",
    );
  });
});
