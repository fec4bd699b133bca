/** The statement that travels in an export: how far the job's record reached and what is inside the file, signed by the cell. */
import { digestOf } from "../kernel/hash.ts";
import { type Digest, isDigest } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { utf8 } from "./bytes.ts";
import { type Finding, finding } from "./finding.ts";
import { openNote, type SignedNote, signNote } from "./note.ts";
import type { SignatureCheck, Signer, VerifyingKey } from "./signer.ts";

/** First line of every statement. */
export const statementFormat = "cellward-job-statement/1";

/** The head of one job's record under one checkpoint, and what was put into the export. */
export interface Statement {
  readonly origin: string;
  readonly job: string;
  /** How many entries the job had. */
  readonly entries: number;
  /** Number (`seq`) of the job's last entry, and SHA-256 of its bytes. */
  readonly lastSeq: number;
  readonly lastDigest: Digest;
  /** Size of the checkpoint under which the job was read. */
  readonly size: number;
  /** How many artifacts are inside the file, and the digest of their list (`artifactList`). */
  readonly artifacts: number;
  readonly artifactsDigest: Digest;
}

/** SHA-256 of the digests in ascending order, each followed by a newline. */
export function artifactList(digests: Iterable<Digest>): Digest {
  return digestOf(
    utf8(
      [...digests]
        .sort()
        .map((digest) => `${digest}\n`)
        .join(""),
    ),
  );
}

/** The note text of a statement, nine lines. */
export function statementText(statement: Statement): string {
  const { origin, job, entries, lastSeq, lastDigest, size, artifacts, artifactsDigest } = statement;
  return `${[statementFormat, origin, job, entries, lastSeq, lastDigest, size, artifacts, artifactsDigest].join("\n")}\n`;
}

/** Signs a statement. Rejects where the signer does. */
export function signStatement(statement: Statement, signer: Signer): Promise<SignedNote> {
  return signNote(statementText(statement), signer);
}

/** Reads a statement of the log `origin` that a trusted key named like it has signed; the error says why it is none. */
export function openStatement(
  note: SignedNote,
  origin: string,
  trusted: readonly VerifyingKey[],
  check: SignatureCheck,
): Result<Statement, string> {
  const opened = openNote(
    note,
    trusted.filter((key) => key.name === origin),
    check,
  );
  if (!opened.ok) return opened;
  const [, ...values] = opened.value.text.split("\n");
  const [named = "", job = "", entries, lastSeq, lastDigest = "", size, artifacts, artifactsDigest = ""] = values;
  if (!isDigest(lastDigest) || !isDigest(artifactsDigest)) return err("its digests are malformed");
  const numbers = {
    entries: Number(entries),
    lastSeq: Number(lastSeq),
    size: Number(size),
    artifacts: Number(artifacts),
  };
  const statement = { origin: named, job, ...numbers, lastDigest, artifactsDigest };
  // One spelling only: what was read must print as what was signed.
  if (!Object.values(numbers).every(Number.isSafeInteger) || statementText(statement) !== opened.value.text) {
    return err("it is not a statement in format 1");
  }
  return named === origin ? ok(statement) : err(`it is a statement of another log (${named})`);
}

/** What the file was found to hold. */
export interface Held {
  readonly job: string;
  readonly size: number;
  readonly entries: number;
  /** Number and digest of the job's last entry; -1 and null where there is none. */
  readonly lastSeq: number;
  readonly lastDigest: Digest | null;
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
