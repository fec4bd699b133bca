/** The laws hold over two hundred bad days, and the simulator convicts what breaks them. */
import { describe, expect, it } from "vitest";
import { isConvicted, mutants } from "./mutants.ts";
import { runSeed } from "./run.ts";

const seeds = 200;

describe("the whole cell in virtual time", () => {
  it(`[L1][L2][L3][L4][L5][F12][F28][F30][F33][F51][F73] breaks no law over ${seeds} seeds`, {
    timeout: 300_000,
  }, async () => {
    for (let seed = 1; seed <= seeds; seed += 1) {
      const { accusations } = await runSeed(seed);
      expect(accusations, `seed ${seed}`).toEqual([]);
    }
  });

  it("says the same twice from the same seed", async () => {
    expect(await runSeed(7)).toEqual(await runSeed(7));
  });
});

describe("ten and more wrong programs", () => {
  it.each(mutants)("$name is convicted: it breaks $breaks", { timeout: 300_000 }, async (mutant) => {
    const { convicted, words } = await isConvicted(mutant, seeds);
    expect(convicted, words).toBe(true);
  });
});
