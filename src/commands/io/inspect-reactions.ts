/** `cellward inspect reactions`: what a recipe lets follow the findings of each build step, in words. */
import { readFile } from "node:fs/promises";
import { readRecipe, recipeDigest } from "../../intake/recipe.ts";
import { reactionWords } from "../../jobs/reaction.ts";
import { exitCode } from "../exit-code.ts";
import type { Terminal } from "./terminal.ts";

/** Exit code 0, or 7 where the file is no recipe. */
export async function inspectReactions(terminal: Terminal, path: string): Promise<number> {
  const bytes = await readFile(path).catch(() => null);
  const recipe = bytes === null ? null : readRecipe(new Uint8Array(bytes));
  if (recipe === null || !recipe.ok) {
    const what = recipe === null ? `${path} cannot be read.` : recipe.error;
    const remedy = "Name the file of a recipe, one of those in the folder that [intake] names.";
    return terminal.trouble({ code: "recipe-unreadable", what, remedy }, exitCode.refused);
  }
  const steps = recipe.value.route.flatMap((step) =>
    step.kind === "build" ? [{ step: step.id, title: step.title, reactions: step.reactions ?? null }] : [],
  );
  const digest = recipeDigest(recipe.value);
  const { recipe: name, revision } = recipe.value;
  const text = steps.flatMap(({ title, reactions }) => [
    `${title}:`,
    ...reactionWords(reactions ?? undefined).map((each) => `  ${each}`),
  ]);
  terminal.result(
    { ok: true, recipe: name, revision, digest, steps },
    [`${name}, revision ${revision}, SHA-256 ${digest}`, ...text].join("\n"),
  );
  return exitCode.ok;
}
