/** Reading every entry of a data folder in order, also while the cell is running on it; nothing is verified. */
import { join } from "node:path";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { Row } from "../chain-check.ts";
import type { LedgerFault } from "../ledger.ts";
import { databaseFile, faultOf, openForReading, readOrigin, rowsFrom } from "./database.ts";

/** Hands each entry to `take`, with the log's origin, and says the origin; or why the folder cannot be read. */
export function readRows(dataDir: string, take: (origin: string, row: Row) => void): Result<string, LedgerFault> {
  try {
    const db = openForReading(join(dataDir, databaseFile));
    try {
      const origin = readOrigin(db);
      if (origin === null) {
        const what = "There is no ledger in this folder.";
        return err({ code: "ledger-absent", what, remedy: "Name the cell's data folder." });
      }
      for (const row of rowsFrom(db)) take(origin, row);
      return ok(origin);
    } finally {
      db.close();
    }
  } catch (problem) {
    return err(faultOf(problem));
  }
}
