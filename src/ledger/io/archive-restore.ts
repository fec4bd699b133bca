/** A data folder made of the archives of a log's years, for reading: verified, marked, and never gone on with by itself. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { assert } from "../../kernel/assert.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { sameBytes } from "../bytes.ts";
import type { Row } from "../chain-check.ts";
import { type ArchiveContent, readArchive } from "./archive-file.ts";
import { type ArchiveTrust, verifyArchive } from "./archive-verify.ts";
import { artifactPath, openArtifacts } from "./artifacts.ts";
import { type BackupFault, broken, copyFault, makeFolder } from "./backup.ts";
import { databaseFile, faultOf, openForWriting, sqliteCode } from "./database.ts";
import { makePrivateFolder, writeDurably } from "./files.ts";
import { writeRestoredMarker } from "./marker.ts";
import { createSchema } from "./schema.ts";
import { type FolderReport, verifyFolder } from "./verify.ts";

export interface RestoreFault {
  readonly code: BackupFault["code"] | "archive-refused" | "archive-missing" | "keys-needed";
  readonly what: string;
  readonly remedy: string;
}

export interface RestoreOptions extends ArchiveTrust {
  /** Folders, in any order. */
  readonly archives: readonly string[];
  readonly dataDir: string;
  readonly onProgress: (sentence: string) => void;
}

/** What was restored. */
export interface RestoredYears {
  readonly report: FolderReport;
  readonly years: readonly number[];
  /** Artifacts that later entries dropped by policy; those entries may stand in no archive given. */
  readonly dropped: number;
}

/** An archive that verifies. */
interface Verified extends ArchiveContent {
  readonly folder: string;
}

/** Restores the log from its first year to the last one given, into a folder that is empty or not there. */
export async function restoreArchives(options: RestoreOptions): Promise<Result<RestoredYears, RestoreFault>> {
  try {
    const verified = await verifyAll(options);
    if (!verified.ok) return verified;
    return await makeFolder(options.dataDir, (aside) => fill(aside, verified.value, options));
  } catch (problem) {
    if (sqliteCode(problem) !== "") return err(faultOf(problem));
    return err(copyFault(problem, options.archives.join(", ")));
  }
}

async function verifyAll(options: RestoreOptions): Promise<Result<readonly Verified[], RestoreFault>> {
  const all: Verified[] = [];
  for (const folder of options.archives) {
    options.onProgress(`${folder} is verified.`);
    const { report, content } = await verifyArchive(folder, options);
    const [first] = report.findings;
    if (content === null) {
      const what = `${folder} does not verify: ${first?.what ?? ""} [${first?.rule ?? ""}]`;
      return err({ code: "archive-refused", what, remedy: first?.remedy ?? "" });
    }
    if (content.header.artifacts === "open" && options.dataKey === undefined) {
      const what = `The pictures and programs in ${folder} are plain; a data folder holds them under a key.`;
      return err({ code: "keys-needed", what, remedy: "Name the cell's key folder with --keys." });
    }
    all.push({ folder, ...content });
  }
  all.sort((a, b) => a.header.from - b.header.from);
  return gap(all) ?? ok(all);
}

/** Why these are not one log from its beginning; null where they are. */
function gap(all: readonly Verified[]): Result<never, RestoreFault> | null {
  let reached = 0;
  for (const { folder, header } of all) {
    if (header.origin !== all[0]?.header.origin) {
      const what = `${folder} is of another log, ${header.origin}.`;
      return err({ code: "archive-refused", what, remedy: "Name archives of one log." });
    }
    if (header.from > reached) {
      const what = `Entries ${reached} to ${header.from - 1} are in none of the archives; that of ${header.year} begins after them.`;
      const remedy = "Name the archives of all years from the log's first one on.";
      return err({ code: "archive-missing", what, remedy });
    }
    reached = Math.max(reached, header.size);
  }
  return null;
}

async function fill(
  aside: string,
  archives: readonly Verified[],
  options: RestoreOptions,
): Promise<Result<RestoredYears, RestoreFault>> {
  const parted = writeLedger(join(aside, databaseFile), archives);
  if (parted !== null) return err(parted);
  for (const archive of archives) await placeArtifacts(aside, archive, options);
  options.onProgress("The restored folder is read again and verified.");
  const { trusted, witnesses, dataKey } = options;
  const report = await verifyFolder(aside, { trusted, witnesses, dataKey });
  const dropped = new Set(archives.flatMap((each) => [...each.dropped]));
  const others = report.findings.filter(({ rule, what }) => rule !== "artifact-missing" || !names(dropped, what));
  if (others.length > 0) return err(broken({ ...report, findings: others }));
  const years = archives.map(({ header }) => header.year);
  const mark = `This ledger was restored from the archives of ${years.join(", ")}.`;
  await writeRestoredMarker(aside, mark);
  return ok({ report: { ...report, restored: mark }, years, dropped: report.findings.length });
}

function names(digests: ReadonlySet<Digest>, what: string): boolean {
  return what.split(" ").some((word) => digests.has(word as Digest));
}

/** The database out of all archives; why it cannot be, where two say different things of one entry. */
function writeLedger(path: string, archives: readonly Verified[]): RestoreFault | null {
  const [first] = archives;
  assert(first !== undefined, "something is restored");
  const db = openForWriting(path, true);
  try {
    createSchema(db, first.header.origin);
    db.exec("BEGIN");
    const insert = db.prepare("INSERT INTO entry VALUES (?, ?, ?, ?)");
    const select = db.prepare<[number], Row>("SELECT seq, job, entry, body FROM entry WHERE seq = ?");
    const note = db.prepare("INSERT OR IGNORE INTO checkpoint VALUES (?, ?)");
    const cosignature = db.prepare("INSERT OR IGNORE INTO cosignature VALUES (?, ?)");
    let reached = 0;
    for (const { folder, checkpoints, cosignatures } of archives) {
      const reading = readArchive(folder);
      assert(reading !== null, "an archive that was verified is read again");
      try {
        for (const { seq, job, entry, body } of reading.rows) {
          const there = seq < reached ? select.get(seq) : undefined;
          if (there === undefined) insert.run(seq, job, entry, body);
          else if (!sameBytes(there.entry, entry)) return twoHistories(seq);
        }
      } finally {
        reading.close();
      }
      reached = Math.max(reached, reading.header.size);
      for (const row of checkpoints) note.run(row.size, row.note);
      for (const row of cosignatures) cosignature.run(row.size, row.note);
    }
    db.exec("COMMIT");
    assert(db.pragma("journal_mode = DELETE", { simple: true }) === "delete", "a restored ledger is one file");
    return null;
  } finally {
    db.close();
  }
}

function twoHistories(seq: number): RestoreFault {
  const what = `Two of the archives hold different entries ${seq}: the cell's key has signed two histories.`;
  return {
    code: "archive-refused",
    what,
    remedy: "Keep both; call QA and the engineer, and ask central QA which is right.",
  };
}

async function placeArtifacts(aside: string, archive: Verified, { dataKey }: RestoreOptions): Promise<void> {
  for (const digest of archive.artifacts.keys()) {
    const bytes = await readFile(artifactPath(archive.folder, digest));
    if (archive.header.artifacts === "open") {
      assert(dataKey !== undefined, "what is plain is sealed again");
      await openArtifacts(aside, dataKey).put(bytes);
      continue;
    }
    const path = artifactPath(aside, digest);
    await makePrivateFolder(dirname(path));
    await writeDurably(path, bytes, 0o600);
  }
}
