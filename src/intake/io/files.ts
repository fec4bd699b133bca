/** Files that come from outside: read up to a limit, and only where they are plain files. */
import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "../../kernel/result.ts";
import { type Recipe, readRecipe } from "../recipe.ts";

const mostRecipeBytes = 256 * 1024;
const mostRecipes = 1_000;
const pieceBytes = 64 * 1024;

/**
 * Reads a plain file up to a limit. Links, pipes and devices are refused, and a size that a file system only claims is
 * not believed: what is read is counted.
 */
export async function readBounded(path: string, limit: number): Promise<Result<Uint8Array, string>> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) return err("it is not a plain file");
      const chunks: Uint8Array[] = [];
      let size = 0;
      for (;;) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(pieceBytes), 0, pieceBytes, null);
        if (bytesRead === 0) return ok(new Uint8Array(Buffer.concat(chunks, size)));
        size += bytesRead;
        if (size > limit) return err(`it is larger than ${limit} bytes`);
        chunks.push(buffer.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  } catch (problem) {
    const code = (problem as NodeJS.ErrnoException).code ?? String(problem);
    return err(code === "ELOOP" ? "it is a link" : code);
  }
}

/** Every recipe of a folder; the error is a sentence about the first that cannot be used. */
export async function readRecipes(folder: string): Promise<Result<readonly Recipe[], string>> {
  const names = await readdir(folder).catch(() => null);
  if (names === null) return err(`The recipe folder ${folder} cannot be read.`);
  const recipes: Recipe[] = [];
  for (const name of names.filter((each) => each.endsWith(".json")).slice(0, mostRecipes)) {
    const bytes = await readBounded(join(folder, name), mostRecipeBytes);
    const recipe = bytes.ok ? readRecipe(bytes.value) : bytes;
    if (!recipe.ok) return err(`${join(folder, name)}: ${recipe.error}`);
    recipes.push(recipe.value);
  }
  return ok(recipes);
}
