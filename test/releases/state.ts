/** The state that a record on disk replays to, reduced to what an older release knew of it. */
import { join } from "node:path";
import type { Event } from "../../src/jobs/event.ts";
import { evolve } from "../../src/jobs/evolve.ts";
import { emptyState, type State } from "../../src/jobs/state.ts";
import { digestOf, digestOfValue } from "../../src/kernel/hash.ts";
import type { Json } from "../../src/kernel/json.ts";
import type { Digest } from "../../src/kernel/names.ts";
import { parseEntry } from "../../src/ledger/entry.ts";
import { databaseFile, openForReading, rowsFrom } from "../../src/ledger/io/database.ts";

export interface Replayed {
  readonly state: State;
  readonly entries: number;
  /** SHA-256 of the last entry's bytes. */
  readonly head: Digest;
}

/** Replays the record of a data folder as a starting cell does. */
export async function stateOf(dataDir: string): Promise<Replayed> {
  const db = openForReading(join(dataDir, databaseFile));
  let [state, entries, head] = [emptyState, 0, "" as Digest];
  for (const row of rowsFrom(db)) {
    const entry = parseEntry(Buffer.from(row.entry).toString("utf8"))!;
    const body = JSON.parse(Buffer.from(row.body).toString("utf8")) as object;
    state = evolve(state, { type: entry.type, ...body } as unknown as Event, entry.at);
    entries += 1;
    head = digestOf(row.entry);
  }
  db.close();
  return { state, entries, head };
}

/** SHA-256 over the state's RFC 8785 bytes. */
export function stateDigest(state: unknown): Digest {
  return digestOfValue(state);
}

/** `value` with the members that `known` has and no others, at every depth: what a release adds does not count. */
export function asFarAsKnown(value: Json, known: Json): Json {
  if (Array.isArray(value) && Array.isArray(known)) {
    return value.map((item, index) => asFarAsKnown(item, (known[index] ?? null) as Json));
  }
  if (!isObject(value) || !isObject(known)) return value;
  const members = Object.keys(known).filter((name) => Object.hasOwn(value, name));
  return Object.fromEntries(members.map((name) => [name, asFarAsKnown(value[name]!, known[name]!)]));
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
