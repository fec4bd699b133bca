/** Files that are whole or not there: written aside, flushed, renamed, and their folder flushed. */
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Result } from "../../kernel/result.ts";

/** Replaces or creates a file so that after a power cut it holds the old bytes or the new, never a mixture. */
export async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  await writeAside(path, mode, (file) => file.writeFile(bytes));
}

/** The same for a file that says which file it is: `make` gets what `identityOf` tells of it, now and under its name. */
export async function writeNamingItself(
  path: string,
  make: (identity: string) => Uint8Array,
  mode: number,
): Promise<void> {
  await writeAside(path, mode, async (file) => file.writeFile(make(await identityOf(file))));
}

/**
 * Which file it is in its file system: its number, and when it was made, because numbers are given out again. A renamed
 * file keeps both; no copy of it has them. File systems that keep no time of making say 0.
 */
export async function identityOf(file: FileHandle): Promise<string> {
  const { ino, birthtimeNs } = await file.stat({ bigint: true });
  return `${ino}:${birthtimeNs}`;
}

/**
 * The same for a file that is written piece by piece, and then judged as it lies there (`judge` gets its path). Where
 * either says no, nothing stands under the name.
 */
export async function writePieces<Fault, Made, Verdict>(
  path: string,
  mode: number,
  fill: (write: (piece: Uint8Array) => Promise<void>) => Promise<Result<Made, Fault>>,
  judge: (aside: string, made: Made) => Promise<Result<Verdict, Fault>>,
): Promise<Result<Verdict, Fault>> {
  let filled: Result<Made, Fault> | null = null;
  let judged: Result<Verdict, Fault> | null = null;
  await writeAside(
    path,
    mode,
    async (file) => {
      filled = await fill((piece) => file.writeFile(piece));
    },
    async (aside) => {
      const made = filled as Result<Made, Fault> | null;
      if (made?.ok) judged = await judge(aside, made.value);
      return (judged as Result<Verdict, Fault> | null)?.ok ?? false;
    },
  );
  const refused = filled as Result<Made, Fault> | null;
  if (refused !== null && !refused.ok) return refused;
  return judged as unknown as Result<Verdict, Fault>;
}

/** Writes aside, asks whether it shall stand, and gives it its name. */
async function writeAside(
  path: string,
  mode: number,
  fill: (file: FileHandle) => Promise<void>,
  stands: (aside: string) => Promise<boolean> = async () => true,
): Promise<void> {
  const folder = dirname(path);
  const aside = join(folder, `.${randomBytes(8).toString("hex")}.partial`);
  try {
    const file = await open(aside, "wx", mode);
    try {
      await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
    if (await stands(aside)) await rename(aside, path);
    else await rm(aside, { force: true });
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
