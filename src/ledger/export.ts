/** The export of one job: one canonical JSON file with its entries, their proofs, a signed checkpoint over them and the cell's statement. */
import { canonicalBytes, type Json } from "../kernel/json.ts";
import type { Digest, JobId } from "../kernel/names.ts";
import { concat, fromBase64, toBase64, utf8 } from "./bytes.ts";
import type { SignedNote } from "./note.ts";

/** First member of every export file that is written. */
export const exportFormat = "cellward-job-export/3";
/** That of the first release: its checkpoint bears no countersignature, and its statement says less. Read for ever. */
const olderFormat = "cellward-job-export/2";

/** One entry of an export. */
export interface ExportedEntry {
  /** The exact text of the entry and of its body (RFC 8785). */
  readonly entry: string;
  readonly body: string;
  /** Audit path to the checkpoint's root. */
  readonly proof: readonly Uint8Array[];
}

/** The content of an export file. */
export interface JobExport {
  readonly format: 2 | 3;
  readonly origin: string;
  readonly job: JobId;
  /** The cell's checkpoint, with central QA's countersignature where the cell had one that covers the job. */
  readonly checkpoint: SignedNote;
  /** The cell's signed statement of the job's head and of what is inside (statement.ts). */
  readonly statement: SignedNote;
  /** The key that signed the statement, in its one-line form: for information, never for verification. */
  readonly keys: readonly string[];
  /** The job's entries and the first entry of each start in which they were written, by number. */
  readonly entries: readonly ExportedEntry[];
  /** Evidence that travels inside the file: SHA-256 of what is there, by the digest that names it. */
  readonly artifacts: ReadonlyMap<Digest, Digest>;
}

/** What a file begins with; the artifacts follow, one after the other in ascending order, then `exportEnd`. */
export const exportStart: Uint8Array = utf8('{"artifacts":{');

/** One artifact as it stands in the file. */
export function artifactPiece(digest: Digest, bytes: Uint8Array, isFirst: boolean): Uint8Array {
  return utf8(`${isFirst ? "" : ","}"${digest}":"${toBase64(bytes)}"`);
}

/** What follows the artifacts, in format 3. */
export function exportEnd(content: Omit<JobExport, "format" | "artifacts">): Uint8Array {
  const rest = canonicalBytes({
    format: exportFormat,
    origin: content.origin,
    job: content.job,
    checkpoint: content.checkpoint,
    statement: content.statement,
    keys: content.keys,
    entries: content.entries.map(({ entry, body, proof }) => ({ entry, body, proof: proof.map(toBase64) })),
  });
  return concat(utf8("},"), rest.subarray(1));
}

/** Reads a scanned file into its parts by form alone (nothing is verified yet); null where it is not an export. */
export function readExport(value: Json, artifacts: ReadonlyMap<Digest, Digest>): JobExport | null {
  const file = membersOf(value);
  const format = file?.["format"] === exportFormat ? 3 : file?.["format"] === olderFormat ? 2 : null;
  if (file === null || format === null || Object.keys(file).length !== 7) return null;
  const { origin, job, checkpoint, statement, keys, entries } = file;
  if (typeof statement !== "string") return null;
  if (typeof origin !== "string" || typeof job !== "string" || typeof checkpoint !== "string") return null;
  if (!isTexts(keys) || !Array.isArray(entries)) return null;
  const readEntries = entries.map(readEntry);
  if (!readEntries.every((entry) => entry !== null)) return null;
  const texts = { format, origin, job: job as JobId, checkpoint, statement, keys } as const;
  return { ...texts, entries: readEntries, artifacts };
}

function readEntry(value: Json): ExportedEntry | null {
  const item = membersOf(value);
  if (item === null || Object.keys(item).length !== 3) return null;
  const { entry, body, proof } = item;
  if (typeof entry !== "string" || typeof body !== "string" || !isTexts(proof)) return null;
  const nodes = proof.map(fromBase64);
  return nodes.every((node) => node?.length === 32) ? { entry, body, proof: nodes as Uint8Array[] } : null;
}

function membersOf(value: Json | undefined): { readonly [key: string]: Json | undefined } | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })
    : null;
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
