/** Mutants of a data folder on disk: rows, tables, triggers, artifacts, and bytes of the database file itself. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { mutateBytes } from "./bytes.ts";
import type { FolderCase } from "./case.ts";
import type { Chance } from "./chance.ts";
import { mutateJson } from "./json.ts";
import type { Mutant, Tolerance } from "./mutant.ts";
import { mutateNote } from "./notes.ts";

/** What is done to the open database (its refusing triggers gone, put back afterwards), and what may come of it. */
interface Edit {
  readonly how: string;
  readonly act: (db: Database.Database) => void;
  readonly tolerated?: Tolerance;
  /** True where the edit gives what was there. */
  readonly idle?: boolean;
  /** A trigger that is not put back. */
  readonly keepOut?: string;
}

/** A changed copy of the folder at `to`, which is written over. */
export function mutateFolder(whole: FolderCase, to: string, replays: readonly string[], chance: Chance): Mutant {
  rmSync(to, { recursive: true, force: true });
  cpSync(whole.path, to, { recursive: true, filter: (path) => !path.endsWith("reserve.bin") });
  const test = { ...whole, path: to };
  const choice = chance.int(8);
  if (choice === 0) return { ...mutateArtifact(to, chance), test, tolerated: null };
  const file = join(to, "ledger.db");
  if (choice === 1) {
    // The copy is a log beside its database no more: one file, so that every byte of it counts.
    edit(file, () => undefined);
    const { how, value } = mutateBytes(readFileSync(file), chance);
    writeFileSync(file, value);
    return { how: `file: ${how}`, test, tolerated: "the file's own bytes" };
  }
  const made = choice < 4 ? schemaEdit(chance) : rowEdit(file, replays, chance);
  edit(file, made.act, made.keepOut);
  return { how: made.how, test, tolerated: made.tolerated ?? null, idle: made.idle ?? false };
}

/** One artifact of a folder gone, changed, or another's. */
export function mutateArtifact(folder: string, chance: Chance): { readonly how: string; readonly idle: boolean } {
  const root = join(folder, "artifacts");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.includes("/"));
  const [at, other] = [chance.int(files.length), chance.int(files.length)];
  const path = join(root, files[at]!);
  switch (chance.int(3)) {
    case 0:
      rmSync(path);
      return { how: `artifact ${at} gone`, idle: false };
    case 1: {
      const bytes = at === other ? Buffer.from("CWART1\n\0") : readFileSync(join(root, files[other]!));
      writeFileSync(path, bytes);
      return { how: `artifact ${at} has the bytes of ${other}`, idle: false };
    }
    default: {
      const before = readFileSync(path);
      const { how, value } = mutateBytes(before, chance);
      writeFileSync(path, value);
      return { how: `artifact ${at}: ${how}`, idle: before.equals(value) };
    }
  }
}

/** Acts on the database with its triggers gone, as a forger would; they are put back, except `keepOut` and those of no table. */
function edit(file: string, act: (db: Database.Database) => void, keepOut?: string): void {
  const db = new Database(file);
  db.pragma("synchronous = OFF");
  db.pragma("journal_mode = DELETE");
  const select = "SELECT type, name, tbl_name AS owner, sql FROM sqlite_schema";
  const schema = () => db.prepare<[], { type: string; name: string; owner: string; sql: string }>(select).all();
  const triggers = schema().filter(({ type }) => type === "trigger");
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  act(db);
  const [names, tables] = [new Set<string>(), new Set<string>()];
  for (const { type, name } of schema()) (type === "table" ? tables : names).add(name);
  for (const { name, owner, sql } of triggers) {
    if (name !== keepOut && tables.has(owner) && !names.has(name)) db.exec(sql);
  }
  db.close();
}

/** Tables and triggers that are not as they were laid. */
function schemaEdit(chance: Chance): Edit {
  const run = (how: string, sql: string, tolerated?: Tolerance): Edit => ({
    ...{ how, act: (db) => void db.exec(sql) },
    ...(tolerated === undefined ? {} : { tolerated }),
  });
  const gone = chance.of(["entry_no_update", "entry_no_delete", "checkpoint_no_update", "meta_no_delete"]);
  return chance.of<Edit>([
    { how: `the trigger ${gone} gone`, act: () => undefined, keepOut: gone },
    run("a trigger for another", "CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT 1; END"),
    run("a table more", "CREATE TABLE more (x)"),
    run("an index more", "CREATE INDEX more ON entry (job)"),
    run("a view more", "CREATE VIEW more AS SELECT * FROM entry"),
    run(
      "a view for a table",
      "ALTER TABLE cosignature RENAME TO hidden; CREATE VIEW cosignature AS SELECT * FROM hidden",
    ),
    run("an unknown format", `PRAGMA user_version = ${chance.of([0, 3, 99])}`),
    run("an older format", "PRAGMA user_version = 1"),
    run("another origin", "UPDATE meta SET value = 'hospital.example/cell-2'"),
    run("an origin of other case", "UPDATE meta SET value = upper(value)"),
    run("no origin", "DELETE FROM meta"),
    run("a second row in meta", "INSERT INTO meta VALUES ('more', 'x')"),
    run("no entries at all", "DELETE FROM entry"),
    run("no checkpoints at all", "DELETE FROM checkpoint"),
    run(
      "nothing but the first entries",
      "DELETE FROM entry WHERE seq >= 4; DELETE FROM checkpoint WHERE size > 4; DELETE FROM cosignature WHERE size > 4",
      "an older end",
    ),
  ]);
}

/** One row of one table. */
function rowEdit(file: string, replays: readonly string[], chance: Chance): Edit {
  const db = new Database(file, { readonly: true });
  const rows = db.prepare<[], { seq: number; entry: Buffer; body: Buffer }>("SELECT seq, entry, body FROM entry").all();
  const notes = db.prepare<[], { size: number; note: string }>("SELECT size, note FROM checkpoint").all();
  db.close();
  const { seq, ...columns } = chance.of(rows);
  const column = chance.of(["entry", "body"] as const);
  const write = (how: string, value: Buffer): Edit => ({
    idle: value.equals(columns[column]),
    ...{
      how: `entry ${seq}, ${column}: ${how}`,
      act: (open) => void open.prepare(`UPDATE entry SET ${column} = ? WHERE seq = ?`).run(value, seq),
    },
  });
  switch (chance.int(5)) {
    case 0: {
      const { how, value } = mutateBytes(columns[column], chance);
      return write(how, Buffer.from(value));
    }
    case 1: {
      const { how, value } = mutateJson(columns[column].toString(), [], chance);
      return write(how, Buffer.from(value));
    }
    case 2: {
      const sql = chance.of([
        "UPDATE entry SET seq = 99 WHERE seq = 7",
        "DELETE FROM entry WHERE seq = 3",
        "UPDATE entry SET job = 'J2' WHERE seq = 1",
        "UPDATE entry SET job = NULL WHERE seq = 5",
        "UPDATE entry SET entry = x'' WHERE seq = 2",
        "INSERT INTO entry SELECT 8, job, entry, body FROM entry WHERE seq = 7",
      ]);
      return { how: sql, act: (open) => void open.exec(sql) };
    }
    case 3: {
      const sql = "UPDATE checkpoint SET note = CAST(x'ff' AS TEXT) || note WHERE size = 8";
      return { how: "a checkpoint that is not UTF-8", act: (open) => void open.exec(sql) };
    }
    default: {
      const { size, note } = chance.of(notes);
      const { how, value, sameMeaning } = mutateNote(note, replays, chance);
      const known = replays.includes(value) && value.split("\n\n")[0] === note.split("\n\n")[0];
      return {
        how: `checkpoint ${size}: ${how}`,
        idle: value === note,
        act: (open) => void open.prepare("UPDATE checkpoint SET note = ? WHERE size = ?").run(value, size),
        ...(sameMeaning || known ? { tolerated: "another's line" as const } : {}),
      };
    }
  }
}
