/** A consistent copy of a ledger's database, also of one in use: row by row in pages, so that the copy pins nothing. */
import { assert } from "../../kernel/assert.ts";
import { type Db, entryCount, openDatabase, openForReading, readOrigin, rowsFrom, settle } from "./database.ts";
import { createSchema, formatOf, schemaProblem } from "./schema.ts";

/**
 * Copies the database at `from`, which may be in use, to one file at `to`, flushed. SQLite's own backup begins again
 * whenever the source is written and would hold one long read or never end; a log that only grows can be copied in
 * pages. A file that is not laid as a ledger is copied as it is, for the verification to say so. Throws SqliteError.
 */
export async function copyDatabase(from: string, to: string): Promise<void> {
  const source = openForReading(from);
  try {
    if (schemaProblem(source) === null && readOrigin(source) !== null) copyRows(source, to);
    else await source.backup(to);
  } finally {
    source.close();
  }
  const copy = openDatabase(to, { fileMustExist: true });
  try {
    settle(copy);
    copy.pragma("synchronous = FULL");
    // A copy has no log beside it: it is one file, whole by itself. The next writer gives it one again.
    assert(copy.pragma("journal_mode = DELETE", { simple: true }) === "delete", "a copy is one file");
  } finally {
    copy.close();
  }
}

function copyRows(source: Db, to: string): void {
  const [origin, format] = [readOrigin(source), formatOf(source)];
  assert(origin !== null && format !== null, "only a ledger is copied row by row");
  const copy = openDatabase(to, {});
  try {
    copy.pragma("synchronous = FULL");
    createSchema(copy, origin, format);
    copy.exec("BEGIN");
    // Notes first, entries after: no note is then over entries that the copy lacks.
    for (const table of tablesBeside(source)) {
      const rows = source.prepare<[], unknown[]>(`SELECT * FROM "${table}"`).raw().all();
      const places = rows[0]?.map(() => "?").join(",");
      if (places === undefined) continue;
      const insert = copy.prepare(`INSERT INTO "${table}" VALUES (${places})`);
      for (const row of rows) insert.run(...row);
    }
    const insert = copy.prepare("INSERT INTO entry VALUES (?, ?, ?, ?)");
    for (const { seq, job, entry, body } of rowsFrom(source, 0, entryCount(source))) insert.run(seq, job, entry, body);
    copy.exec("COMMIT");
  } finally {
    copy.close();
  }
}

function tablesBeside(source: Db): readonly string[] {
  const select = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('meta', 'entry') ORDER BY name";
  return source
    .prepare<[], { name: string }>(select)
    .all()
    .map(({ name }) => name);
}
