/** What a recipe may say: every number within what a record can hold, and reactions that are milder for nothing larger. */
import { describe, expect, it } from "vitest";
import { readRecipe, recipeDigest } from "../../src/intake/recipe.ts";
import { routeOf } from "../../src/intake/route.ts";
import type { EquipmentId } from "../../src/kernel/names.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { packOf } from "../packs.ts";
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

describe("[F56] the reactions of a recipe", () => {
  const tolerated = { inRow: 20, linked: 3, sizeLinked: 50 };
  const rule = (change: object = {}) => ({
    ...{ class: "thin", unit: "mm2" },
    levels: [
      { from: 0, reaction: "log" },
      { from: 20, reaction: "warn" },
      { from: 40, reaction: "hold" },
    ],
    tolerated,
    ...change,
  });
  const withRules = (rules: object[], change: (recipe: { route: { kind: string }[] }) => void = () => undefined) => {
    const recipe = JSON.parse(text) as { route: { kind: string; reactions?: object }[] };
    recipe.route[0]!.reactions = { within_mm: 1, gap: 1, rules };
    change(recipe);
    return readRecipe(utf8(JSON.stringify(recipe)));
  };
  const route = (recipe: ReturnType<typeof readRecipe>) => {
    if (!recipe.ok) return expect.fail(recipe.error);
    const asked = recipe.value.route.flatMap((step) => (step.kind === "task" ? [step.program] : []));
    const digest = recipeDigest(recipe.value);
    return routeOf(recipe.value, {
      build: { program: digest, layersPlanned: 5 },
      programs: new Map(asked.map((name) => [name, digest])),
      equipmentOf: (kind) => ({ id: kind as EquipmentId, holdsLayers: true }),
      pack: packOf("filament"),
    });
  };

  it("come into the order as they are signed; a recipe without any makes the same order as before", () => {
    const made = route(withRules([rule()]));
    expect(made).toMatchObject({
      ok: true,
      value: [{ reactions: { gap: 1, rules: [rule()] } }, {}, {}, {}, {}, {}, {}],
    });
    const before = route(readRecipe(utf8(text)));
    expect(before.ok && before.value[0]).not.toHaveProperty("reactions");
  });

  it("tolerate nothing where nobody releases what is made", () => {
    const recipe = withRules([rule()], (all) => all.route.pop());
    expect(route(recipe)).toMatchObject({ ok: false, error: expect.stringContaining("nobody releases what is made") });
    const strict = rule({ levels: [{ from: 0, reaction: "abort" }], tolerated: null });
    expect(route(withRules([strict], (all) => all.route.pop())).ok).toBe(true);
  });

  it.each([
    ["a milder reaction to what is larger", [rule({ levels: [...rule().levels, { from: 90, reaction: "warn" }] })]],
    ["levels that do not rise", [rule({ levels: [...rule().levels, { from: 40, reaction: "abort" }] })]],
    ["no level for the smallest", [rule({ levels: rule().levels.slice(1) })]],
    ["no limits up to which it tolerates", [rule({ tolerated: null })]],
    ["limits for what is never tolerated", [rule({ levels: [{ from: 0, reaction: "hold" }] })]],
    ["a layer tolerated that looks as before", [rule({ class: "unchanged", unit: "share" })]],
    ["a limit that one layer reaches", [rule({ tolerated: { ...tolerated, linked: 1 } })]],
    ["two rules for one class", [rule(), rule()]],
    ["a reaction that there is not", [rule({ levels: [{ from: 0, reaction: "ignore" }] })]],
    ["no rule", []],
  ])("are refused with %s", (_, rules) => {
    expect(withRules(rules)).toMatchObject({ ok: false, error: expect.stringMatching(/wrong at route\.0\.reactions/) });
  });
});
