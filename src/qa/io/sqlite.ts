/** Central QA's embedded store: one SQLite file, flushed at every commit, whose records refuse UPDATE and DELETE. */
import Database from "better-sqlite3";
import { assert } from "../../kernel/assert.ts";
import type { Digest } from "../../kernel/names.ts";
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
import { addDropped, insertEntries, list, mending, mendSchema } from "./sqlite-mend.ts";
import { keepUses, sqliteTraces, traceSchema } from "./sqlite-traces.ts";
import { sqliteWatch, watchSchema } from "./sqlite-watch.ts";

type Db = Database.Database;

/** File name of the store in the data folder. */
export const storeFile = "qa.db";

const first = `
  CREATE TABLE entry (
    origin TEXT NOT NULL, seq INTEGER NOT NULL CHECK (seq >= 0), leaf BLOB NOT NULL CHECK (length(leaf) = 32),
    digest TEXT NOT NULL, job TEXT, type TEXT NOT NULL, at INTEGER NOT NULL, received_at INTEGER NOT NULL,
    entry BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY (origin, seq)
  ) STRICT;
  CREATE INDEX entry_job ON entry (origin, job, seq) WHERE job IS NOT NULL;
  CREATE TABLE head (
    origin TEXT NOT NULL, size INTEGER NOT NULL CHECK (size > 0), frontier BLOB NOT NULL, prev TEXT NOT NULL,
    boot INTEGER NOT NULL, checkpoint TEXT NOT NULL, received_at INTEGER NOT NULL, PRIMARY KEY (origin, size)
  ) STRICT;
  CREATE TABLE cosigned (origin TEXT NOT NULL, size INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (origin, size),
    FOREIGN KEY (origin, size) REFERENCES head (origin, size)) STRICT;
  CREATE TABLE fork (
    id INTEGER PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, held TEXT, other TEXT NOT NULL,
    what TEXT NOT NULL, at INTEGER NOT NULL, UNIQUE (origin, other)
  ) STRICT;
  CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY, cell TEXT NOT NULL, digest TEXT NOT NULL, bytes INTEGER NOT NULL, code TEXT NOT NULL,
    what TEXT NOT NULL, at INTEGER NOT NULL, message BLOB, UNIQUE (cell, digest)
  ) STRICT;
  CREATE TABLE decision (
    id TEXT NOT NULL PRIMARY KEY, origin TEXT NOT NULL, envelope TEXT NOT NULL, person TEXT, at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE review (
    id INTEGER PRIMARY KEY, item TEXT NOT NULL, person TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE heard (cell TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;
const records = ["entry", "head", "cosigned", "fork", "quarantine", "decision", "review"];
const refusalsOf = (tables: readonly string[]) =>
  tables
    .flatMap((table) =>
      ["UPDATE", "DELETE"].map(
        (verb) =>
          `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table} ` +
          `BEGIN SELECT RAISE(ABORT, 'nothing at central QA is ever edited'); END;`,
      ),
    )
    .join("\n");
/** The schema in steps, step 1 first; one that was released is never changed. */
const migrations = [
  first + refusalsOf(records),
  `${traceSchema}${watchSchema}${refusalsOf(["alarm"])}`,
  mendSchema + refusalsOf(["vouched"]),
];

/** Opens or makes the store in one file. Throws StoreFailed. */
export function openSqliteStore(path: string): QaStore {
  const db = trouble(() => open(path));
  const read = reader(db);
  // Everything runs at once, as better-sqlite3 does; a promise is only the port's form.
  const answer = <T>(act: () => T): Promise<T> => Promise.resolve().then(() => trouble(act));
  return {
    settle: (origin, reach, judge) =>
      answer(() =>
        db
          .transaction(() => {
            const { writing, value } = judge(read.held(origin, reach));
            write(db, origin, writing);
            return value;
          })
          .immediate(),
      ),
    log: (origin) => answer(() => read.log(origin)),
    keepCosigned: (origin, size, cosigned) =>
      answer(() =>
        db
          .transaction(() => {
            const before = read.receipt(origin);
            if (Math.max(before?.size ?? 0, (read.vouched(origin)?.size ?? 0) - 1) >= size) return before;
            db.prepare("INSERT INTO cosigned VALUES (?, ?, ?)").run(origin, size, cosigned);
            return { size, note: cosigned };
          })
          .immediate(),
      ),
    heads: (origin) => answer(() => read.heads(origin)),
    entries: (origin, from, limit) => answer(() => read.entries(origin, from, limit)),
    jobEntries: (origin, job, from = 0, limit = Number.MAX_SAFE_INTEGER) =>
      answer(() =>
        db
          .prepare<unknown[], EntryRow>(`${selectEntry} WHERE origin = ? AND job = ? AND seq >= ? ORDER BY seq LIMIT ?`)
          .all(origin, job, from, limit)
          .map(entryOf),
      ),
    ...mending(db, answer),
    ...lists(db, answer),
    ...sqliteTraces(db, answer, (origin, from, limit) => read.entries(origin, from, limit)),
    ...sqliteWatch(db, answer, read.end),
    close: () => answer(() => void db.close()),
  };
}

/** The lists that people read: forks, quarantine, decisions, reviews, and who was heard. */
function lists(db: Db, answer: <T>(act: () => T) => Promise<T>) {
  const all = <T>(sql: string, ...values: unknown[]) => answer(() => db.prepare<unknown[], T>(sql).all(...values));
  return {
    forks: () => all<Fork>("SELECT origin, size, held, other, what, at FROM fork ORDER BY id"),
    quarantined: (limit: number) =>
      all<Quarantined>(
        "SELECT cell, seq, digest, bytes, code, what, at FROM quarantine ORDER BY id DESC LIMIT ?",
        limit,
      ),
    dropped: () => all<Dropped>("SELECT cell, messages, bytes FROM dropped ORDER BY cell"),
    countDropped: (each: Dropped) => answer(() => addDropped(db, each)),
    quarantinedMessage: (cell: string, digest: Digest) =>
      answer(() => {
        const select = "SELECT message FROM quarantine WHERE cell = ? AND digest = ?";
        const message = db.prepare<[string, string], { message: Uint8Array | null }>(select).get(cell, digest)?.message;
        return message ? new Uint8Array(message) : null;
      }),
    keepDecision: (each: KeptDecision) =>
      answer(() => {
        const insert = "INSERT OR IGNORE INTO decision VALUES (?, ?, ?, ?, ?)";
        db.prepare(insert).run(each.id, each.origin, each.envelope, each.person, each.at);
      }),
    decisions: () => all<KeptDecision>("SELECT id, origin, envelope, person, at FROM decision ORDER BY at, id"),
    keepReview: (each: Review) =>
      answer(() => {
        const insert = "INSERT INTO review (item, person, reason, at) VALUES (?, ?, ?, ?)";
        db.prepare(insert).run(each.item, each.person, each.reason, each.at);
      }),
    reviews: () => all<Review>("SELECT item, person, reason, at FROM review ORDER BY id"),
    heard: (cell: string, at: EpochMs) =>
      answer(() => {
        const upsert = "INSERT INTO heard VALUES (?, ?) ON CONFLICT (cell) DO UPDATE SET at = max(at, excluded.at)";
        db.prepare(upsert).run(cell, at);
      }),
    lastHeard: async () =>
      new Map(
        (await all<{ cell: string; at: EpochMs }>("SELECT cell, at FROM heard")).map(({ cell, at }) => [cell, at]),
      ),
  };
}

function open(path: string): Db {
  const db = new Database(path, { timeout: 10_000 });
  try {
    db.pragma("trusted_schema = OFF");
    db.pragma("cell_size_check = ON");
    db.pragma("foreign_keys = ON");
    assert(db.pragma("journal_mode = WAL", { simple: true }) === "wal", "the store's journal is a write-ahead log");
    db.pragma("synchronous = FULL");
    db.transaction(() => {
      const version = Number(db.pragma("user_version", { simple: true }));
      assert(version <= migrations.length, `the store has format ${version}, this software knows ${migrations.length}`);
      for (const step of migrations.slice(version)) db.exec(step);
      db.pragma(`user_version = ${migrations.length}`);
    }).immediate();
    // The library answers FULL until a first write has happened, whatever it will do: so it is asked after one.
    assert(db.pragma("synchronous", { simple: true }) === 2, "the store's commits are flushed (synchronous = FULL)");
    return db;
  } catch (problem) {
    db.close();
    throw problem;
  }
}

interface EntryRow extends Omit<KeptEntry, "receivedAt"> {
  readonly received_at: number;
}

const selectEntry = "SELECT seq, leaf, digest, job, type, at, received_at, entry, body FROM entry";

function entryOf({ received_at, ...row }: EntryRow): KeptEntry {
  const bytes = (blob: Uint8Array) => new Uint8Array(blob);
  return { ...row, leaf: bytes(row.leaf), entry: bytes(row.entry), body: bytes(row.body), receivedAt: received_at };
}

interface FullHead extends HeadRow {
  readonly checkpoint: SignedNote;
  readonly note: SignedNote | null;
}

function reader(db: Db) {
  const columns = "head.size, frontier, prev, boot, checkpoint, cosigned.note AS note";
  const joined = `SELECT ${columns} FROM head LEFT JOIN cosigned USING (origin, size) WHERE origin = ?`;
  const newest = db.prepare<[string], FullHead>(`${joined} ORDER BY head.size DESC LIMIT 1`);
  const below = db.prepare<[string, number], FullHead>(`${joined} AND head.size <= ? ORDER BY head.size DESC LIMIT 1`);
  const every = db.prepare<[string], FullHead>(`${joined} ORDER BY head.size`);
  const leaf = db.prepare<[string, number, number], { seq: number; leaf: Uint8Array }>(
    "SELECT seq, leaf FROM entry WHERE origin = ? AND seq >= ? AND seq < ? ORDER BY seq",
  );
  // Rows beyond the newest head are of a head that is lost: they are not held yet.
  const jobHead = db.prepare<[string, string, number], { digest: Digest }>(
    "SELECT digest FROM entry WHERE origin = ? AND job = ? AND seq < ? ORDER BY seq DESC LIMIT 1",
  );
  const unreadable = db.prepare<[string, string], unknown>(
    "SELECT 1 FROM entry WHERE origin = ? AND digest = ? AND type = '(unread)'",
  );
  const shown = db.prepare<[string], Receipt>(
    "SELECT size, note FROM vouched WHERE origin = ? ORDER BY size DESC LIMIT 1",
  );
  const fork = db.prepare<[string], unknown>("SELECT 1 FROM fork WHERE origin = ? LIMIT 1");
  const cosigned = db.prepare<[string], Receipt>(
    "SELECT size, note FROM cosigned WHERE origin = ? ORDER BY size DESC LIMIT 1",
  );
  const leaves = (origin: string, from: number, to: number) => leavesFrom(from, leaf.all(origin, from, to));
  const headOf = ({ size, checkpoint, note }: FullHead): AcceptedHead => ({ size, checkpoint, cosigned: note });

  function held(origin: string, { from, to, jobs, links = [] }: Reach): Held {
    const last = newest.get(origin);
    const chain = chainAt(origin, last);
    const { size } = chain.frontier;
    const start = from <= size ? below.get(origin, from) : undefined;
    const base = from <= size ? grownFrom(origin, start, from, leaves(origin, start?.size ?? 0, from)) : null;
    const jobHeads: JobHeads = new Map();
    for (const job of jobs) {
      const found = jobHead.get(origin, job, size);
      if (found) jobHeads.set(job, found.digest);
    }
    const unread = new Set(links.filter((digest) => unreadable.get(origin, digest) !== undefined));
    const frozen = fork.get(origin) !== undefined;
    const checkpoint = last?.checkpoint ?? null;
    const kept = { chain, base, leaves: leaves(origin, from, to), jobHeads, unread, checkpoint };
    return { ...kept, vouched: above(receipt(origin), vouched(origin)), frozen };
  }

  const receipt = (origin: string): Receipt | null => cosigned.get(origin) ?? null;
  const page = db.prepare<unknown[], EntryRow>(`${selectEntry} WHERE origin = ? AND seq >= ? ORDER BY seq LIMIT ?`);
  const vouched = (origin: string): Receipt | null => shown.get(origin) ?? null;
  return {
    held,
    end: (origin: string) => newest.get(origin) ?? { size: 0, boot: -1 },
    entries: (origin: string, from: number, limit: number) => page.all(origin, from, limit).map(entryOf),
    receipt,
    vouched,
    heads: (origin: string) => every.all(origin).map(headOf),
    log(origin: string): LogState {
      const last = newest.get(origin);
      const standing = { receipt: receipt(origin), vouched: vouched(origin), frozen: fork.get(origin) !== undefined };
      return stateOf(origin, last, last ? headOf(last) : null, standing);
    },
  };
}

function write(db: Db, origin: string, writing: Writing): void {
  if (writing.kind === "entries") {
    const { chain, checkpoint, at } = writing;
    insertEntries(db, origin, writing.entries, at);
    for (const each of writing.spoiled) list(db, each, null);
    const { frontier, prev, boot } = chain;
    const head = db.prepare("INSERT INTO head VALUES (?, ?, ?, ?, ?, ?, ?)");
    head.run(origin, frontier.size, packFrontier(frontier), prev, boot, checkpoint, at);
    keepUses(db, origin, writing.entries);
  }
  if (writing.kind === "fork") {
    const { size, held, other, what, at } = writing.fork;
    const { n } = db
      .prepare<[string], { n: number }>("SELECT count(*) AS n FROM fork WHERE origin = ?")
      .get(origin) ?? { n: 0 };
    if (n >= mostForks) return;
    const insert = "INSERT OR IGNORE INTO fork (origin, size, held, other, what, at) VALUES (?, ?, ?, ?, ?, ?)";
    db.prepare(insert).run(origin, size, held, other, what, at);
  }
  if (writing.kind === "quarantine") {
    list(db, writing.quarantined, writing.message);
  }
}

/** Runs and puts SQLite's own errors into the port's; anything else is a defect and goes on. */
function trouble<T>(act: () => T): T {
  try {
    return act();
  } catch (problem) {
    if (problem instanceof Database.SqliteError) throw new StoreFailed(problem.code);
    throw problem;
  }
}
