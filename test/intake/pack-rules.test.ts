/** A recipe within its process pack, at intake: what goes beyond it is refused in words, and what it leaves open the pack says. */
import { describe, expect, it } from "vitest";
import { packFor, reactionsWithin } from "../../src/intake/pack-rules.ts";
import { type Recipe, readRecipe } from "../../src/intake/recipe.ts";
import { type ProcessPack, packDigest, readPack } from "../../src/jobs/process-pack.ts";
import { type Edits, edited, packOf, packs } from "../packs.ts";
import { projectFile } from "../toolpath/bench.ts";
import { goodPackage, openDesk } from "./desk.ts";

const example = JSON.parse(new TextDecoder().decode(projectFile("config/recipes/drill-guide-pla.json")));

function recipeWith(edits: Edits): Recipe {
  const read = readRecipe(edited(example, edits));
  return read.ok ? read.value : expect.fail(read.error);
}

/** A pack as a site writes it, of filament: another process, as a file alone. */
function ownPack(edits: Edits): ProcessPack {
  const read = readPack(edited(packOf("filament"), edits));
  return read.ok ? read.value : expect.fail(read.error);
}

const rule = (change: object = {}) => ({
  ...{ class: "thin", unit: "mm2", levels: [{ from: 0, reaction: "log" }] },
  ...{ tolerated: { inRow: 20, linked: 3, sizeLinked: 50 }, ...change },
});
const reacting = (...rules: object[]) => recipeWith({ "route.0.reactions": { within_mm: 1, gap: 1, rules } });

describe("[F53][F56] a recipe within its process pack", () => {
  it("is one of filament where it names no process", () => {
    const found = packFor(recipeWith({}), packs);
    expect(found).toMatchObject({ ok: true, value: { process: "filament" } });
    expect(packFor(recipeWith({ process: "filament" }), packs)).toEqual(found);
    expect(packFor(recipeWith({ "inspection.parts": { margin_mm: 2 } }), packs).ok).toBe(true);
    expect(packFor(reacting(rule()), packs).ok).toBe(true);
  });

  it.each<[string, Recipe, RegExp]>([
    ["a limit that goes too far", recipeWith({ "inspection.thin_mm2": 5000 }), /sets thin_mm2 to 5000; .* 0.01 to 500/],
    ["a limit that is not known", recipeWith({ "inspection.rust_mm2": 1 }), /sets rust_mm2 .* does not know/],
    ["a limit left out", recipeWith({ "inspection.thin_mm2": undefined }), /leaves out thin_mm2 .* suggests 30\./],
    ["a limit that is no number", recipeWith({ "inspection.thin_mm2": "30" }), /sets thin_mm2 to "30"/],
    ["a limit of parts too far", recipeWith({ "inspection.parts": { margin_mm: 99 } }), /sets parts\.margin_mm to 99/],
    [
      "a class that is not found",
      reacting(rule({ class: "blind" })),
      /to blind in mm2, .*does not know \(missing in mm2/,
    ],
    ["a class in another unit", reacting(rule({ unit: "mm" })), /reaction to thin in mm, /],
    ["a process without a pack", recipeWith({ process: "resin" }), /no pack here \(filament, powder-bed\)/],
    [
      "a build that nobody would look at",
      recipeWith({ process: "powder-bed", inspection: {} }),
      /looked at by its surface \(recoated powder, then fused layers\)/,
    ],
  ])("is refused with %s", (_, recipe, words) => {
    expect(packFor(recipe, packs)).toMatchObject({ ok: false, error: expect.stringMatching(words) });
  });

  it("has no milder reaction than its pack allows", () => {
    const strict = ownPack({ "phases.0.judges.0.classes.1.reaction.softest": "hold" });
    const words = "lets log follow thin from 0 mm2; its process pack filament allows nothing milder than hold";
    expect(packFor(reacting(rule()), [strict])).toMatchObject({ ok: false, error: expect.stringContaining(words) });
  });

  it("makes other things of powder by tasks, within that pack's limits", () => {
    const tasks = recipeWith({}).route.filter(({ kind }) => kind !== "build");
    const inspection = (excess: number) => ({ recoated: { excess, streak_mm2: 2 } });
    const task = (excess: number) =>
      packFor(recipeWith({ process: "powder-bed", route: tasks, inspection: inspection(excess) }), packs);
    expect(task(1.5)).toMatchObject({ ok: true, value: { process: "powder-bed" } });
    expect(task(3)).toMatchObject({ ok: false, error: expect.stringContaining("sets recoated.excess to 3") });
  });

  it("is of a third process by a file alone, whose own reactions stand in the order", () => {
    const reaction = { default: "abort", softest: "hold" };
    const resin = ownPack({ process: "resin", "phases.0.judges.0.classes.5.reaction": reaction });
    expect(packFor(recipeWith({ process: "resin" }), [...packs, resin])).toMatchObject({
      ok: true,
      value: { process: "resin" },
    });
    const shift = (its: "abort" | "hold") =>
      ({ class: "shift", unit: "mm", levels: [{ from: 0, reaction: its }], tolerated: null }) as const;
    expect(reactionsWithin(undefined, resin)).toMatchObject({ rules: [shift("abort")] });
    const own = { within_mm: 1, gap: 1, rules: [shift("hold")] };
    expect(reactionsWithin(own, resin)).toEqual(own);
    expect(reactionsWithin(undefined, packOf("filament"))).toBeUndefined();
  });
});

describe("[F53] intake", () => {
  it("[F78] puts process and pack into the order, beside the recipe, and keeps the pack", async () => {
    const desk = await openDesk();
    await desk.intake.take(await goodPackage());
    const digest = packDigest(packOf("filament"));
    expect(desk.story.state.jobs["J-1"]?.order.process).toEqual({ name: "filament", pack: digest });
    expect((await desk.artifacts.get(digest)).ok).toBe(true);
  });

  it("[L8] refuses an order whose recipe goes beyond its pack, in words, and starts nothing", async () => {
    const limit = "phases.0.judges.0.limits.thin_mm2";
    const desk = await openDesk({ packs: [ownPack({ [`${limit}.default`]: 5, [`${limit}.most`]: 5 })] });
    expect(await desk.intake.take(await goodPackage())).toMatchObject({ ok: false, error: { code: "recipe-outside" } });
    const words = /J-1 cannot be made here\. .*thin_mm2 to 30; .* 0.01 to 5/;
    expect(desk.refusals()).toEqual([expect.stringMatching(words)]);
    expect(desk.jobs()).toEqual([]);
  });
});
