/** Following the ledger: entries come with the one before them, and an index of another history begins anew. Pure. */
import { digestOf } from "../kernel/hash.ts";
import { utf8 } from "../ledger/bytes.ts";
import type { FoldedEntry, OwedIndex } from "./ports.ts";

/**
 * Folds entries that the ledger has given: the first is the last that was folded, where there is one. The number of the
 * next entry to be folded; 0 where what was folded is not this ledger's.
 */
export function follow(index: OwedIndex, entries: readonly FoldedEntry[]): number {
  const [first] = entries;
  const next = index.next();
  if (next === 0) {
    if (first === undefined || first.seq === 0) index.fold(entries);
    return index.next();
  }
  if (first === undefined || first.seq !== next - 1 || digestOf(utf8(first.entryText)) !== index.lastDigest()) {
    index.reset();
    return 0;
  }
  index.fold(entries.slice(1));
  return index.next();
}

/** The first entry to be read for an index that wants `next`. */
export function readFrom(next: number): number {
  return Math.max(0, next - 1);
}
