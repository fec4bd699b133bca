/** Central QA's store on PostgreSQL: several instances share one database, each log under its own row's lock. */
import postgres from "postgres";
import type { Digest, JobId } from "../../kernel/names.ts";
import type { EpochMs } from "../../kernel/units.ts";
import type { JobHeads } from "../../ledger/chain.ts";
import type { SignedNote } from "../../ledger/note.ts";
import {
  type AcceptedHead,
  above,
  chainAt,
  type Dropped,
  type Fork,
  grownFrom,
  type HeadRow,
  type Held,
  type KeptDecision,
  type KeptEntry,
  type LogState,
  leavesFrom,
  mostForks,
  packFrontier,
  type QaStore,
  type Quarantined,
  type Reach,
  type Receipt,
  type Review,
  StoreFailed,
  stateOf,
  type Writing,
} from "../store.ts";
import { migrations } from "./migrations.ts";
import { addDropped, insertEntries, list, mending } from "./postgres-rows.ts";
import { keepUses, postgresTraces } from "./postgres-traces.ts";
import { type Answer, codeOf, type Sql, type Tx, transact } from "./postgres-transact.ts";
import { postgresWatch } from "./postgres-watch.ts";

/** Sizes and times are below 2^53: PostgreSQL's bigint is a plain number here. */
const bigint = {
  to: 20,
  from: [20],
  parse: (text: string) => Number(text),
  serialize: (value: number) => String(value),
};

/** Connects, brings the schema up to date, and hands out the store. Throws StoreFailed. */
export async function openPostgresStore(url: string): Promise<QaStore> {
  const { address, socket } = splitSocket(url);
  const sql: Sql = postgres(address, {
    ...socket,
    max: 8,
    connect_timeout: 10,
    idle_timeout: 60,
    types: { bigint },
    onnotice: () => undefined,
    // Whatever the server's default is: a cosignature promises that what it covers is on the disk.
    connection: { synchronous_commit: "on", application_name: "cellward-qa" },
  });
  try {
    await migrate(sql);
  } catch (problem) {
    await sql.end({ timeout: 1 });
    throw failed(problem);
  }
  const answer: Answer = async (act) => {
    try {
      return await act();
    } catch (problem) {
      throw failed(problem);
    }
  };
  return {
    settle: (origin, reach, judge) =>
      answer(async () => {
        const settled = await transact(sql, async (tx) => {
          await lockLog(tx, origin);
          const { writing, value } = judge(await heldOf(tx, origin, reach));
          await write(tx, origin, writing);
          return { value };
        });
        return settled.value;
      }),
    log: (origin) => answer(() => stateIn(sql, origin)),
    keepCosigned: (origin, size, cosigned) =>
      answer(async () => {
        const standing = await transact(sql, async (tx) => {
          await lockLog(tx, origin);
          const [before, shown] = await Promise.all([receiptOf(tx, origin), vouchedOf(tx, origin)]);
          if (Math.max(before?.size ?? 0, (shown?.size ?? 0) - 1) >= size) return { receipt: before };
          await tx`INSERT INTO cosigned ${tx({ origin, size, note: cosigned })}`;
          return { receipt: { size, note: cosigned } };
        });
        return standing.receipt;
      }),
    heads: (origin) =>
      answer(async () =>
        (await sql<FullHead[]>`${headsOf(sql)} WHERE origin = ${origin} ORDER BY head.size`).map(headOf),
      ),
    entries: (origin, from, limit) => answer(() => entriesOf(sql, origin, from, limit)),
    jobEntries: (origin, job, from = 0, limit = Number.MAX_SAFE_INTEGER) =>
      answer(async () =>
        (
          await sql<
            EntryRow[]
          >`${selectEntry(sql)} WHERE origin = ${origin} AND job = ${job} AND seq >= ${from} ORDER BY seq LIMIT ${limit}`
        ).map(entryOf),
      ),
    ...mending(sql, answer),
    ...lists(sql, answer),
    ...postgresTraces(sql, answer, { lock: lockLog, entriesOf }),
    ...postgresWatch(sql, answer, {
      lock: lockLog,
      endOf: async (tx, origin) => (await newestHead(tx, origin, Number.MAX_SAFE_INTEGER)) ?? { size: 0, boot: -1 },
    }),
    close: () => sql.end({ timeout: 5 }),
  };
}

/** `?host=/folder` names the folder of a Unix socket, as PostgreSQL's own library reads it; postgres.js wants it apart. */
function splitSocket(url: string): { address: string; socket: { host?: string } } {
  const address = URL.parse(url);
  if (address === null || !/^postgres(ql)?:$/.test(address.protocol)) throw new StoreFailed("DATABASE_URL_MALFORMED");
  const host = address.searchParams.get("host");
  address.searchParams.delete("host");
  return { address: address.href, socket: host === null ? {} : { host } };
}

/** The lists that people read: forks, quarantine, decisions, reviews, and who was heard. */
function lists(sql: Sql, answer: Answer) {
  return {
    forks: () =>
      answer(async () => [...(await sql<Fork[]>`SELECT origin, size, held, other, what, at FROM fork ORDER BY id`)]),
    quarantined: (limit: number) =>
      answer(async () => [
        ...(await sql<Quarantined[]>`
          SELECT cell, seq, digest, bytes, code, what, at FROM quarantine ORDER BY id DESC LIMIT ${limit}`),
      ]),
    dropped: () =>
      answer(async () => [...(await sql<Dropped[]>`SELECT cell, messages, bytes FROM dropped ORDER BY cell`)]),
    countDropped: (each: Dropped) => answer(() => addDropped(sql, each)),
    quarantinedMessage: (cell: string, digest: Digest) =>
      answer(async () => {
        const rows = await sql<{ message: Uint8Array | null }[]>`
          SELECT message FROM quarantine WHERE cell = ${cell} AND digest = ${digest}`;
        const message = rows[0]?.message;
        return message ? new Uint8Array(message) : null;
      }),
    keepDecision: (each: KeptDecision) =>
      answer(async () => {
        await sql`INSERT INTO decision ${sql({ ...each })} ON CONFLICT DO NOTHING`;
      }),
    decisions: () =>
      answer(async () => [
        ...(await sql<KeptDecision[]>`SELECT id, origin, envelope, person, at FROM decision ORDER BY at, id`),
      ]),
    keepReview: (each: Review) =>
      answer(async () => {
        await sql`INSERT INTO review ${sql({ ...each })}`;
      }),
    reviews: () =>
      answer(async () => [...(await sql<Review[]>`SELECT item, person, reason, at FROM review ORDER BY id`)]),
    heard: (cell: string, at: EpochMs) =>
      answer(async () => {
        await sql`
          INSERT INTO heard ${sql({ cell, at })}
          ON CONFLICT (cell) DO UPDATE SET at = greatest(heard.at, excluded.at)`;
      }),
    lastHeard: () =>
      answer(async () => {
        const rows = await sql<{ cell: string; at: EpochMs }[]>`SELECT cell, at FROM heard`;
        return new Map(rows.map(({ cell, at }) => [cell, at]));
      }),
  };
}

/** What two instances that bring one database up to date at once may get in each other's way with. */
const raced: ReadonlySet<string> = new Set(["23505", "42P07", "42P06", "42710"]);
const mostMigrationTries = 20;

/** Brings the schema up to date; of several instances one does each step, and the others find it done. */
async function migrate(sql: Sql): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await transact(sql, migrateOnce);
    } catch (problem) {
      if (!raced.has(codeOf(problem)) || tries >= mostMigrationTries) throw problem;
    }
  }
}

async function migrateOnce(tx: Tx): Promise<void> {
  await tx`CREATE TABLE IF NOT EXISTS cellward_qa_migration (version integer PRIMARY KEY)`;
  const rows = await tx<{ version: number | null }[]>`SELECT max(version) AS version FROM cellward_qa_migration`;
  for (let version = (rows[0]?.version ?? 0) + 1; version <= migrations.length; version++) {
    // The number first: whoever else wants the same step waits here, and then finds it taken.
    await tx`INSERT INTO cellward_qa_migration VALUES (${version})`;
    await tx.unsafe(migrations[version - 1] ?? "");
  }
}

/** Takes the log's row until the transaction ends; whoever else settles this log waits here. */
async function lockLog(tx: Tx, origin: string): Promise<void> {
  await tx`INSERT INTO log ${tx({ origin })} ON CONFLICT DO NOTHING`;
  await tx`SELECT origin FROM log WHERE origin = ${origin} FOR UPDATE`;
}

interface EntryRow extends Omit<KeptEntry, "receivedAt"> {
  readonly received_at: number;
}

interface FullHead extends HeadRow {
  readonly checkpoint: SignedNote;
  readonly note: SignedNote | null;
}

const selectEntry = (sql: Sql | Tx) =>
  sql`SELECT seq, leaf, digest, job, type, at, received_at, entry, body FROM entry`;
const headsOf = (sql: Sql | Tx) => sql`
  SELECT head.size, frontier, prev, boot, checkpoint, cosigned.note AS note
  FROM head LEFT JOIN cosigned USING (origin, size)`;
const headOf = ({ size, checkpoint, note }: FullHead): AcceptedHead => ({ size, checkpoint, cosigned: note });

function entryOf({ received_at, ...row }: EntryRow): KeptEntry {
  const bytes = (blob: Uint8Array) => new Uint8Array(blob);
  return { ...row, leaf: bytes(row.leaf), entry: bytes(row.entry), body: bytes(row.body), receivedAt: received_at };
}

async function entriesOf(sql: Sql | Tx, origin: string, from: number, limit: number): Promise<KeptEntry[]> {
  const rows = await sql<EntryRow[]>`
    ${selectEntry(sql)} WHERE origin = ${origin} AND seq >= ${from} ORDER BY seq LIMIT ${limit}`;
  return rows.map(entryOf);
}

async function newestHead(sql: Sql | Tx, origin: string, below: number): Promise<FullHead | undefined> {
  const rows = await sql<FullHead[]>`
    ${headsOf(sql)} WHERE origin = ${origin} AND head.size <= ${below} ORDER BY head.size DESC LIMIT 1`;
  return rows[0];
}

async function receiptOf(sql: Sql | Tx, origin: string): Promise<Receipt | null> {
  const rows = await sql<Receipt[]>`
    SELECT size, note FROM cosigned WHERE origin = ${origin} ORDER BY size DESC LIMIT 1`;
  return rows[0] ?? null;
}

async function vouchedOf(sql: Sql | Tx, origin: string): Promise<Receipt | null> {
  const rows = await sql<Receipt[]>`
    SELECT size, note FROM vouched WHERE origin = ${origin} ORDER BY size DESC LIMIT 1`;
  return rows[0] ?? null;
}

async function isFrozen(sql: Sql | Tx, origin: string): Promise<boolean> {
  return (await sql`SELECT 1 FROM fork WHERE origin = ${origin} LIMIT 1`).length > 0;
}

async function leavesOf(tx: Tx, origin: string, from: number, to: number): Promise<(Uint8Array | null)[]> {
  if (from >= to) return [];
  const rows = await tx<{ seq: number; leaf: Uint8Array }[]>`
    SELECT seq, leaf FROM entry WHERE origin = ${origin} AND seq >= ${from} AND seq < ${to} ORDER BY seq`;
  return leavesFrom(from, rows);
}

/** What does not depend on each other is asked at once: the answers come over one connection, one round trip in all. */
async function heldOf(tx: Tx, origin: string, { from, to, jobs, links = [] }: Reach): Promise<Held> {
  const [last, start, leaves, unread, receipt, vouched, frozen] = await Promise.all([
    newestHead(tx, origin, Number.MAX_SAFE_INTEGER),
    newestHead(tx, origin, from),
    leavesOf(tx, origin, from, to),
    unreadOf(tx, origin, links),
    receiptOf(tx, origin),
    vouchedOf(tx, origin),
    isFrozen(tx, origin),
  ]);
  const chain = chainAt(origin, last);
  const { size } = chain.frontier;
  const jobHeads = await jobHeadsOf(tx, origin, jobs, size);
  const base = from <= size ? grownFrom(origin, start, from, await leavesOf(tx, origin, start?.size ?? 0, from)) : null;
  const checkpoint = last?.checkpoint ?? null;
  return { chain, base, leaves, jobHeads, unread, checkpoint, vouched: above(receipt, vouched), frozen };
}

/** Rows from `size` on are of a head that is lost: they are not held yet. */
async function jobHeadsOf(tx: Tx, origin: string, jobs: readonly JobId[], size: number): Promise<JobHeads> {
  if (jobs.length === 0) return new Map();
  const heads = await tx<{ job: JobId; digest: Digest }[]>`
    SELECT wanted.job, newest.digest FROM unnest(${[...jobs]}::text[]) AS wanted (job)
    CROSS JOIN LATERAL (
      SELECT digest FROM entry WHERE origin = ${origin} AND job = wanted.job AND seq < ${size} ORDER BY seq DESC LIMIT 1
    ) AS newest`;
  return new Map(heads.map(({ job, digest }) => [job, digest]));
}

async function unreadOf(tx: Tx, origin: string, links: readonly Digest[]): Promise<Set<Digest>> {
  if (links.length === 0) return new Set();
  const rows = await tx<{ digest: Digest }[]>`
    SELECT digest FROM entry WHERE origin = ${origin} AND digest = ANY(${[...links]}) AND type = '(unread)'`;
  return new Set(rows.map(({ digest }) => digest));
}

async function stateIn(sql: Sql, origin: string): Promise<LogState> {
  const [last, receipt, vouched, frozen] = await Promise.all([
    newestHead(sql, origin, Number.MAX_SAFE_INTEGER),
    receiptOf(sql, origin),
    vouchedOf(sql, origin),
    isFrozen(sql, origin),
  ]);
  return stateOf(origin, last, last ? headOf(last) : null, { receipt, vouched, frozen });
}

async function write(tx: Tx, origin: string, writing: Writing): Promise<void> {
  if (writing.kind === "entries") {
    const { chain, checkpoint, at } = writing;
    await insertEntries(tx, origin, writing.entries, at);
    for (const each of writing.spoiled) await list(tx, each, null);
    const { frontier, prev, boot } = chain;
    const row = { origin, size: frontier.size, frontier: packFrontier(frontier), prev, boot };
    await tx`INSERT INTO head ${tx({ ...row, checkpoint, received_at: at })}`;
    await keepUses(tx, origin, writing.entries);
  }
  if (writing.kind === "fork") {
    const rows = await tx<{ n: number }[]>`SELECT count(*) AS n FROM fork WHERE origin = ${origin}`;
    if ((rows[0]?.n ?? 0) < mostForks) await tx`INSERT INTO fork ${tx({ ...writing.fork })} ON CONFLICT DO NOTHING`;
  }
  if (writing.kind === "quarantine") {
    await list(tx, writing.quarantined, writing.message);
  }
}

/** The database's own errors become the port's, by their code alone; anything else is a defect and goes on. */
function failed(problem: unknown): unknown {
  const code = codeOf(problem);
  return code === "" ? problem : new StoreFailed(code);
}
