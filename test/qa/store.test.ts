/** Both stores of central QA under the one suite. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import postgres from "postgres";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openPostgresStore } from "../../src/qa/io/postgres.ts";
import { openSqliteStore, storeFile } from "../../src/qa/io/sqlite.ts";
import { StoreFailed } from "../../src/qa/store.ts";
import { startPostgres, type ThrowAway } from "./postgres.ts";
import { storeConformance } from "./store-conformance.ts";

let server: ThrowAway;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

storeConformance("SQLite", () => {
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
});

storeConformance("PostgreSQL", () => {
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
});

test("an address that leads nowhere is said by its code, without its password", async () => {
  const wrong = openPostgresStore("postgresql://qa:s3cret@localhost:1/qa");
  await expect(wrong).rejects.toThrow(StoreFailed);
  await expect(openPostgresStore("mysql://qa:s3cret@localhost/qa")).rejects.not.toThrow(/s3cret/);
  await wrong.catch((problem: unknown) => expect(String(problem)).not.toContain("s3cret"));
});
