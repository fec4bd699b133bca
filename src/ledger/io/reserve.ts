/** The reserve: disk space taken in good times, so that "the disk is full" can still be recorded. */
import { randomFillSync } from "node:crypto";
import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from "node:fs";

/** Bytes kept back; an entry, its index pages and the log's frames fit many times over. */
export const reserveBytes = 1 << 20;

/** Makes sure the reserve is there. Throws (ENOSPC) where it cannot be. */
export function keepReserve(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= reserveBytes) return;
  rmSync(path, { force: true });
  const file = openSync(path, "wx", 0o600);
  try {
    // Random, because a file system that compresses would reserve nothing for zeros.
    const piece = randomFillSync(new Uint8Array(1 << 16));
    for (let written = 0; written < reserveBytes; ) written += writeSync(file, piece);
    fsyncSync(file);
  } catch (problem) {
    rmSync(path, { force: true });
    throw problem;
  } finally {
    closeSync(file);
  }
}

/** Gives the space back to the disk. */
export function releaseReserve(path: string): void {
  rmSync(path, { force: true });
}
