/** Files that are whole or not there: written aside, flushed, renamed, and their folder flushed. */
import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** Replaces or creates a file so that after a power cut it holds the old bytes or the new, never a mixture. */
export async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const folder = dirname(path);
  const aside = join(folder, `.${randomBytes(8).toString("hex")}.partial`);
  try {
    const file = await open(aside, "wx", mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (problem) {
    await rm(aside, { force: true });
    throw problem;
  }
  await flushFolder(folder);
}

/** Makes the names in a folder durable. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Creates a folder (and those above it) that only its owner can enter; what it made is there after a power cut too. */
export async function makePrivateFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const last = dirname(resolve(first));
  for (let above = dirname(resolve(folder)); ; above = dirname(above)) {
    await flushFolder(above);
    if (above === last) return;
  }
}
