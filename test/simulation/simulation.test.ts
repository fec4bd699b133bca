/** The laws hold over a hundred and more bad days, and the simulator convicts what breaks them. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { mutants } from "./mutants.ts";
import { runSeed } from "./run.ts";
import type { Verdict } from "./trial.ts";

const seeds = 100;

describe("the whole cell in virtual time", () => {
  it(`[L1][L2][L3][L4][L5][F10][F12][F18][F20][F28][F30][F33][F40][F44][F47][F48][F51][F52][F70][F73][F79][F80][F85] breaks no law over ${seeds} seeds, by any route`, {
    timeout: 300_000,
  }, async () => {
    let released = 0;
    for (let seed = 1; seed <= seeds; seed += 1) {
      const outcome = await runSeed(seed);
      released += outcome.released;
      expect(outcome.accusations, `seed ${seed}`).toEqual([]);
    }
    expect(released).toBeGreaterThan(seeds / 4);
  });

  it("says the same twice from the same seed", async () => {
    expect(await runSeed(7)).toEqual(await runSeed(7));
  });
});

describe("wrong programs", () => {
  let verdicts: readonly Verdict[] = [];
  beforeAll(async () => {
    const script = join(import.meta.dirname, "trial.ts");
    const trial = promisify(execFile)(process.execPath, [script, "--seeds", String(seeds), "--json"], {
      timeout: 280_000,
    });
    // Exit code 4 says that one was not convicted: its own test then says which.
    const { stdout } = await trial.catch((problem: { stdout?: string }) => ({ stdout: problem.stdout ?? "" }));
    verdicts = stdout
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Verdict);
  }, 300_000);

  it.each(mutants)("$name is convicted: it breaks $breaks", ({ name }) => {
    const verdict = verdicts.find((each) => each.name === name);
    expect(verdict?.convicted, verdict?.words ?? "it was not tried").toBe(true);
  });
});
