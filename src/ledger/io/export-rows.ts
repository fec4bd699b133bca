/** What a job's export is made of, found in a data folder of which other entries may have rotted. */
import { digestOf } from "../../kernel/hash.ts";
import type { Digest, JobId } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { sameBytes, textOf, toHex } from "../bytes.ts";
import type { Row } from "../chain-check.ts";
import { openCheckpoint } from "../checkpoint.ts";
import { openCosignatures } from "../cosignature.ts";
import { type Entry, parseEntry } from "../entry.ts";
import type { LedgerFault } from "../ledger.ts";
import type { Prefix } from "../prefix.ts";
import { rootAt, type Tree, treeOf } from "../proofs.ts";
import type { VerifyingKey } from "../signer.ts";
import { leafHash } from "../tree.ts";
import type { CheckpointRow } from "../verify.ts";
import { checkSignature } from "./crypto.ts";
import {
  alteredSchema,
  bodyOf,
  checkpointsDown,
  cosignaturesDown,
  type Db,
  type EntryRow,
  entryCount,
  readableEntries,
  readOrigin,
  whatIsReadable,
} from "./database.ts";
import { schemaProblem } from "./schema.ts";

export interface ExportFault {
  readonly code: "job-unknown" | "not-signed-yet" | "artifact-missing" | LedgerFault["code"];
  readonly what: string;
  readonly remedy: string;
  /** The first bad entry, where one can be named. */
  readonly seq?: number;
}

/** By what it is judged what stands there. */
export interface FindOptions {
  /** The cell's keys: a checkpoint counts where one of them has signed it. */
  readonly keys: readonly VerifyingKey[];
  /** Central QA's keys: where given, a countersigned checkpoint counts only with the line of one. */
  readonly witnesses?: readonly VerifyingKey[];
  /** Leaf hashes kept beside the ledger, asked for where the entries do not lead to what was signed. */
  readonly leaves?: () => Uint8Array | null;
  /** What was proven of the older part: the last entry of each job in it. */
  readonly prefix?: Prefix | null;
}

export interface Found {
  readonly origin: string;
  readonly note: string;
  readonly size: number;
  readonly tree: Tree;
  /** The job's rows and the first row of each start in which they were written, in order. */
  readonly rows: readonly Row[];
}

/** A note that the cell's key has signed. */
interface Signed {
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
}

/** The tree over the first `reach` entries; what leads to a signed root of it was written so. */
interface Proof {
  readonly tree: Tree;
  readonly leaves: Uint8Array;
  /** Largest signed size that the tree leads to. */
  readonly size: number;
  /** The smallest signed size above that it does not lead to; null where there is none. */
  readonly wrongAt: number | null;
}

/** Finds a job. Throws SqliteError where not even the tables can be read. */
export function findJob(db: Db, job: JobId, options: FindOptions): Result<Found, ExportFault> {
  const altered = schemaProblem(db);
  if (altered !== null) return err(alteredSchema(altered));
  const origin = readOrigin(db) ?? "";
  if (!options.keys.some(({ name }) => name === origin)) return err(otherKeys(origin));
  // What is written from now on is not asked for.
  const end = whatIsReadable(() => entryCount(db));
  const proof = prove(db, origin, options);
  const mine = proof === null ? ok([]) : ownRows(db, job, proof, knownIn(proof, options.prefix ?? null));
  if (!mine.ok) return mine;
  const proven = proof?.size ?? 0;
  const last = mine.value.findLast((row) => row.job === job);
  if (writtenBeyond(db, job, proven, end)) return err(proof?.wrongAt ? changedBelow(proven, proof.wrongAt) : notSigned);
  if (proof === null || last === undefined) {
    if (proof?.wrongAt) return err(changedBelow(proven, proof.wrongAt));
    return err({ code: "job-unknown", what: `There is no entry of job ${job}.`, remedy: "Check the job's number." });
  }
  for (const signed of notesDown(db, origin, options)) {
    if (signed.size <= last.seq || !leadsTo(proof.tree, signed)) continue;
    return ok({ origin, note: signed.note, size: signed.size, tree: proof.tree, rows: mine.value });
  }
  return err(notSigned);
}

/** Countersigned checkpoints, largest first, then the cell's own: those that hold by themselves. */
function* notesDown(db: Db, origin: string, options: FindOptions): Iterable<Signed> {
  yield* opened(cosignaturesDown(db), origin, options, options.witnesses ?? []);
  yield* opened(checkpointsDown(db), origin, options, []);
}

function* opened(
  rows: Iterable<CheckpointRow>,
  origin: string,
  { keys }: FindOptions,
  witnesses: readonly VerifyingKey[],
): Iterable<Signed> {
  for (const { size, note } of rows) {
    const read = openCheckpoint(note, origin, keys, checkSignature);
    if (!read.ok || read.value.size !== size || size < 1) continue;
    if (witnesses.length > 0) {
      const cosigned = openCosignatures(note, witnesses, checkSignature);
      if (!cosigned.ok || cosigned.value.length === 0) continue;
    }
    yield { size, root: read.value.root, note };
  }
}

function leadsTo(tree: Tree, { size, root }: Signed): boolean {
  return size <= tree.size && sameBytes(rootAt(tree, size), root);
}

/** The tree of what stands in the database where that leads to the newest signed root, else with kept hashes in it. */
function prove(db: Db, origin: string, options: FindOptions): Proof | null {
  const cosigned = first(opened(cosignaturesDown(db), origin, options, options.witnesses ?? []));
  const own = first(opened(checkpointsDown(db), origin, options, []));
  const newest = cosigned !== null && cosigned.size >= (own?.size ?? 0) ? cosigned : own;
  if (newest === null) return null;
  const leaves = new Uint8Array(newest.size * 32);
  for (const { seq, entry } of readableEntries(db, 0, newest.size)) leaves.set(leafHash(entry), seq * 32);
  const tree = treeOf(leaves);
  if (leadsTo(tree, newest)) return { tree, leaves, size: newest.size, wrongAt: null };
  const kept = options.leaves?.() ?? null;
  if (kept !== null) {
    const mended = leaves.slice();
    mended.set(kept.subarray(0, mended.length));
    const whole = reach(db, origin, options, mended);
    if (whole.size > 0) return whole;
  }
  return reach(db, origin, options, leaves);
}

function reach(db: Db, origin: string, options: FindOptions, leaves: Uint8Array): Proof {
  const tree = treeOf(leaves);
  let [size, wrongAt] = [0, null as number | null];
  for (const rows of [
    opened(cosignaturesDown(db), origin, options, options.witnesses ?? []),
    opened(checkpointsDown(db), origin, options, []),
  ]) {
    for (const signed of rows) {
      if (signed.size <= size) break;
      if (leadsTo(tree, signed)) size = signed.size;
      else wrongAt = Math.min(wrongAt ?? signed.size, signed.size);
    }
  }
  return { tree, leaves, size, wrongAt: wrongAt !== null && wrongAt > size ? wrongAt : null };
}

function first<T>(all: Iterable<T>): T | null {
  for (const one of all) return one;
  return null;
}

/** The prefix, where it is one of what was proven. */
function knownIn({ tree, size }: Proof, prefix: Prefix | null): Prefix | null {
  if (prefix === null || prefix.size > size) return null;
  return toHex(rootAt(tree, prefix.size)) === prefix.root ? prefix : null;
}

/** The first row of a start, and whether it is among the exported. */
interface Start {
  readonly boot: number;
  readonly row: EntryRow;
  /** What is lost right before it: the last of that may have been the first entry of this start. */
  readonly doubt: Lost | null;
  taken: boolean;
}

/** Entries that are not as they were written: from, to (not included), and whose the last of them was, where an entry says so. */
interface Lost {
  readonly from: number;
  readonly to: number;
  owner: JobId | null;
}

/** The job's rows with the starts they need, all as they were signed; the fault names the entry that is not. */
function ownRows(db: Db, job: JobId, proof: Proof, prefix: Prefix | null): Result<readonly Row[], ExportFault> {
  const rows: Row[] = [];
  const lost: Lost[] = [];
  const byDigest = new Map<Digest, Lost>();
  let [next, lastOwn] = [0, -1];
  let own: Digest | null = null;
  let start: Start | null = null as Start | null;
  const doubts: Lost[] = [];
  const lose = (from: number, to: number, digest: Digest): Lost => {
    const one: Lost = { from, to, owner: null };
    lost.push(one);
    byDigest.set(digest, one);
    return one;
  };
  for (const { row, entry } of provenEntries(db, proof)) {
    const { seq } = row;
    const gap = seq > next ? lose(next, seq, entry.prev) : null;
    const before = entry.jobPrev === null ? undefined : byDigest.get(entry.jobPrev);
    if (before !== undefined) before.owner = entry.job;
    if (start?.boot !== entry.boot) start = { boot: entry.boot, row, doubt: gap, taken: false };
    next = seq + 1;
    if (entry.job !== job) continue;
    const between = lost.find(({ to }) => to > lastOwn);
    if (entry.jobPrev !== own && between !== undefined) return err(damaged(between.from, job));
    if (!start.taken) {
      if (start.doubt !== null) doubts.push(start.doubt);
      if (start.row.seq !== seq) rows.push({ ...start.row, job: null, body: bodyOf(db, start.row.seq) });
    }
    start.taken = true;
    rows.push({ ...row, job, body: bodyOf(db, seq) });
    [own, lastOwn] = [digestOf(row.entry), seq];
  }
  if (next < proof.size) lose(next, proof.size, "" as Digest);
  const isKnownEnd = own !== null && prefix?.jobHeads.get(job) === own;
  const isAnothers = ({ from, to, owner }: Lost) => to - from === 1 && owner !== null && owner !== job;
  const mayFollow = (one: Lost) => one.to > lastOwn && !(isKnownEnd && one.to <= (prefix?.size ?? 0));
  const doubtful = [...doubts, ...lost.filter(mayFollow)].find((one) => !isAnothers(one));
  if (doubtful !== undefined) return err(damaged(doubtful.from, job));
  const bad = rows.find((row) => digestOf(row.body) !== parseEntry(textOf(row.entry) ?? "")?.bodyDigest);
  return bad === undefined ? ok(rows) : err(damaged(bad.seq, job, "the body of "));
}

function* provenEntries(db: Db, { leaves, size }: Proof): Iterable<{ row: EntryRow; entry: Entry }> {
  for (const row of readableEntries(db, 0, size)) {
    const { seq } = row;
    const entry = parseEntry(textOf(row.entry) ?? "");
    if (entry !== null && sameBytes(leafHash(row.entry), leaves.subarray(seq * 32, seq * 32 + 32)))
      yield { row, entry };
  }
}

/** Whether the job has entries that nothing signed covers. */
function writtenBeyond(db: Db, job: JobId, size: number, end: number | null): boolean {
  if (end === null) return true;
  for (const { seq, job: filed, entry } of readableEntries(db, size)) {
    if (seq >= end) return false;
    const read = parseEntry(textOf(entry) ?? "");
    if (read?.seq === seq ? read.job === job : read === null && filed === job) return true;
  }
  return false;
}

function otherKeys(origin: string): ExportFault {
  const what = `The record is that of ${origin}, and none of the keys is: they are another cell's, or the log's name has rotted.`;
  const remedy =
    "Name the key folder of the cell that wrote the record; if it is that, bring the record back from central QA's copy (`cellward repair`).";
  return { code: "keys-refused", what, remedy };
}

const notSigned: ExportFault = {
  code: "not-signed-yet",
  what: "The job's last entries are not covered by a checkpoint yet.",
  remedy: "Try again in a second while the cell is running, or start and stop the cell once.",
};

/** What brings a damaged entry back. */
const repairIt =
  "Verify the data folder; stop the cell and bring the record back from central QA's copy (`cellward repair`, docs/restore.md), then export again.";

function damaged(seq: number, job: JobId, of = ""): ExportFault {
  const what = `What ${job} was recorded with cannot be proven: ${of}entry ${seq}, which belongs or may belong to it, is not as it was written.`;
  return { code: "ledger-broken", what, remedy: repairIt, seq };
}

function changedBelow(from: number, to: number): ExportFault {
  const what = `One of the entries ${from} to ${to - 1} is not as the cell signed it, and no kept hashes stand in for it: nothing from there on can be proven.`;
  return { code: "ledger-broken", what, remedy: repairIt, seq: from };
}
