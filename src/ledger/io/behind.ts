/** Whether a data folder holds less than its cell is known to have signed: an older image of the record. */
import { join } from "node:path";
import { databaseFile, entryCount, openForReading } from "./database.ts";
import { readFloor } from "./floor.ts";

/** How far an older image reaches, and how far the cell is known to have signed. */
export interface Behind {
  readonly entries: number;
  readonly signed: number;
}

/**
 * Compares a folder with the boot floor beside the keys; null where it reaches that far, or nothing is known. Whether what
 * it holds is the cell's own is the verifier's to say, and why it cannot be read that of whoever reads it next.
 */
export async function behindFloor(dataDir: string, keysDir: string, origin: string): Promise<Behind | null> {
  // The floor first: a cell that is running raises it after the entries are there.
  const floor = await readFloor(keysDir, origin).catch(() => null);
  const entries = floor === null ? null : entriesIn(dataDir);
  return floor !== null && entries !== null && entries < floor.size ? { entries, signed: floor.size } : null;
}

function entriesIn(dataDir: string): number | null {
  try {
    const db = openForReading(join(dataDir, databaseFile));
    try {
      return entryCount(db);
    } finally {
      db.close();
    }
  } catch {
    return null;
  }
}
