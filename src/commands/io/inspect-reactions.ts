/** `cellward inspect reactions`: what a recipe lets follow the findings of each build step, in words. */
import { readFile } from "node:fs/promises";
import { reactionsWithin } from "../../intake/pack-rules.ts";
import { readRecipe, recipeDigest } from "../../intake/recipe.ts";
import { packDigest } from "../../jobs/process-pack.ts";
import { reactionWords } from "../../jobs/reaction.ts";
import { exitCode } from "../exit-code.ts";
import { packLine, packOf } from "./inspect-processes.ts";
import type { Terminal } from "./terminal.ts";

/** Exit code 0, or 7 where the file is no recipe, or one that goes beyond its process pack. */
export async function inspectReactions(terminal: Terminal, path: string, processes?: string): Promise<number> {
  const bytes = await readFile(path).catch(() => null);
  const recipe = bytes === null ? null : readRecipe(new Uint8Array(bytes));
  if (recipe === null || !recipe.ok) {
    const what = recipe === null ? `${path} cannot be read.` : recipe.error;
    const remedy = "Name the file of a recipe, one of those in the folder that [intake] names.";
    return terminal.trouble({ code: "recipe-unreadable", what, remedy }, exitCode.refused);
  }
  const pack = await packOf(recipe.value, processes);
  if (!pack.ok) {
    const remedy = "Bring the recipe within its process pack, or name the folder of the pack with --processes.";
    return terminal.trouble({ code: "recipe-outside", what: pack.error, remedy }, exitCode.refused);
  }
  const steps = recipe.value.route.flatMap((step) =>
    step.kind === "build"
      ? [{ step: step.id, title: step.title, reactions: reactionsWithin(step.reactions, pack.value) ?? null }]
      : [],
  );
  const digest = recipeDigest(recipe.value);
  const { recipe: name, revision } = recipe.value;
  const text = steps.flatMap(({ title, reactions }) => [
    `${title}:`,
    ...reactionWords(reactions ?? undefined).map((each) => `  ${each}`),
  ]);
  terminal.result(
    { ok: true, recipe: name, revision, digest, pack: packDigest(pack.value), steps },
    [`${name}, revision ${revision}, SHA-256 ${digest}`, packLine(pack.value), ...text].join("\n"),
  );
  return exitCode.ok;
}
