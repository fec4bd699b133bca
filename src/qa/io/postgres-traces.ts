/** The index over what was made with what, in central QA's PostgreSQL database. */
import type { ThingKey, ThingKind, Use } from "../../jobs/trace.ts";
import type { KeptEntry, NewEntry } from "../store.ts";
import { type Indexed, kindRange, type TraceStore, usesOf } from "../traces.ts";
import { type Answer, type Sql, type Tx, transact } from "./postgres-transact.ts";

/** Takes entries that follow what the index covers into it, under the log's lock; others wait until it is brought up to date. */
export async function keepUses(tx: Tx, origin: string, entries: readonly NewEntry[]): Promise<void> {
  const from = entries[0]?.seq;
  if (from === undefined) return;
  if (from === 0) await tx`INSERT INTO indexed VALUES (${origin}, 0) ON CONFLICT DO NOTHING`;
  const size = from + entries.length;
  const moved = await tx`UPDATE indexed SET size = ${size} WHERE origin = ${origin} AND size = ${from}`;
  if (moved.count === 0) return;
  const rows = usesOf(origin, entries).map(({ part, whole, seq }) => ({ part, whole, origin, seq }));
  for (let start = 0; start < rows.length; start += 10_000) {
    await tx`INSERT INTO made_with ${tx(rows.slice(start, start + 10_000))} ON CONFLICT DO NOTHING`;
  }
}

/** Where indexes of more than these are asked, every step of a walk goes by an index: no plan that reads whole tables. */
async function byIndex(tx: Tx): Promise<void> {
  await tx`SET LOCAL enable_hashjoin = off`;
  await tx`SET LOCAL enable_mergejoin = off`;
  await tx`SET LOCAL enable_seqscan = off`;
}

/** The index of an open store. */
export function postgresTraces(
  sql: Sql,
  answer: Answer,
  given: {
    readonly lock: (tx: Tx, origin: string) => Promise<void>;
    readonly entriesOf: (tx: Tx, origin: string, from: number, limit: number) => Promise<readonly KeptEntry[]>;
  },
): TraceStore {
  const coverage = (run: Sql | Tx) => run`
    SELECT log.origin AS origin, coalesce(indexed.size, 0) AS size, log.size AS "of"
    FROM (SELECT origin, max(size) AS size FROM head GROUP BY origin) AS log LEFT JOIN indexed USING (origin)`;
  const one = async (run: Sql | Tx, origin: string): Promise<Indexed> =>
    (await run<Indexed[]>`${coverage(run)} WHERE log.origin = ${origin}`)[0] ?? { origin, size: 0, of: 0 };
  return {
    indexed: () => answer(async () => [...(await sql<Indexed[]>`${coverage(sql)} ORDER BY origin`)]),
    indexMore: (origin, limit) =>
      answer(() =>
        transact(sql, async (tx) => {
          await given.lock(tx, origin);
          await tx`INSERT INTO indexed VALUES (${origin}, 0) ON CONFLICT DO NOTHING`;
          const { size } = await one(tx, origin);
          await keepUses(tx, origin, await given.entriesOf(tx, origin, size, limit));
          return one(tx, origin);
        }),
      ),
    forgetIndex: (origin) =>
      answer(() =>
        transact(sql, async (tx) => {
          await given.lock(tx, origin);
          await tx`DELETE FROM made_with WHERE origin = ${origin}`;
          await tx`DELETE FROM indexed WHERE origin = ${origin}`;
        }),
      ),
    ...walks(sql, answer),
  };
}

function walks(sql: Sql, answer: Answer) {
  const upward = (tx: Tx, part: ThingKey, kind: ThingKind) => {
    const { first, beyond } = kindRange(kind);
    return tx`
      WITH RECURSIVE reached(thing) AS (
        SELECT ${part}::text COLLATE "C"
        UNION SELECT made_with.whole FROM reached JOIN made_with ON made_with.part = reached.thing
      ), hits AS MATERIALIZED (
        SELECT thing FROM reached WHERE thing >= ${first} AND thing < ${beyond} AND thing <> ${part}
      )`;
  };
  return {
    wholesOf: (part: ThingKey, kind: ThingKind, after: ThingKey | null, limit: number) =>
      answer(() =>
        transact(sql, async (tx) => {
          await byIndex(tx);
          const rows = await tx<{ thing: string; total: number }[]>`
            ${upward(tx, part, kind)}
            SELECT thing, (SELECT count(*) FROM hits) AS total FROM hits
            WHERE thing > ${after ?? ""} ORDER BY thing LIMIT ${limit}`;
          const [first] = rows;
          const total =
            first?.total ??
            (await tx<{ total: number }[]>`${upward(tx, part, kind)} SELECT count(*) AS total FROM hits`)[0]?.total ??
            0;
          return { keys: rows.map(({ thing }) => thing), total };
        }),
      ),
    partsOf: (whole: ThingKey, limit: number) =>
      answer(() =>
        transact(sql, async (tx) => {
          await byIndex(tx);
          const rows = await tx<{ thing: string }[]>`
            WITH RECURSIVE reached(thing) AS (
              SELECT ${whole}::text COLLATE "C"
              UNION SELECT made_with.part FROM reached JOIN made_with ON made_with.whole = reached.thing
            ) SELECT thing FROM reached WHERE thing <> ${whole} ORDER BY thing LIMIT ${limit}`;
          return { keys: rows.map(({ thing }) => thing) };
        }),
      ).then(({ keys }) => keys),
    spelledLike: (key: ThingKey, kind: ThingKind, limit: number) =>
      answer(async () => {
        const { first, beyond } = kindRange(kind);
        const rows = await sql<{ thing: string }[]>`
          SELECT part AS thing FROM made_with
          WHERE part >= ${first} AND part < ${beyond} AND lower(part) = lower(${key}::text COLLATE "C")
          UNION SELECT whole FROM made_with
          WHERE whole >= ${first} AND whole < ${beyond} AND lower(whole) = lower(${key}::text COLLATE "C")
          ORDER BY thing LIMIT ${limit}`;
        return rows.map(({ thing }) => thing);
      }),
    directPartsOf: (wholes: readonly ThingKey[], kinds: readonly ThingKind[]) =>
      answer(async () => {
        const found = await Promise.all(
          kinds.map((kind) => {
            const { first, beyond } = kindRange(kind);
            return sql<Use[]>`
              SELECT DISTINCT whole, part FROM made_with
              WHERE whole = ANY(${[...wholes]}) AND part >= ${first} AND part < ${beyond} ORDER BY whole, part`;
          }),
        );
        return found.flatMap((rows) => [...rows]);
      }),
  };
}
