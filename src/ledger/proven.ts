/** Reads of the part that was not verified at the start: whole blocks, held against the root that central QA has cosigned. */
import { sameBytes } from "./bytes.ts";
import { checkEntry, isFinding, type Row } from "./chain-check.ts";
import { type Finding, finding } from "./finding.ts";
import { markEvery } from "./marks.ts";
import type { Prefix } from "./prefix.ts";
import { emptyFrontier, grow, leafHash, rootOf } from "./tree.ts";

/** The blocks that a read of entries `from` to, not including, `to` has to look at, as bounds of entries. */
export function blocksAround(prefix: Prefix, from: number, to: number): readonly { from: number; to: number }[] {
  const blocks: { from: number; to: number }[] = [];
  for (let at = from - (from % markEvery); at < Math.min(to, prefix.size); at += markEvery) {
    blocks.push({ from: at, to: Math.min(at + markEvery, prefix.size) });
  }
  return blocks;
}

/**
 * What is wrong in one block of a proven prefix, or null. `edge` is the root over the leaves of the last, incomplete block
 * as they were when the prefix was proven.
 */
export function blockFinding(
  prefix: Prefix,
  edge: Uint8Array,
  block: { readonly from: number; readonly to: number },
  rows: readonly Row[],
): Finding | null {
  for (const [index, row] of rows.entries()) {
    const seq = block.from + index;
    if (row.seq !== seq) return finding("entry-missing", seq, `Entry ${seq} is missing: the next one is ${row.seq}.`);
    const checked = checkEntry(row.entry, row.body, seq);
    if (isFinding(checked)) return checked;
  }
  const short = block.from + rows.length;
  if (short < block.to) return finding("entry-missing", short, `Entry ${short} is missing.`);
  const at = (block.from / markEvery) * 32;
  const root = block.to - block.from === markEvery ? prefix.blocks.subarray(at, at + 32) : edge;
  if (sameBytes(edgeRoot(rows), root)) return null;
  const what = `One of the entries ${block.from} to ${block.to - 1} is not the one that central QA has countersigned.`;
  return finding("entry-changed", block.from, what);
}

/** The root over the leaves of rows. */
export function edgeRoot(rows: readonly Row[]): Uint8Array {
  return rootOf(rows.reduce((grown, row) => grow(grown, leafHash(row.entry)), emptyFrontier));
}
