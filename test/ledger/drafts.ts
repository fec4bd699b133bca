/** Drafts and folders for the ledger's tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { JobId } from "../../src/kernel/names.ts";
import type { EntryDraft, JsonObject } from "../../src/ledger/entry.ts";
import {
  createLedger,
  type Folders,
  type OpenedLedger,
  type OpenOptions,
  openLedger,
} from "../../src/ledger/io/ledger.ts";

export const origin = "hospital.example/cell-1";

/** A draft of job `job` (null: the cell's own) in start `boot`. */
export function draft(type: string, body: JsonObject = {}, job: string | null = null, boot = 0): EntryDraft {
  return {
    job: job as JobId | null,
    actorId: null,
    type,
    body,
    at: 1_700_000_000_000,
    mono: 5,
    clockState: "synchronised",
    boot,
  };
}

/** The first entry of a start. */
export function started(boot = 0): EntryDraft {
  return draft("CellStarted", { software: "0.1.0" }, null, boot);
}

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
