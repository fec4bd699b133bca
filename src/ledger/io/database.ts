/** The SQLite file (the only importer of better-sqlite3): schema, the settings that make a commit durable, and its words for trouble. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { assert } from "../../kernel/assert.ts";
import type { Row } from "../chain-check.ts";
import type { LedgerFault } from "../ledger.ts";
import type { CheckpointRow } from "../verify.ts";

export type Db = Database.Database;

/** File name of the ledger in the data folder; never opened with node:fs, which would drop SQLite's locks. */
export const databaseFile = "ledger.db";
const lockFile = "writer.lock";
const formatVersion = 1;
/** Older ones have the WAL-reset corruption bug (sqlite.org/wal.html#walresetbug). */
const oldestSqlite = [3, 51, 3] as const;

const schema = `
  CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE entry (
    seq INTEGER PRIMARY KEY CHECK (seq >= 0), job TEXT, entry BLOB NOT NULL, body BLOB NOT NULL
  ) STRICT;
  CREATE TABLE checkpoint (size INTEGER PRIMARY KEY CHECK (size >= 0), note TEXT NOT NULL) STRICT;
`;

/** Opens for writing and sets what must hold on every writing connection. Throws SqliteError. */
export function openForWriting(path: string, create: boolean): Db {
  const db = open(path, { fileMustExist: !create });
  try {
    assertVersion(db);
    settle(db);
    assert(db.pragma("journal_mode = WAL", { simple: true }) === "wal", "the ledger's journal is a write-ahead log");
    db.pragma("synchronous = FULL");
    db.pragma("wal_autocheckpoint = 0");
    return db;
  } catch (problem) {
    db.close();
    throw problem;
  }
}

/** Opens for reading beside a writer. Throws SqliteError. */
export function openForReading(path: string): Db {
  const db = open(path, { readonly: true, fileMustExist: true });
  try {
    settle(db);
    return db;
  } catch (problem) {
    db.close();
    throw problem;
  }
}

/** Lays the tables into a fresh file. */
export function createSchema(db: Db, origin: string): void {
  const refusals = ["meta", "entry", "checkpoint"].flatMap((table) =>
    ["UPDATE", "DELETE"].map(
      (verb) =>
        `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table} ` +
        `BEGIN SELECT RAISE(ABORT, 'nothing in the ledger is ever edited'); END;`,
    ),
  );
  db.transaction(() => {
    db.exec(schema + refusals.join("\n"));
    db.prepare("INSERT INTO meta VALUES ('origin', ?)").run(origin);
    db.pragma(`user_version = ${formatVersion}`);
  })();
}

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

/** Every object of a database with the text that made it, in order. */
function schemaOf(db: Db): readonly SchemaRow[] {
  return db.prepare<[], SchemaRow>("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").all();
}

/**
 * What in a file of this format is not as `createSchema` lays it, one sentence; null where all of it is. To be asked
 * before anything is read from a table: a view may stand in its place. Throws SqliteError.
 */
export function schemaProblem(db: Db): string | null {
  if (db.pragma("user_version", { simple: true }) !== formatVersion) return null;
  const model = new Database(":memory:");
  try {
    createSchema(model, "model");
    const [expected, found] = [schemaOf(model), schemaOf(db)];
    for (const { type, name, sql } of expected) {
      const there = found.find((one) => one.name === name);
      if (there === undefined) return `The ledger's database lacks its ${type} ${name}.`;
      if (there.type !== type || there.sql !== sql)
        return `${name} in the ledger's database is not the ${type} it was.`;
    }
    const foreign = found.find(({ name }) => !expected.some((one) => one.name === name));
    return foreign === undefined ? null : `The ledger's database holds a foreign ${foreign.type}, ${foreign.name}.`;
  } finally {
    model.close();
  }
}

/**
 * Writes once and then reads back how the connection syncs: the library answers FULL until a first write has
 * happened, whatever it will do (measured), so the question means something only now.
 */
export function assertDurable(db: Db): void {
  db.exec("BEGIN IMMEDIATE");
  db.pragma(`user_version = ${formatVersion}`);
  db.exec("COMMIT");
  assert(db.pragma("synchronous", { simple: true }) === 2, "the ledger's commits are flushed (synchronous = FULL)");
  assert(db.pragma("journal_mode", { simple: true }) === "wal", "the ledger's journal is a write-ahead log");
  assert(db.pragma("wal_autocheckpoint", { simple: true }) === 0, "the write-ahead log is emptied explicitly");
}

/** The log's origin, or null where the file is not a ledger of this format. Throws SqliteError. */
export function readOrigin(db: Db): string | null {
  if (db.pragma("user_version", { simple: true }) !== formatVersion) return null;
  const row = db.prepare<[], { value: string }>("SELECT value FROM meta WHERE name = 'origin'").get();
  return row?.value ?? null;
}

/** Rows in order from `from` on, one at a time. */
export function rowsFrom(db: Db, from = 0): IterableIterator<Row> {
  return db.prepare<[number], Row>("SELECT seq, job, entry, body FROM entry WHERE seq >= ? ORDER BY seq").iterate(from);
}

/** All stored checkpoints in order of size; only the newest where `newestOnly`. */
export function checkpointRows(db: Db, newestOnly: boolean): CheckpointRow[] {
  const select = "SELECT size, note FROM checkpoint ORDER BY size";
  return db.prepare<[], CheckpointRow>(newestOnly ? `${select} DESC LIMIT 1` : select).all();
}

/**
 * Takes the folder for this process until the returned function is called or the process dies, whichever is first
 * (the kernel drops the lock, so none is ever stale); null where another one has it.
 */
export function lockFolder(path: (file: string) => string): (() => void) | null {
  const lock = open(path(lockFile), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return () => lock.close();
  } catch (problem) {
    lock.close();
    if (sqliteCode(problem).startsWith("SQLITE_BUSY")) return null;
    throw problem;
  }
}

/** SQLite's extended result code of something caught (`SQLITE_IOERR_FSYNC`), or an empty text. */
export function sqliteCode(problem: unknown): string {
  return problem instanceof Database.SqliteError ? problem.code : "";
}

/** The fault of a database whose schema is not as it was laid. */
export function alteredSchema(what: string): LedgerFault {
  const remedy = "Keep the file for the investigation; verify a backup, or fetch the record from central QA.";
  return { code: "ledger-damaged", what, remedy };
}

/** What a failure of the database means; anything that is not SQLite's is thrown on. */
export function faultOf(problem: unknown): LedgerFault {
  const code = sqliteCode(problem);
  const said = `SQLite says ${code}`;
  if (code === "SQLITE_FULL") {
    return {
      code: "disk-full",
      what: `The data disk is full: what was being recorded could not be written (${said}).`,
      remedy: "Free space on the data disk, then start the cell again.",
    };
  }
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return {
      code: "ledger-damaged",
      what: `The ledger's file is damaged (${said}).`,
      remedy: "Keep the file for the investigation; verify a backup, or fetch the record from central QA.",
    };
  }
  if (code === "") throw problem;
  return {
    code: "disk-error",
    what: `The data disk did not do what it was told (${said}); what was being recorded may or may not be there.`,
    remedy: "Check the disk, then start the cell again: it verifies the record before it goes on.",
  };
}

/** The library throws a TypeError of its own where the folder is missing; here that is SQLite's "cannot open" as well. */
function open(path: string, options: Database.Options): Db {
  if (!existsSync(dirname(path))) throw new Database.SqliteError(`no folder for ${path}`, "SQLITE_CANTOPEN");
  return new Database(path, { timeout: 5000, ...options });
}

function settle(db: Db): void {
  db.pragma("trusted_schema = OFF");
  db.pragma("cell_size_check = ON");
  db.pragma("foreign_keys = ON");
}

function assertVersion(db: Db): void {
  const row = db.prepare<[], { version: string }>("SELECT sqlite_version() AS version").get();
  const found = (row?.version ?? "0.0.0").split(".").map(Number);
  const at = oldestSqlite.findIndex((part, index) => part !== found[index]);
  const older = at >= 0 && (found[at] ?? 0) < (oldestSqlite[at] ?? 0);
  assert(!older, `SQLite ${oldestSqlite.join(".")} or newer is needed, this is ${row?.version}`);
}

/** A consistent copy of the database at `from` (which may be in use) as one file at `to`, flushed. Throws SqliteError. */
export async function copyDatabase(from: string, to: string): Promise<void> {
  const source = openForReading(from);
  try {
    await source.backup(to);
  } finally {
    source.close();
  }
  const copy = open(to, { fileMustExist: true });
  try {
    settle(copy);
    copy.pragma("synchronous = FULL");
    // A copy has no log beside it: it is one file, whole by itself. The next writer gives it one again.
    assert(copy.pragma("journal_mode = DELETE", { simple: true }) === "delete", "a copy is one file");
  } finally {
    copy.close();
  }
}
