/** The database's tables and triggers: how a fresh file is laid, how one of format 1 becomes one of format 2, and whether a file is so. */
import Database from "better-sqlite3";
import { assert } from "../../kernel/assert.ts";

type Db = Database.Database;

/** The format that is written. Format 1 has no table of cosignatures; it is read for ever. */
export const formatVersion = 2;
export type FormatVersion = 1 | 2;

const tables = {
  meta: "CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
  entry: `CREATE TABLE entry (
    seq INTEGER PRIMARY KEY CHECK (seq >= 0), job TEXT, entry BLOB NOT NULL, body BLOB NOT NULL
  ) STRICT`,
  checkpoint: "CREATE TABLE checkpoint (size INTEGER PRIMARY KEY CHECK (size >= 0), note TEXT NOT NULL) STRICT",
  cosignature: "CREATE TABLE cosignature (size INTEGER PRIMARY KEY CHECK (size >= 1), note TEXT NOT NULL) STRICT",
} as const;
type Table = keyof typeof tables;

/** Lays the tables into a fresh file; the older format only to compare with. */
export function createSchema(db: Db, origin: string, version: FormatVersion = formatVersion): void {
  db.transaction(() => {
    for (const table of ["meta", "entry", "checkpoint"] as const) lay(db, table);
    if (version === 2) lay(db, "cosignature");
    db.prepare("INSERT INTO meta VALUES ('origin', ?)").run(origin);
    db.pragma(`user_version = ${version}`);
  })();
}

/**
 * Gives a file of format 1 what format 2 has more, in one transaction; nothing that is there is touched. The caller has
 * asked `schemaProblem` and verified the log. Throws SqliteError.
 */
export function upgradeSchema(db: Db): void {
  if (formatOf(db) !== 1) return;
  db.exec("BEGIN IMMEDIATE");
  lay(db, "cosignature");
  db.pragma("user_version = 2");
  db.exec("COMMIT");
  assert(schemaProblem(db) === null && formatOf(db) === 2, "an upgraded ledger is as a fresh one");
}

function lay(db: Db, table: Table): void {
  const refusals = ["UPDATE", "DELETE"].map(
    (verb) =>
      `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table} ` +
      `BEGIN SELECT RAISE(ABORT, 'nothing in the ledger is ever edited'); END`,
  );
  db.exec(`${[tables[table], ...refusals].join(";\n")};`);
}

/** The file's format, or null where it has none that is known here. Throws SqliteError. */
export function formatOf(db: Db): FormatVersion | null {
  const version = db.pragma("user_version", { simple: true });
  return version === 1 || version === 2 ? version : null;
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
 * What in a file of a known format is not as `createSchema` lays it, one sentence; null where all of it is. To be asked
 * before anything is read from a table: a view may stand in its place. Throws SqliteError.
 */
export function schemaProblem(db: Db): string | null {
  const version = formatOf(db);
  if (version === null) return null;
  const model = new Database(":memory:");
  try {
    createSchema(model, "model", version);
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
