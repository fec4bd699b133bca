/** Cosignatures of checkpoints, type cosignature/v1 (https://c2sp.org/tlog-cosignature): made by a witness, opened with its key. */
import { assert } from "../kernel/assert.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { concat, utf8 } from "./bytes.ts";
import { type SignedNote, signatureLine, splitNote } from "./note.ts";
import type { SignatureCheck, Signer, VerifyingKey } from "./signer.ts";
import { outOfTime } from "./trusted-key.ts";

/** Who has cosigned a checkpoint, and when. */
export interface Cosignature {
  readonly by: VerifyingKey;
  /** POSIX time in whole seconds, as the witness's clock said it. */
  readonly time: number;
}

/** Eight bytes of time (big-endian) and an Ed25519 signature. */
const cosignatureBytes = 72;

/** The bytes that a cosignature covers: two header lines, then the checkpoint's whole text (final newline included). */
export function cosignedMessage(time: number, text: string): Uint8Array {
  return utf8(`cosignature/v1\ntime ${time}\n${text}`);
}

/**
 * The note with the witness's line below the lines that it has. `time` is POSIX seconds. The witness has verified the
 * checkpoint and stored it before it calls this. Rejects where the signer does.
 */
export async function cosign(note: SignedNote, witness: Signer, time: number): Promise<SignedNote> {
  const split = splitNote(note);
  assert(split.ok, "a witness cosigns a signed note");
  assert(witness.key.type === 4, "a witness signs with a cosigner's key (type 4)");
  assert(Number.isSafeInteger(time) && time >= 0, "a cosignature's time is whole seconds");
  const signature = await witness.sign(cosignedMessage(time, split.value.text));
  return note + signatureLine(witness.key, concat(timeBytes(time), signature));
}

/**
 * The cosignatures of known witnesses on a note; empty where there is none. Lines of others are ignored. The error
 * says which known witness's line is wrong (such a note is refused whole), or why the only ones there do not count.
 */
export function openCosignatures(
  note: SignedNote,
  witnesses: readonly VerifyingKey[],
  check: SignatureCheck,
): Result<readonly Cosignature[], string> {
  const split = splitNote(note);
  if (!split.ok) return split;
  const found: Cosignature[] = [];
  let doubt: string | null = null;
  for (const line of split.value.lines) {
    const by = witnesses.find(({ name, id, type }) => type === 4 && name === line.name && id === line.id);
    if (by === undefined) continue;
    const time = line.signature.length === cosignatureBytes ? readTime(line.signature) : null;
    if (time === null) return err(`the cosignature of ${by.name} (${by.id}) is malformed`);
    if (!check(by, cosignedMessage(time, split.value.text), line.signature.slice(8))) {
      return err(`the cosignature of ${by.name} (${by.id}) is wrong`);
    }
    const late = outOfTime(by, time);
    if (late === null) found.push({ by, time });
    else doubt ??= late;
  }
  return found.length === 0 && doubt !== null ? err(doubt) : ok(found);
}

function timeBytes(time: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(time));
  return bytes;
}

/** The time of a cosignature, or null beyond what a number holds exactly (the specification's bound is 2^63 - 1). */
function readTime(signature: Uint8Array): number | null {
  const time = Number(new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0));
  return Number.isSafeInteger(time) ? time : null;
}
