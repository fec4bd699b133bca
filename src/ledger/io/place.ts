/** Whether a key folder is the one in which it was made, or a copy: a copy's boot floor is as old as the copy. */
import { open, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../kernel/problem.ts";
import { flushFolder } from "./files.ts";

/** Holds its own number in its file system, which no copy of a file keeps. */
const placeFile = "place.txt";

/** Marks the folder as the one in which the cell's keys live; durable when it resolves. */
export async function markHome(keysDir: string): Promise<void> {
  const aside = join(keysDir, `.${placeFile}.partial`);
  const file = await open(aside, "w", 0o600);
  try {
    await file.writeFile(`${(await file.stat({ bigint: true })).ino}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, join(keysDir, placeFile));
  await flushFolder(keysDir);
}

/** True in the folder that was marked; false in a copy of it; null where nothing was ever marked. */
export async function isHome(keysDir: string): Promise<boolean | null> {
  try {
    const path = join(keysDir, placeFile);
    const said = (await readFile(path, "latin1")).trim();
    return said === String((await stat(path, { bigint: true })).ino);
  } catch (problem) {
    if (errorCode(problem) === "ENOENT") return null;
    throw problem;
  }
}
