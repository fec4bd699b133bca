/** Stored cosignatures on disk: beside the tree, never edited, judged by the verifier; and a ledger of format 1 brought to format 2. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { formatCheckpoint } from "../../../src/ledger/checkpoint.ts";
import { cosign } from "../../../src/ledger/cosignature.ts";
import { readFloor } from "../../../src/ledger/io/floor.ts";
import { writeRestoredMarker } from "../../../src/ledger/io/marker.ts";
import { verifyFolder } from "../../../src/ledger/io/verify.ts";
import { signNote } from "../../../src/ledger/note.ts";
import type { VerifyingKey } from "../../../src/ledger/signer.ts";
import { all } from "../conformance.ts";
import { mustOpen } from "../drafts.ts";
import { draft, origin, started } from "../plain-drafts.ts";
import { ed25519Signer } from "../witness.ts";
import { forge, type MadeRecord, makeRecord } from "./record.ts";

const witness = ed25519Signer("qa.hospital.example", 4);

/** A record whose first four, then whose eight entries were countersigned. */
async function countersigned(): Promise<MadeRecord> {
  const record = await makeRecord();
  const { ledger } = await mustOpen(record.folders);
  for (const size of [4, 8]) {
    await ledger.putCosignature(size, await cosign(await ledger.checkpointAt(size), witness, 1_790_000_000 + size));
  }
  await ledger.close();
  return record;
}

function verify({ folders, keys }: MadeRecord, witnesses = [witness.key]) {
  return verifyFolder(folders.dataDir, { trusted: keys.trusted, dataKey: keys.dataKey, witnesses });
}

describe("[F81] countersignatures in the ledger", () => {
  test("are found by the verifier, by name where central's key is given", async () => {
    const record = await countersigned();
    expect(await verify(record)).toMatchObject({ ok: true, cosigned: { size: 8, by: ["qa.hospital.example"] } });
    expect(await verify(record, [])).toMatchObject({ ok: true, cosigned: { size: 8, by: [] } });
    const other = ed25519Signer("qa.hospital.example", 4);
    expect(await verify(record, [other.key])).toMatchObject({ ok: false, cosigned: null });
  });

  test("[L7][F79] a row that central has not signed counts for nothing, and is found where its key is given", async () => {
    const record = await makeRecord();
    const opened = await mustOpen(record.folders);
    await opened.ledger.putCosignature(4, await cosign(await opened.ledger.checkpointAt(4), witness, 1_790_000_004));
    await opened.ledger.close();
    // Whoever can write the data folder has the cell's own notes at hand, and can make keys of any name.
    const own = (size: number) => `SELECT ${size}, note FROM checkpoint WHERE size = 8`;
    const foreign = ed25519Signer("qa.hospital.example", 4);
    forge(record.folders, (db) => db.exec(`INSERT INTO cosignature ${own(8)}`));
    const witnesses = [witness.key];
    const counted = async (keys?: readonly VerifyingKey[]) => {
      const { ledger, report } = await mustOpen({ ...record.folders, ...(keys && { witnesses: keys }) });
      const sizes = [ledger.cosigned().size, report.cosigned?.size ?? 0];
      await ledger.close();
      return sizes;
    };
    expect(await counted(witnesses)).toEqual([4, 4]);
    expect(await counted([foreign.key])).toEqual([0, 0]);
    expect(await counted()).toEqual([0, 0]);
    expect(await verify(record)).toMatchObject({
      ok: false,
      cosigned: { size: 4, by: ["qa.hospital.example"] },
      findings: [
        { rule: "cosignature", what: expect.stringContaining("over 8 entries does not hold: central QA has") },
      ],
    });
    // Central's own line for that size comes all the same, and does not stop the cell.
    const { ledger } = await mustOpen({ ...record.folders, witnesses });
    await ledger.putCosignature(8, await cosign(await ledger.checkpointAt(8), witness, 1_790_000_008));
    expect(ledger.cosigned().size).toBe(8);
  });

  test("[L7] are never edited: the database itself refuses", async () => {
    const record = await countersigned();
    const db = new Database(join(record.folders.dataDir, "ledger.db"));
    for (const sql of ["UPDATE cosignature SET note = ''", "DELETE FROM cosignature"]) {
      expect(() => db.exec(sql)).toThrow("nothing in the ledger is ever edited");
    }
    db.close();
  });

  test("a line of central that is not its signature, one filed elsewhere, and one of other entries are found", async () => {
    const { keys } = await makeRecord();
    const otherRoot = formatCheckpoint({ origin, size: 8, root: new Uint8Array(32) });
    const otherKey = await signNote(otherRoot, ed25519Signer(origin, 1));
    const put = async (note: string) =>
      `UPDATE cosignature SET note = '${await cosign(note, witness, 1)}' WHERE size = 8`;
    const cases: [string, string][] = [
      ["UPDATE cosignature SET note = replace(note, substr(note, -8, 4), 'AAAA') WHERE size = 8", "is wrong"],
      ["UPDATE cosignature SET size = 7 WHERE size = 8", "it is over 8 entries"],
      [await put(await signNote(otherRoot, keys.signer)), "Entries 4 to 7 are not those that central QA has"],
      [await put(otherKey), "no key that you trust has signed it"],
    ];
    for (const [sql, what] of cases) {
      const record = await countersigned();
      forge(record.folders, (db) => db.exec(sql));
      const report = await verify(record);
      expect(report.ok, sql).toBe(false);
      expect(report.findings[0]).toMatchObject({ rule: "cosignature", what: expect.stringMatching(what) });
    }
  });

  test("a record whose end was cut off with its checkpoints is shorter than central has countersigned", async () => {
    const record = await countersigned();
    forge(record.folders, (db) => db.exec("DELETE FROM entry WHERE seq >= 6; DELETE FROM checkpoint WHERE size = 8"));
    const report = await verify(record, []);
    expect(report).toMatchObject({
      ok: false,
      cosigned: { size: 4 },
      findings: [{ rule: "truncated", seq: 6, what: expect.stringContaining("countersigned 8 entries, 6 are here") }],
    });
  });

  test("[F96] the boot floor is never below what central has countersigned", async () => {
    const record = await makeRecord();
    const { ledger } = await mustOpen(record.folders);
    await ledger.append([started(1), draft("A", {}, null, 1), draft("B", {}, null, 1)]);
    await ledger.putCosignature(10, await cosign(await ledger.checkpointAt(10), witness, 1_790_000_000));
    expect((await readFloor(record.folders.keysDir, origin))?.size).toBeGreaterThanOrEqual(10);
  });
});

/** The schema of format 1, word for word as the first release laid it. */
const formatOne = `
  CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE entry (
    seq INTEGER PRIMARY KEY CHECK (seq >= 0), job TEXT, entry BLOB NOT NULL, body BLOB NOT NULL
  ) STRICT;
  CREATE TABLE checkpoint (size INTEGER PRIMARY KEY CHECK (size >= 0), note TEXT NOT NULL) STRICT;
`;

/** The record as a cell of the first release would have left it: the same rows in a file of format 1. */
async function recordOfFormatOne(): Promise<MadeRecord> {
  const record = await makeRecord();
  const path = join(record.folders.dataDir, "ledger.db");
  const newer = new Database(path);
  const rows = (table: string) => newer.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table}`).all();
  const kept = { meta: rows("meta"), entry: rows("entry"), checkpoint: rows("checkpoint") };
  newer.close();
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
  const old = new Database(path);
  old.exec(formatOne);
  for (const table of ["meta", "entry", "checkpoint"]) {
    for (const verb of ["UPDATE", "DELETE"]) {
      const name = `${table}_no_${verb.toLowerCase()}`;
      old.exec(
        `CREATE TRIGGER ${name} BEFORE ${verb} ON ${table} ` +
          `BEGIN SELECT RAISE(ABORT, 'nothing in the ledger is ever edited'); END;`,
      );
    }
  }
  for (const [table, all] of Object.entries(kept)) {
    for (const row of all) {
      const values = Object.values(row);
      old.prepare(`INSERT INTO ${table} VALUES (${values.map(() => "?").join(", ")})`).run(...values);
    }
  }
  old.pragma("user_version = 1");
  old.close();
  return record;
}

function versionOf(record: MadeRecord): unknown {
  const db = new Database(join(record.folders.dataDir, "ledger.db"), { readonly: true });
  const version = db.pragma("user_version", { simple: true });
  db.close();
  return version;
}

describe("[F76] a ledger of format 1", () => {
  test("verifies as it lies, and is left as it is by a verifier", async () => {
    const record = await recordOfFormatOne();
    expect(await verify(record)).toMatchObject({ ok: true, entries: 8, cosigned: null });
    expect(versionOf(record)).toBe(1);
  });

  test("is brought to format 2 where it lies when its cell starts, with every entry as it was", async () => {
    const record = await recordOfFormatOne();
    const before = await mustOpen((await makeRecord()).folders);
    const { ledger, standing } = await mustOpen(record.folders);
    expect(standing.kind).toBe("current");
    expect((await all(ledger)).map((one) => one.entryText)).toHaveLength((await all(before.ledger)).length);
    await ledger.append([started(1)]);
    await ledger.putCosignature(9, await cosign(await ledger.checkpoint(), witness, 1_790_000_000));
    await ledger.close();
    expect(versionOf(record)).toBe(2);
    expect(await verify(record)).toMatchObject({ ok: true, entries: 9, cosigned: { size: 9 } });
    const witnesses = [witness.key];
    expect((await mustOpen({ ...record.folders, witnesses })).ledger.cosigned().size).toBe(9);
  });

  test("stays as it is where it is only an image, or where something foreign stands in it", async () => {
    const image = await recordOfFormatOne();
    await writeRestoredMarker(image.folders.dataDir, "This ledger was restored from a backup.");
    const { ledger, standing } = await mustOpen(image.folders);
    expect(standing.kind).toBe("restored");
    expect(ledger.cosigned().size).toBe(0);
    await ledger.close();
    expect(versionOf(image)).toBe(1);

    const foreign = await recordOfFormatOne();
    const db = new Database(join(foreign.folders.dataDir, "ledger.db"));
    db.exec("CREATE TABLE cosignature (size INTEGER PRIMARY KEY, note TEXT)");
    db.close();
    await expect(mustOpen(foreign.folders)).rejects.toThrow("foreign table, cosignature");
  });
});
