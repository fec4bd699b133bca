/** Both stores of central QA under the one suite. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import postgres from "postgres";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { unitKey } from "../../src/jobs/trace.ts";
import { openPostgresStore } from "../../src/qa/io/postgres.ts";
import { openSqliteStore, storeFile } from "../../src/qa/io/sqlite.ts";
import { StoreFailed } from "../../src/qa/store.ts";
import { draft, origin } from "../ledger/plain-drafts.ts";
import { startPostgres, type ThrowAway } from "./postgres.ts";
import { append, storeConformance } from "./store-conformance.ts";
import { moreConformance, tracedStory } from "./store-more-conformance.ts";

let server: ThrowAway;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** Another door to a throw-away database. */
function beside(url: string): postgres.Sql {
  const { pathname, searchParams } = new URL(url);
  const options = { host: searchParams.get("host") ?? "", database: pathname.slice(1), username: "cellward" };
  return postgres({ ...options, max: 1, onnotice: () => undefined });
}

storeConformance(
  "SQLite",
  () => {
    const root = mkdtempSync(join(tmpdir(), "cellward-qa-"));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const path = join(root, storeFile);
    return {
      open: async () => openSqliteStore(path),
      async meddle(statement) {
        const db = new Database(path);
        try {
          db.exec(statement);
        } finally {
          db.close();
        }
      },
    };
  },
  moreConformance,
);

storeConformance(
  "PostgreSQL",
  () => {
    const url = server.freshDatabase();
    return {
      open: () => openPostgresStore(url),
      async meddle(statement) {
        const { pathname, searchParams } = new URL(url);
        const options = { host: searchParams.get("host") ?? "", database: pathname.slice(1), username: "cellward" };
        const sql = postgres({ ...options, max: 1 });
        try {
          await sql.unsafe(statement);
        } finally {
          await sql.end();
        }
      },
    };
  },
  moreConformance,
);

test("a store of the first release is brought up to date when it is opened, and its index is made from its entries", async () => {
  const root = mkdtempSync(join(tmpdir(), "cellward-qa-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const path = join(root, storeFile);
  const first = openSqliteStore(path);
  await append(first, tracedStory());
  await first.close();
  const db = new Database(path);
  for (const table of ["made_with", "indexed", "status", "alarm", "vouched", "dropped"]) db.exec(`DROP TABLE ${table}`);
  db.exec("DROP INDEX entry_unread; ALTER TABLE quarantine DROP COLUMN seq");
  db.pragma("user_version = 1");
  db.close();
  const again = openSqliteStore(path);
  onTestFinished(() => again.close());
  const of = tracedStory().length;
  expect(await again.indexed()).toEqual([{ origin, size: 0, of }]);
  expect(await again.indexMore(origin, 1_000)).toEqual({ origin, size: of, of });
  expect((await again.partsOf(unitKey(origin, "J1", 1), 100)).length).toBeGreaterThan(10);
});

test("what a database asks to be done again is done again, with one effect, and given up in the end", async () => {
  const url = server.freshDatabase();
  const store = await openPostgresStore(url);
  onTestFinished(() => store.close());
  const sql = beside(url);
  onTestFinished(() => sql.end());
  // A cluster's serialisation failure, by its own code: the next `n` inserts of entries fail. A sequence is not rolled back.
  const fail = (n: number) =>
    sql.unsafe(`
      DROP SEQUENCE IF EXISTS tries CASCADE; CREATE SEQUENCE tries;
      CREATE OR REPLACE FUNCTION unlucky() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN IF nextval(''tries'') <= ${n} THEN RAISE EXCEPTION ''again'' USING ERRCODE = ''40001''; END IF; RETURN NULL; END';
      DROP TRIGGER IF EXISTS unlucky ON entry;
      CREATE TRIGGER unlucky BEFORE INSERT ON entry FOR EACH STATEMENT EXECUTE FUNCTION unlucky();`);
  await fail(3);
  await append(store, tracedStory());
  expect((await store.entries(origin, 0, 100)).map(({ seq }) => seq)).toEqual(tracedStory().map((_, n) => n));
  await fail(1_000);
  await expect(append(store, [draft("A", {}, null, 1)])).rejects.toMatchObject({ code: "40001" });
  expect((await store.log(origin)).size).toBe(tracedStory().length);
  await fail(0);
  await append(store, [draft("A", {}, null, 1)]);
});

test("an address that leads nowhere is said by its code, without its password", async () => {
  const wrong = openPostgresStore("postgresql://qa:s3cret@localhost:1/qa");
  await expect(wrong).rejects.toThrow(StoreFailed);
  await expect(openPostgresStore("mysql://qa:s3cret@localhost/qa")).rejects.not.toThrow(/s3cret/);
  await wrong.catch((problem: unknown) => expect(String(problem)).not.toContain("s3cret"));
});
