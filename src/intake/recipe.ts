/** A recipe: the validated window of a process, as data. */
import { z } from "zod";
import { digestOfValue } from "../kernel/hash.ts";
import type { Digest } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { toolpathRecipe } from "../toolpath/limits.ts";

const recipeSchema = z.strictObject({
  recipe: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  revision: z.number().int().min(1),
  title: z.string().min(1).max(200),
  equipmentClass: z.string().min(1).max(64),
  material: z.strictObject({ kind: z.string().min(1).max(120), hotend_C: z.number(), bed_C: z.number() }),
  toolpath: toolpathRecipe,
  /** Limits of the layer inspection; their schema belongs to the inspection, which reads them. */
  inspection: z.record(z.string(), z.json()),
});

export type Recipe = z.infer<typeof recipeSchema>;

/** Reads a recipe file; the error names the first member that is wrong. */
export function readRecipe(bytes: Uint8Array): Result<Recipe, string> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return err("The recipe is not JSON.");
  }
  const checked = recipeSchema.safeParse(value);
  if (checked.success) return ok(checked.data);
  const issue = checked.error.issues[0];
  return err(`The recipe is wrong at ${issue?.path.join(".") || "its top"}: ${issue?.message ?? "unreadable"}.`);
}

/** SHA-256 of the recipe's RFC 8785 bytes: what the order and the record name. */
export function recipeDigest(recipe: Recipe): Digest {
  return digestOfValue(recipe);
}
