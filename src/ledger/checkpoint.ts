/** C2SP log checkpoints (https://c2sp.org/tlog-checkpoint): origin, size and root as the text of a signed note. */
import { assert } from "../kernel/assert.ts";
import type { Digest } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { fromBase64, toBase64, toHex } from "./bytes.ts";
import type { Head } from "./ledger.ts";
import { openNote, type SignedNote, splitNote } from "./note.ts";
import type { SignatureCheck, VerifyingKey } from "./signer.ts";
import { outOfEffect } from "./trusted-key.ts";

/** A tree head of a named log. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

const originPattern = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/;

/** True for the origins that cells use: a URL without scheme, of letters, digits, dot, underscore, hyphen, slash. */
export function isOrigin(text: string): boolean {
  return originPattern.test(text);
}

/** The note text of a checkpoint, three lines. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${toBase64(checkpoint.root)}\n`;
}

/** Reads a checkpoint's note text: exactly three lines, since extension lines are of no use to this log. */
export function parseCheckpoint(text: string): Result<Checkpoint, string> {
  const match = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/=]{44})\n$/.exec(text);
  const [, origin, sizeText, rootText] = match ?? [];
  if (origin === undefined || sizeText === undefined || rootText === undefined) {
    return err("a checkpoint has three lines: origin, size, root");
  }
  const size = Number(sizeText);
  const root = fromBase64(rootText);
  if (!Number.isSafeInteger(size) || root?.length !== 32) return err("the checkpoint's size or root is malformed");
  return ok({ origin, size, root });
}

/**
 * Reads a signed checkpoint of the log `origin`: signed by a trusted key whose name is that origin, and for that
 * origin. The error says why it is not one.
 */
export function openCheckpoint(
  note: SignedNote,
  origin: string,
  trusted: readonly VerifyingKey[],
  check: SignatureCheck,
): Result<Checkpoint, string> {
  const opened = openSignedCheckpoint(note, origin, trusted, check);
  return opened.ok ? ok(opened.value.checkpoint) : opened;
}

/** The same, with the trusted keys whose signatures count at its size. */
export function openSignedCheckpoint(
  note: SignedNote,
  origin: string,
  trusted: readonly VerifyingKey[],
  check: SignatureCheck,
): Result<{ readonly checkpoint: Checkpoint; readonly by: readonly VerifyingKey[] }, string> {
  const read = readSigned(note, origin, trusted, check);
  if (!read.ok) return read;
  const { by, doubt } = read.value;
  return by.length === 0 ? err(doubt ?? "no key that you trust has signed it") : read;
}

/** The same, also where no signature counts at its size: `by` is then empty and `doubt` says why. */
export function readSigned(
  note: SignedNote,
  origin: string,
  trusted: readonly VerifyingKey[],
  check: SignatureCheck,
): Result<
  { readonly checkpoint: Checkpoint; readonly by: readonly VerifyingKey[]; readonly doubt: string | null },
  string
> {
  const own = trusted.filter((key) => key.name === origin);
  if (own.length === 0) return err(`none of the keys that you trust is named ${origin}`);
  const opened = openNote(note, own, check);
  if (!opened.ok) return opened;
  const checkpoint = parseCheckpoint(opened.value.text);
  if (!checkpoint.ok) return checkpoint;
  if (checkpoint.value.origin !== origin) {
    return err(`it is a checkpoint of another log (${checkpoint.value.origin})`);
  }
  const { size } = checkpoint.value;
  const doubts = opened.value.signedBy.map((key) => outOfEffect(key, size));
  const by = opened.value.signedBy.filter((_, index) => doubts[index] === null);
  return ok({ checkpoint: checkpoint.value, by, doubt: doubts.find((one) => one !== null) ?? null });
}

/** Stops the process where a note is not one over exactly this checkpoint; its signatures are the caller's business. */
export function assertOver(note: SignedNote, checkpoint: Checkpoint): void {
  const split = splitNote(note);
  assert(split.ok && split.value.text === formatCheckpoint(checkpoint), "the note is over this log's own entries");
}

/** The head that a stored note is over; nothing is verified. AssertionFailed where it is not a checkpoint. */
export function headOfNote(note: SignedNote): Head {
  const split = splitNote(note);
  const parsed = split.ok ? parseCheckpoint(split.value.text) : split;
  assert(parsed.ok, "a stored note is over a checkpoint");
  return { size: parsed.value.size, root: toHex(parsed.value.root) as Digest };
}
