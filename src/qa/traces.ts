/** The index of central QA over what was made with what: made from the entries, beside them, and again whenever wanted. */
import { isTraced, type ThingKey, type ThingKind, type Use, usesIn } from "../jobs/trace.ts";
import { parseCanonical } from "../kernel/json.ts";
import { membersOf } from "../kernel/members.ts";
import { textOf } from "../ledger/bytes.ts";
import { parseEntry } from "../ledger/entry.ts";

/** How much of a log the index covers. */
export interface Indexed {
  readonly origin: string;
  /** Entries that the index was made from: 0 to this, exclusive. */
  readonly size: number;
  /** Entries that are held. */
  readonly of: number;
}

/** What the index reads of an entry. */
export interface IndexedEntry {
  readonly seq: number;
  readonly type: string;
  readonly entry: Uint8Array;
  readonly body: Uint8Array;
}

/** A use with the entry that says so. */
export interface FoundUse extends Use {
  readonly seq: number;
}

/**
 * The index's part of the store. It grows with the entries, in their transaction; where it was deleted or is older than
 * this software it is made again from the entries. No judgement reads it, and nothing of the record stands in it alone.
 */
export interface TraceStore {
  /** How far the index of each log has come that holds anything. */
  indexed(): Promise<readonly Indexed[]>;
  /** Takes at most `limit` further entries of a log into the index, under the log's lock. */
  indexMore(origin: string, limit: number): Promise<Indexed>;
  /** Empties the index of one log. */
  forgetIndex(origin: string): Promise<void>;
  /**
   * Things of a kind that were made with this one, directly or by way of others: at most `limit` after the key `after`,
   * in the order of their bytes, and how many there are in all.
   */
  wholesOf(
    part: ThingKey,
    kind: ThingKind,
    after: ThingKey | null,
    limit: number,
  ): Promise<{ readonly keys: readonly ThingKey[]; readonly total: number }>;
  /** Everything that this was made with, directly or by way of others, at most `limit`, in the order of their bytes. */
  partsOf(whole: ThingKey, limit: number): Promise<readonly ThingKey[]>;
  /** Things of the same kind whose keys are this one's but for capitals (of ASCII), at most `limit`, in the order of their bytes. */
  spelledLike(key: ThingKey, kind: ThingKind, limit: number): Promise<readonly ThingKey[]>;
  /** The things of these kinds that each of these names directly. */
  directPartsOf(wholes: readonly ThingKey[], kinds: readonly ThingKind[]): Promise<readonly Use[]>;
}

/** What these entries of a log say, in their order. */
export function usesOf(origin: string, entries: readonly IndexedEntry[]): readonly FoundUse[] {
  const found = new Map<string, FoundUse>();
  for (const { seq, type, entry, body } of entries) {
    for (const use of usesInEntry(origin, type, entry, body)) {
      const key = `${use.whole}\n${use.part}`;
      if (!found.has(key)) found.set(key, { ...use, seq });
    }
  }
  return [...found.values()];
}

function usesInEntry(origin: string, type: string, entry: Uint8Array, bytes: Uint8Array): readonly Use[] {
  if (!isTraced(type)) return [];
  const header = parseEntry(textOf(entry) ?? "");
  const parsed = parseCanonical(bytes);
  const body = parsed.ok ? membersOf(parsed.value) : null;
  return header === null || body === null ? [] : usesIn(origin, header, body);
}

/** The keys of a kind: from `first` up to, not including, `beyond`. */
export function kindRange(kind: ThingKind): { readonly first: ThingKey; readonly beyond: ThingKey } {
  return { first: `${kind} `, beyond: `${kind}!` };
}
