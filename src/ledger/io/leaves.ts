/** Kept leaf hashes: 32 bytes for each entry beside the ledger, so that one rotted entry does not take the proofs of the others with it. */
import { closeSync, openSync, readFileSync, readSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../kernel/problem.ts";
import { concat, sameBytes } from "../bytes.ts";
import { markEvery } from "../marks.ts";
import { endOf, endRowsFrom, type Prefix } from "../prefix.ts";
import { edgeRoot } from "../proven.ts";
import { emptyFrontier, grow, leafHash, rootOf } from "../tree.ts";
import { cacheFolder } from "./cache.ts";
import { type Db, rowsFrom, sqliteCode } from "./database.ts";

const leavesFile = "leaves";
/** More is not read: eight million entries. */
const maxLeavesBytes = 256 << 20;
const blockBytes = markEvery * 32;

/** What is kept, one hash after the other; nobody may believe it before it leads to a signed root. Null where there is none. */
export function readLeaves(dataDir: string): Uint8Array | null {
  try {
    const path = join(dataDir, cacheFolder, leavesFile);
    if (statSync(path).size > maxLeavesBytes) return null;
    const bytes = readFileSync(path);
    return bytes.subarray(0, bytes.length - (bytes.length % 32));
  } catch (problem) {
    if (errorCode(problem) === "") throw problem;
    return null;
  }
}

/**
 * Keeps the leaves of the block that begins at entry `from` of a proven prefix, where they are not kept already; where the
 * entries are not those of the prefix, what is kept of them stays. Gives where the next block begins. A disk that refuses
 * leaves a cache that is not there.
 */
export function keepBlock(db: Db, dataDir: string, prefix: Prefix, from: number): number {
  const to = Math.min(from + markEvery, prefix.size);
  try {
    const file = openSync(join(dataDir, cacheFolder, leavesFile), "a+", 0o600);
    closeSync(file);
    const held = openSync(join(dataDir, cacheFolder, leavesFile), "r+");
    try {
      if (isKept(held, prefix, from, to)) return to;
      const leaves = leavesOf(db, prefix, from, to);
      if (leaves !== null) writeSync(held, leaves, 0, leaves.length, from * 32);
    } finally {
      closeSync(held);
    }
  } catch (problem) {
    if (errorCode(problem) === "") throw problem;
  }
  return to;
}

/** Whether a complete block is kept as it has to be; the last, incomplete one is written each time. */
function isKept(file: number, prefix: Prefix, from: number, to: number): boolean {
  if (to - from < markEvery) return false;
  const kept = new Uint8Array(blockBytes);
  if (readSync(file, kept, 0, blockBytes, from * 32) < blockBytes) return false;
  let frontier = emptyFrontier;
  for (let at = 0; at < blockBytes; at += 32) frontier = grow(frontier, kept.subarray(at, at + 32));
  return sameBytes(rootOf(frontier), blockRoot(prefix, from));
}

function leavesOf(db: Db, prefix: Prefix, from: number, to: number): Uint8Array | null {
  try {
    const rows = [...rowsFrom(db, from, to)];
    const isLast = to - from < markEvery;
    const proven = isLast
      ? from === endRowsFrom(prefix.size) && endOf(prefix, rows) !== null
      : rows.length === markEvery && sameBytes(edgeRoot(rows), blockRoot(prefix, from));
    return proven ? concat(...rows.map(({ entry }) => leafHash(entry))) : null;
  } catch (problem) {
    if (sqliteCode(problem) === "") throw problem;
    return null;
  }
}

function blockRoot({ blocks }: Prefix, from: number): Uint8Array {
  const at = (from / markEvery) * 32;
  return blocks.subarray(at, at + 32);
}
