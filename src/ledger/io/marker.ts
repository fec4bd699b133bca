/** The mark that a restore leaves in a data folder, so that the next start says what it stands on. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../kernel/problem.ts";
import { flushFolder, writeDurably } from "./files.ts";

const markerFile = "RESTORED.txt";

/** What the mark says, or null where the folder was never restored. */
export async function readRestoredMarker(dataDir: string): Promise<string | null> {
  try {
    return (await readFile(join(dataDir, markerFile), "utf8")).slice(0, 1000).trim();
  } catch (problem) {
    if (errorCode(problem) === "ENOENT") return null;
    throw problem;
  }
}

/** Marks a folder as restored. */
export async function writeRestoredMarker(dataDir: string, sentence: string): Promise<void> {
  await writeDurably(join(dataDir, markerFile), Buffer.from(`${sentence}\n`), 0o600);
}

/** Takes the mark away: the folder holds everything that its cell has signed. */
export async function clearRestoredMarker(dataDir: string): Promise<void> {
  await rm(join(dataDir, markerFile), { force: true });
  await flushFolder(dataDir);
}
