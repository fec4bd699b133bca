/** Backup and restore: a copy made by SQLite with its artifacts, verified before it counts, whole or not there. */
import { readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { errorCode } from "../../kernel/problem.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { LedgerFault } from "../ledger.ts";
import type { VerifyingKey } from "../signer.ts";
import { artifactPath, listArtifacts } from "./artifacts.ts";
import { copyDatabase } from "./copy.ts";
import { databaseFile, faultOf } from "./database.ts";
import { flushFolder, makePrivateFolder, writeDurably } from "./files.ts";
import { writeRestoredMarker } from "./marker.ts";
import { type FolderReport, verifyFolder } from "./verify.ts";

export interface BackupFault {
  readonly code: "not-empty" | "backup-broken" | LedgerFault["code"];
  readonly what: string;
  readonly remedy: string;
  readonly report?: FolderReport;
}

/** Why no folder is made where something stands. */
export interface NotEmpty {
  readonly code: "not-empty";
  readonly what: string;
  readonly remedy: string;
}

/**
 * Copies a data folder, in use or not, into the new folder `to` and verifies the copy with keys from outside it.
 * Artifacts stay encrypted; neither keys nor the data key are copied, so keep those apart.
 */
export async function backupFolder(
  dataDir: string,
  to: string,
  trusted: readonly VerifyingKey[],
): Promise<Result<FolderReport, BackupFault>> {
  return copyFolder(dataDir, to, trusted, null);
}

/**
 * Restores a backup into a folder that is empty or not there, verifies it, and marks it: a cell that is started there
 * says that it stands on a restored image, and does not go on.
 */
export async function restoreFolder(
  backup: string,
  dataDir: string,
  trusted: readonly VerifyingKey[],
): Promise<Result<FolderReport, BackupFault>> {
  return copyFolder(backup, dataDir, trusted, "This ledger was restored from a backup.");
}

async function copyFolder(
  from: string,
  to: string,
  trusted: readonly VerifyingKey[],
  mark: string | null,
): Promise<Result<FolderReport, BackupFault>> {
  const fill = async (aside: string): Promise<Result<FolderReport, BackupFault>> => {
    await copyDatabase(join(from, databaseFile), join(aside, databaseFile));
    // After the database, so that every artifact that its entries name is among those copied.
    await copyArtifacts(from, aside);
    const report = await verifyFolder(aside, { trusted });
    if (!report.ok) return err(broken(report));
    if (mark !== null) await writeRestoredMarker(aside, mark);
    return ok({ ...report, restored: mark });
  };
  try {
    return await makeFolder(to, fill);
  } catch (problem) {
    return err(copyFault(problem, from));
  }
}

/** The fault of a copy that does not verify. */
export function broken(report: FolderReport): BackupFault {
  const first = report.findings[0];
  const what = first?.what ?? "The copy does not verify.";
  return { code: "backup-broken", what, remedy: first?.remedy ?? "", report };
}

/** Makes a folder whole or not at all: `fill` is given one beside it, which takes the name once it says ok. Never written over. */
export async function makeFolder<Made, Fault>(
  to: string,
  fill: (aside: string) => Promise<Result<Made, Fault>>,
): Promise<Result<Made, Fault | NotEmpty>> {
  const target = resolve(to);
  if (!(await isEmpty(target))) {
    const remedy = "Name a new folder; nothing is ever written over.";
    return err({ code: "not-empty", what: `${target} is not empty.`, remedy });
  }
  const aside = `${target}.partial`;
  await rm(aside, { recursive: true, force: true });
  try {
    await makePrivateFolder(aside);
    const made = await fill(aside);
    if (!made.ok) return made;
    await flushFolder(aside);
    await rm(target, { recursive: true, force: true });
    await rename(aside, target);
    await flushFolder(dirname(target));
    return made;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function copyArtifacts(from: string, to: string): Promise<void> {
  for (const digest of await listArtifacts(from)) {
    const path = artifactPath(to, digest);
    await makePrivateFolder(dirname(path));
    await writeDurably(path, await readFile(artifactPath(from, digest)), 0o600);
  }
}

async function isEmpty(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (problem) {
    if (errorCode(problem) === "ENOENT") return true;
    throw problem;
  }
}

/** What a failure of the disk means for a copy out of `from`; anything else is thrown on. */
export function copyFault(problem: unknown, from: string): BackupFault {
  const code = errorCode(problem);
  if (code === "SQLITE_CANTOPEN") {
    return { code: "ledger-absent", what: `There is no ledger in ${from}.`, remedy: "Check which folder you named." };
  }
  if (code === "ENOSPC" || code === "EDQUOT") {
    return { code: "disk-full", what: "There is no space for the copy.", remedy: "Free space or name another disk." };
  }
  if (code.startsWith("SQLITE_")) return faultOf(problem);
  if (!code.startsWith("E") || code.startsWith("ERR_")) throw problem;
  return {
    code: "disk-error",
    what: `The copy could not be made (${code}).`,
    remedy: "Check both disks and the rights on the folders.",
  };
}
