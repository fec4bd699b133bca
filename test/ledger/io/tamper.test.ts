/** A forger with SQLite at hand: whatever is edited, the verifier names the first bad entry, and the cell does not start. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../../src/kernel/hash.ts";
import { utf8 } from "../../../src/ledger/bytes.ts";
import { type Entry, entryText, parseEntry } from "../../../src/ledger/entry.ts";
import { artifactPath } from "../../../src/ledger/io/artifacts.ts";
import { createKeys } from "../../../src/ledger/io/keys.ts";
import { openLedger } from "../../../src/ledger/io/ledger.ts";
import { openStore } from "../../../src/ledger/io/store.ts";
import { verifyFolder } from "../../../src/ledger/io/verify.ts";
import { freshFolders } from "../drafts.ts";
import { origin } from "../plain-drafts.ts";
import { exportedBytes } from "./exported.ts";
import { forge, job, makeRecord, verifyRecord } from "./record.ts";

type Forgery = (db: Database.Database) => void;

function entryAt(db: Database.Database, seq: number): Entry {
  const row = db.prepare<[number], { entry: Buffer }>("SELECT entry FROM entry WHERE seq = ?").get(seq);
  const entry = parseEntry(row?.entry.toString() ?? "");
  if (entry === null) throw new Error(`no entry ${seq}`);
  return entry;
}

function rewrite(db: Database.Database, seq: number, change: Partial<Entry>): void {
  const text = entryText({ ...entryAt(db, seq), ...change });
  db.prepare("UPDATE entry SET entry = ? WHERE seq = ?").run(Buffer.from(text), seq);
}

function rewriteBody(db: Database.Database, seq: number, body: string): void {
  db.prepare("UPDATE entry SET body = ? WHERE seq = ?").run(Buffer.from(body), seq);
  rewrite(db, seq, { bodyDigest: digestOf(utf8(body)) });
}

/** Changes an entry and makes every link after it right again: what only the signature can show. */
function relink(db: Database.Database, from: number): void {
  const heads = new Map<string, Entry["prev"]>();
  let prev = entryAt(db, 0).prev;
  for (let seq = 0; seq < 8; seq++) {
    const { job } = entryAt(db, seq);
    if (seq >= from) rewrite(db, seq, { prev, jobPrev: job === null ? null : (heads.get(job) ?? null) });
    prev = digestOf(utf8(entryText(entryAt(db, seq))));
    if (job !== null) heads.set(job, prev);
  }
}

const forgeries: [string, Forgery, number | null, string][] = [
  ["a body edited", (db) => db.exec("UPDATE entry SET body = CAST('{}' AS BLOB) WHERE seq = 3"), 3, "body-changed"],
  ["a body and its digest edited", (db) => rewriteBody(db, 3, '{"layer":9}'), 3, "entry-changed"],
  ["a time edited", (db) => rewrite(db, 4, { at: 1 }), 4, "entry-changed"],
  ["a link edited", (db) => rewrite(db, 5, { prev: entryAt(db, 0).prev }), 5, "entry-changed"],
  ["the last entry edited", (db) => rewrite(db, 7, { at: 1 }), 4, "checkpoint-root"],
  ["the first entry edited", (db) => rewrite(db, 0, { at: 1 }), 0, "entry-changed"],
  ["an entry moved to another job", (db) => rewrite(db, 4, { job: "J1" as Entry["job"] }), 4, "job-link"],
  ["an entry's start lowered", (db) => rewrite(db, 6, { boot: 0, mono: 0 }), 6, "entry-changed"],
  ["an entry written over", (db) => db.exec("UPDATE entry SET entry = x'00' WHERE seq = 2"), 2, "entry-format"],
  [
    "an entry respelt",
    (db) => db.exec("UPDATE entry SET entry = CAST(' ' || CAST(entry AS TEXT) AS BLOB) WHERE seq = 2"),
    2,
    "entry-format",
  ],
  ["an entry deleted", (db) => db.exec("DELETE FROM entry WHERE seq = 3"), 3, "entry-missing"],
  ["the first entry deleted", (db) => db.exec("DELETE FROM entry WHERE seq = 0"), 0, "entry-missing"],
  [
    "an entry deleted and the rest moved up",
    (db) => db.exec("DELETE FROM entry WHERE seq = 3; UPDATE entry SET seq = seq - 1 WHERE seq > 3"),
    3,
    "entry-order",
  ],
  [
    "two entries swapped",
    (db) =>
      db.exec(
        "UPDATE entry SET seq = 99 WHERE seq = 2; UPDATE entry SET seq = 2 WHERE seq = 5; UPDATE entry SET seq = 5 WHERE seq = 99",
      ),
    2,
    "entry-order",
  ],
  ["the end cut off", (db) => db.exec("DELETE FROM entry WHERE seq >= 6"), 6, "truncated"],
  [
    "the end cut off with its checkpoint",
    (db) => db.exec("DELETE FROM entry WHERE seq >= 2; DELETE FROM checkpoint WHERE size = 8"),
    2,
    "truncated",
  ],
  [
    "a body edited and every link made right",
    (db) => {
      rewriteBody(db, 5, '{"layer":3}');
      relink(db, 5);
    },
    4,
    "checkpoint-root",
  ],
  [
    "an early body edited and every link made right",
    (db) => {
      rewriteBody(db, 1, "{}");
      relink(db, 1);
    },
    0,
    "checkpoint-root",
  ],
  ["the job column edited", (db) => db.exec("UPDATE entry SET job = 'J2' WHERE seq = 3"), 3, "index"],
  [
    "a checkpoint edited",
    (db) => db.exec("UPDATE checkpoint SET note = replace(note, '8', '9') WHERE size = 8"),
    null,
    "checkpoint-signature",
  ],
  [
    "a checkpoint filed elsewhere",
    (db) => db.exec("UPDATE checkpoint SET size = 5 WHERE size = 4"),
    null,
    "checkpoint-format",
  ],
  ["all checkpoints deleted", (db) => db.exec("DELETE FROM checkpoint"), null, "unsigned"],
];

describe("[F67][L7] the verifier names the first bad entry", () => {
  test("an untouched record is found good", async () => {
    const report = await verifyRecord(await makeRecord());
    expect(report).toMatchObject({ ok: true, entries: 8, jobs: 2, uncovered: 0, artifacts: 2, findings: [] });
    expect(report.lastCheckpoint?.size).toBe(8);
  });

  test.each(forgeries)("%s", async (_, change, seq, rule) => {
    const record = await makeRecord();
    forge(record.folders, change);
    const report = await verifyRecord(record);
    expect(report.ok).toBe(false);
    expect(report.findings[0]).toMatchObject({ seq, rule });
    expect(report.findings[0]?.what).toMatch(/^[A-Z].*\.$/);
    // The writer refuses to start on it too; only missing or misfiled checkpoints are for the verifier alone.
    const { trusted } = record.keys;
    const opened = openStore({
      dataDir: record.folders.dataDir,
      trusted,
      witnesses: [],
      origin,
      floor: null,
      quotaBytes: null,
      upgrade: true,
    });
    if (opened.ok) opened.value.close();
    expect(opened.ok).toBe(rule === "unsigned" || rule === "checkpoint-format");
    if (!opened.ok && seq !== null) expect(opened.error).toMatchObject({ code: "ledger-broken", seq });
  });

  test("[F65] a deleted picture and an altered one are reported with the entry that names them", async () => {
    const record = await makeRecord();
    const [one, two] = record.pictures.map((digest) => artifactPath(record.folders.dataDir, digest));
    if (one === undefined || two === undefined) throw new Error("two pictures");
    rmSync(one);
    const bytes = readFileSync(two);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(two, bytes);
    const { findings } = await verifyRecord(record);
    expect(findings.map(({ rule, seq }) => [rule, seq])).toEqual([
      ["artifact-missing", 3],
      ["artifact-changed", 7],
    ]);
  });

  test("a key from elsewhere does not vouch for it, even one of the same name", async () => {
    const record = await makeRecord();
    const other = freshFolders();
    const keys = await createKeys(other.keysDir, other.dataDir, origin);
    if (!keys.ok) throw new Error(keys.error.what);
    const report = await verifyFolder(record.folders.dataDir, { trusted: keys.value.trusted });
    expect(report.findings[0]?.rule).toBe("checkpoint-signature");
    expect((await verifyFolder(record.folders.dataDir, { trusted: [] })).ok).toBe(false);
  });

  test("what is no database is a finding, not an exception", async () => {
    const record = await makeRecord();
    const path = join(record.folders.dataDir, "ledger.db");
    writeFileSync(path, "not a database at all, but long enough to be looked at".repeat(100));
    expect((await verifyRecord(record)).findings[0]).toMatchObject({ rule: "database" });
    expect(await openLedger(record.folders)).toMatchObject({ ok: false, error: { code: "ledger-damaged" } });
    rmSync(path);
    expect((await verifyRecord(record)).findings[0]).toMatchObject({ rule: "database" });
    expect(await openLedger(record.folders)).toMatchObject({ ok: false, error: { code: "ledger-absent" } });
    const nowhere = join(record.folders.dataDir, "nowhere");
    expect((await verifyFolder(nowhere, { trusted: [] })).findings[0]).toMatchObject({ rule: "database" });
    expect(await openLedger({ ...record.folders, dataDir: nowhere })).toMatchObject({
      error: { code: "ledger-absent" },
    });
  });
});

describe("[F67] the database's own objects", () => {
  const asView = (table: string, columns: string) =>
    `ALTER TABLE ${table} RENAME TO kept; CREATE VIEW ${table} AS SELECT ${columns} FROM kept`;
  test.each([
    ["a trigger gone", "DROP TRIGGER entry_no_delete"],
    [
      "a trigger that does nothing",
      "DROP TRIGGER entry_no_update; CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT 1; END",
    ],
    ["a view in the place of the entries", asView("entry", "seq, job, entry, body")],
    ["a view in the place of the origin", asView("meta", "name, value")],
    ["a foreign table", "CREATE TABLE notes (text TEXT)"],
    ["a foreign trigger", "CREATE TRIGGER more AFTER INSERT ON entry BEGIN SELECT 1; END"],
    ["a foreign index", "CREATE INDEX by_job ON entry (job)"],
  ])("%s is found, and the writer refuses to open", async (_, change) => {
    const record = await makeRecord();
    const db = new Database(join(record.folders.dataDir, "ledger.db"));
    db.exec(change);
    db.close();
    const report = await verifyRecord(record);
    expect(report.ok).toBe(false);
    expect(report.findings[0]).toMatchObject({ rule: "database", seq: null });
    expect(await openLedger(record.folders)).toMatchObject({ ok: false, error: { code: "ledger-damaged" } });
    const { signer } = record.keys;
    expect(await exportedBytes(record.folders.dataDir, job, { signer })).toMatchObject({
      ok: false,
      error: { code: "ledger-damaged" },
    });
  });
});

test("[F72][L7] the database itself refuses to edit or delete", async () => {
  const { folders } = await makeRecord();
  const db = new Database(join(folders.dataDir, "ledger.db"));
  for (const statement of [
    "UPDATE entry SET job = 'J9'",
    "DELETE FROM entry WHERE seq = 7",
    "UPDATE checkpoint SET note = ''",
    "DELETE FROM checkpoint",
    "UPDATE meta SET value = 'x'",
    "DELETE FROM meta",
  ]) {
    expect(() => db.exec(statement)).toThrow("nothing in the ledger is ever edited");
  }
  expect(() => db.exec("INSERT INTO entry VALUES (8, 3.5, 'text', 'text')")).toThrow();
  db.close();
});
