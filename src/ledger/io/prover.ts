/** Reads of the part of a ledger that was not read at its start: nothing is given out that is not as it was cosigned. */
import type { Finding } from "../finding.ts";
import { markEvery } from "../marks.ts";
import type { Prefix } from "../prefix.ts";
import { blockFinding, blockLeaves, blocksAround, edgeRoot, rowsFinding } from "../proven.ts";
import { leafHash } from "../tree.ts";
import { type Db, rowsFrom, whatIsReadable } from "./database.ts";

export interface Prover {
  /** What is wrong with these rows. */
  wrongRows(from: number, to: number): Finding | null;
  /** What keeps the leaves of these entries from being proven: rotted entries whose hashes are kept do not. */
  wrongLeaves(from: number, to: number): Finding | null;
  /** The leaves of these entries; to be asked for where `wrongLeaves` found nothing. */
  leaves(from: number, to: number): readonly Uint8Array[];
}

/** A prover over a prefix; `kept` are the leaf hashes beside the ledger. Without a prefix everything was read at the start. */
export function createProver(db: Db, prefix: Prefix | null, kept: () => Uint8Array | null): Prover {
  const selectEntry = db.prepare<[number, number], { entry: Buffer }>(
    "SELECT entry FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq",
  );
  const read = (from: number, to: number) => selectEntry.all(from, to).map(({ entry }) => leafHash(entry));
  if (prefix === null) return { wrongRows: () => null, wrongLeaves: () => null, leaves: read };
  const known = prefix;
  const edge = edgeRoot([...rowsFrom(db, known.size - (known.size % markEvery), known.size)]);
  let last: { readonly from: number; readonly leaves: readonly Uint8Array[] } | null = null;

  /** One block's leaves; the one that was looked at a moment ago is not read again. */
  function block(bounds: { readonly from: number; readonly to: number }): readonly Uint8Array[] | Finding {
    if (last?.from === bounds.from) return last.leaves;
    const rows = whatIsReadable(() => [...rowsFrom(db, bounds.from, bounds.to)]) ?? [];
    const leaves = blockLeaves(known, edge, bounds, rows, kept);
    if (leaves !== null) last = { from: bounds.from, leaves };
    return leaves ?? blockFinding(known, edge, bounds, rows) ?? [];
  }

  function each(
    from: number,
    to: number,
    look: (leaves: readonly Uint8Array[], from: number, to: number, at: number) => Finding | null,
  ) {
    for (const bounds of blocksAround(known, from, to)) {
      const leaves = block(bounds);
      if ("rule" in leaves) return leaves;
      const wrong = look(leaves, Math.max(from, bounds.from), Math.min(to, bounds.to), bounds.from);
      if (wrong !== null) return wrong;
    }
    return null;
  }

  return {
    wrongRows: (from, to) =>
      each(from, to, (leaves, start, end, at) =>
        rowsFinding(start, end, [...rowsFrom(db, start, end)], (seq) => leaves[seq - at]),
      ),
    wrongLeaves: (from, to) => each(from, to, () => null),
    leaves(from, to) {
      const proven: Uint8Array[] = [];
      each(from, to, (leaves, start, end, at) => {
        proven.push(...leaves.slice(start - at, end - at));
        return null;
      });
      return [...proven, ...read(Math.max(from, known.size), to)];
    },
  };
}
