/** age v1 (age-encryption.org/v1) around the files of a package: sealing, opening, and the cell's own identity. */
import {
  Decrypter,
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from "age-encryption";
import { err, ok, type Result } from "../../kernel/result.ts";
import { concat } from "../../ledger/bytes.ts";
import { recipientFingerprint } from "../package/statement.ts";

/** X25519, or the hybrid of X25519 and ML-KEM-768 that holds against a quantum computer too. */
export type IdentityKind = "x25519" | "hybrid";

/** What a cell opens packages with: one identity in use, and older ones that packages may still be sealed for. */
export interface Identity {
  /** The public half of the first: hand it to whoever makes packages for this cell. */
  readonly recipient: string;
  /** The file itself, for a thread that opens packages. */
  readonly secrets: string;
  /** Fingerprints of all recipients that can be opened. */
  readonly fingerprints: readonly string[];
  /** The plaintext, whole and authenticated; null where it is not sealed for this cell or was changed. */
  open(sealed: Uint8Array): Promise<Uint8Array | null>;
  /** At least so much of the plaintext's beginning, authenticated piece by piece, or all of it where it is shorter. */
  openStart(sealed: Uint8Array, least: number): Promise<Uint8Array | null>;
}

const mostIdentities = 8;
const pieceBytes = 64 * 1024;

/** A fresh identity, in the form of an identity file of age. */
export async function makeIdentity(kind: IdentityKind): Promise<{ readonly file: string; readonly recipient: string }> {
  const secret = kind === "x25519" ? await generateX25519Identity() : await generateHybridIdentity();
  const recipient = await identityToRecipient(secret);
  return { file: `# public key: ${recipient}\n${secret}\n`, recipient };
}

/** Reads an identity file of age; the error says what is wrong with it, and never repeats a line of it. */
export async function readIdentity(file: string): Promise<Result<Identity, string>> {
  const secrets = file.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  if (secrets.length > mostIdentities) return err(`it holds more than ${mostIdentities} identities`);
  const decrypter = new Decrypter();
  const recipients: string[] = [];
  for (const [index, secret] of secrets.entries()) {
    try {
      decrypter.addIdentity(secret.trim());
      recipients.push(await identityToRecipient(secret.trim()));
    } catch {
      return err(`identity ${index + 1} in it is none`);
    }
  }
  const recipient = recipients[0];
  if (recipient === undefined) return err("it holds no identity");
  return ok({
    recipient,
    secrets: file,
    fingerprints: recipients.map(recipientFingerprint),
    open: (sealed) => decrypter.decrypt(sealed).catch(() => null),
    openStart: (sealed, least) => startOf(decrypter, sealed, least).catch(() => null),
  });
}

async function startOf(decrypter: Decrypter, sealed: Uint8Array, least: number): Promise<Uint8Array> {
  const reader = (await decrypter.decrypt(ReadableStream.from(piecesOf(sealed)))).getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  while (size < least) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
  }
  await reader.cancel();
  return concat(...parts);
}

function* piecesOf(bytes: Uint8Array): Iterable<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield new Uint8Array(bytes.subarray(at, at + pieceBytes));
}

/** X25519 and hybrid recipients in bech32; others of age (passphrases, hardware tags) are not for a cell. */
export const recipientForm = /^age1([02-9ac-hj-np-z]{58}|pq1[02-9ac-hj-np-z]{1000,4000})$/;

/** Seals bytes for one recipient (`age1...` or `age1pq1...`); the error says that it is none. */
export async function sealFor(recipient: string, plain: Uint8Array): Promise<Result<Uint8Array, string>> {
  const encrypter = new Encrypter();
  try {
    if (!recipientForm.test(recipient)) throw new TypeError("not a recipient");
    encrypter.addRecipient(recipient);
  } catch {
    return err("it is no recipient of age (age1... or age1pq1...)");
  }
  return ok(await encrypter.encrypt(plain));
}
