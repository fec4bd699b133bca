/** What intake knows of machines: which can be held between layers, and what a step of a recipe tells them. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { workMasterOf } from "../../src/drivers/opcua/starting.ts";
import { machinePartOf, readRecipe } from "../../src/intake/recipe.ts";
import { printer } from "../jobs/story.ts";
import { goodPackage, openDesk } from "./desk.ts";

const file = readFileSync(new URL("../../config/recipes/drill-guide-pla.json", import.meta.url), "utf8");

/** The example's recipe with a step changed. */
function recipeWith(change: (step: Record<string, unknown>) => void): ReturnType<typeof readRecipe> {
  const recipe = JSON.parse(file) as { route: Record<string, unknown>[] };
  change(recipe.route[1]!);
  return readRecipe(new TextEncoder().encode(JSON.stringify(recipe)));
}

describe("[F24] orders and machines that cannot wait between layers", () => {
  test("[F51][L3][L8] a build that is inspected by layer is refused before anybody could start it, in words", async () => {
    const desk = await openDesk({
      equipment: new Map([["filament-printer-bench", { id: printer, holdsLayers: false }]]),
    });
    const taken = await desk.intake.take(await goodPackage());
    expect(taken).toMatchObject({ ok: false, error: { code: "route-refused" } });
    expect(desk.refusals()).toEqual([
      expect.stringMatching(/Print is inspected layer by layer.*no way to wait between two layers/),
    ]);
    expect(desk.jobs()).toEqual([]);
  });

  test("a step names its work master and its layers, and the driver is told them; a build has the toolpath's part", () => {
    const made = recipeWith((step) => Object.assign(step, { workMaster: "Build_Plate-7", layersPlanned: 120 }));
    const recipe = made.ok ? made.value : expect.fail(made.error);
    const part = machinePartOf(recipe, "clean-dry");
    expect(part).toMatchObject({ workMaster: "Build_Plate-7", layersPlanned: 120 });
    expect(workMasterOf(new Uint8Array(), part)).toBe("Build_Plate-7");
    expect(machinePartOf(recipe, "print")).toEqual(recipe.toolpath);
    expect(recipeWith((step) => Object.assign(step, { layersPlanned: 0 })).ok).toBe(false);
  });

  test("a recipe holds results against limits by the names that machines give them", () => {
    const layers = { title: "Layers", unit: "", lower: 120, upper: 120 };
    const named = (id: string, unit: string) =>
      recipeWith((step) => Object.assign(step, { characteristics: [{ ...layers, id, unit }], evidence: ["Log_1"] })).ok;
    expect([named("LayersCompleted", "1"), named("LayersCompleted", ""), named("two words", "1")]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
