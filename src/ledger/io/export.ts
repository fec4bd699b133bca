/** Making a job's export from a data folder, also while the cell is running on it. */
import { join } from "node:path";
import { digestOf } from "../../kernel/hash.ts";
import type { Json } from "../../kernel/json.ts";
import type { Digest, JobId } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { type Artifacts, artifactDigests } from "../artifacts.ts";
import type { Row } from "../chain-check.ts";
import { parseEntry } from "../entry.ts";
import { type ExportedEntry, exportBytes } from "../export.ts";
import type { LedgerFault } from "../ledger.ts";
import { formatKey } from "../note.ts";
import { inclusionProof, type Tree, treeOf } from "../proofs.ts";
import type { VerifyingKey } from "../signer.ts";
import { leafHash } from "../tree.ts";
import { checkpointRows, type Db, databaseFile, faultOf, openForReading, readOrigin, rowsFrom } from "./database.ts";

export interface ExportFault {
  readonly code: "job-unknown" | "not-signed-yet" | "artifact-missing" | LedgerFault["code"];
  readonly what: string;
  readonly remedy: string;
}

export interface ExportOptions {
  /** Public keys to name in the file, for information. */
  readonly keys?: readonly VerifyingKey[];
  /** Where to take the evidence that is to travel inside the file; without it only digests do. */
  readonly artifacts?: Artifacts;
  /** Which of the named artifacts travel inside; default: all. */
  readonly embed?: (digest: Digest) => boolean;
}

/** An export file, and the digest that its page carries. */
export interface ExportFile {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

/** Exports one job under the newest checkpoint; a job with entries above it is not exported until they are signed. */
export async function exportJob(
  dataDir: string,
  job: JobId,
  options: ExportOptions = {},
): Promise<Result<ExportFile, ExportFault>> {
  let read: Result<Found, ExportFault>;
  try {
    const db = openForReading(join(dataDir, databaseFile));
    try {
      read = findJob(db, job);
    } finally {
      db.close();
    }
  } catch (problem) {
    return err(faultOf(problem));
  }
  if (!read.ok) return read;
  const { origin, note, size, tree, rows } = read.value;
  const entries = rows.map((row) => exported(row, tree, size));
  const artifacts = await collect(rows, job, options);
  if (!artifacts.ok) return artifacts;
  const keys = (options.keys ?? []).filter((key) => key.name === origin).map(formatKey);
  const bytes = exportBytes({ origin, job, checkpoint: note, keys, entries, artifacts: artifacts.value });
  return ok({ bytes, digest: digestOf(bytes) });
}

interface Found {
  readonly origin: string;
  readonly note: string;
  readonly size: number;
  readonly tree: Tree;
  /** The job's rows and the first row of each start in which they were written, in order. */
  readonly rows: readonly Row[];
}

/** The first row of a start, and whether it is among the exported. */
interface Start {
  readonly boot: number;
  readonly row: Row;
  taken: boolean;
}

function findJob(db: Db, job: JobId): Result<Found, ExportFault> {
  db.exec("BEGIN");
  const origin = readOrigin(db);
  const checkpoint = checkpointRows(db, true)[0];
  const known = db.prepare("SELECT 1 FROM entry WHERE job = ? LIMIT 1").get(job) !== undefined;
  if (!known) {
    return err({ code: "job-unknown", what: `There is no entry of job ${job}.`, remedy: "Check the job's number." });
  }
  if (origin === null || checkpoint === undefined) return err(notSigned);
  const leaves = new Uint8Array(checkpoint.size * 32);
  const rows: Row[] = [];
  let start: Start | null = null as Start | null;
  for (const row of rowsFrom(db)) {
    const boot = parseEntry(Buffer.from(row.entry).toString("utf8"))?.boot ?? -1;
    if (row.seq < checkpoint.size) leaves.set(leafHash(row.entry), row.seq * 32);
    if (start?.boot !== boot) start = { boot, row, taken: false };
    if (row.job !== job) continue;
    if (row.seq >= checkpoint.size) return err(notSigned);
    if (!start.taken) rows.push(start.row);
    start.taken = true;
    rows.push(row);
  }
  return ok({ origin, note: checkpoint.note, size: checkpoint.size, tree: treeOf(leaves), rows });
}

const notSigned: ExportFault = {
  code: "not-signed-yet",
  what: "The job's last entries are not covered by a checkpoint yet.",
  remedy: "Try again in a second while the cell is running, or start and stop the cell once.",
};

function exported(row: Row, tree: Tree, size: number): ExportedEntry {
  return {
    entry: Buffer.from(row.entry).toString("utf8"),
    body: Buffer.from(row.body).toString("utf8"),
    proof: inclusionProof(tree, row.seq, size),
  };
}

async function collect(
  rows: readonly Row[],
  job: JobId,
  options: ExportOptions,
): Promise<Result<Map<Digest, Uint8Array>, ExportFault>> {
  const found = new Map<Digest, Uint8Array>();
  if (options.artifacts === undefined) return ok(found);
  for (const row of rows) {
    if (row.job !== job) continue;
    for (const digest of artifactDigests(JSON.parse(Buffer.from(row.body).toString("utf8")) as Json)) {
      if (options.embed?.(digest) === false) continue;
      const bytes = await options.artifacts.get(digest);
      if (!bytes.ok) {
        const what = `The artifact ${digest} that entry ${row.seq} names is ${bytes.error}.`;
        return err({
          code: "artifact-missing",
          what,
          remedy: "Verify the data folder; export without artifacts until it is repaired.",
        });
      }
      found.set(digest, bytes.value);
    }
  }
  return ok(found);
}
