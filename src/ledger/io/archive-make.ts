/** Making the archive of a closed year from a data folder, also while the cell is running on it; the ledger keeps all of it. */
import { open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { digestOf, startHashing } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import {
  type ArchiveHeader,
  archiveFormat,
  archiveRecordFile,
  archiveStatementFile,
  headerBeginning,
  printArchiveLine,
  signArchive,
} from "../archive.ts";
import { utf8 } from "../bytes.ts";
import type { LedgerFault } from "../ledger.ts";
import type { SignedNote } from "../note.ts";
import type { VerifyingKey } from "../signer.ts";
import { type ArchiveSurvey, type SurveyFault, surveyYear } from "./archive-survey.ts";
import { type ArchiveReport, verifyArchive } from "./archive-verify.ts";
import { artifactPath, openArtifacts } from "./artifacts.ts";
import { copyFault, makeFolder, type NotEmpty } from "./backup.ts";
import { type Db, databaseFile, faultOf, openForReading, rowsFrom, sqliteCode } from "./database.ts";
import { makePrivateFolder, writeDurably } from "./files.ts";
import type { Keys } from "./keys.ts";

export interface ArchiveFault {
  readonly code: SurveyFault["code"] | "artifact-missing" | "archive-broken" | NotEmpty["code"] | LedgerFault["code"];
  readonly what: string;
  readonly remedy: string;
}

export interface ArchiveOptions {
  readonly dataDir: string;
  readonly keys: Keys;
  readonly year: number;
  readonly out: string;
  /** Keys of central QA, one of which has countersigned all of it; without any the archive is not countersigned. */
  readonly witnesses: readonly VerifyingKey[];
  /** Artifacts as plaintext in place of as they are stored. */
  readonly plain: boolean;
  /** UTC milliseconds. */
  readonly now: number;
  readonly onProgress: (sentence: string) => void;
}

/** Writes a year's archive into a new folder and verifies it there; it stands whole or not at all. */
export async function makeArchive(options: ArchiveOptions): Promise<Result<ArchiveReport, ArchiveFault>> {
  try {
    const db = openForReading(join(options.dataDir, databaseFile));
    try {
      const survey = surveyYear(db, options);
      if (!survey.ok) return survey;
      return await makeFolder(options.out, (aside) => fill(aside, db, survey.value, options));
    } finally {
      db.close();
    }
  } catch (problem) {
    if (sqliteCode(problem) !== "") return err(faultOf(problem));
    const { code, what, remedy } = copyFault(problem, options.dataDir);
    return err({ code: code === "backup-broken" ? "archive-broken" : code, what, remedy });
  }
}

async function fill(
  aside: string,
  db: Db,
  survey: ArchiveSurvey,
  options: ArchiveOptions,
): Promise<Result<ArchiveReport, ArchiveFault>> {
  const { keys, witnesses, onProgress } = options;
  const written = await writeRecord(aside, db, survey, options);
  if (!written.ok) return written;
  const { origin, from, to, size } = survey;
  let statement: SignedNote;
  try {
    statement = await signArchive({ origin, year: options.year, from, to, size, ...written.value }, keys.signer);
  } catch {
    const what = "The signing key could not be used.";
    return err({ code: "signing-failed", what, remedy: "Check the key folder or the token, then archive again." });
  }
  await writeDurably(join(aside, archiveStatementFile), utf8(statement), 0o600);
  onProgress("The archive is read again and verified.");
  const trust = { trusted: keys.trusted, witnesses, dataKey: keys.dataKey };
  const { report } = await verifyArchive(aside, trust, (entries) => onProgress(`${entries} entries verified`));
  const [first] = report.findings;
  return first === undefined ? ok(report) : err({ code: "archive-broken", what: first.what, remedy: first.remedy });
}

interface Written {
  readonly headerDigest: Digest;
  readonly recordDigest: Digest;
  readonly artifacts: number;
  readonly dropped: number;
}

async function writeRecord(
  aside: string,
  db: Db,
  survey: ArchiveSurvey,
  options: ArchiveOptions,
): Promise<Result<Written, ArchiveFault>> {
  const { origin, from, to, size, beginning, going, notes, artifacts, dropped } = survey;
  const store = openArtifacts(options.dataDir, options.keys.dataKey);
  const hashing = startHashing();
  const file = await open(join(aside, archiveRecordFile), "wx", 0o600);
  const write = async (text: string): Promise<void> => {
    const bytes = utf8(text);
    hashing.add(bytes);
    await file.writeFile(bytes);
  };
  try {
    const header: ArchiveHeader = {
      ...{ format: archiveFormat, origin, year: options.year, from, to, size },
      ...headerBeginning(beginning, going),
      artifacts: options.plain ? "open" : "sealed",
    };
    const first = printArchiveLine(header);
    await write(first);
    for (const note of notes) await write(printArchiveLine(note));
    await writeEntries(db, survey, write);
    let done = 0;
    for (const [digest, seq] of artifacts) {
      const opened = await store.get(digest);
      if (!opened.ok) return err(missing(digest, seq, opened.error));
      const bytes = options.plain ? opened.value : await readFile(artifactPath(options.dataDir, digest));
      await place(aside, digest, bytes);
      await write(printArchiveLine({ artifact: digest, file: digestOf(bytes) }));
      if (++done % 1000 === 0) options.onProgress(`${done} of ${artifacts.size} pictures and programs`);
    }
    for (const digest of dropped) await write(printArchiveLine({ dropped: digest }));
    await file.sync();
    const counts = { artifacts: artifacts.size, dropped: dropped.size };
    return ok({ headerDigest: digestOf(utf8(first)), recordDigest: hashing.digest(), ...counts });
  } finally {
    await file.close();
  }
}

/** In pieces of about a megabyte. */
async function writeEntries(
  db: Db,
  { from, size }: ArchiveSurvey,
  write: (text: string) => Promise<void>,
): Promise<void> {
  let waiting = "";
  for (const { entry, body } of rowsFrom(db, from, size)) {
    const texts = { body: Buffer.from(body).toString("utf8"), entry: Buffer.from(entry).toString("utf8") };
    waiting += printArchiveLine(texts);
    if (waiting.length < 1 << 20) continue;
    await write(waiting);
    waiting = "";
  }
  await write(waiting);
}

async function place(aside: string, digest: Digest, bytes: Uint8Array): Promise<void> {
  const path = artifactPath(aside, digest);
  await makePrivateFolder(dirname(path));
  await writeDurably(path, bytes, 0o600);
}

function missing(digest: Digest, seq: number, problem: string): ArchiveFault {
  const what = `The artifact ${digest} that entry ${seq} names is ${problem}.`;
  const remedy = "Verify the data folder and bring the file back from a backup; nothing was archived.";
  return { code: "artifact-missing", what, remedy };
}
