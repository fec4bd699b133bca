/** Making a job's export from a data folder, also while the cell is running on it. */
import { join } from "node:path";
import { digestOf } from "../../kernel/hash.ts";
import type { Json } from "../../kernel/json.ts";
import type { Digest, JobId } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { createArtifactAccount } from "../artifact-account.ts";
import type { Artifacts } from "../artifacts.ts";
import type { Row } from "../chain-check.ts";
import { parseEntry } from "../entry.ts";
import { artifactPiece, type ExportedEntry, exportEnd, exportStart } from "../export.ts";
import { formatKey, type SignedNote } from "../note.ts";
import { inclusionProof, type Tree } from "../proofs.ts";
import type { Signer } from "../signer.ts";
import { artifactList, digestList, signStatement } from "../statement.ts";
import { databaseFile, faultOf, openForReading } from "./database.ts";
import { type ExportFault, type FindOptions, type Found, findJob } from "./export-rows.ts";
import { readLeaves } from "./leaves.ts";

export interface ExportOptions extends Omit<FindOptions, "leaves"> {
  /** The cell's signer: it states how far the job's record reaches and what is inside the file. */
  readonly signer: Signer;
  /** Where to take the evidence that is to travel inside the file; without it only digests do. */
  readonly artifacts?: Artifacts;
  /** Which of the named artifacts travel inside; default: all. */
  readonly embed?: (digest: Digest) => boolean;
}

/** What stands in a written file: the artifacts inside, in the order of the entries that name them. */
export interface ExportedJob {
  readonly artifacts: readonly Digest[];
}

/** Takes the file piece by piece. */
export type WritePiece = (piece: Uint8Array) => Promise<void>;

/**
 * Exports one job under the newest checkpoint that central QA has countersigned, if that covers all its entries, else
 * under the newest of the cell's own; a job with entries above that is not exported until they are signed.
 */
export async function exportJob(
  dataDir: string,
  job: JobId,
  options: ExportOptions,
  write: WritePiece,
): Promise<Result<ExportedJob, ExportFault>> {
  let read: Result<Found, ExportFault>;
  try {
    const db = openForReading(join(dataDir, databaseFile));
    try {
      read = findJob(db, job, { ...options, leaves: () => readLeaves(dataDir) });
    } finally {
      db.close();
    }
  } catch (problem) {
    return err(faultOf(problem));
  }
  if (!read.ok) return read;
  const { origin, note, size, tree, rows } = read.value;
  const entries = rows.map((row) => exported(row, tree, size));
  const named = namedIn(rows, job, options);
  await write(exportStart);
  const artifacts = await writeArtifacts(named, options, write);
  if (!artifacts.ok) return artifacts;
  const keys = [formatKey(options.signer.key)];
  const statement = await state(read.value, job, artifacts.value, options.signer);
  if (!statement.ok) return statement;
  const signed = { checkpoint: note, statement: statement.value };
  await write(exportEnd({ origin, job, ...signed, keys, entries }));
  return ok({ artifacts: named.map(({ digest }) => digest) });
}

/** Has the cell's key say which entry is the job's last and which artifacts are inside. */
async function state(
  found: Found,
  job: JobId,
  artifacts: readonly Digest[],
  signer: Signer,
): Promise<Result<SignedNote, ExportFault>> {
  const { origin, size, rows } = found;
  const own = rows.filter((row) => row.job === job);
  const last = own.at(-1);
  if (last === undefined || signer.key.name !== origin) {
    const what = `The record is that of ${origin}, the key is that of ${signer.key.name}.`;
    return err({ code: "keys-refused", what, remedy: "Name the key folder of the cell that wrote the record." });
  }
  const statement = {
    origin,
    job,
    entries: own.length,
    lastSeq: last.seq,
    lastDigest: digestOf(last.entry),
    listed: digestList(rows.map((row) => digestOf(row.entry))),
    size,
    noteDigest: digestOf(Buffer.from(found.note)),
    artifacts: artifacts.length,
    artifactsDigest: artifactList(artifacts),
  };
  try {
    return ok(await signStatement(statement, signer));
  } catch {
    const what = "The signing key could not be used.";
    return err({ code: "signing-failed", what, remedy: "Check the key folder or the token, then export again." });
  }
}

function exported(row: Row, tree: Tree, size: number): ExportedEntry {
  return {
    entry: Buffer.from(row.entry).toString("utf8"),
    body: Buffer.from(row.body).toString("utf8"),
    proof: inclusionProof(tree, row.seq, size),
  };
}

interface Named {
  readonly digest: Digest;
  /** The first entry that names it. */
  readonly seq: number;
}

/** The artifacts of the job that are to be inside, in the order of their first entries. */
function namedIn(rows: readonly Row[], job: JobId, options: ExportOptions): readonly Named[] {
  if (options.artifacts === undefined) return [];
  const account = createArtifactAccount();
  for (const row of rows) {
    if (row.job !== job) continue;
    const type = parseEntry(Buffer.from(row.entry).toString("utf8"))?.type ?? "";
    account.take(row.seq, job, type, JSON.parse(Buffer.from(row.body).toString("utf8")) as Json);
  }
  return [...account.kept()]
    .filter(([digest]) => options.embed?.(digest) !== false)
    .map(([digest, seq]) => ({ digest, seq }));
}

/** Writes each into the file, in ascending order, one in memory at a time. */
async function writeArtifacts(
  named: readonly Named[],
  { artifacts: store }: ExportOptions,
  write: WritePiece,
): Promise<Result<readonly Digest[], ExportFault>> {
  const inOrder = [...named].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  for (const [index, { digest, seq }] of inOrder.entries()) {
    const bytes = (await store?.get(digest)) ?? err("missing");
    if (!bytes.ok) {
      const what = `The artifact ${digest} that entry ${seq} names is ${bytes.error}.`;
      const remedy = "Verify the data folder; export without artifacts until it is repaired.";
      return err({ code: "artifact-missing", what, remedy });
    }
    await write(artifactPiece(digest, bytes.value, index === 0));
  }
  return ok(inOrder.map(({ digest }) => digest));
}
