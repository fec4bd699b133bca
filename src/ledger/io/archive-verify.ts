/** Verification of an archive, offline, with nothing but its folder and keys that one trusts already. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "../../kernel/hash.ts";
import { errorCode } from "../../kernel/problem.ts";
import {
  type ArchiveHeader,
  type ArchiveStatement,
  archiveRecordFile,
  archiveStatementFile,
  isInYear,
  openArchiveStatement,
} from "../archive.ts";
import { type ArtifactAccount, createArtifactAccount } from "../artifact-account.ts";
import { textOf } from "../bytes.ts";
import type { CosignedHead } from "../cosigned.ts";
import { parseEntry } from "../entry.ts";
import { type Finding, finding } from "../finding.ts";
import type { VerifyingKey } from "../signer.ts";
import { verifyLog } from "../verify.ts";
import { type ArchiveContent, type ArchiveReading, readArchive } from "./archive-file.ts";
import { artifactPath, listArtifacts, openArtifacts } from "./artifacts.ts";
import { checkSignature } from "./crypto.ts";

export interface ArchiveTrust {
  readonly trusted: readonly VerifyingKey[];
  readonly witnesses: readonly VerifyingKey[];
  /** Opens stored artifacts, so that they are checked inside as well. */
  readonly dataKey?: Uint8Array | undefined;
}

/** What verification of an archive says; nothing is known of one whose first line cannot be believed. */
export interface ArchiveReport {
  readonly ok: boolean;
  readonly origin: string;
  readonly year: number;
  readonly from: number;
  readonly to: number;
  readonly size: number;
  /** Entries read before the first bad one, or all. */
  readonly entries: number;
  readonly jobs: number;
  /** Artifacts inside, and those that were dropped by policy. */
  readonly artifacts: number;
  readonly dropped: number;
  readonly artifactsForm: ArchiveHeader["artifacts"];
  readonly artifactsOpened: boolean;
  readonly cosigned: CosignedHead | null;
  readonly findings: readonly Finding[];
}

export interface VerifiedArchive {
  readonly report: ArchiveReport;
  /** Null where there are findings. */
  readonly content: ArchiveContent | null;
}

/** Verifies an archive. Damage of any kind is a finding; throws the system's errors where the folder cannot be read. */
export async function verifyArchive(
  folder: string,
  trust: ArchiveTrust,
  onProgress: (entries: number) => void = () => undefined,
): Promise<VerifiedArchive> {
  const note = await readStatement(folder);
  const reading = note === null ? null : openRecord(folder);
  if (note === null || reading === null) {
    const what = `${folder} holds no archive: ${note === null ? archiveStatementFile : archiveRecordFile} is not there or is none.`;
    return { report: { ...nothing, findings: [finding("archive-format", null, what)] }, content: null };
  }
  try {
    return await judge(folder, note, reading, trust, onProgress);
  } finally {
    reading.close();
  }
}

async function readStatement(folder: string): Promise<string | null> {
  try {
    const path = join(folder, archiveStatementFile);
    return (await stat(path)).size > 100_000 ? "" : (textOf(await readFile(path)) ?? "");
  } catch (problem) {
    if (errorCode(problem) === "ENOENT" || errorCode(problem) === "ENOTDIR") return null;
    throw problem;
  }
}

function openRecord(folder: string): ArchiveReading | null {
  try {
    return readArchive(folder);
  } catch (problem) {
    if (errorCode(problem) === "ENOENT") return null;
    throw problem;
  }
}

const nothing: ArchiveReport = {
  ...{ ok: false, origin: "", year: 0, from: 0, to: 0, size: 0, entries: 0, jobs: 0, artifacts: 0, dropped: 0 },
  ...{ artifactsForm: "sealed", artifactsOpened: false, cosigned: null, findings: [] },
};

async function judge(
  folder: string,
  note: string,
  reading: ArchiveReading,
  trust: ArchiveTrust,
  onProgress: (entries: number) => void,
): Promise<VerifiedArchive> {
  const { header } = reading;
  const { origin, year, from, to, size } = header;
  const base = { ...nothing, origin, year, from, to, size, artifactsForm: header.artifacts };
  const refuse = (report: ArchiveReport, ...findings: Finding[]): VerifiedArchive => ({
    report: { ...report, ok: false, findings },
    content: null,
  });
  const stated = openArchiveStatement(note, origin, trust.trusted, checkSignature);
  if (!stated.ok) return refuse(base, finding("statement", null, `The statement does not hold: ${stated.error}.`));
  const other = otherHeader(stated.value, reading);
  if (other !== null) return refuse(base, other);
  const walked = walk(reading, trust, onProgress);
  const { log, account } = walked;
  const report = { ...base, entries: log.entries - from, jobs: walked.jobs.size, cosigned: log.cosigned };
  if (!log.ok) return refuse(report, ...log.findings);
  const rest = reading.rest();
  const wrong = otherRange(reading, walked) ?? otherContent(stated.value, reading, rest);
  if (wrong !== null || rest === null) return refuse(report, ...(wrong ? [wrong] : []));
  const findings = await artifactFindings(folder, header, account, rest, trust.dataKey);
  const { checkpoints, cosignatures } = reading;
  const counts = { artifacts: rest.artifacts.size, dropped: rest.dropped.size };
  const artifactsOpened = header.artifacts === "open" || trust.dataKey !== undefined;
  if (findings.length > 0) return refuse({ ...report, ...counts, artifactsOpened }, ...findings);
  return {
    report: { ...report, ...counts, artifactsOpened, ok: true },
    content: { header, checkpoints, cosignatures, ...rest },
  };
}

/** Where the record is of another year, range or beginning than the cell said. */
function otherHeader(stated: ArchiveStatement, { header, headerDigest }: ArchiveReading): Finding | null {
  const { year, from, to } = stated;
  if (headerDigest === stated.headerDigest && header.year === year && header.from === from && header.to === to) {
    return stated.size === header.size
      ? null
      : finding("statement", null, "The record is of another size than stated.");
  }
  const what =
    `The cell stated the year ${year}, entries ${from} to ${to - 1}; ` +
    `the record says ${header.year}, entries ${header.from} to ${header.to - 1}, or begins otherwise.`;
  return finding("statement", null, what);
}

interface Walked {
  readonly log: ReturnType<typeof verifyLog>["report"];
  readonly account: ArtifactAccount;
  readonly jobs: ReadonlySet<string>;
  /** The first and the last entry whose time lies in the year. */
  readonly dated: { readonly first: number; readonly last: number };
}

const progressEvery = 10_000;

function walk(
  { header, beginning, checkpoints, cosignatures, rows }: ArchiveReading,
  { trusted, witnesses }: ArchiveTrust,
  onProgress: (entries: number) => void,
): Walked {
  const account = createArtifactAccount();
  const jobs = new Set<string>();
  const dated = { first: -1, last: -1 };
  const { report: log } = verifyLog({
    ...{ origin: header.origin, trusted, witnesses, check: checkSignature, parseBodies: true },
    ...{ rows, checkpoints, cosignatures, known: beginning },
    onBody(row, body) {
      const entry = parseEntry(textOf(row.entry) ?? "");
      if (entry === null) return;
      account.take(row.seq, row.job, entry.type, body);
      if (row.job !== null) jobs.add(row.job);
      if (isInYear(entry.at, header.year)) {
        if (dated.first < 0) dated.first = row.seq;
        dated.last = row.seq;
      }
      if ((row.seq + 1) % progressEvery === 0) onProgress(row.seq + 1);
    },
  });
  return { log, account, jobs, dated };
}

/** Where the good entries are not those of the year, or not all of them are under the checkpoint. */
function otherRange({ header }: ArchiveReading, { log, dated }: Walked): Finding | null {
  const { year, from, to, size } = header;
  if (log.entries < size)
    return finding("truncated", log.entries, `Entry ${log.entries} and those after it are missing.`);
  if (log.entries > size) return finding("archive-format", size, `Entries after entry ${size - 1} do not belong here.`);
  if (log.lastCheckpoint?.size !== size) {
    return finding("unsigned", null, `No checkpoint in the archive covers all of its ${size - from} entries.`);
  }
  if (dated.first === from && dated.last === to - 1) return null;
  const what = `The entries of ${year} are those from ${dated.first} to ${dated.last}, not those from ${from} to ${to - 1}.`;
  return finding("archive-format", null, what);
}

/** Where what follows the entries, or any byte of the record, is not what the cell put there. */
function otherContent(stated: ArchiveStatement, reading: ArchiveReading, rest: ReturnType<ArchiveReading["rest"]>) {
  if (rest === null) return finding("archive-format", null, "What follows the entries is no list of artifacts.");
  const { artifacts, dropped } = rest;
  const isAsStated = artifacts.size === stated.artifacts && dropped.size === stated.dropped;
  if (isAsStated && reading.digest() === stated.recordDigest) return null;
  return finding(
    "statement",
    null,
    "The record is not the one that the cell stated: lines were changed, added or removed.",
  );
}

async function artifactFindings(
  folder: string,
  header: ArchiveHeader,
  account: ArtifactAccount,
  { artifacts, dropped }: Pick<ArchiveContent, "artifacts" | "dropped">,
  dataKey: Uint8Array | undefined,
): Promise<Finding[]> {
  const kept = account.kept();
  const findings: Finding[] = [];
  for (const [digest, seq] of kept) {
    if (artifacts.has(digest) || dropped.has(digest)) continue;
    findings.push(finding("artifact-missing", seq, `The artifact ${digest} that entry ${seq} names is not inside.`));
  }
  const store = openArtifacts(folder, dataKey ?? new Uint8Array(32));
  for (const [digest, file] of artifacts) {
    const seq = kept.get(digest) ?? null;
    const found = await readFile(artifactPath(folder, digest)).catch(() => null);
    const isSealed = header.artifacts === "sealed";
    const isRight = found !== null && digestOf(found) === file && (isSealed || file === digest);
    if (found === null) {
      findings.push(finding("artifact-missing", seq, `The artifact ${digest} that entry ${seq} names is not inside.`));
    } else if (!isRight || (isSealed && dataKey !== undefined && !(await store.get(digest)).ok)) {
      findings.push(finding("artifact-changed", seq, `The artifact ${digest} that entry ${seq} names was altered.`));
    }
  }
  const there = await listArtifacts(folder);
  const foreign = [...artifacts.keys()].find((digest) => !kept.has(digest)) ?? there.find((one) => !artifacts.has(one));
  if (foreign !== undefined) {
    findings.push(finding("archive-format", null, `The artifact ${foreign} is inside and no entry needs it.`));
  }
  return findings;
}
