/** The statement that travels in an export: how far the job's record reached and what is inside the file, signed by the cell. */
import { digestOf } from "../kernel/hash.ts";
import { type Digest, isDigest } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { utf8 } from "./bytes.ts";
import { type Finding, finding } from "./finding.ts";
import { openNote, type SignedNote, signNote, splitNote } from "./note.ts";
import type { SignatureCheck, Signer, VerifyingKey } from "./signer.ts";
import { outOfEffect } from "./trusted-key.ts";

/** First line of every statement that is written, and that of the first release, which said less. */
export const statementFormat = "cellward-job-statement/2";
const olderFormat = "cellward-job-statement/1";

/** The head of one job's record under one checkpoint, and what was put into the export. */
export interface Statement {
  readonly origin: string;
  readonly job: string;
  /** How many entries the job had. */
  readonly entries: number;
  /** Number (`seq`) of the job's last entry, and SHA-256 of its bytes. */
  readonly lastSeq: number;
  readonly lastDigest: Digest;
  /** Digest of the list (`digestList`) of all entries in the file, in order: the first ones of starts as well. Null in format 1. */
  readonly listed: Digest | null;
  /** Size of the checkpoint under which the job was read. */
  readonly size: number;
  /** SHA-256 of that checkpoint's whole note, countersignature and all. Null in format 1. */
  readonly noteDigest: Digest | null;
  /** How many artifacts are inside the file, and the digest of their list in ascending order. */
  readonly artifacts: number;
  readonly artifactsDigest: Digest;
}

/** A statement that a trusted key has signed, and that key. */
export interface SignedStatement extends Statement {
  readonly by: VerifyingKey;
}

/** SHA-256 of the digests as they stand, each followed by a newline. */
export function digestList(digests: readonly Digest[]): Digest {
  return digestOf(utf8(digests.map((digest) => `${digest}\n`).join("")));
}

/** The same of artifacts, in ascending order. */
export function artifactList(digests: Iterable<Digest>): Digest {
  return digestList([...digests].sort());
}

/** The note text of a statement, eleven lines; nine in format 1. */
export function statementText(statement: Statement): string {
  const { origin, job, entries, lastSeq, lastDigest, listed, size, noteDigest, artifacts, artifactsDigest } = statement;
  const end = [artifacts, artifactsDigest];
  const lines =
    listed === null || noteDigest === null
      ? [olderFormat, origin, job, entries, lastSeq, lastDigest, size, ...end]
      : [statementFormat, origin, job, entries, lastSeq, lastDigest, listed, size, noteDigest, ...end];
  return `${lines.join("\n")}\n`;
}

/** Signs a statement. Rejects where the signer does. */
export function signStatement(statement: Statement, signer: Signer): Promise<SignedNote> {
  return signNote(statementText(statement), signer);
}

/**
 * Reads a statement of the log `origin` that a trusted key named like it has signed, and nobody else: it is the one note
 * in the file to which nothing is ever added. The error says why it is none.
 */
export function openStatement(
  note: SignedNote,
  origin: string,
  trusted: readonly VerifyingKey[],
  check: SignatureCheck,
): Result<SignedStatement, string> {
  const opened = openNote(
    note,
    trusted.filter((key) => key.name === origin),
    check,
  );
  if (!opened.ok) return opened;
  const [by] = opened.value.signedBy;
  const split = splitNote(note);
  if (by === undefined || !split.ok || split.value.lines.length !== 1) return err("it has more than one signature");
  const [format, named = "", job = "", entries, lastSeq, lastDigest = "", ...rest] = opened.value.text.split("\n");
  const older = format === olderFormat;
  const [listed, size, noteDigest] = older ? [null, rest[0], null] : [rest[0] ?? "", rest[1], rest[2] ?? ""];
  const [artifacts, artifactsDigest = ""] = rest.slice(older ? 1 : 3);
  const digests = { lastDigest, listed, noteDigest, artifactsDigest };
  if (!Object.values(digests).every((digest) => digest === null || isDigest(digest))) {
    return err("its digests are malformed");
  }
  const numbers = {
    entries: Number(entries),
    lastSeq: Number(lastSeq),
    size: Number(size),
    artifacts: Number(artifacts),
  };
  const statement = { origin: named, job, ...numbers, ...digests } as Statement;
  // One spelling only: what was read must print as what was signed.
  const counted = Object.values(numbers).every((number) => Number.isSafeInteger(number) && number >= 0);
  if (!counted || statementText(statement) !== opened.value.text) {
    return err("it is not a statement in a known format");
  }
  if (named !== origin) return err(`it is a statement of another log (${named})`);
  // Said later than the checkpoint was signed: a key that begins after it may say it, one that has ended may not.
  const { from: _, ...bounds } = by.effect ?? {};
  const ended = outOfEffect({ ...by, effect: bounds }, statement.size);
  return ended === null ? ok({ ...statement, by }) : err(ended);
}

/** What the file was found to hold. */
export interface Held {
  readonly job: string;
  readonly size: number;
  readonly checkpoint: SignedNote;
  readonly entries: number;
  /** Number and digest of the job's last entry; -1 and null where there is none. */
  readonly lastSeq: number;
  readonly lastDigest: Digest | null;
  /** Digests of all entries in the file, in order. */
  readonly listed: readonly Digest[];
  readonly artifacts: ReadonlySet<Digest>;
}

/** Where the entries are not those that the cell stated: of another job or checkpoint, cut off at the end, or added. */
export function entriesDisagree(stated: Statement, held: Held): Finding | null {
  if (stated.job !== held.job) return finding("statement", null, `The statement is of another job, ${stated.job}.`);
  if (stated.size !== held.size) {
    return finding(
      "statement",
      null,
      `The statement was made under ${stated.size} entries, the checkpoint is over ${held.size}.`,
    );
  }
  if (stated.noteDigest !== null && digestOf(utf8(held.checkpoint)) !== stated.noteDigest) {
    return finding(
      "statement",
      null,
      "The checkpoint's signature lines are not those that the cell put into the file.",
    );
  }
  if (held.lastSeq < stated.lastSeq) {
    const cut = `The job had ${stated.entries} entries, the last of them entry ${stated.lastSeq}; ${held.entries} are here`;
    return finding("truncated", held.lastSeq + 1, `${cut}, up to entry ${held.lastSeq}: the end was cut off.`);
  }
  if (held.lastSeq > stated.lastSeq || held.lastDigest !== stated.lastDigest || held.entries !== stated.entries) {
    return finding(
      "statement",
      stated.lastSeq + 1,
      `The cell stated ${stated.entries} entries up to entry ${stated.lastSeq}; here are ${held.entries} up to ${held.lastSeq}.`,
    );
  }
  if (stated.listed !== null && digestList(held.listed) !== stated.listed) {
    return finding("statement", null, "The first entries of starts in the file are not those that the cell put there.");
  }
  return null;
}

/** Where the artifacts inside are not those that the cell put there. */
export function artifactsDisagree(stated: Statement, held: Held): Finding | null {
  if (held.artifacts.size !== stated.artifacts || artifactList(held.artifacts) !== stated.artifactsDigest) {
    return finding(
      "artifact-missing",
      null,
      `The cell put ${stated.artifacts} pictures and programs into the file, ${held.artifacts.size} are here, or others.`,
    );
  }
  return null;
}
