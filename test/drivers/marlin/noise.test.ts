/** Whatever the wire does, what the firmware accepted is the program, in order, none lost or doubled. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelBehaviour } from "./model.ts";
import { attempt, programOf, Rig, sourceOf } from "./rig.ts";

const a1 = attempt("a1");

/** A small repeatable generator (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What the firmware must have carried out, in order, after the driver's own greeting and between its own queries. */
function expected(layers: number, text: string): string[] {
  const sections = text.split(/^(?=;LAYER|;END)/m);
  const commands = (section: string | undefined) =>
    (section ?? "").split("\n").flatMap((line) => line.replace(/;.*/, "").trim() || []);
  const all = [...commands(sections[0])];
  for (let n = 1; n <= layers; n++)
    all.push(...commands(sections[n]), `G1 X${n} Y140`, "M400", `M118 A1 layer:${n}`, `G1 X${n} Y75`);
  return [...all, ...commands(sections.at(-1)), "M400", "M104 S0", "M140 S0", "M107", "M118 A1 program-end"];
}

/** Queries, settings and repeated marks are the driver's own and may come at any time. */
function ofProgram(executed: readonly string[]): string[] {
  const own = /^(?:M110|M115|M113|M155|M105|M111|M114|M413)\b/;
  return executed.filter((line, i) => !own.test(line) && !(line.startsWith("M118") && executed.indexOf(line) !== i));
}

/** Where a failed job leaves the program, the printer is made safe; near the end the two begin alike. */
const switchingOff = ["M104 S0", "M140 S0", "M107", "G91", undefined];

interface Outcome {
  readonly rig: Rig;
  readonly done: string[];
  readonly end: string;
}

function printThrough(behaviour: Partial<ModelBehaviour>, seed: number, layers: number, moves: number): Outcome {
  const text = programOf(layers, moves);
  const program = sourceOf(text);
  const rig = new Rig({ ...behaviour, damageToMachine: 0, damageFromMachine: 0 }, seeded(seed));
  expect(rig.open()).toBe(true);
  rig.firmware.executed.length = 0;
  rig.firmware.behaviour = { ...rig.firmware.behaviour, ...behaviour };
  rig.tell({ kind: "begin", attempt: a1, program: program.digest, releasedLayer: layers + 1 }, program);
  rig.until(() => rig.heard("finished") !== undefined || rig.heard("failed") !== undefined, 600_000);
  const end = rig.heard("finished") !== undefined ? "finished" : (rig.heard("failed")?.fault.code ?? "neither");
  return { rig, done: ofProgram(rig.firmware.executed), end };
}

const noisy = fc.record({
  advancedOk: fc.boolean(),
  damageToMachine: fc.double({ min: 0, max: 0.02, noNaN: true }),
  damageFromMachine: fc.double({ min: 0, max: 0.02, noNaN: true }),
  lostOk: fc.double({ min: 0, max: 0.03, noNaN: true }),
  doubleOk: fc.double({ min: 0, max: 0.05, noNaN: true }),
  commandMs: fc.constantFrom(0, 2, 12),
});

describe("a damaging wire", () => {
  test("[F25] without damage every line is carried out once", () => {
    for (const advancedOk of [true, false]) {
      const { done, end } = printThrough({ advancedOk }, 1, 4, 30);
      expect(end).toBe("finished");
      expect(done).toEqual(expected(4, programOf(4, 30)));
    }
  });

  test("[F25] up to 2 % damaged lines each way, lost and doubled ok: the program arrives identical, or the job fails", () => {
    let finished = 0;
    fc.assert(
      fc.property(noisy, fc.integer(), (behaviour, seed) => {
        const { rig, done, end } = printThrough(behaviour, seed, 3, 40);
        if (rig.firmware.rogue.length > 0) return;
        const all = expected(3, programOf(3, 40));
        if (end === "finished") {
          finished++;
          expect(done).toEqual(all);
          return;
        }
        // A failed job is made safe; up to there everything is in order.
        const upTo = all.findIndex((line, i) => done[i] !== line);
        if (upTo >= 0) expect(switchingOff).toContain(done[upTo]);
        expect(["resend-storm", "foreign-line", "noisy-wire"]).toContain(end);
      }),
      { numRuns: 150 },
    );
    expect(finished).toBeGreaterThan(130);
  });

  test("[F25] at 5 % each way the order still holds, though the storm of resends ends most jobs", () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, advancedOk) => {
        const rates = { damageToMachine: 0.05, damageFromMachine: 0.05, lostOk: 0.03, doubleOk: 0.05, advancedOk };
        const { rig, done, end } = printThrough(rates, seed, 3, 40);
        if (rig.firmware.rogue.length > 0) return;
        const all = expected(3, programOf(3, 40));
        const upTo = all.findIndex((line, i) => done[i] !== line);
        if (end === "finished") expect(done).toEqual(all);
        else expect(switchingOff).toContain(done[upTo]);
      }),
      { numRuns: 60 },
    );
  });
});
