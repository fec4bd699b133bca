/** The store verified again: every kind of tampering with the database is found, and named. */
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { openSqliteStore, storeFile } from "../../src/qa/io/sqlite.ts";
import { verifyHeld } from "../../src/qa/verify.ts";
import { type CellLog, createCell, freshSigner, story } from "./cell.ts";
import { type Central, createCentral, freshFolder } from "./central.ts";

interface Held {
  readonly path: string;
  readonly cell: CellLog;
  readonly central: Central;
}

async function held(): Promise<Held> {
  const path = join(freshFolder(), storeFile);
  const cell = createCell();
  cell.append(...story(12));
  const central = createCentral([cell], openSqliteStore(path));
  await central.ingest.hear("cell-1", await cell.message(0, 6));
  await central.ingest.hear("cell-1", await cell.message(6));
  await central.store.close();
  return { path, cell, central };
}

async function verdict({ path, cell, central }: Held, witness = central.witness.key) {
  const store = openSqliteStore(path);
  const report = await verifyHeld(store, cell.registered, { witnesses: [witness], check: checkSignature });
  await store.close();
  return report;
}

test("[L7] what is held verifies: chain, roots, checkpoints and cosignatures", async () => {
  const report = await verdict(await held());
  expect(report).toMatchObject({ ok: true, entries: 13, heads: 2, cosigned: 13, frozen: false, findings: [] });
});

const tampering: readonly (readonly [string, string, string])[] = [
  [
    "an entry",
    "UPDATE entry SET entry = CAST(replace(entry, '\"mono\":5', '\"mono\":6') AS BLOB) WHERE seq = 4",
    "index",
  ],
  ["a body", "UPDATE entry SET body = CAST('{}' AS BLOB) WHERE seq = 4", "body-changed"],
  ["a leaf", "UPDATE entry SET leaf = zeroblob(32) WHERE seq = 4", "index"],
  ["the job column", "UPDATE entry SET job = 'J9' WHERE seq = 4", "index"],
  ["an entry left out", "DELETE FROM entry WHERE seq = 4", "entry-missing"],
  ["the end cut off", "DELETE FROM entry WHERE seq = 12", "truncated"],
  [
    "a checkpoint",
    "UPDATE head SET checkpoint = replace(checkpoint, 'cell-1', 'cell-2') WHERE size = 6",
    "checkpoint-signature",
  ],
  [
    "two checkpoints exchanged",
    "UPDATE head SET checkpoint = (SELECT checkpoint FROM head WHERE size = 13) WHERE size = 6",
    "checkpoint-root",
  ],
  [
    "a cosignature of another head",
    "UPDATE cosigned SET note = (SELECT note FROM cosigned WHERE size = 13) WHERE size = 6",
    "checkpoint-signature",
  ],
  [
    "a cosignature without central's line",
    "UPDATE cosigned SET note = (SELECT checkpoint FROM head WHERE head.size = cosigned.size)",
    "checkpoint-signature",
  ],
];

test.each(tampering)("[L7] %s is found", async (_, statement, rule) => {
  const store = await held();
  const db = new Database(store.path);
  for (const table of ["entry", "head", "cosigned"]) {
    db.exec(`DROP TRIGGER ${table}_no_update; DROP TRIGGER ${table}_no_delete;`);
  }
  db.exec(statement);
  db.close();
  const report = await verdict(store);
  expect(report.ok).toBe(false);
  expect(report.findings.map((each) => each.rule)).toEqual([rule]);
});

test("[L7] another witness's key bears out nothing", async () => {
  const report = await verdict(await held(), freshSigner("qa.example/witness", 4).key);
  expect(report.findings[0]?.rule).toBe("checkpoint-signature");
});
