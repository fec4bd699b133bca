/** The station's physics: forces, temperatures and readings, the same for the same seed and honest about their limits. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanDry, dryerLimit_C } from "../../../src/simulators/station/clean.ts";
import { measurePoints, scatter } from "../../../src/simulators/station/measure.ts";
import {
  type Conditions,
  type Progress,
  type Run,
  restingPlant,
  type Setting,
} from "../../../src/simulators/station/operation.ts";
import { fitOf, pressForce_N, pressSleeves } from "../../../src/simulators/station/press.ts";
import { type Program, parseProgram } from "../../../src/simulators/station/program.ts";
import { noiseFrom } from "../../../src/simulators/station/random.ts";
import { exampleProgram } from "./bench.ts";

const good: Conditions = { friction: 1, dryerRunaway_K: 0, gaugeOffset_mm: {} };

function settingOf(seed: number, conditions: Conditions = good): Setting {
  return { plant: restingPlant(), conditions: () => conditions, noise: noiseFrom(seed), part: noiseFrom(seed + 1) };
}

function programOf<Operation extends Program["operation"]>(
  name: Operation,
): Extract<Program, { operation: Operation }> {
  const parsed = parseProgram(exampleProgram(name));
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value as Extract<Program, { operation: Operation }>;
}

/** Runs to the end, in steps of `dt_s`; every run ends within an hour. */
function ended(run: Run, dt_s = 0.1): Exclude<Progress, { kind: "going" }> {
  for (let time_s = 0; time_s < 3600; time_s += dt_s) {
    const progress = run.advance(dt_s);
    if (progress.kind !== "going") return progress;
  }
  throw new Error("the run does not end");
}

function numberOf(progress: Exclude<Progress, { kind: "going" }>, id: string): number {
  return progress.findings.find((finding) => finding.id === id)!.value as number;
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

describe("press", () => {
  const program = programOf("press-sleeves");

  it("gives more force for more stroke once the chamfer is behind, and none before the edge", () => {
    fc.assert(
      fc.property(seeds, fc.double({ min: 0.9, max: 5.4, noNaN: true }), (seed, stroke_mm) => {
        const fit = fitOf(5, noiseFrom(seed));
        expect(pressForce_N(fit, stroke_mm + 0.01, 1)).toBeGreaterThan(pressForce_N(fit, stroke_mm, 1));
        expect(pressForce_N(fit, -stroke_mm, 1)).toBe(0);
      }),
    );
  });
  it("yields: beyond the plastic's limit the force grows more slowly than the stroke", () => {
    const fit = { ...fitOf(5, noiseFrom(1)), friction_N_mm: 100, seat_mm: 20 };
    const slope = (at_mm: number) => pressForce_N(fit, at_mm + 0.1, 1) - pressForce_N(fit, at_mm, 1);
    expect(slope(5)).toBeLessThan(slope(2) / 2);
  });
  it("seats each sleeve of a good print at its depth, with a curve that ends at the peak", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const done = ended(pressSleeves(program, settingOf(seed)));
        expect(done.kind).toBe("done");
        for (const id of ["sleeve-1", "sleeve-2"]) {
          const [peak_N, depth_mm] = [numberOf(done, `${id}-peak-force`), numberOf(done, `${id}-depth`)];
          expect(peak_N).toBeGreaterThanOrEqual(program.press.seated_N);
          expect(peak_N).toBeLessThan(program.press.most_N);
          expect(Math.abs(depth_mm - 5)).toBeLessThan(0.3);
          const curve = done.findings.find((finding) => finding.id === `${id}-curve`)!.value as number[];
          const strokes = curve.filter((_, index) => index % 2 === 0);
          const forces = curve.filter((_, index) => index % 2 === 1);
          expect(strokes.at(-1)).toBe(depth_mm);
          expect(forces.at(-1)).toBe(peak_N);
          expect(strokes.every((stroke, index) => index === 0 || stroke > strokes[index - 1]!)).toBe(true);
          expect(forces.every((force) => force >= 0)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });
  it("gives up a seat that is far too tight, with the ram up and the force told", () => {
    const setting = settingOf(3, { ...good, friction: 8 });
    const failed = ended(pressSleeves(program, setting));
    expect(failed).toMatchObject({ kind: "failed", alarm: "press-overforce" });
    expect(numberOf(failed, "sleeve-1-peak-force")).toBeGreaterThan(program.press.most_N);
    expect(numberOf(failed, "sleeve-1-depth")).toBeLessThan(5);
    expect(setting.plant.force_N).toBe(0);
  });
  it("does the same for the same seed, whatever the step of time", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(0.01, 0.05, 0.1), (seed, dt_s) => {
        const one = ended(pressSleeves(program, settingOf(seed)), dt_s);
        expect(one).toEqual(ended(pressSleeves(program, settingOf(seed)), dt_s));
      }),
      { numRuns: 10 },
    );
  });
});

describe("wash and dry", () => {
  const program = programOf("clean-dry");

  it("holds bath and chamber near their set values for the ordered time", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const done = ended(cleanDry(program, settingOf(seed)));
        expect(done.kind).toBe("done");
        expect(numberOf(done, "wash-temperature-min")).toBeGreaterThan(program.wash.temperature_C - 1);
        expect(numberOf(done, "dry-temperature-max")).toBeLessThan(program.dry.temperature_C + 1);
        expect(numberOf(done, "dry-duration")).toBeCloseTo(program.dry.seconds, 0);
      }),
      { numRuns: 10 },
    );
  });
  it("stops a dryer that runs away at its own limit", () => {
    const failed = ended(cleanDry(program, settingOf(1, { ...good, dryerRunaway_K: 20 })));
    expect(failed).toMatchObject({ kind: "failed", alarm: "dryer-overtemperature" });
    expect(numberOf(failed, "dry-temperature-max")).toBeGreaterThan(dryerLimit_C);
    expect(numberOf(failed, "dry-temperature-max")).toBeLessThan(dryerLimit_C + 2);
  });
});

describe("gauges", () => {
  const program = programOf("measure");

  it("reads each point within the part's and the gauge's scatter", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const done = ended(measurePoints(program, settingOf(seed)));
        expect(done.findings.map(({ id }) => id)).toEqual(program.points.map(({ id }) => id));
        for (const { id, gauge, nominal_mm } of program.points) {
          const { part_mm, gauge_mm } = scatter[gauge];
          expect(Math.abs(numberOf(done, id) - nominal_mm)).toBeLessThan(3 * part_mm + 7 * gauge_mm);
        }
      }),
      { numRuns: 50 },
    );
  });
  it("reads the same part alike: only the gauge's noise differs", () => {
    const reading = (noiseSeed: number) =>
      ended(measurePoints(program, { ...settingOf(0), noise: noiseFrom(noiseSeed), part: noiseFrom(7) }));
    const [one, two] = [reading(1), reading(2)];
    for (const { id, gauge } of program.points) {
      expect(numberOf(one, id)).not.toBe(numberOf(two, id));
      expect(Math.abs(numberOf(one, id) - numberOf(two, id))).toBeLessThan(12 * scatter[gauge].gauge_mm);
    }
  });
  it("is off by what it is told to be off", () => {
    const off = { ...good, gaugeOffset_mm: { "guide-height": 0.5 } };
    const [right, wrong] = [
      ended(measurePoints(program, settingOf(5))),
      ended(measurePoints(program, settingOf(5, off))),
    ];
    expect(numberOf(wrong, "guide-height") - numberOf(right, "guide-height")).toBeCloseTo(0.5, 6);
    expect(numberOf(wrong, "sleeve-1-bore")).toBe(numberOf(right, "sleeve-1-bore"));
  });
});

describe("programs", () => {
  it("are refused in words when anything in them is unknown, missing or out of reach", () => {
    const text = exampleProgram("press-sleeves").toString("utf8");
    const refused = (from: string, to: string) => parseProgram(Buffer.from(text.replace(from, to)));
    expect(parseProgram(Buffer.from(text)).ok).toBe(true);
    for (const [from, to] of [
      ['"speed_mm_s": 1', '"speed_mm_s": 100'],
      ['"speed_mm_s": 1', '"speed": 1'],
      ['"seated_N": 420', '"seated_N": 620'],
      ['"depth_mm": 5', '"depth_mm": "5"'],
      ["program/1", "program/2"],
      ["{", "["],
    ]) {
      expect(refused(from!, to!)).toMatchObject({ ok: false, error: expect.any(String) });
    }
    expect(parseProgram(new Uint8Array(70_000)).ok).toBe(false);
  });
});
