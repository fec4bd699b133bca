/** The demo's drill guide at the inspector's bench: its layers, its faults as the printer makes them, and its builds. */
import { readFileSync } from "node:fs";
import type { Fault } from "../../src/equipment/machine.ts";
import { type BuildInHand, openBuild, type Tools } from "../../src/inspection/build.ts";
import type { LayerPlan } from "../../src/inspection/expected.ts";
import type { Build } from "../../src/inspection/inspector.ts";
import { decodeGrey } from "../../src/inspection/io/decode.ts";
import { drillGuideLimits } from "../../src/inspection/limits.ts";
import type { CameraSetup } from "../../src/inspection/setup.ts";
import type { Digest } from "../../src/kernel/names.ts";
import type { Result } from "../../src/kernel/result.ts";
import { type ToolpathRecipe, toolpathRecipe } from "../../src/toolpath/limits.ts";
import { planToolpath } from "../../src/toolpath/plan.ts";
import { createStrandReader } from "../../src/toolpath/strands.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../${path}`, import.meta.url)));

export const program = file("config/examples/drill-guide/drill-guide.gcode");
export const recipe: ToolpathRecipe = toolpathRecipe.parse(
  JSON.parse(new TextDecoder().decode(file("config/recipes/drill-guide-pla.json"))).toolpath,
);

/** All layers of the guide. */
export function guideLayers(): LayerPlan[] {
  const plan = planToolpath(program, recipe);
  if (!plan.ok) throw new Error(plan.error[0]?.what);
  const reader = createStrandReader(program, plan.value, recipe.guard);
  return plan.value.layers.map(({ layer, z_mm, height_mm }) => ({
    layer,
    top_mm: z_mm,
    height_mm,
    strands: reader.strands(layer).map(({ x0, y0, x1, y1, width_mm }) => ({ x0, y0, x1, y1, width: width_mm })),
  }));
}

/** Opens a build of the guide with a network given as a function. */
export function openGuide(
  setup: CameraSetup,
  emptyPlate: Uint8Array,
  infer: Tools["infer"],
  more: Partial<Build> = {},
): Promise<Result<BuildInHand, Fault>> {
  const build = {
    attempt: "A1",
    program,
    recipe,
    setup,
    limits: drillGuideLimits,
    emptyPlate,
    accepted: null,
    seen: [],
  };
  const tools = { decode: decodeGrey, modelDigest: "0".repeat(64) as Digest, infer, lap: () => performance.now() };
  return openBuild({ ...build, ...more }, tools);
}
