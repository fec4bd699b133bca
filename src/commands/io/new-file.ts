/** Files that a user names for a command to write: never over one that stands there already. */
import { lstat } from "node:fs/promises";
import type { Trouble } from "./terminal.ts";

/** Why nothing is written, where one of these stands there already; null where none does. */
export async function wouldOverwrite(...paths: readonly string[]): Promise<Trouble | null> {
  for (const path of paths) {
    if ((await lstat(path).catch(() => null)) === null) continue;
    const remedy = "Name another file, or move this one away; nothing is ever written over.";
    return { code: "file-exists", what: `${path} is there already.`, remedy };
  }
  return null;
}
