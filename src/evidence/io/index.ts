/** The index of owed evidence in a small SQLite file beside the ledger: a cache of what the ledger says, and the receipts. */
import { rmSync } from "node:fs";
import Database from "better-sqlite3";
import { digestOf } from "../../kernel/hash.ts";
import type { Digest, JobId } from "../../kernel/names.ts";
import type { EpochMs } from "../../kernel/units.ts";
import { utf8 } from "../../ledger/bytes.ts";
import type { JsonObject } from "../../ledger/entry.ts";
import { receivedAt } from "../../ledger/evidence.ts";
import { askOf, type EvidencePolicy, piecesOf } from "../policy.ts";
import type { FoldedEntry, OwedIndex, OwedPiece } from "../ports.ts";

type Db = Database.Database;

/** Version of the tables: another one is thrown away and made anew. */
const formatVersion = 1;

// `owed`: 0 not owed, 1 by policy, 2 asked for by central QA. `job` is empty where the entry is the cell's own.
const schema = `
  CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE piece (
    digest TEXT NOT NULL, job TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, owed INTEGER NOT NULL,
    PRIMARY KEY (digest, job)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX piece_owed ON piece (owed DESC, seq) WHERE owed > 0;
  CREATE INDEX piece_job ON piece (job);
  CREATE TABLE asked (job TEXT NOT NULL PRIMARY KEY, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE receipt (digest TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL, envelope TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

/** Opens the index, or makes it anew where the file is not one, or damaged; `origin` and policy decide what it is an index of. */
export function openOwedIndex(path: string, origin: string, policy: EvidencePolicy): OwedIndex {
  let db: Db;
  try {
    db = openFile(path);
  } catch (problem) {
    if (!(problem instanceof Database.SqliteError)) throw problem;
    // Everything in it is read off the ledger again, and asked of central again.
    for (const end of ["", "-wal", "-shm"]) rmSync(`${path}${end}`, { force: true });
    db = openFile(path);
  }
  const index = indexOver(db, policy);
  const about = JSON.stringify([origin, policy]);
  const same = db.prepare<[], { value: string }>("SELECT value FROM meta WHERE name = 'about'").get()?.value === about;
  if (!same) {
    index.reset();
    db.prepare("INSERT OR REPLACE INTO meta VALUES ('about', ?)").run(about);
  }
  return index;
}

/** What waits by the file as it is, read and not changed; null where there is none that can be read. */
export function countOwed(path: string): ReturnType<OwedIndex["counts"]> | null {
  let db: Db;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
  } catch {
    return null;
  }
  try {
    return countIn(db);
  } catch {
    return null;
  } finally {
    db.close();
  }
}

function countIn(db: Db): ReturnType<OwedIndex["counts"]> {
  const count = db.prepare<[], { n: number; at: EpochMs | null }>(
    "SELECT count(DISTINCT digest) AS n, min(at) AS at FROM piece WHERE owed > 0",
  );
  const receipts = db.prepare<[], { n: number }>("SELECT count(*) AS n FROM receipt");
  const { n, at } = count.get() ?? { n: 0, at: null };
  return { waiting: n, oldestAt: at, received: receipts.get()?.n ?? 0 };
}

function openFile(path: string): Db {
  const db = new Database(path);
  try {
    db.pragma("trusted_schema = OFF");
    db.pragma("journal_mode = WAL");
    // A cache: what a power cut takes is folded, or asked for, again.
    db.pragma("synchronous = NORMAL");
    const version = db.pragma("user_version", { simple: true });
    if (version !== formatVersion) {
      for (const table of ["meta", "piece", "asked", "receipt"]) db.exec(`DROP TABLE IF EXISTS ${table}`);
      db.transaction(() => {
        db.exec(schema);
        db.pragma(`user_version = ${formatVersion}`);
      })();
    }
    if (db.pragma("quick_check(1)", { simple: true }) !== "ok")
      throw new Database.SqliteError("damaged", "SQLITE_CORRUPT");
    return db;
  } catch (problem) {
    db.close();
    throw problem;
  }
}

function indexOver(db: Db, policy: EvidencePolicy): OwedIndex {
  const meta = db.prepare<[string], { value: string }>("SELECT value FROM meta WHERE name = ?");
  const setMeta = db.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)");
  const fold = folder(db, policy);
  const owed = db.prepare<[number, number], OwedPiece>(
    "SELECT digest, min(seq) AS seq FROM piece WHERE owed > 0 AND seq < ? GROUP BY digest ORDER BY max(owed) DESC, min(seq) LIMIT ?",
  );
  const isOwed = db.prepare<[string], unknown>("SELECT 1 FROM piece WHERE digest = ? AND owed > 0 LIMIT 1");
  const keep = db.prepare("INSERT OR REPLACE INTO receipt VALUES (?, ?, ?)");
  const settled = db.prepare(
    `UPDATE piece SET owed = 0 WHERE digest = ?
     AND NOT EXISTS (SELECT 1 FROM asked WHERE asked.job = piece.job AND asked.since > ?)`,
  );
  let counted: ReturnType<OwedIndex["counts"]> | null = null;
  return {
    next: () => Number(meta.get("next")?.value ?? 0),
    lastDigest: () => (meta.get("last")?.value as Digest | undefined) ?? null,
    fold: db.transaction((entries: readonly FoldedEntry[]) => {
      counted = null;
      for (const each of entries) fold(each);
      const last = entries.at(-1);
      if (last === undefined) return;
      setMeta.run("next", String(last.seq + 1));
      setMeta.run("last", digestOf(utf8(last.entryText)));
    }),
    reset: db.transaction(() => {
      counted = null;
      db.exec("DELETE FROM piece; DELETE FROM asked; DELETE FROM meta WHERE name IN ('next', 'last')");
    }),
    owed: (belowSeq, limit) => owed.all(belowSeq, limit),
    isOwed: (digest) => isOwed.get(digest) !== undefined,
    counts() {
      counted ??= countIn(db);
      return counted;
    },
    received: db.transaction((receipt, envelope: string) => {
      counted = null;
      const at = receivedAt(receipt);
      keep.run(receipt.digest, at, envelope);
      settled.run(receipt.digest, at);
    }),
    close: () => void db.close(),
  };
}

interface Header {
  readonly at: EpochMs;
  readonly job: JobId | null;
  readonly type: string;
}

/** Folds one entry: the pieces that it names, and what central QA asks for in it. */
function folder(db: Db, policy: EvidencePolicy): (entry: FoldedEntry) => void {
  const receipt = db.prepare<[string], { at: number }>("SELECT at FROM receipt WHERE digest = ?");
  const asked = db.prepare<[string], { since: number }>("SELECT since FROM asked WHERE job = ?");
  const add = db.prepare(
    `INSERT INTO piece VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (digest, job) DO UPDATE SET owed = max(owed, excluded.owed)`,
  );
  const ask = db.prepare(
    "INSERT INTO asked VALUES (?, ?) ON CONFLICT (job) DO UPDATE SET since = max(since, excluded.since)",
  );
  // A receipt that is older than the question does not answer it: central may have lost what it held.
  const nowOwed = db.prepare(
    `UPDATE piece SET owed = 2 WHERE job = ?
     AND NOT EXISTS (SELECT 1 FROM receipt WHERE receipt.digest = piece.digest AND receipt.at >= ?)`,
  );
  return ({ seq, entryText, bodyText }) => {
    const { at, job, type } = JSON.parse(entryText) as Header;
    const naming = { type, job, body: JSON.parse(bodyText) as JsonObject };
    const since = job === null ? undefined : asked.get(job)?.since;
    for (const { digest, wanted } of piecesOf(naming, policy)) {
      const had = receipt.get(digest)?.at;
      const isAsked = since !== undefined && (had === undefined || had < since);
      add.run(digest, job ?? "", seq, at, isAsked ? 2 : wanted && had === undefined ? 1 : 0);
    }
    const question = askOf(naming);
    if (question === null) return;
    ask.run(question.job, question.since);
    nowOwed.run(question.job, question.since);
  };
}
