/** SQLite's troubles in the technician's words, and what is no trouble of SQLite's. */
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { faultOf } from "../../../src/ledger/io/database.ts";

test.each([
  ["SQLITE_FULL", "disk-full"],
  ["SQLITE_IOERR_FSYNC", "disk-error"],
  ["SQLITE_IOERR_WRITE", "disk-error"],
  ["SQLITE_CORRUPT", "ledger-damaged"],
  ["SQLITE_CORRUPT_INDEX", "ledger-damaged"],
  ["SQLITE_NOTADB", "ledger-damaged"],
  ["SQLITE_READONLY", "disk-error"],
])("%s is %s, in whole sentences", (code, fault) => {
  const { code: found, what, remedy } = faultOf(new Database.SqliteError("said", code));
  expect(found).toBe(fault);
  expect(what).toContain(code);
  for (const sentence of [what, remedy]) expect(sentence).toMatch(/^[A-Z].*\.$/);
});

test("a defect of the program is thrown on", () => {
  expect(() => faultOf(new TypeError("a defect"))).toThrow("a defect");
});
