/** The seed from which all properties draw their cases. */
import { randomInt } from "node:crypto";

/** What a commit is judged by: the same commit, the same cases, the same answer. */
const usual = 20_261_127;

/** The seed of this run: the usual one, the whole number that `CELLWARD_TEST_SEED` names, or any for `random`. */
export function seedOf(asked: string | undefined): number {
  if (asked === undefined || asked === "") return usual;
  if (asked === "random") return randomInt(2 ** 31 - 1);
  const seed = Number(asked);
  if (!Number.isInteger(seed) || Math.abs(seed) > 2 ** 31 - 1) {
    throw new Error(
      `CELLWARD_TEST_SEED is "${asked.slice(0, 40)}"; it has to be "random" or a whole number of at most 31 bits.`,
    );
  }
  return seed;
}
