/** What a recipe may say: every number within what a record can hold. */
import { expect, it } from "vitest";
import { readRecipe } from "../../src/intake/recipe.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { projectFile } from "../toolpath/bench.ts";

const text = new TextDecoder().decode(projectFile("config/recipes/drill-guide-pla.json"));
const read = (from: RegExp, to: string) => readRecipe(utf8(text.replace(from, to)));

it("[L7] a recipe with a number that no record can hold is refused, with the place", () => {
  expect(readRecipe(utf8(text)).ok).toBe(true);
  const wrong: [RegExp, string, RegExp][] = [
    [/"upper": [\d.]+/, '"upper": 1e21', /wrong at route\.\d+\.windows\.\d\.course\.\d\.upper/],
    [/"lower": [\d.]+/, '"lower": -1e21', /wrong at route\.\d+\.windows\.\d\.course\.\d\.lower/],
    [/"hotend_C": 205/, '"hotend_C": 1e21', /wrong at material\.hotend_C/],
    [/"inspection": \{/, '"inspection": { "more": [9007199254740993],', /wrong at inspection\.more\.0/],
  ];
  for (const [from, to, place] of wrong) {
    expect(text).toMatch(from);
    expect(read(from, to)).toMatchObject({ ok: false, error: expect.stringMatching(place) });
  }
});
