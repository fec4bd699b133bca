/** The ledger entry: its frozen twelve fields, the one way to write them, and the one way to read them back. */
import { assert } from "../kernel/assert.ts";
import { digestOf } from "../kernel/hash.ts";
import type { Json } from "../kernel/json.ts";
import { type Digest, isIdentifier, type JobId, type PersonId } from "../kernel/names.ts";
import type { EpochMs, MonotonicMs } from "../kernel/units.ts";
import { utf8 } from "./bytes.ts";

/** What the cell's clock was worth when it was read; the format takes any identifier, these three are in use. */
export type ClockState = "synchronised" | "unsynchronised" | "unknown";

export type JsonObject = { readonly [key: string]: Json };

/** An entry before the ledger has given it a place. */
export interface EntryDraft {
  /** The job it belongs to; null for what is the cell's own (a start, a calibration). */
  readonly job: JobId | null;
  /** The person who did it; null where the cell did. */
  readonly actorId: PersonId | null;
  /** What happened, an identifier (`LayerAccepted`). */
  readonly type: string;
  readonly body: JsonObject;
  /** Whole milliseconds; UTC, as the clock said it. */
  readonly at: EpochMs;
  /** Whole milliseconds since the process started. */
  readonly mono: MonotonicMs;
  readonly clockState: ClockState;
  /** Number of the start of the cell that wrote it: never falls, and its first entry is the cell's own. */
  readonly boot: number;
}

/** An entry in its place: everything here is under the hash; format version 1, frozen. */
export interface Entry {
  readonly v: 1;
  readonly seq: number;
  readonly at: EpochMs;
  readonly mono: MonotonicMs;
  readonly clockState: string;
  readonly boot: number;
  readonly job: JobId | null;
  readonly actorId: PersonId | null;
  readonly type: string;
  /** SHA-256 of the body's RFC 8785 bytes. */
  readonly bodyDigest: Digest;
  /** SHA-256 of the bytes of this job's entry before; null for the job's first and for entries of no job. */
  readonly jobPrev: Digest | null;
  /** SHA-256 of the bytes of the entry before; for entry 0 the genesis digest of the log's origin. */
  readonly prev: Digest;
}

/** Longest body in bytes of canonical JSON that is read. */
export const maxBodyBytes = 1 << 20;
/**
 * Longest body in bytes that is written: inside a message to central QA its quotes and backslashes are escaped, which
 * at most doubles it, and every entry has to fit into one. Anything larger is an artifact; only its digest is recorded.
 */
export const maxDraftBytes = 192 * 1024;
/** Longest possible entry in bytes (four identifiers, three digests, four numbers). */
export const maxEntryBytes = 1024;

const id = '"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"';
const hex = '"[0-9a-f]{64}"';
const whole = "0|[1-9][0-9]{0,15}";
const pattern = new RegExp(
  `^\\{"actorId":(null|${id}),"at":(${whole}),"bodyDigest":(${hex}),"boot":(${whole}),"clockState":(${id}),` +
    `"job":(null|${id}),"jobPrev":(null|${hex}),"mono":(${whole}),"prev":(${hex}),"seq":(${whole}),` +
    `"type":(${id}),"v":1\\}$`,
);

/** What `prev` of entry 0 holds: SHA-256 of `cellward-ledger/1`, a newline, the log's origin, a newline. */
export function genesisDigest(origin: string): Digest {
  return digestOf(utf8(`cellward-ledger/1\n${origin}\n`));
}

/** The RFC 8785 text of an entry: keys in order; no string in it can need an escape. */
export function entryText(entry: Entry): string {
  return (
    `{"actorId":${quoted(entry.actorId)},"at":${entry.at},"bodyDigest":"${entry.bodyDigest}","boot":${entry.boot},` +
    `"clockState":"${entry.clockState}","job":${quoted(entry.job)},"jobPrev":${quoted(entry.jobPrev)},` +
    `"mono":${entry.mono},"prev":"${entry.prev}","seq":${entry.seq},"type":"${entry.type}","v":1}`
  );
}

/** Reads an entry's text; null unless it is exactly what `entryText` writes for some entry. */
export function parseEntry(text: string): Entry | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const [, actorId, at, bodyDigest, boot, clockState, job, jobPrev, mono, prev, seq, type] = match;
  const numbers = { at: Number(at), boot: Number(boot), mono: Number(mono), seq: Number(seq) };
  if (!Object.values(numbers).every(Number.isSafeInteger)) return null;
  return {
    v: 1,
    ...numbers,
    clockState: bare(clockState) ?? "",
    job: bare(job) as JobId | null,
    actorId: bare(actorId) as PersonId | null,
    type: bare(type) ?? "",
    bodyDigest: bare(bodyDigest) as Digest,
    jobPrev: bare(jobPrev) as Digest | null,
    prev: bare(prev) as Digest,
  };
}

/** Stops the process where a draft could not be written in the format: a caller that drafts such an entry is wrong. */
export function assertDraft(draft: EntryDraft): void {
  assert(draft.job === null || isIdentifier(draft.job), `a job's name must be an identifier: ${draft.job}`);
  assert(draft.actorId === null || isIdentifier(draft.actorId), `a person's id must be an identifier`);
  assert(isIdentifier(draft.type), `an entry's type must be an identifier: ${draft.type}`);
  assert(isIdentifier(draft.clockState), `a clock state must be an identifier: ${draft.clockState}`);
  for (const field of ["at", "mono", "boot"] as const) {
    const value = draft[field];
    assert(Number.isSafeInteger(value) && value >= 0, `"${field}" must be a whole number from 0 up, it is ${value}`);
  }
}

function quoted(text: string | null): string {
  return text === null ? "null" : `"${text}"`;
}

function bare(token: string | undefined): string | null {
  return token === undefined || token === "null" ? null : token.slice(1, -1);
}
