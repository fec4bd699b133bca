/** The archive of one year of a log: the lines of its record, and the statement by which the cell says what it holds (docs/record-format.md). */
import { z } from "zod";
import { canonical, parseCanonical } from "../kernel/json.ts";
import { type Digest, isDigest, isIdentifier, type JobId } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { fromBase64, toBase64 } from "./bytes.ts";
import type { CheckedPrefix } from "./chain-check.ts";
import { isOrigin } from "./checkpoint.ts";
import { openNote, type SignedNote, signNote, splitNote } from "./note.ts";
import type { SignatureCheck, Signer, VerifyingKey } from "./signer.ts";
import { outOfEffect } from "./trusted-key.ts";

export const archiveFormat = "cellward-archive/1";
const statementFormat = "cellward-archive-statement/1";
/** The two files of an archive, beside its folder of artifacts. */
export const archiveRecordFile = "record.jsonl";
export const archiveStatementFile = "statement.txt";

const digest = z.string().refine(isDigest);
const whole = z.number().int().min(0);

const header = z.strictObject({
  format: z.literal(archiveFormat),
  origin: z.string().refine(isOrigin),
  /** By UTC. */
  year: z.number().int().min(1970).max(9999),
  /** The first entry of the year, one above the last, and how many entries the log had at the checkpoint over them. */
  from: whole,
  to: whole,
  size: whole,
  /** Where the log stood before `from`: root of each complete subtree (largest first), digest of the last entry, its start. */
  frontier: z.array(z.string()).max(53),
  prev: digest,
  boot: z.number().int().min(-1),
  /** The last entry before `from` of each job that has one from there on. */
  jobs: z.record(z.string().refine(isIdentifier), digest),
  /** As the cell stores artifacts, or their plaintext. */
  artifacts: z.enum(["sealed", "open"]),
});

/** First line of the record. */
export type ArchiveHeader = z.infer<typeof header>;

const line = z.union([
  /** A checkpoint of the cell. */
  z.strictObject({ note: z.string().max(100_000) }),
  /** One with central QA's line. */
  z.strictObject({ cosigned: z.string().max(100_000) }),
  /** The exact texts. */
  z.strictObject({ body: z.string(), entry: z.string() }),
  /** An artifact that is inside, and the SHA-256 of its file. */
  z.strictObject({ artifact: digest, file: digest }),
  /** One that was dropped by policy before the archive was made. */
  z.strictObject({ dropped: digest }),
]);

/** Any further line, in this order: checkpoints, entries, artifacts. */
export type ArchiveLine = z.infer<typeof line>;

/** A line's text, with its end. */
export function printArchiveLine(one: ArchiveHeader | ArchiveLine): string {
  return `${canonical(one)}\n`;
}

/** Reads the first line by its form; null where it is none. */
export function readArchiveHeader(text: Uint8Array): ArchiveHeader | null {
  const parsed = parseCanonical(text);
  const read = header.safeParse(parsed.ok ? parsed.value : null);
  if (!read.success) return null;
  const { from, to, size } = read.data;
  return from < to && to <= size ? read.data : null;
}

/** Reads any other line by its form; null where it is none. */
export function readArchiveLine(text: Uint8Array): ArchiveLine | null {
  const parsed = parseCanonical(text);
  const read = line.safeParse(parsed.ok ? parsed.value : null);
  return read.success ? read.data : null;
}

/** Where the log stood before the first entry, as the header tells it; null where it tells no such place. */
export function beginningOf({ origin, from, frontier, prev, boot, jobs }: ArchiveHeader): CheckedPrefix | null {
  const nodes = frontier.map(fromBase64);
  const count = from.toString(2).replaceAll("0", "").length;
  if (nodes.length !== count || !nodes.every((node): node is Uint8Array => node?.length === 32)) return null;
  const chain = { origin, frontier: { size: from, nodes }, prev: prev as Digest, boot };
  return { chain, jobHeads: new Map(Object.entries(jobs) as [JobId, Digest][]) };
}

/** The same for the header; of all jobs only those in `going`. */
export function headerBeginning({ chain, jobHeads }: CheckedPrefix, going: ReadonlySet<string>) {
  return {
    frontier: chain.frontier.nodes.map(toBase64),
    prev: chain.prev,
    boot: chain.boot,
    jobs: Object.fromEntries([...jobHeads].filter(([job]) => going.has(job))),
  };
}

/** What the cell's key says of an archive. */
export interface ArchiveStatement {
  readonly origin: string;
  readonly year: number;
  readonly from: number;
  readonly to: number;
  readonly size: number;
  /** SHA-256 of the record's first line (its end included), and of the whole record. */
  readonly headerDigest: Digest;
  readonly recordDigest: Digest;
  /** How many artifacts are inside, and how many were dropped by policy. */
  readonly artifacts: number;
  readonly dropped: number;
}

function statementText(said: ArchiveStatement): string {
  const { origin, year, from, to, size, headerDigest, recordDigest, artifacts, dropped } = said;
  const lines = [statementFormat, origin, year, from, to, size, headerDigest, recordDigest, artifacts, dropped];
  return `${lines.join("\n")}\n`;
}

/** Signs a statement. Rejects where the signer does. */
export function signArchive(said: ArchiveStatement, signer: Signer): Promise<SignedNote> {
  return signNote(statementText(said), signer);
}

/** Reads a statement that a trusted key of the log `origin` has signed, and nobody else. The error says why it is none. */
export function openArchiveStatement(
  note: SignedNote,
  origin: string,
  trusted: readonly VerifyingKey[],
  check: SignatureCheck,
): Result<ArchiveStatement, string> {
  const own = trusted.filter(({ name }) => name === origin);
  const opened = openNote(note, own, check);
  if (!opened.ok) return opened;
  const [by] = opened.value.signedBy;
  const split = splitNote(note);
  if (by === undefined || !split.ok || split.value.lines.length !== 1) return err("it has more than one signature");
  const [, named = "", year, from, to, size, first = "", all = "", artifacts, dropped] = opened.value.text.split("\n");
  const digests = { headerDigest: first as Digest, recordDigest: all as Digest };
  const numbers = { year, from, to, size, artifacts, dropped };
  const counted = Object.fromEntries(Object.entries(numbers).map(([name, text]) => [name, Number(text)]));
  const said = { origin: named, ...counted, ...digests } as unknown as ArchiveStatement;
  // One spelling only: what was read must print as what was signed.
  const isWhole = Object.values(counted).every((number) => Number.isSafeInteger(number) && number >= 0);
  if (!isWhole || !isDigest(first) || !isDigest(all) || statementText(said) !== opened.value.text) {
    return err("it is not an archive's statement in a known format");
  }
  if (named !== origin) return err(`it is a statement of another log (${named})`);
  // Said later than the checkpoint was signed: a key that begins after it may say it, one that has ended may not.
  const { from: _, ...bounds } = by.effect ?? {};
  const ended = outOfEffect({ ...by, effect: bounds }, said.size);
  return ended === null ? ok(said) : err(ended);
}

/** UTC milliseconds at which a year begins. */
export function yearStart(year: number): number {
  return Date.UTC(year, 0, 1);
}

/** Whether a time lies in a year, by UTC. */
export function isInYear(at: number, year: number): boolean {
  return at >= yearStart(year) && at < yearStart(year + 1);
}
