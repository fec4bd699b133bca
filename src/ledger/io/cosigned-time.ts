/** When a witness last countersigned this log, by the witness's own clock. */
import { join } from "node:path";
import type { EpochMs } from "../../kernel/units.ts";
import { openCosignatures } from "../cosignature.ts";
import { parseEntry } from "../entry.ts";
import type { VerifyingKey } from "../signer.ts";
import { checkSignature } from "./crypto.ts";
import { cosignatureRows, databaseFile, openForReading } from "./database.ts";

/** The time of the newest stored countersignature that one of the given keys bears out; null where there is none. */
export function lastCosignedAt(dataDir: string, witnesses: readonly VerifyingKey[]): EpochMs | null {
  if (witnesses.length === 0) return null;
  const db = openForReading(join(dataDir, databaseFile));
  try {
    const newest = cosignatureRows(db, true)[0];
    const opened = newest ? openCosignatures(newest.note, witnesses, checkSignature) : null;
    if (!opened?.ok || opened.value.length === 0) return null;
    return Math.max(...opened.value.map(({ time }) => time * 1000));
  } finally {
    db.close();
  }
}

/** When the newest entry was written, and when a witness last countersigned; null where there is none or nothing can be read. */
export function recordTimes(
  dataDir: string,
  witnesses: readonly VerifyingKey[],
): { readonly newest: EpochMs | null; readonly cosignedAt: EpochMs | null } {
  try {
    const db = openForReading(join(dataDir, databaseFile));
    try {
      const last = db.prepare<[], { entry: Uint8Array }>("SELECT entry FROM entry ORDER BY seq DESC LIMIT 1").get();
      const entry = last ? parseEntry(Buffer.from(last.entry).toString("utf8")) : null;
      return { newest: entry?.at ?? null, cosignedAt: lastCosignedAt(dataDir, witnesses) };
    } finally {
      db.close();
    }
  } catch {
    return { newest: null, cosignedAt: null };
  }
}
