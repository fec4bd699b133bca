/** What the toolpath tests share: the example's recipe and small programs that pass the guard with it. */
import { readFileSync } from "node:fs";
import { type OrderExpectation, type ToolpathRecipe, toolpathRecipe } from "../../src/toolpath/limits.ts";
import { planToolpath, type ToolpathPlan } from "../../src/toolpath/plan.ts";
import type { Refusal } from "../../src/toolpath/refusal.ts";

const root = new URL("../../", import.meta.url);

/** Bytes of a file of the project. */
export function projectFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, root)));
}

/** The recipe that the example job names. */
export const recipe: ToolpathRecipe = toolpathRecipe.parse(
  JSON.parse(new TextDecoder().decode(projectFile("config/recipes/drill-guide-pla.json"))).toolpath,
);

/** The recipe with some of its guard's limits changed. */
export function recipeWith(guard: Partial<ToolpathRecipe["guard"]>): ToolpathRecipe {
  return { ...recipe, guard: { ...recipe.guard, ...guard } };
}

export const START = ["G21", "G90", "M83", "M140 S60", "M104 S205", "G28", "M190 S60", "M109 S205", "G92 E0"];
export const END = ["G1 E-0.8 F2100", "G1 Z20 F1200", "M107", "M104 S0", "M140 S0", "M84"];

/** A square of 20 mm at height `z`, in relative extrusion. */
export function square(z: number, x = 60, y = 60): string[] {
  return [
    `G1 Z${z} F1200`,
    `G1 X${x} Y${y} F6000`,
    "G1 F1800",
    `G1 X${x + 20} Y${y} E0.7`,
    `G1 X${x + 20} Y${y + 20} E0.7`,
    `G1 X${x} Y${y + 20} E0.7`,
    `G1 X${x} Y${y} E0.7`,
  ];
}

/** A whole program: start, the given lines, end. */
export function program(...body: readonly string[]): string {
  return `${[...START, ...body, ...END].join("\n")}\n`;
}

/** A good program of `count` square layers. */
export function layered(count: number): string {
  return program(...Array.from({ length: count }, (_, k) => square(Math.round((k + 1) * 20) / 100)).flat());
}

const encoder = new TextEncoder();

/** Bytes of a text, one a character (Latin-1), so that bad bytes can be written into tests. */
export function bytesOf(text: string): Uint8Array {
  return text.includes("\u00ff") ? Uint8Array.from(text, (c) => c.charCodeAt(0)) : encoder.encode(text);
}

/** The plan of a program that must pass. */
export function accepted(
  text: string | Uint8Array,
  by: ToolpathRecipe = recipe,
  order?: OrderExpectation,
): ToolpathPlan {
  const result = planToolpath(typeof text === "string" ? bytesOf(text) : text, by, order);
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.error.slice(0, 3))}`);
  return result.value;
}

/** The refusals of a program that must not pass. */
export function refused(
  text: string | Uint8Array,
  by: ToolpathRecipe = recipe,
  order?: OrderExpectation,
): readonly Refusal[] {
  const result = planToolpath(typeof text === "string" ? bytesOf(text) : text, by, order);
  if (result.ok) throw new Error(`accepted with ${result.value.layers.length} layers`);
  return result.error;
}
