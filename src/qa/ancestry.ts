/** What a log says of the one that it continues, held against what central itself holds of that one. */

import type { Batch } from "../ledger/batch.ts";
import { utf8 } from "../ledger/bytes.ts";
import { isFinding } from "../ledger/chain-check.ts";
import { type Continuation, continuationType, readContinuation } from "../ledger/continuation.ts";
import { parseEntry } from "../ledger/entry.ts";
import type { Head } from "../ledger/ledger.ts";
import type { LogState } from "./store.ts";
import type { Alarm } from "./watch.ts";

/** Why what a continuation names as countersigned is not what central holds; null where it is, or cannot be compared. */
export function wrongHistory({ ancestor: { cosigned } }: Continuation, held: Head | null): string | null {
  return cosigned === null || cosigned.size !== held?.size || cosigned.root === held.root
    ? null
    : `the ${held.size} entries that it names as countersigned are not those that central holds of it`;
}

/**
 * The alarm where central holds more of the ancestor than the log went on from, or other entries: what stands there is not
 * void in the new log. It is taken all the same: its first entry can never be another.
 */
export function heldBeyond(
  batch: Batch,
  cell: { readonly id: string; readonly origin: string },
  past: LogState,
  at: number,
): Alarm | null {
  const [first] = batch.entries;
  if (batch.from > 0 || first === undefined || parseEntry(first.entry)?.type !== continuationType) return null;
  const said = readContinuation(cell.origin, 0, utf8(first.entry), utf8(first.body));
  if (said === null || isFinding(said) || said.ancestor.origin !== past.origin) return null;
  const { size, root } = said.ancestor.head;
  if (past.size < size || (past.size === size && past.root === root)) return null;
  const held = past.size === size ? "other ones" : `${past.size} of them`;
  const what = `${cell.origin} continues ${past.origin} from its first ${size} entries; central holds ${held}.`;
  return { id: `ancestor/${cell.id}/${size}/${past.size}`, cell: cell.id, code: "ancestor", what, at };
}
