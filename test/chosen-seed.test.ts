/** One seed for all properties: the same in every run, or the one that is asked for. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { seedOf } from "./chosen-seed.ts";

it("properties take the same cases in every run, or those of the seed that is asked for, and nothing else", () => {
  expect(fc.readConfigureGlobal().seed).toBe(seedOf(process.env["CELLWARD_TEST_SEED"]));
  expect(seedOf(undefined)).toBe(seedOf(""));
  expect(seedOf("-7")).toBe(-7);
  expect(seedOf("random")).not.toBe(seedOf("random"));
  for (const strange of ["chance", "1.5", "4000000000"]) expect(() => seedOf(strange)).toThrow("whole number");
});
