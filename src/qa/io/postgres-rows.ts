/** Rows of central QA's store on PostgreSQL: entries in, what was not taken, and what heals a log of which rows are lost. */
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
import { type Answer, type Sql, type Tx, transact } from "./postgres-transact.ts";

/**
 * Adds the rows that are not there; how many were added. One parameter a column: a parameter a value costs more than all
 * the rest of an ingest. The bytes go as one piece, cut apart by the database.
 */
export async function insertEntries(
  sql: Sql | Tx,
  origin: string,
  entries: readonly NewEntry[],
  receivedAt: EpochMs,
): Promise<number> {
  if (entries.length === 0) return 0;
  const column = <T>(of: (each: NewEntry) => T): T[] => entries.map(of);
  const bytes = (of: (each: NewEntry) => Uint8Array): Buffer => Buffer.concat(entries.map(of));
  const added = await sql`
    INSERT INTO entry (origin, seq, leaf, digest, job, type, at, received_at, entry, body)
    SELECT ${origin}, seq, substring(leaves.b from n::int * 32 - 31 for 32), digest, nullif(job, ''), type, at,
      ${receivedAt}::bigint, substring(entries.b from entry_end - entry_size + 1 for entry_size),
      substring(bodies.b from body_end - body_size + 1 for body_size)
    FROM (
      SELECT *, (sum(entry_size) OVER (ORDER BY n))::int AS entry_end, (sum(body_size) OVER (ORDER BY n))::int AS body_end
      FROM unnest(
        ${column(({ seq }) => seq)}::bigint[], ${column(({ digest }) => digest)}::text[],
        ${column(({ job }) => job ?? "")}::text[], ${column(({ type }) => type)}::text[],
        ${column(({ at }) => at)}::bigint[], ${column(({ entry }) => entry.length)}::int[],
        ${column(({ body }) => body.length)}::int[]
      ) WITH ORDINALITY AS given (seq, digest, job, type, at, entry_size, body_size, n)
    ) AS rows,
    (SELECT ${bytes(({ leaf }) => leaf)}::bytea AS b) AS leaves,
    (SELECT ${bytes(({ entry }) => entry)}::bytea AS b) AS entries,
    (SELECT ${bytes(({ body }) => body)}::bytea AS b) AS bodies
    ON CONFLICT (origin, seq) DO NOTHING`;
  return added.count;
}

/** Lists what was not taken, or is kept in its place (no message); within the bounds, and counted beyond them. */
export async function list(tx: Tx, each: Quarantined, whole: Uint8Array | null): Promise<void> {
  const { cell, digest, bytes } = each;
  if ((await tx`SELECT 1 FROM quarantine WHERE cell = ${cell} AND digest = ${digest}`).length > 0) return;
  const rows = await tx<{ n: number }[]>`SELECT count(*) AS n FROM quarantine WHERE cell = ${cell}`;
  const n = rows[0]?.n ?? 0;
  if (n >= mostListedOf(cell)) return addDropped(tx, { cell, messages: 1, bytes });
  const sums = await tx<{ kept: number }[]>`
    SELECT coalesce(sum(bytes), 0)::float8 AS kept FROM quarantine WHERE message IS NOT NULL`;
  const message = whole !== null && isKeptWhole(cell, bytes, n, sums[0]?.kept ?? 0) ? whole : null;
  await tx`INSERT INTO quarantine ${tx({ ...each, message })} ON CONFLICT DO NOTHING`;
}

export async function addDropped(sql: Sql | Tx, { cell, messages, bytes }: Dropped): Promise<void> {
  await sql`
    INSERT INTO dropped ${sql({ cell, messages, bytes })}
    ON CONFLICT (cell) DO UPDATE SET
      messages = dropped.messages + excluded.messages, bytes = dropped.bytes + excluded.bytes`;
}

/** What heals a log of which rows are lost. */
export function mending(sql: Sql, answer: Answer) {
  return {
    vouch: (origin: string, { size, note }: Receipt) =>
      answer(async () => {
        await sql`INSERT INTO vouched ${sql({ origin, size, note })} ON CONFLICT DO NOTHING`;
      }),
    missing: (origin: string, { from, to }: Range, limit: number) =>
      answer(async () => [
        ...(await sql<Range[]>`
          SELECT seq + 1 AS "from", after AS "to" FROM (
            SELECT seq, lead(seq, 1, ${to}::bigint) OVER (ORDER BY seq) AS after FROM (
              SELECT ${from - 1}::bigint AS seq UNION ALL
              SELECT seq FROM entry WHERE origin = ${origin} AND seq >= ${from} AND seq < ${to}
            ) AS held
          ) AS gaps WHERE after > seq + 1 ORDER BY 1 LIMIT ${limit}`),
      ]),
    treeFrom: (origin: string, size: number) =>
      answer(async () => {
        const rows = await sql<HeadRow[]>`
          SELECT size, frontier FROM head WHERE origin = ${origin} AND size >= ${size} ORDER BY size LIMIT 1`;
        return rows[0] ? unpackFrontier(rows[0].size, rows[0].frontier) : null;
      }),
    putBack: (origin: string, entries: readonly NewEntry[], at: EpochMs) =>
      answer(() =>
        transact(sql, async (tx) => {
          const added = await insertEntries(tx, origin, entries, at);
          // What the index was made from had gaps: it is made again from the whole.
          if (added > 0) await tx`DELETE FROM made_with WHERE origin = ${origin}`;
          if (added > 0) await tx`DELETE FROM indexed WHERE origin = ${origin}`;
          return added;
        }),
      ),
  };
}
