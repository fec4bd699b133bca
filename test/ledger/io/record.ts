/** A small finished record on disk, with two jobs, two checkpoints and artifacts, for the tests that break things. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll } from "vitest";
import { digestOf } from "../../../src/kernel/hash.ts";
import type { Digest, JobId } from "../../../src/kernel/names.ts";
import { openArtifacts } from "../../../src/ledger/io/artifacts.ts";
import { type Keys, openKeys } from "../../../src/ledger/io/keys.ts";
import { createLedger, type Folders } from "../../../src/ledger/io/ledger.ts";
import { type FolderReport, verifyFolder } from "../../../src/ledger/io/verify.ts";
import { freshFolders, mustOpen } from "../drafts.ts";
import { imageKeys } from "../home.ts";
import { draft, origin, started } from "../plain-drafts.ts";
import { exportedBytes } from "./exported.ts";

export const job = "J1" as JobId;

export interface MadeRecord {
  readonly folders: Folders;
  readonly keys: Keys;
  /** Named by entry 3 and entry 7. */
  readonly pictures: readonly Digest[];
}

const root = mkdtempSync(join(tmpdir(), "cellward-record-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let template: Promise<Folders> | null = null;

/**
 * A copy of one record made once a test file. Entries: 0 start, 1 J1, 2 J2, 3 J1, (checkpoint over 4) 4 J2, 5 J1, 6 cell, 7 J1 (checkpoint
 * over 8).
 */
export async function makeRecord(): Promise<MadeRecord> {
  template ??= writeRecord();
  const from = await template;
  const folders = freshFolders();
  cpSync(from.dataDir, folders.dataDir, { recursive: true, filter: (path) => !path.endsWith("reserve.bin") });
  await imageKeys(from.keysDir, folders.keysDir, origin);
  const keys = await openKeys(folders.keysDir, folders.dataDir);
  if (!keys.ok) throw new Error(keys.error.what);
  return { folders, keys: keys.value, pictures: [digestOf(picture("one")), digestOf(picture("two"))] };
}

function picture(name: string): Uint8Array {
  return Buffer.from(`picture ${name}`);
}

async function writeRecord(): Promise<Folders> {
  const folders = { dataDir: join(root, "data"), keysDir: join(root, "keys") };
  const made = await createLedger(folders, origin);
  if (!made.ok) throw new Error(made.error.what);
  const { ledger, keys } = await mustOpen(folders);
  const store = openArtifacts(folders.dataDir, keys.dataKey);
  const [one, two] = [await store.put(picture("one")), await store.put(picture("two"))];
  await ledger.append([
    started(),
    draft("JobAccepted", { order: "drill guide" }, "J1"),
    draft("JobAccepted", { order: "other" }, "J2"),
    draft("LayerJudged", { layer: 1, frame: one, simulated: true }, "J1"),
  ]);
  await ledger.checkpoint();
  await ledger.append([
    draft("LayerJudged", { layer: 1 }, "J2"),
    draft("LayerJudged", { layer: 2, note: "<b>Grüße</b>" }, "J1"),
    draft("Calibrated", {}),
    draft("JobEnded", { artifacts: [two] }, "J1"),
  ]);
  await ledger.close();
  return folders;
}

/** Opens the closed database as a forger would: the refusing triggers gone, and put back afterwards. */
export function forge(folders: Folders, change: (db: Database.Database) => void): void {
  const db = new Database(join(folders.dataDir, "ledger.db"));
  // One transaction, not waited for: a forger has no power cut to fear.
  db.pragma("synchronous = OFF");
  db.exec("BEGIN");
  const triggers = db.prepare<[], { sql: string }>("SELECT sql FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const table of ["meta", "entry", "checkpoint", "cosignature"]) {
    db.exec(`DROP TRIGGER ${table}_no_update; DROP TRIGGER ${table}_no_delete`);
  }
  change(db);
  for (const { sql } of triggers) db.exec(sql);
  db.exec("COMMIT");
  db.close();
}

/** Verifies the record's folder with the keys that belong to it. */
export function verifyRecord({ folders, keys }: MadeRecord): Promise<FolderReport> {
  return verifyFolder(folders.dataDir, { trusted: keys.trusted, dataKey: keys.dataKey });
}

/** The export of job J1 with or without its pictures inside. */
export async function exportRecord(record: MadeRecord, withPictures: boolean): Promise<Uint8Array> {
  const { folders, keys } = record;
  const artifacts = withPictures ? { artifacts: openArtifacts(folders.dataDir, keys.dataKey) } : {};
  const made = await exportedBytes(folders.dataDir, job, { signer: keys.signer, ...artifacts });
  if (!made.ok) throw new Error(made.error.what);
  return made.value;
}
