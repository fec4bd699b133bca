/** Verification of a data folder or a backup: the log, its checkpoints, and every artifact that it names. */
import { join } from "node:path";
import type { Digest } from "../../kernel/names.ts";
import { type ArtifactAccount, createArtifactAccount } from "../artifact-account.ts";
import { parseEntry } from "../entry.ts";
import { type Finding, finding } from "../finding.ts";
import type { Head } from "../ledger.ts";
import type { VerifyingKey } from "../signer.ts";
import { type Report, type VerifiedLog, verifyLog } from "../verify.ts";
import { openArtifacts } from "./artifacts.ts";
import { checkSignature } from "./crypto.ts";
import {
  checkpointRows,
  cosignatureRows,
  type Db,
  databaseFile,
  entryCount,
  openForReading,
  readOrigin,
  rowsFrom,
  sqliteCode,
} from "./database.ts";
import { readRestoredMarker } from "./marker.ts";
import { schemaProblem } from "./schema.ts";

export interface FolderTrust {
  /** Public keys from outside the folder; the log's own is the one named like its origin. */
  readonly trusted: readonly VerifyingKey[];
  /** Opens artifacts, so that they are checked inside; without it only their presence is. */
  readonly dataKey?: Uint8Array | undefined;
  /** Public keys of central QA from outside the folder; with one its countersignatures are judged. */
  readonly witnesses?: readonly VerifyingKey[] | undefined;
  /** A head known from elsewhere (the boot floor, a receipt) that the log must contain. */
  readonly floor?: Head | undefined;
}

/** What verification of a folder says. */
export interface FolderReport extends Report {
  /** Artifacts that the entries name and that must be there. */
  readonly artifacts: number;
  /** Artifacts that signed entries say were dropped by policy, and that need not be there. */
  readonly dropped: number;
  /** True where their content was checked, not only their presence. */
  readonly artifactsOpened: boolean;
  /** What a restore has left written here, or null. */
  readonly restored: string | null;
}

/** Verifies a data folder, also while the cell is running on it. Damage of any kind is a finding, never an exception. */
export async function verifyFolder(dataDir: string, trust: FolderTrust): Promise<FolderReport> {
  const account = createArtifactAccount();
  const report = readLog(dataDir, trust, account);
  const kept = account.kept();
  const findings = [...report.findings, ...(await artifactFindings(dataDir, trust, kept))];
  return {
    ...report,
    ok: findings.length === 0,
    findings,
    artifacts: kept.size,
    dropped: account.dropped().size,
    artifactsOpened: trust.dataKey !== undefined,
    restored: await readRestoredMarker(dataDir),
  };
}

function readLog(dataDir: string, trust: FolderTrust, account: ArtifactAccount): Report {
  let db: Db | null = null;
  try {
    db = openForReading(join(dataDir, databaseFile));
    const altered = schemaProblem(db);
    if (altered !== null) return unreadable(altered);
    const origin = readOrigin(db);
    if (origin === null) return unreadable("It is not a ledger of a format that is known here (1 or 2).");
    // Notes first, entries after, and those in pages: nothing here is newer than the entries seen, and no long read
    // keeps the cell's log from being moved.
    const verified = verifyLog({
      origin,
      checkpoints: checkpointRows(db, false),
      cosignatures: cosignatureRows(db, false),
      rows: rowsFrom(db, 0, entryCount(db)),
      witnesses: trust.witnesses ?? [],
      trusted: trust.trusted,
      check: checkSignature,
      floor: trust.floor,
      parseBodies: true,
      onBody: (row, body) => {
        // Only an entry of this type has a member of this name at the top: others need not be read again for their type.
        const drops = body !== null && typeof body === "object" && Object.hasOwn(body, "dropped");
        const type = drops ? (parseEntry(Buffer.from(row.entry).toString("utf8"))?.type ?? "") : "";
        account.take(row.seq, row.job, type, body);
      },
    });
    return trust.floor === undefined ? verified.report : withFloor(verified, trust.floor);
  } catch (problem) {
    const code = sqliteCode(problem);
    if (code === "") throw problem;
    const absent = code === "SQLITE_CANTOPEN";
    return unreadable(absent ? `There is no ledger to be opened in ${dataDir}.` : `SQLite says ${code}.`);
  } finally {
    db?.close();
  }
}

function withFloor({ report, floor: found }: VerifiedLog, floor: Head): Report {
  if (found === "held" || !report.ok) return report;
  const behind = found === "behind";
  const what = behind
    ? `It is known that the cell signed ${floor.size} entries, ${report.entries} are here.`
    : `Entries 0 to ${floor.size - 1} are not those that the cell is known to have signed.`;
  const wrong = behind ? finding("truncated", report.entries, what) : finding("checkpoint-root", 0, what);
  return { ...report, ok: false, findings: [wrong] };
}

function unreadable(what: string): Report {
  const findings = [finding("database", null, what)];
  return { ok: false, origin: "", entries: 0, jobs: 0, lastCheckpoint: null, uncovered: 0, cosigned: null, findings };
}

async function artifactFindings(
  dataDir: string,
  trust: FolderTrust,
  named: ReadonlyMap<Digest, number>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const store = openArtifacts(dataDir, trust.dataKey ?? new Uint8Array(32));
  for (const [digest, seq] of named) {
    if (!(await store.has(digest))) {
      findings.push(finding("artifact-missing", seq, `The artifact ${digest} that entry ${seq} names is not there.`));
    } else if (trust.dataKey !== undefined && !(await store.get(digest)).ok) {
      findings.push(finding("artifact-changed", seq, `The artifact ${digest} that entry ${seq} names was altered.`));
    }
  }
  return findings;
}
