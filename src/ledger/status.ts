/** A cell's signed word about itself (docs/sync-format.md): what it is at now. It is no record, and proves no entry. */
import { z } from "zod";
import { canonicalBytes, parseCanonical } from "../kernel/json.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { textOf, utf8 } from "./bytes.ts";
import { openNote, type SignedNote, signNote } from "./note.ts";
import type { SignatureCheck, Signer, VerifyingKey } from "./signer.ts";
import { outOfEffect } from "./trusted-key.ts";

/** First line of a status: it has spaces, so that no status can be taken for a checkpoint of any origin. */
const heading = "cellward status 1";
/** Longest status note in characters. */
export const maxStatusLength = 4_096;

const size = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const digest = z.string().regex(/^[0-9a-f]{64}$/);

const status = z.strictObject({
  /** Number of the cell's start; `counter` is the place among those that this start has said, from 1 on. */
  boot: size,
  counter: size,
  /** Made by chance at the start: two computers with one key have two. */
  instance: identifier,
  /** By the cell's own clock. */
  at: size,
  clock: identifier,
  state: z.enum(["running", "held", "blocked", "ready", "idle"]),
  job: identifier.nullable(),
  /** Name of what keeps the job from going on. */
  gate: identifier.nullable(),
  /** Entries of the cell's record, and those that a stored cosignature covers. */
  head: size,
  withQa: size,
  /** When the oldest entry without a cosignature was written. */
  oldestUnsyncedAt: size.nullable(),
  software: z.string().min(1).max(64),
  softwareDigest: digest,
  configDigest: digest,
  modelDigest: digest.nullable(),
});

/** What a cell says of itself. */
export type CellStatus = z.infer<typeof status>;

/** Signs a status of the log `origin`. Rejects where the signer does. */
export function signStatus(origin: string, said: CellStatus, signer: Signer): Promise<SignedNote> {
  return signNote(`${heading}\n${origin}\n${textOf(canonicalBytes(said)) ?? ""}\n`, signer);
}

/** Opens a status of this log under the keys that the caller trusts; the error says why it is none. */
export function openStatus(
  note: SignedNote,
  origin: string,
  keys: readonly VerifyingKey[],
  check: SignatureCheck,
): Result<CellStatus, string> {
  const opened = openNote(note, keys, check);
  if (!opened.ok) return opened;
  const read = readStatus(opened.value.text, origin);
  if (!read.ok) return read;
  // A key that ended says nothing about what came after.
  const [first, ...others] = opened.value.signedBy.map((key) => outOfEffect(key, read.value.head));
  return first === null || others.includes(null) ? read : err(first ?? "nobody has signed it");
}

/** Reads the text of a status, by form alone. */
export function readStatus(text: string, origin: string): Result<CellStatus, string> {
  const [first, log, json, end, ...more] = text.split("\n");
  if (first !== heading || json === undefined || end !== "" || more.length > 0) return err("it is not a status");
  if (log !== origin) return err(`it is of the log ${log?.slice(0, 128)}`);
  const parsed = parseCanonical(utf8(json));
  const read = status.safeParse(parsed.ok ? parsed.value : null);
  return read.success ? ok(read.data) : err("it does not have the members of a status");
}
