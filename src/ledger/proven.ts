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
  if (sameBytes(edgeRoot(rows), blockRoot(prefix, edge, block))) return null;
  const what = `One of the entries ${block.from} to ${block.to - 1} is not the one that central QA has countersigned.`;
  return finding("entry-changed", block.from, what);
}

/**
 * The leaves of one block as they were proven: those of its rows, else those kept beside the ledger (`kept`, from entry 0 on);
 * null where neither leads to the block's root.
 */
export function blockLeaves(
  prefix: Prefix,
  edge: Uint8Array,
  block: { readonly from: number; readonly to: number },
  rows: readonly Row[],
  kept: () => Uint8Array | null,
): readonly Uint8Array[] | null {
  const isProven = (leaves: readonly Uint8Array[]): boolean =>
    leaves.length === block.to - block.from &&
    sameBytes(rootOf(leaves.reduce(grow, emptyFrontier)), blockRoot(prefix, edge, block));
  const own = rows.map(({ entry }) => leafHash(entry));
  if (rows.every(({ seq }, index) => seq === block.from + index) && isProven(own)) return own;
  const bytes = kept()?.subarray(block.from * 32, block.to * 32) ?? new Uint8Array();
  const stored = Array.from({ length: bytes.length / 32 }, (_, at) => bytes.subarray(at * 32, at * 32 + 32));
  return isProven(stored) ? stored : null;
}

/** What is wrong with the rows of `from` to, not including, `to`, given the leaves that they have to have; or null. */
export function rowsFinding(
  from: number,
  to: number,
  rows: readonly Row[],
  leafOf: (seq: number) => Uint8Array | undefined,
): Finding | null {
  for (let seq = from; seq < to; seq++) {
    const row = rows[seq - from];
    if (row?.seq !== seq) return finding("entry-missing", seq, `Entry ${seq} is missing.`);
    const checked = checkEntry(row.entry, row.body, seq);
    if (isFinding(checked)) return checked;
    const leaf = leafOf(seq);
    if (leaf !== undefined && sameBytes(leafHash(row.entry), leaf)) continue;
    return finding("entry-changed", seq, `Entry ${seq} is not the one that central QA has countersigned.`);
  }
  return null;
}

function blockRoot(
  prefix: Prefix,
  edge: Uint8Array,
  block: { readonly from: number; readonly to: number },
): Uint8Array {
  const at = (block.from / markEvery) * 32;
  return block.to - block.from === markEvery ? prefix.blocks.subarray(at, at + 32) : edge;
}

/** The root over the leaves of rows. */
export function edgeRoot(rows: readonly Row[]): Uint8Array {
  return rootOf(rows.reduce((grown, row) => grow(grown, leafHash(row.entry)), emptyFrontier));
}
