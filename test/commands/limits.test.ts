/** Limit sets on their way: which layers they are made of, how one is read against the recipe, and what the list says. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createCleanLayers } from "../../src/commands/clean-layers.ts";
import { keepLimits, readLimitFacts } from "../../src/commands/io/limit-files.ts";
import { createPeaks, rowsInWords, rowsOf } from "../../src/commands/limits-plan.ts";
import { wordsOf } from "../../src/hmi/reasons.ts";
import { composeLimitSet, type LayerPeaks, type LimitSet, measures } from "../../src/inspection/limit-set.ts";
import { drillGuideLimits as own } from "../../src/inspection/limits.ts";
import { type Recipe, readRecipe, recipeDigest } from "../../src/intake/recipe.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { Digest } from "../../src/kernel/names.ts";
import { seededRandom } from "../../src/kernel/random.ts";

const bytes = readFileSync(new URL("../../config/recipes/drill-guide-pla.json", import.meta.url));
const read = readRecipe(bytes);
if (!read.ok) throw new Error(read.error);
const recipe: Recipe = { ...read.value, inspection: own as never };
const recipeOf = (digest: Digest) => (digest === recipeDigest(recipe) ? recipe : null);

const random = seededRandom(4);
const layer = (): LayerPeaks =>
  Object.fromEntries(measures.map((each) => [each, (each === "shift_mm" ? 1.2 : 0.4) + 0.05 * random()])) as LayerPeaks;
const builds = Array.from({ length: 12 }, () => Array.from({ length: 40 }, layer));
const [setup, model] = [digestOfValue("s"), digestOfValue("m")];
const of = { recipe: recipeDigest(recipe), setup, model, base: digestOfValue(own), upTo: 70 };
const set = composeLimitSet(of, own, builds, { share: 1e-3, confidence: 0.9 });
const as = (change: object): LimitSet => ({ ...set, ...change }) as LimitSet;

describe("[F53] the layers that a limit set is made of", () => {
  const at = (layer: number) => ({ job: "J1", attempt: "J1-A1", layer });
  const tell = (...events: readonly object[]) => {
    const clean = createCleanLayers();
    for (const event of events) clean.take(event as never);
    return [...(clean.byAttempt().get("J1-A1") ?? [])];
  };
  const passed = (layer: number) => ({ type: "LayerDecided", ...at(layer), verdict: "pass" });
  const doubted = (layer: number, cause = "layer-failed") => ({
    ...{ type: "NonconformityRaised", ...at(layer), nonconformity: `N${layer}`, cause },
  });
  const conceded = (layer: number, reason: Parameters<typeof wordsOf<"concession">>[1]) => ({
    ...{ type: "DispositionSigned", job: "J1", nonconformity: `N${layer}`, disposition: "concession" },
    reason: wordsOf("concession", reason),
  });
  const ended = (outcome = "Completed") => ({ type: "AttemptEnded", job: "J1", attempt: "J1-A1", outcome });

  it("passed, and nobody found them bad; one that was only tolerated does not count", () => {
    const tolerated = { ...passed(3), verdict: "tolerated" };
    expect(tell(passed(1), passed(2), tolerated, doubted(2, "layer-found-bad"), ended())).toEqual([1]);
  });

  it("or failed, and a person found them whole: a false pause is what the budget is about", () => {
    expect(tell(passed(1), doubted(2), conceded(2, "picture-misleads"), ended())).toEqual([1, 2]);
    expect(tell(passed(1), doubted(1, "layer-found-bad"), conceded(1, "found-whole"), ended())).toEqual([1]);
    expect(tell(passed(1), doubted(2), conceded(2, "does-not-matter"), ended())).toEqual([1]);
  });

  it("of an attempt that goes on, or did not end well, none", () => {
    expect(tell(passed(1))).toEqual([]);
    expect(tell(passed(1), ended("Failed"))).toEqual([]);
    expect(tell(passed(1), ended("Aborted"))).toEqual([]);
  });

  it("the last look at a layer counts, and a blind one says nothing", () => {
    const peaks = createPeaks({ clean: new Map([["A1", new Set([1, 2])]]) }, own);
    const finding = (measured: number) => ({ class: "extra", by: "residual", unit: "mm", measured, limit: 0.075 });
    const look = (layer: number, verdict: string, measured: number) =>
      peaks.take({ attempt: "A1" } as never, { layer } as never, { verdict, findings: [finding(measured)] } as never);
    look(1, "fail", 1.2);
    look(1, "fail", 0.75);
    look(2, "blind", 1.4);
    look(3, "fail", 1.3);
    expect(peaks.builds().map((layers) => layers.map(({ extra_mm }) => extra_mm))).toEqual([[0.5]]);
  });
});

describe("[F53][L8] a limit set that is handed in", () => {
  it("says what it makes tighter, and keeps itself and its limits under the digests that are signed", async () => {
    const kept: Digest[] = [];
    const put = async (content: Uint8Array) => {
      kept.push(digestOfValue(JSON.parse(new TextDecoder().decode(content))));
      return kept.at(-1)!;
    };
    const facts = await keepLimits(JSON.parse(JSON.stringify(set)), recipeOf, { put });
    expect(facts).toMatchObject({ ok: true, value: { ...of, layers: 480, builds: 12, set: kept[0], limits: kept[1] } });
    expect(facts.ok && facts.value.tightened.map(({ limit }) => limit)).toEqual(
      measures.filter((each) => each !== "shift_mm"),
    );
    expect(kept).toEqual([digestOfValue(set), digestOfValue(set.limits)]);
  });

  it.each([
    ["for a recipe that is not here", { recipe: digestOfValue("other") }, "does not have"],
    ["made against other limits", { base: digestOfValue("other") }, "against other limits"],
    ["that is looser", { limits: { ...set.limits, shift_mm: 0.31 } }, "allows shift_mm 0.31"],
    ["that looks for something else", { limits: { ...set.limits, networkScore: 0.99 } }, "changes networkScore"],
    ["that is none", { bounds: {} }, "cannot be used: bounds"],
  ])("%s is refused in words, and nothing is stored", async (_, change, what) => {
    const put = () => Promise.reject(new Error("stored"));
    const error = { what: expect.stringContaining(what), remedy: expect.stringContaining("limits propose") };
    expect(readLimitFacts(as(change), recipeOf)).toMatchObject({ ok: false, error: { what: error.what } });
    expect(await keepLimits(as(change), recipeOf, { put })).toMatchObject({ ok: false });
  });

  it("is told as a table: the recipe's limit, what layers came to, the set's, and why one is not tighter", () => {
    const rows = rowsOf(set, own, builds);
    expect(rows.find(({ measure }) => measure === "shift_mm")).toMatchObject({
      limit: own.shift_mm,
      why: expect.any(String),
    });
    const text = rowsInWords(rows).join("\n");
    expect(text).toMatch(/^missing_mm2 +1 +0\.4\d* +0\.4\d* +0\.4\d* +0\.[45]\d*$/m);
    expect(text).toMatch(/shift_mm.*the recipe's own: clean layers come as near to it/);
  });
});
