/** Bytes flipped in both directions for a whole job: what the firmware carried out, or why the job ended. */
import { describe, expect, test } from "vitest";
import { layered } from "../../toolpath/bench.ts";
import { alterationsOf, flips, ofProgram, Virtual } from "./virtual.ts";

const layers = 12;

function begun(advancedOk: boolean): Virtual {
  const bench = new Virtual({ speed: 20, profile: { advancedOk } });
  expect(bench.open()).toBe(true);
  bench.begin(layered(layers));
  return bench;
}

const calm = begun(true);
const program = calm.end() === "finished" ? ofProgram(calm.executed) : [];

/** Everything that prints: what a damaged line must not have changed unnoticed. */
const prints = /^G[0123]\b|^G92|^M8[23]/;

describe("bytes flipped both ways for a whole job", () => {
  test("[F25] a calm job is executed once, with its capture macros", () => {
    expect(program.filter((line) => line.endsWith("E0.7"))).toHaveLength(4 * layers);
    expect(program.filter((line) => line.startsWith("M118 A1 layer:"))).toHaveLength(layers);
  });

  test.each([
    ["1 byte in 5000", 0.0002, false],
    ["1 byte in 1000", 0.001, false],
    ["1 % of bits' bytes", 0.01, false],
    ["1 % of bytes", 0.01, true],
    ["5 % of bits' bytes", 0.05, false],
    ["5 % of bytes", 0.05, true],
  ])(
    "[F25] %s: the very program was executed, or the job failed in words and printed nothing else",
    (_, rate, whole) => {
      let [finished, resends] = [0, 0];
      for (let seed = 1; seed <= 16; seed++) {
        const bench = begun(seed % 2 === 0);
        bench.wire = flips(rate, seed, whole);
        const end = bench.end();
        const done = ofProgram(bench.executed);
        if (end === "finished") {
          finished++;
          resends += bench.heard("finished")?.executed.resends ?? 0;
          expect(done).toEqual(program);
        } else {
          expect(bench.heard("failed")?.fault.what).toMatch(/^[A-Z].{20,}\.$/);
          expect(alterationsOf(done, program).filter((line) => prints.test(line))).toEqual([]);
        }
      }
      if (rate <= 0.001) expect(finished).toBeGreaterThan(9);
      if (rate === 0.001) expect(resends).toBeGreaterThan(0);
      if (rate >= 0.01) expect(finished).toBe(0);
    },
  );
});
