/** The index over what was made with what, in central QA's SQLite file. */
import type Database from "better-sqlite3";
import type { ThingKey, ThingKind, Use } from "../../jobs/trace.ts";
import type { KeptEntry, NewEntry } from "../store.ts";
import { type Indexed, kindRange, type TraceStore, usesOf } from "../traces.ts";

type Db = Database.Database;
type Answer = <T>(act: () => T) => Promise<T>;

/** Made from the entries, and made again whenever it is wanted: no trigger guards it. */
export const traceSchema = `
  CREATE TABLE made_with (
    part TEXT NOT NULL, whole TEXT NOT NULL, origin TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (part, whole, origin)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX made_with_parts ON made_with (whole, part);
  CREATE TABLE indexed (origin TEXT NOT NULL PRIMARY KEY, size INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/** Values of a question by their names in it. */
type Asked = Readonly<Record<string, string | number>>;

const upward = `
  WITH RECURSIVE reached(thing) AS (
    SELECT @start UNION SELECT made_with.whole FROM reached JOIN made_with ON made_with.part = reached.thing
  ), hits AS MATERIALIZED (SELECT thing FROM reached WHERE thing >= @first AND thing < @beyond AND thing <> @start)`;
const alike = `
  SELECT part AS thing FROM made_with WHERE part >= @first AND part < @beyond AND lower(part) = lower(@key)
  UNION SELECT whole FROM made_with WHERE whole >= @first AND whole < @beyond AND lower(whole) = lower(@key)
  ORDER BY thing LIMIT @limit`;
const downward = `
  WITH RECURSIVE reached(thing) AS (
    SELECT @start UNION SELECT made_with.part FROM reached JOIN made_with ON made_with.whole = reached.thing
  ) SELECT thing FROM reached WHERE thing <> @start ORDER BY thing LIMIT @limit`;

/** Takes entries that follow what the index covers into it; others wait until it is brought up to date. */
export function keepUses(db: Db, origin: string, entries: readonly NewEntry[]): void {
  const from = entries[0]?.seq;
  if (from === undefined) return;
  db.prepare("INSERT OR IGNORE INTO indexed VALUES (?, 0)").run(origin);
  const moved = db.prepare("UPDATE indexed SET size = ? WHERE origin = ? AND size = ?");
  if (moved.run(from + entries.length, origin, from).changes === 0) return;
  const insert = db.prepare("INSERT OR IGNORE INTO made_with (part, whole, origin, seq) VALUES (?, ?, ?, ?)");
  for (const { part, whole, seq } of usesOf(origin, entries)) insert.run(part, whole, origin, seq);
}

/** The index of an open store; `entriesOf` reads its entries. */
export function sqliteTraces(
  db: Db,
  answer: Answer,
  entriesOf: (origin: string, from: number, limit: number) => readonly KeptEntry[],
): TraceStore {
  const coverage = `
    SELECT log.origin AS origin, coalesce(indexed.size, 0) AS size, log.size AS "of"
    FROM (SELECT origin, max(size) AS size FROM head GROUP BY origin) AS log LEFT JOIN indexed USING (origin)`;
  const indexed = db.prepare<[], Indexed>(`${coverage} ORDER BY origin`);
  const one = db.prepare<[string], Indexed>(`${coverage} WHERE log.origin = ?`);
  const wholes = db.prepare<[Asked], { thing: string; total: number }>(
    `${upward} SELECT thing, (SELECT count(*) FROM hits) AS total FROM hits WHERE thing > @after ORDER BY thing LIMIT @limit`,
  );
  const count = db.prepare<[Asked], { total: number }>(`${upward} SELECT count(*) AS total FROM hits`);
  const parts = db.prepare<[Asked], { thing: string }>(downward);
  const spelled = db.prepare<[Asked], { thing: string }>(alike);
  const direct = db.prepare<[string, string, string], Use>(
    "SELECT whole, part FROM made_with WHERE whole = ? AND part >= ? AND part < ? ORDER BY part",
  );
  return {
    indexed: () => answer(() => indexed.all()),
    indexMore: (origin, limit) =>
      answer(() =>
        db
          .transaction(() => {
            const at = one.get(origin) ?? { origin, size: 0, of: 0 };
            keepUses(db, origin, entriesOf(origin, at.size, limit));
            return one.get(origin) ?? at;
          })
          .immediate(),
      ),
    forgetIndex: (origin) =>
      answer(() =>
        db
          .transaction(() => {
            db.prepare("DELETE FROM made_with WHERE origin = ?").run(origin);
            db.prepare("DELETE FROM indexed WHERE origin = ?").run(origin);
          })
          .immediate(),
      ),
    wholesOf: (part, kind, after, limit) =>
      answer(() => {
        const asked = { start: part, ...kindRange(kind) };
        const rows = wholes.all({ ...asked, after: after ?? "", limit });
        const total = rows[0]?.total ?? count.get(asked)?.total ?? 0;
        return { keys: rows.map(({ thing }) => thing), total };
      }),
    partsOf: (whole, limit) => answer(() => parts.all({ start: whole, limit }).map(({ thing }) => thing)),
    spelledLike: (key, kind, limit) =>
      answer(() => spelled.all({ key, ...kindRange(kind), limit }).map(({ thing }) => thing)),
    directPartsOf: (asked: readonly ThingKey[], kinds: readonly ThingKind[]) =>
      answer(() =>
        asked.flatMap((whole) =>
          kinds.flatMap((kind) => {
            const { first, beyond } = kindRange(kind);
            return direct.all(whole, first, beyond);
          }),
        ),
      ),
  };
}
