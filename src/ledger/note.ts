/** C2SP signed notes (https://c2sp.org/signed-note) and their verifier keys: printed, parsed strictly, opened with trusted keys. */
import { sha256 } from "../kernel/hash.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import { concat, fromBase64, fromHex, toBase64, toHex, utf8 } from "./bytes.ts";
import { isP256Spki, lowS } from "./ecdsa.ts";
import type { SignatureCheck, SignatureType, Signer, VerifyingKey } from "./signer.ts";

/** A signed note's whole text: signed text, empty line, signature lines. */
export type SignedNote = string;

/** Largest note read, in bytes; sixteen signatures, some of them post-quantum, fit. */
const maxNoteBytes = 100_000;
const maxSignatures = 16;
const dash = "\u2014 ";

/** A note some trusted key has signed. */
export interface OpenedNote {
  readonly text: string;
  readonly signedBy: readonly VerifyingKey[];
}

/** Key id: Ed25519 SHA-256(name || 0x0A || type || key)[0..4]; ECDSA SHA-256(SubjectPublicKeyInfo)[0..4]. */
export function keyId(name: string, type: SignatureType, publicKey: Uint8Array): string {
  const digest = type === 2 ? sha256(publicKey) : sha256(utf8(`${name}\n`), Uint8Array.of(type), publicKey);
  return toHex(digest.subarray(0, 4));
}

/** A verifying key with its id worked out. */
export function verifyingKey(name: string, type: SignatureType, publicKey: Uint8Array): VerifyingKey {
  return { name, id: keyId(name, type, publicKey), type, publicKey };
}

/** The one-line form `name+id+base64(type || key)` (golang.org/x/mod/sumdb/note calls it vkey). */
export function formatKey(key: VerifyingKey): string {
  return `${key.name}+${key.id}+${toBase64(concat(Uint8Array.of(key.type), key.publicKey))}`;
}

/** Reads the one-line form; the error says what is wrong with it. */
export function parseKey(line: string): Result<VerifyingKey, string> {
  const parts = /^([^+\s\u0085]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{4,400})$/.exec(line);
  const [, name, id, encoded] = parts ?? [];
  if (name === undefined || id === undefined || encoded === undefined) {
    return err("a key is written name+8 hex digits+base64");
  }
  const bytes = fromBase64(encoded);
  const type = bytes?.[0];
  if (bytes === null || (type !== 1 && type !== 2 && type !== 4)) {
    return err("the key's type is neither Ed25519 (1), nor ECDSA (2), nor an Ed25519 cosigner (4)");
  }
  const publicKey = bytes.slice(1);
  if (type !== 2 && publicKey.length !== 32) return err("an Ed25519 key has 32 bytes");
  if (type === 2 && !isP256Spki(publicKey)) return err("an ECDSA key is a P-256 key in its uncompressed form");
  if (keyId(name, type, publicKey) !== id) return err("the key's id does not belong to its bytes");
  return ok({ name, id, type, publicKey });
}

/** Signs a text (it must end in a newline) and prints the note, a line for each signer. Rejects where one of them does. */
export async function signNote(text: string, ...signers: readonly Signer[]): Promise<SignedNote> {
  const lines = await Promise.all(
    signers.map(async (signer) => signatureLine(signer.key, await signWith(signer, utf8(text)))),
  );
  return `${text}\n${lines.join("")}`;
}

/** The signer's signature in the one spelling that is read. Rejects where the signer does, or gives no signature. */
export async function signWith(signer: Signer, message: Uint8Array): Promise<Uint8Array> {
  const signature = await signer.sign(message);
  const spelled = signer.key.type === 2 ? lowS(signature) : signature;
  if (spelled === null) throw new Error("the signer's answer is no signature in DER");
  return spelled;
}

/** One signature line of a note, with its newline. */
export function signatureLine(key: VerifyingKey, signature: Uint8Array): string {
  return `${dash}${key.name} ${toBase64(concat(fromHex(key.id) ?? new Uint8Array(4), signature))}\n`;
}

/** A signature line by its form alone. */
export interface SignatureLine {
  readonly name: string;
  readonly id: string;
  /** What follows the key's id; its meaning depends on the key's type. */
  readonly signature: Uint8Array;
}

/** Takes a note apart by its form; nothing is verified. The error says why it is not a note. */
export function splitNote(note: SignedNote): Result<{ text: string; lines: readonly SignatureLine[] }, string> {
  if (note.length > maxNoteBytes || utf8(note).length > maxNoteBytes) return err("the note is too long");
  if (hasControls(note) || !note.isWellFormed()) return err("the note holds control characters");
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || !note.endsWith("\n")) return err("the note has no signature lines");
  const lines = note.slice(gap + 2, -1).split("\n");
  if (lines.length > maxSignatures) return err("the note has too many signatures");
  const parsed = lines.map(parseSignature);
  if (!parsed.every((line) => line !== null)) return err("a signature line is malformed");
  return ok({ text: note.slice(0, gap + 1), lines: parsed });
}

/**
 * Opens a note: at least one trusted key has signed it and none of the trusted keys' signatures is wrong; lines of
 * keys unknown to the caller are ignored, as the specification demands. The error says why there is no such note.
 */
export function openNote(
  note: SignedNote,
  trusted: readonly VerifyingKey[],
  check: SignatureCheck,
): Result<OpenedNote, string> {
  const split = splitNote(note);
  if (!split.ok) return split;
  const { text, lines } = split.value;
  const signedBy: VerifyingKey[] = [];
  for (const line of lines) {
    // A cosigner's key signs something else than the bare text.
    const key = trusted.find(({ name, id, type }) => type !== 4 && name === line.name && id === line.id);
    if (key === undefined) continue;
    if (!check(key, utf8(text), line.signature)) return err(`the signature of ${key.name} (${key.id}) is wrong`);
    if (!signedBy.includes(key)) signedBy.push(key);
  }
  return signedBy.length === 0 ? err("no key that you trust has signed it") : ok({ text, signedBy });
}

/** True where a signature line stands under the note twice: harmless to a reader, but two spellings of one note. */
export function repeatsLine(note: SignedNote): boolean {
  const lines = note.slice(note.lastIndexOf("\n\n") + 2, -1).split("\n");
  return new Set(lines).size < lines.length;
}

function parseSignature(line: string): SignatureLine | null {
  const match = /^\u2014 ([^+\s\u0085]+) ([A-Za-z0-9+/=]+)$/u.exec(line);
  const [, name, encoded] = match ?? [];
  const bytes = encoded === undefined ? null : fromBase64(encoded);
  if (name === undefined || bytes === null || bytes.length < 5) return null;
  return { name, id: toHex(bytes.subarray(0, 4)), signature: bytes.slice(4) };
}

function hasControls(text: string): boolean {
  return /[\u0000-\u0009\u000b-\u001f\u007f]/.test(text);
}
