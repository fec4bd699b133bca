/** Verification of one job's export, offline, with nothing but the file and keys that one trusts already. */
import { parseCanonical } from "../kernel/json.ts";
import { type Digest, isIdentifier } from "../kernel/names.ts";
import { err, type Result } from "../kernel/result.ts";
import { createArtifactAccount } from "./artifact-account.ts";
import { toHex, utf8 } from "./bytes.ts";
import { checkEntry, isFinding, readBody } from "./chain-check.ts";
import { type Checkpoint, openSignedCheckpoint } from "./checkpoint.ts";
import { openCosignatures } from "./cosignature.ts";
import type { Entry } from "./entry.ts";
import { type ExportedEntry, type JobExport, readExport } from "./export.ts";
import { type ExportScan, scanExport } from "./export-scan.ts";
import { type Finding, finding } from "./finding.ts";
import type { Head } from "./ledger.ts";
import { formatKey, repeatsLine, type SignedNote, splitNote } from "./note.ts";
import { includes } from "./proofs.ts";
import type { SignatureCheck, VerifyingKey } from "./signer.ts";
import { saysSimulated } from "./simulated.ts";
import { artifactsDisagree, entriesDisagree, openStatement, type SignedStatement } from "./statement.ts";
import { leafHash } from "./tree.ts";

/** Largest export read, in bytes: 16 GiB. */
export const maxExportBytes = 2 ** 34;

/** What verification of an export says. */
export interface ExportReport {
  /** The file is genuine and holds all that the cell stated when it made it. */
  readonly ok: boolean;
  /** Genuine, the job has ended, and every artifact that its entries name is inside, or was dropped by one of them. */
  readonly complete: boolean;
  /** The job's last entry says that it has ended. */
  readonly ended: boolean;
  /** Number of the job's last entry found good; null where there is none. */
  readonly lastEntry: number | null;
  /** SHA-256 of the file: what its HTML page carries. */
  readonly digest: Digest;
  readonly origin: string | null;
  readonly job: string | null;
  /** The job's own entries found good. */
  readonly entries: number;
  /** An entry says that a machine or a device was simulated: not for human use. */
  readonly simulated: boolean;
  /** `lacking`: named, not inside and not dropped. `dropped`: not inside, because an entry of the job dropped them by policy. */
  readonly artifacts: {
    readonly embedded: number;
    readonly named: number;
    readonly lacking: number;
    readonly dropped: number;
  };
  /** The signed head that covers them: the record is complete up to there as far as the file shows, and says nothing of later. */
  readonly lastCheckpoint: Head | null;
  /** Names of the given witnesses whose countersignature on that head is right; null where no witness's key was given. */
  readonly countersignedBy: readonly string[] | null;
  readonly findings: readonly Finding[];
}

/** A verified export's content, for whoever shows it. */
export interface VerifiedExport {
  readonly report: ExportReport;
  /** Null where the file is not even an export by form. */
  readonly content: JobExport | null;
}

/**
 * Verifies an export file; findings name the first bad entry. Keys inside the file are never used. With a witness's key
 * (central QA's cosigner) its countersignature is judged; without one nothing is said of it.
 */
export function verifyExport(
  bytes: Uint8Array,
  trusted: readonly VerifyingKey[],
  check: SignatureCheck,
  witnesses: readonly VerifyingKey[] = [],
): VerifiedExport {
  const scan = scanExport();
  scan.feed(bytes);
  return verifyScanned(scan, trusted, check, witnesses);
}

/** The same of a file that was fed to the scan piece by piece, and so never was in memory as a whole. */
export function verifyScanned(
  scan: ExportScan,
  trusted: readonly VerifyingKey[],
  check: SignatureCheck,
  witnesses: readonly VerifyingKey[] = [],
): VerifiedExport {
  const { digest, scanned } = scan.end();
  const nothing = {
    complete: false,
    ended: false,
    lastEntry: null,
    digest,
    origin: null,
    job: null,
    entries: 0,
    simulated: false,
    artifacts: { embedded: 0, named: 0, lacking: 0, dropped: 0 },
    lastCheckpoint: null,
    countersignedBy: witnesses.length === 0 ? null : [],
  };
  const parsed = scanned === null ? null : parseCanonical(scanned.rest);
  const content = scanned !== null && parsed?.ok === true ? readExport(parsed.value, scanned.artifacts) : null;
  if (content === null) {
    const why = parsed?.ok === false ? parsed.error : "not of its form";
    const wrong = finding("export-format", null, `The file is not a job's export in a known format: it is ${why}.`);
    return { report: { ...nothing, ok: false, findings: [wrong] }, content: null };
  }
  const signed = openSigned(content, trusted, check, witnesses);
  if (isFinding(signed)) return { report: { ...nothing, ok: false, findings: [signed] }, content };
  const { head, stated, by } = signed;
  const walked = walk(content, head);
  const { size } = head;
  const { job, checkpoint } = content;
  const held = { ...walked, job, size, checkpoint, artifacts: new Set(content.artifacts.keys()) };
  const wrong =
    (content.keys.length === 1 && content.keys[0] === formatKey(stated.by) ? null : otherKeys) ??
    walked.wrong ??
    entriesDisagree(stated, held) ??
    judgeFrame(content, new Set([...walked.kept, ...walked.dropped])) ??
    artifactsDisagree(stated, held);
  const report: ExportReport = {
    ok: wrong === null,
    complete: wrong === null && walked.ended && countArtifacts(content, walked).lacking === 0,
    ended: walked.ended,
    lastEntry: walked.entries === 0 ? null : walked.lastSeq,
    digest,
    origin: content.origin,
    job: content.job,
    entries: walked.entries,
    simulated: walked.simulated,
    artifacts: countArtifacts(content, walked),
    lastCheckpoint: { size, root: toHex(head.root) as Digest },
    countersignedBy: witnesses.length === 0 ? null : wrong === null ? by : [],
    findings: wrong === null ? [] : [wrong],
  };
  return { report, content };
}

function countArtifacts({ artifacts }: JobExport, { kept, dropped }: Walked): ExportReport["artifacts"] {
  const outside = (digests: ReadonlySet<Digest>) => [...digests].filter((digest) => !artifacts.has(digest)).length;
  const named = kept.size + dropped.size;
  return { embedded: artifacts.size, named, lacking: outside(kept), dropped: outside(dropped) };
}

/** The signed parts of a file, opened with keys from elsewhere. */
interface Signed {
  readonly head: Checkpoint;
  readonly stated: SignedStatement;
  /** Names of the given witnesses that have countersigned the head. */
  readonly by: readonly string[];
}

function openSigned(
  { format, origin, checkpoint, statement }: JobExport,
  trusted: readonly VerifyingKey[],
  check: SignatureCheck,
  witnesses: readonly VerifyingKey[],
): Signed | Finding {
  const opened = openSignedCheckpoint(checkpoint, origin, trusted, check);
  const head = opened.ok ? (strayLine(checkpoint, format) ?? opened) : opened;
  if (!head.ok) {
    return finding("checkpoint-signature", null, `The checkpoint in the file does not hold: ${head.error}.`);
  }
  const stated = openStatement(statement, origin, trusted, check);
  if (!stated.ok || (stated.value.noteDigest === null) !== (format === 2)) {
    const why = stated.ok ? "it is of another format than the file" : stated.error;
    return finding("statement", null, `The cell's statement in the file does not hold: ${why}.`);
  }
  const cosigned = openCosignatures(checkpoint, witnesses, check);
  if (!cosigned.ok) {
    return finding("cosignature", null, `The countersignature in the file does not hold: ${cosigned.error}.`);
  }
  const doubtful = [...head.value.by, stated.value.by].find((key) => key.effect?.revoked !== undefined);
  if (doubtful !== undefined && cosigned.value.length === 0) {
    const what = `The key ${doubtful.name} (${doubtful.id}) was revoked: without a countersignature by a witness that you trust nobody can say that its holder did not make this file up.`;
    return finding("checkpoint-signature", null, what);
  }
  return {
    head: head.value.checkpoint,
    stated: stated.value,
    by: [...new Set(cosigned.value.map(({ by }) => by.name))],
  };
}

/** A signature line that changes nothing signed, and so would be a second spelling of the file; null where there is none. */
function strayLine(checkpoint: SignedNote, format: JobExport["format"]): Result<never, string> | null {
  if (repeatsLine(checkpoint)) return err("a signature line stands there twice");
  const split = splitNote(checkpoint);
  // The statement of format 2 does not cover the note's lines.
  const others = format === 2 && split.ok && split.value.lines.length > 1;
  return others ? err("it has more than the cell's own line, which this format has not") : null;
}

interface Walked {
  readonly wrong: Finding | null;
  readonly entries: number;
  readonly simulated: boolean;
  /** Artifacts that the job names and has not dropped, and those that it has. */
  readonly kept: ReadonlySet<Digest>;
  readonly dropped: ReadonlySet<Digest>;
  /** Number and digest of the job's last good entry; -1 and null before the first. */
  readonly lastSeq: number;
  readonly lastDigest: Digest | null;
  /** Digests of all good entries, in order. */
  readonly listed: readonly Digest[];
  readonly ended: boolean;
}

const otherKeys = finding("export-format", null, "The key named in the file is not the one that signed its statement.");

/** Type of the entry after which a job's record is whole. */
const endType = "JobEnded";

/** Steps through the entries: each is in the signed tree, the job's follow one another from its first without a gap. */
function walk(content: JobExport, head: Checkpoint): Walked {
  const account = createArtifactAccount();
  const starts = new Set<number>();
  const listed: Digest[] = [];
  let [entries, last, lastSeq, ended, simulated] = [0, -1, -1, false, false];
  let jobHead: Digest | null = null;
  const until = (wrong: Finding | null): Walked => ({
    ...{ wrong, entries, simulated, listed, ended, kept: new Set(account.kept().keys()), dropped: account.dropped() },
    ...{ lastSeq, lastDigest: jobHead },
  });
  for (const exported of content.entries) {
    const checked = checkEntry(utf8(exported.entry), utf8(exported.body), last + 1, "by-itself");
    if (isFinding(checked)) return until(checked);
    const { entry, digest } = checked;
    const wrong = judgeEntry(entry, exported, head, { last, jobHead, starts, job: content.job });
    if (wrong !== null) return until(wrong);
    const read = readBody(utf8(exported.body), entry.seq);
    if (isFinding(read)) return until(read);
    last = entry.seq;
    listed.push(digest);
    simulated ||= saysSimulated(read.value);
    if (entry.job === null) starts.add(entry.boot);
    else {
      account.take(entry.seq, entry.job, entry.type, read.value);
      jobHead = digest;
      lastSeq = entry.seq;
      ended ||= entry.type === endType;
      entries++;
    }
  }
  return until(null);
}

interface Place {
  readonly last: number;
  readonly jobHead: Digest | null;
  readonly starts: ReadonlySet<number>;
  readonly job: string;
}

function judgeEntry(entry: Entry, exported: ExportedEntry, head: Checkpoint, place: Place): Finding | null {
  const { seq } = entry;
  if (seq <= place.last) return finding("entry-order", seq, `Entry ${seq} stands after entry ${place.last}.`);
  if (!includes(leafHash(utf8(exported.entry)), seq, head.size, exported.proof, head.root)) {
    return finding("inclusion", seq, `Entry ${seq} is not in the log that the cell signed.`);
  }
  if (entry.job === null) {
    return place.starts.has(entry.boot)
      ? finding("export-format", seq, `Entry ${seq} is not of this job, and its start is in the file already.`)
      : null;
  }
  if (entry.job !== place.job) return finding("export-format", seq, `Entry ${seq} is of another job, ${entry.job}.`);
  if (entry.jobPrev !== place.jobHead) {
    return finding("job-link", seq, `Entry ${seq} does not follow the job's entry before it: one is missing or added.`);
  }
  if (!place.starts.has(entry.boot)) {
    return finding(
      "entry-missing",
      seq,
      `The file lacks the first entry of start ${entry.boot}, in which entry ${seq} was written.`,
    );
  }
  return null;
}

/** What stands around the entries: job name, artifacts. */
function judgeFrame(content: JobExport, named: ReadonlySet<Digest>): Finding | null {
  if (!isIdentifier(content.job) || !content.entries.some((one) => one.entry.includes(`"job":"${content.job}"`))) {
    return finding("export-format", null, "The file holds no entry of the job that it names.");
  }
  for (const digest of content.artifacts.keys()) {
    if (!named.has(digest))
      return finding("export-format", null, `Artifact ${digest} is named by no entry of the job.`);
  }
  for (const [digest, found] of content.artifacts) {
    if (found !== digest) return finding("artifact-changed", null, `Artifact ${digest} was altered.`);
  }
  return null;
}
