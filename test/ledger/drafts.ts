/** Drafts and folders for the ledger's tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  createLedger,
  type Folders,
  type OpenedLedger,
  type OpenOptions,
  openLedger,
} from "../../src/ledger/io/ledger.ts";
import { origin } from "./plain-drafts.ts";

/** Fresh folders, gone after the test. */
export function freshFolders(): Folders {
  const root = mkdtempSync(join(tmpdir(), "cellward-ledger-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return { dataDir: join(root, "data"), keysDir: join(root, "keys") };
}

/** A new ledger in fresh folders. */
export async function newFolders(): Promise<Folders> {
  const folders = freshFolders();
  const made = await createLedger(folders, origin);
  if (!made.ok) throw new Error(made.error.what);
  return folders;
}

/** Opens a ledger that must open; it is closed after the test if the test has not. */
export async function mustOpen(options: OpenOptions): Promise<OpenedLedger> {
  const opened = await openLedger({ checkpointEveryMs: 0, ...options });
  if (!opened.ok) throw new Error(opened.error.what);
  onTestFinished(() => opened.value.ledger.close().catch(() => undefined));
  return opened.value;
}
