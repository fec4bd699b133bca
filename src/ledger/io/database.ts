/** The SQLite file: the settings that make a commit durable, its rows, and its words for trouble. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { assert } from "../../kernel/assert.ts";
import type { Row } from "../chain-check.ts";
import type { LedgerFault } from "../ledger.ts";
import type { CheckpointRow } from "../verify.ts";
import { formatOf } from "./schema.ts";

export type Db = Database.Database;

/** File name of the ledger in the data folder; never opened with node:fs, which would drop SQLite's locks. */
export const databaseFile = "ledger.db";
/** How long a connection waits for a lock, in ms. */
export const usualWaitMs = 5000;
const lockFile = "writer.lock";
/** Older ones have the WAL-reset corruption bug (sqlite.org/wal.html#walresetbug). */
const oldestSqlite = [3, 51, 3] as const;

/** Opens for writing and sets what must hold on every writing connection. Throws SqliteError. */
export function openForWriting(path: string, create: boolean): Db {
  const db = openDatabase(path, { fileMustExist: !create });
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
  const db = openDatabase(path, { readonly: true, fileMustExist: true });
  try {
    settle(db);
    return db;
  } catch (problem) {
    db.close();
    throw problem;
  }
}

/**
 * Writes once and then reads back how the connection syncs: the library answers FULL until a first write has
 * happened, whatever it will do (measured), so the question means something only now.
 */
export function assertDurable(db: Db): void {
  db.exec("BEGIN IMMEDIATE");
  db.pragma(`user_version = ${formatOf(db)}`);
  db.exec("COMMIT");
  assert(db.pragma("synchronous", { simple: true }) === 2, "the ledger's commits are flushed (synchronous = FULL)");
  assert(db.pragma("journal_mode", { simple: true }) === "wal", "the ledger's journal is a write-ahead log");
  assert(db.pragma("wal_autocheckpoint", { simple: true }) === 0, "the write-ahead log is emptied explicitly");
}

/** The log's origin, or null where the file is not a ledger of a known format. Throws SqliteError. */
export function readOrigin(db: Db): string | null {
  if (formatOf(db) === null) return null;
  const [row, ...others] = db.prepare<[], { name: string; value: string }>("SELECT name, value FROM meta").all();
  return row?.name === "origin" && typeof row.value === "string" && others.length === 0 ? row.value : null;
}

/** Rows read at a time: one read of the database, so that no reader keeps the write-ahead log from starting over. */
const pageRows = 128;

/** Rows in order from `from` up to, not including, `to`; between two pages the connection holds nothing. */
export function* rowsFrom(db: Db, from = 0, to = Number.MAX_SAFE_INTEGER): IterableIterator<Row> {
  const select = db.prepare<[number, number, number], Row>(
    "SELECT seq, job, entry, body FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT ?",
  );
  for (let next = from; next < to; ) {
    const rows = select.all(next, to, pageRows).map(ofItsKind);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    next = last.seq + 1;
  }
}

/** An entry without its body, as it stands there. */
export interface EntryRow {
  readonly seq: number;
  readonly job: string | null;
  readonly entry: Uint8Array;
}

/**
 * Entries in order, all that can be read: what stands on a damaged page of the file is left out, and so is what damage has
 * put out of order. Without `to` it ends where there is nothing more to be seen.
 */
export function* readableEntries(db: Db, from: number, to = Number.MAX_SAFE_INTEGER): IterableIterator<EntryRow> {
  const select = db.prepare<[number, number, number], EntryRow>(
    "SELECT seq, job, entry FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT ?",
  );
  for (let next = from, most = pageRows; next < to; ) {
    const rows = whatIsReadable(() => select.all(next, to, most));
    const before = next;
    for (const row of rows ?? []) {
      if (row.seq < next) continue;
      yield { ...row, entry: row.entry instanceof Uint8Array ? row.entry : new Uint8Array() };
      next = row.seq + 1;
    }
    // A number that damage has made large hides what follows it from a search; the next number may be found again.
    const stuck = next === before;
    if (stuck && to === Number.MAX_SAFE_INTEGER && (rows !== null || most === 1)) return;
    if (stuck && (rows !== null || most === 1)) next += 1;
    most = stuck ? 1 : Math.min(pageRows, most * 2);
  }
}

/** The body of an entry; empty where it cannot be read. */
export function bodyOf(db: Db, seq: number): Uint8Array {
  const select = db.prepare<[number], { body: unknown }>("SELECT body FROM entry WHERE seq = ?");
  const body = whatIsReadable(() => select.get(seq))?.body;
  return body instanceof Uint8Array ? body : new Uint8Array();
}

/** What a read gives, null where the file is damaged there. */
export function whatIsReadable<T>(read: () => T): T | null {
  try {
    return read();
  } catch (problem) {
    if (!sqliteCode(problem).startsWith("SQLITE_CORRUPT")) throw problem;
    return null;
  }
}

/**
 * A row as its columns are declared. Damage can make a value one of another kind, which SQLite hands out as it is: it
 * counts as empty, and so is found at its entry.
 */
function ofItsKind(row: Row): Row {
  const bytes = (value: unknown) => (value instanceof Uint8Array ? value : new Uint8Array());
  return { ...row, entry: bytes(row.entry), body: bytes(row.body) };
}

/** The same of a stored note. */
function noteOfItsKind({ size, note }: CheckpointRow): CheckpointRow {
  return { size, note: typeof note === "string" ? note : "" };
}

function notesOf(db: Db, select: string, newestOnly: boolean): CheckpointRow[] {
  const rows = db.prepare<[], CheckpointRow>(newestOnly ? `${select} DESC LIMIT 1` : select).all();
  return rows.map(noteOfItsKind);
}

/** One above the highest number in the table of entries; 0 where it is empty. */
export function entryCount(db: Db): number {
  const row = db.prepare<[], { seq: number | null }>("SELECT max(seq) AS seq FROM entry").get();
  return (row?.seq ?? -1) + 1;
}

/** All stored checkpoints in order of size; only the newest where `newestOnly`. */
export function checkpointRows(db: Db, newestOnly: boolean): CheckpointRow[] {
  const select = "SELECT size, note FROM checkpoint ORDER BY size";
  return notesOf(db, select, newestOnly);
}

/** All stored cosigned checkpoints in order of size; only the newest where `newestOnly`; none in a file of format 1. */
export function cosignatureRows(db: Db, newestOnly: boolean): CheckpointRow[] {
  if (formatOf(db) !== 2) return [];
  const select = "SELECT size, note FROM cosignature ORDER BY size";
  return notesOf(db, select, newestOnly);
}

/** The same rows, largest first, read as they are asked for. */
export function* cosignaturesDown(db: Db): Iterable<CheckpointRow> {
  if (formatOf(db) !== 2) return;
  const rows = db.prepare<[], CheckpointRow>("SELECT size, note FROM cosignature ORDER BY size DESC").iterate();
  for (const row of rows) yield noteOfItsKind(row);
}

/** Notes filed under sizes above `above`, up to and including `to`. Throws SqliteError. */
export function notesBetween(db: Db, table: "checkpoint" | "cosignature", above: number, to: number): CheckpointRow[] {
  if (table === "cosignature" && formatOf(db) !== 2) return [];
  const sql = `SELECT size, note FROM ${table} WHERE size > ? AND size <= ? ORDER BY size`;
  return db.prepare<[number, number], CheckpointRow>(sql).all(above, to).map(noteOfItsKind);
}

/** Stored checkpoints, largest first, read as they are asked for. */
export function* checkpointsDown(db: Db): Iterable<CheckpointRow> {
  const rows = db.prepare<[], CheckpointRow>("SELECT size, note FROM checkpoint ORDER BY size DESC").iterate();
  for (const row of rows) yield noteOfItsKind(row);
}

/**
 * Takes the folder for this process until the returned function is called or the process dies, whichever is first
 * (the kernel drops the lock, so none is ever stale); null where another one has it.
 */
export function lockFolder(path: (file: string) => string): (() => void) | null {
  const lock = openDatabase(path(lockFile), { timeout: 0 });
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

const damagedRemedy =
  "Keep the file for the investigation; bring the record back from central QA's copy (`cellward repair`) or a backup.";

/** The fault of a database whose schema is not as it was laid. */
export function alteredSchema(what: string): LedgerFault {
  return { code: "ledger-damaged", what, remedy: damagedRemedy };
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
      remedy: damagedRemedy,
    };
  }
  if (code === "") throw problem;
  return {
    code: "disk-error",
    what: `The data disk did not do what it was told (${said}); what was being recorded may or may not be there.`,
    remedy: "Check the disk, then start the cell again: it verifies the record before it goes on.",
  };
}

/** Opens a file bare, without any setting. The library throws a TypeError of its own where the folder is missing; here that is SQLite's "cannot open" as well. */
export function openDatabase(path: string, options: Database.Options): Db {
  if (!existsSync(dirname(path))) throw new Database.SqliteError(`no folder for ${path}`, "SQLITE_CANTOPEN");
  return new Database(path, { timeout: usualWaitMs, ...options });
}

/** What every connection of ours is told first. */
export function settle(db: Db): void {
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
