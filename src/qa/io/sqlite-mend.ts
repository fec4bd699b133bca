/** Rows of central QA's store in SQLite: entries in, what was not taken, and what heals a log of which rows are lost. */
import type Database from "better-sqlite3";
import type { EpochMs } from "../../kernel/units.ts";
import {
  type Dropped,
  type HeadRow,
  isKeptWhole,
  mostListedOf,
  type NewEntry,
  type Quarantined,
  type Range,
  type Receipt,
  unpackFrontier,
} from "../store.ts";

type Db = Database.Database;

/** Entries that nobody can read, cosignatures that cells have shown, and the count of what is not kept. */
export const mendSchema = `
  ALTER TABLE quarantine ADD COLUMN seq INTEGER;
  CREATE INDEX entry_unread ON entry (origin, digest) WHERE type = '(unread)';
  CREATE TABLE vouched (origin TEXT NOT NULL, size INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (origin, size)) STRICT;
  CREATE TABLE dropped (cell TEXT NOT NULL PRIMARY KEY, messages INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
`;

/** Adds the rows that are not there; how many were added. */
export function insertEntries(db: Db, origin: string, entries: readonly NewEntry[], receivedAt: EpochMs): number {
  const insert = db.prepare(
    "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (origin, seq) DO NOTHING",
  );
  let added = 0;
  for (const { seq, leaf, digest, job, type, at, entry, body } of entries) {
    added += insert.run(origin, seq, leaf, digest, job, type, at, receivedAt, entry, body).changes;
  }
  return added;
}

/** Lists what was not taken, or is kept in its place (no message); within the bounds, and counted beyond them. */
export function list(
  db: Db,
  { cell, seq, digest, bytes, code, what, at }: Quarantined,
  message: Uint8Array | null,
): void {
  const known = db.prepare("SELECT 1 FROM quarantine WHERE cell = ? AND digest = ?").get(cell, digest);
  if (known !== undefined) return;
  const count = db.prepare<[string], { n: number }>("SELECT count(*) AS n FROM quarantine WHERE cell = ?");
  const { n } = count.get(cell) ?? { n: 0 };
  if (n >= mostListedOf(cell)) return addDropped(db, { cell, messages: 1, bytes });
  const sum = "SELECT coalesce(sum(bytes), 0) AS kept FROM quarantine WHERE message IS NOT NULL";
  const { kept } = db.prepare<[], { kept: number }>(sum).get() ?? { kept: 0 };
  const whole = message !== null && isKeptWhole(cell, bytes, n, kept) ? message : null;
  const insert =
    "INSERT INTO quarantine (cell, seq, digest, bytes, code, what, at, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
  db.prepare(insert).run(cell, seq, digest, bytes, code, what, at, whole);
}

export function addDropped(db: Db, { cell, messages, bytes }: Dropped): void {
  const upsert =
    "INSERT INTO dropped VALUES (?, ?, ?) " +
    "ON CONFLICT (cell) DO UPDATE SET messages = messages + excluded.messages, bytes = bytes + excluded.bytes";
  db.prepare(upsert).run(cell, messages, bytes);
}

/** What heals a log of which rows are lost. */
export function mending(db: Db, answer: <T>(act: () => T) => Promise<T>) {
  return {
    vouch: (origin: string, { size, note }: Receipt) =>
      answer(() => {
        db.prepare("INSERT INTO vouched VALUES (?, ?, ?) ON CONFLICT DO NOTHING").run(origin, size, note);
      }),
    missing: (origin: string, { from, to }: Range, limit: number) =>
      answer(() => db.prepare<unknown[], Range>(missingRows).all(from - 1, origin, from, to, to, limit)),
    treeFrom: (origin: string, size: number) =>
      answer(() => {
        const select = "SELECT size, frontier FROM head WHERE origin = ? AND size >= ? ORDER BY size LIMIT 1";
        const row = db.prepare<[string, number], HeadRow>(select).get(origin, size);
        return row ? unpackFrontier(row.size, row.frontier) : null;
      }),
    putBack: (origin: string, entries: readonly NewEntry[], at: EpochMs) =>
      answer(() =>
        db
          .transaction(() => {
            const added = insertEntries(db, origin, entries, at);
            // What the index was made from had gaps: it is made again from the whole.
            if (added > 0) db.prepare("DELETE FROM made_with WHERE origin = ?").run(origin);
            if (added > 0) db.prepare("DELETE FROM indexed WHERE origin = ?").run(origin);
            return added;
          })
          .immediate(),
      ),
  };
}

/** Stretches between a number that is held and the next one. */
const missingRows = `
  SELECT seq + 1 AS "from", after AS "to" FROM (
    SELECT seq, lead(seq, 1, bound) OVER (ORDER BY seq) AS after FROM (
      SELECT ? AS seq UNION ALL SELECT seq FROM entry WHERE origin = ? AND seq >= ? AND seq < ?
    ) CROSS JOIN (SELECT ? AS bound)
  ) WHERE after > seq + 1 ORDER BY 1 LIMIT ?`;
