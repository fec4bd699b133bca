/** The values of a layer: the same as sums made the slow way, every sample in one layer or none, gaps told and never filled. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createLayerCourse,
  type LayerValue,
  mostSilent_s,
  mostValues,
  type Sample,
  samplesOf,
} from "../../src/equipment/layer-values.ts";
import { canonical } from "../../src/kernel/json.ts";
import type { EquipmentId } from "../../src/kernel/names.ts";

const sampleAt = (at: number, value: number, reading = "bed"): Sample => ({ reading, unit: "°C", value, at });
const onlyOf = (values: readonly LayerValue[]): LayerValue => {
  expect(values).toHaveLength(1);
  return values[0]!;
};

describe("the values of a layer", () => {
  it("[F59] are those of sums made the slow way, and every sample lies in the layer of its time", () => {
    const samples = fc.array(
      fc.record({ after: fc.integer({ min: 1, max: 3000 }), value: fc.double({ min: -500, max: 500, noNaN: true }) }),
      { minLength: 1, maxLength: 200 },
    );
    fc.assert(
      fc.property(samples, fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 4 }), (given, cuts) => {
        let now = 0;
        const all = given.map(({ after, value }) => {
          now += after;
          return sampleAt(now, value);
        });
        const ends = [...new Set([...cuts, now + 1])].sort((a, b) => a - b);
        const course = createLayerCourse(0);
        let from = 0;
        const told = [...all];
        for (const end of ends) {
          while (told[0] !== undefined && told[0].at <= end) course.hear([told.shift()!]);
          const { values, ...row } = course.close(end);
          const own = all.filter(({ at }) => at > from && at <= end);
          expect(row).toMatchObject({ from, to: end, held_s: 0 });
          if (own.length > 0) expect(onlyOf(values)).toMatchObject(slowly(own, from, end));
          else expect(values.every((each) => each.samples === 0 && each.gap && each.min === null)).toBe(true);
          from = end;
        }
      }),
    );
  });

  it("[F59] a layer's end that is told late takes nothing from the next layer", () => {
    const course = createLayerCourse(0);
    for (let at = 400; at <= 8000; at += 400) course.hear([sampleAt(at, at <= 6000 ? 60 : 61)]);
    expect(onlyOf(course.close(6000).values)).toMatchObject({ samples: 15, min: 60, max: 60 });
    expect(onlyOf(course.close(8000).values)).toMatchObject({ samples: 5, min: 61, max: 61 });
  });

  it("[F59][L1] a silence is a gap with its length, at the begin, in the middle and at the end, and no value is invented", () => {
    const gapOf = (...times: number[]) => {
      const course = createLayerCourse(0);
      for (const at of times) course.hear([sampleAt(at * 1000, 60)]);
      return onlyOf(course.close(60_000).values);
    };
    const steady = Array.from({ length: 59 }, (_, second) => second + 1);
    expect(gapOf(...steady)).toMatchObject({ gap: false, unheard_s: 1 });
    expect(gapOf(...steady.slice(20))).toMatchObject({ gap: true, unheard_s: 21 });
    expect(gapOf(...steady.slice(0, 20), ...steady.slice(35))).toMatchObject({ gap: true, unheard_s: 16 });
    expect(gapOf(...steady.slice(0, 40))).toMatchObject({ gap: true, unheard_s: 20, samples: 40 });
    expect(gapOf(...steady.filter((second) => second % mostSilent_s === 0))).toMatchObject({ gap: false });
  });

  it("[F59] a value that falls silent has a row in every later layer that says so", () => {
    const course = createLayerCourse(0);
    course.hear([sampleAt(500, 60)]);
    course.close(1000);
    const silent = { samples: 0, min: null, mean: null, max: null, deviation: null, unheard_s: 20, gap: true };
    expect(onlyOf(course.close(21_000).values)).toMatchObject(silent);
  });

  it("[F59] what is told while the attempt is on hold is in no layer, and the wait is no gap", () => {
    const course = createLayerCourse(0);
    course.hear([sampleAt(900, 60)]);
    course.hold(1000);
    course.hear([sampleAt(5000, 20)]);
    course.goOn(601_000);
    course.hear([sampleAt(601_500, 60)]);
    const { values, held_s } = course.close(602_000);
    expect(held_s).toBe(600);
    expect(onlyOf(values)).toMatchObject({ samples: 2, min: 60, max: 60, unheard_s: 0.9, gap: false });
    course.hold(603_000);
    expect(course.close(613_000)).toMatchObject({ held_s: 10 });
    expect(course.close(615_000)).toMatchObject({ held_s: 2 });
  });

  it("[F59] a clock that is set back by an hour loses no sample, and hides no silence after it", () => {
    const course = createLayerCourse(0);
    const hour = 3_600_000;
    for (let second = 1; second <= 10; second++) course.hear([sampleAt(hour + second * 1000, 60)]);
    for (let second = 11; second <= 20; second++) course.hear([sampleAt(second * 1000, 61)]);
    expect(onlyOf(course.close(40_000).values)).toMatchObject({
      ...{ samples: 20, min: 60, max: 61, disordered: 1, gap: true },
    });
    course.hear([sampleAt(41_000, 70)]);
    expect(onlyOf(course.close(42_000).values)).toMatchObject({ samples: 1, min: 70, gap: false });
  });

  it("samples whose time goes back are counted as such", () => {
    const course = createLayerCourse(0);
    course.hear([sampleAt(2000, 60)]);
    course.hear([sampleAt(1000, 61)]);
    expect(onlyOf(course.close(3000).values)).toMatchObject({ samples: 2, disordered: 1 });
  });

  it("[F59] what is no good value is counted, is no sample, and hides no silence", () => {
    const course = createLayerCourse(0, [{ reading: "bed", unit: "°C" }]);
    course.hear([sampleAt(1000, 60)]);
    for (let at = 2000; at <= 20_000; at += 1000) course.hear([{ ...sampleAt(at, 0), value: null }]);
    const all = { samples: 1, min: 60, max: 60, deviation: 0, bad: 19, unheard_s: 19, gap: true };
    expect(onlyOf(course.close(20_000).values)).toMatchObject(all);
    expect(onlyOf(course.close(40_000).values)).not.toHaveProperty("bad");
  });

  it("[F59] no more values are expected than are kept; the rest is counted in every layer", () => {
    const expected = Array.from({ length: mostValues + 3 }, (_, k) => ({ reading: `sensor-${k}`, unit: "1" }));
    const course = createLayerCourse(0, expected);
    for (const end of [1000, 2000]) {
      const { values, leftOut } = course.close(end);
      expect([values.length, leftOut]).toEqual([mostValues, 3]);
    }
  });

  it("keeps no more values than it may, and says how many are left out", () => {
    const course = createLayerCourse(0);
    const many = Array.from({ length: mostValues + 5 }, (_, k) => sampleAt(100, k, `sensor-${k}`));
    course.hear(many);
    const { values, leftOut } = course.close(1000);
    expect([values.length, leftOut]).toEqual([mostValues, 5]);
  });

  it("[F59] a number too large to sum, and a name that is no text, cost no layer its row", () => {
    const course = createLayerCourse(0);
    const told = (at: number, value: number) => ({
      ...{ equipment: "C-1" as EquipmentId, at, hotend: null, bed: null },
      readings: [{ name: "oxygen\ud800", value, unit: "%\udc00", at }],
    });
    course.hear(samplesOf(told(100, 1e300)));
    course.hear(samplesOf(told(200, -1.7e308)));
    course.hear(samplesOf(told(300, 0.4)));
    const row = course.close(1000);
    expect(() => canonical(row)).not.toThrow();
    expect(onlyOf(row.values)).toMatchObject({ samples: 1, min: 0.4, max: 0.4 });
  });

  it("takes what is a number from a machine's word, and nothing else", () => {
    const at = 7;
    const readings = [
      { name: "oxygen", value: 0.4, unit: "%", at },
      { name: "mode", value: "auto", unit: "", at },
      { name: "broken", value: Number.NaN, unit: "g", at },
    ];
    const telemetry = {
      equipment: "C-1" as EquipmentId,
      at,
      hotend: { actual: 199.5, target: 200 },
      bed: null,
      readings,
    };
    expect(samplesOf(telemetry, "C-1/").map(({ reading, value }) => [reading, value])).toEqual([
      ["C-1/hotend", 199.5],
      ["C-1/hotend-set-point", 200],
      ["C-1/oxygen", 0.4],
      ["C-1/broken", null],
    ]);
  });
});

/** The same from all samples at once. */
function slowly(samples: readonly Sample[], from: number, to: number) {
  const values = samples.flatMap(({ value }) => (value === null ? [] : [value]));
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const times = [from, ...samples.map(({ at }) => at), to];
  const unheard = Math.max(...times.slice(1).map((at, k) => at - times[k]!));
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  const near = (wanted: number) => expect.closeTo(wanted, 3) as number;
  return {
    ...{ samples: values.length, min: near(Math.min(...values)), max: near(Math.max(...values)), mean: near(mean) },
    ...{ deviation: near(Math.sqrt(variance)), unheard_s: unheard / 1000 },
  };
}
