/** Signatures by node:crypto: the check of Ed25519 and ECDSA P-256, and keys in and out of their encodings. */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { isLowS } from "../ecdsa.ts";
import { verifyingKey } from "../note.ts";
import type { SignatureCheck, VerifyingKey } from "../signer.ts";

/** DER SubjectPublicKeyInfo of Ed25519 up to the 32 key bytes (RFC 8410 section 4). */
const ed25519Prefix = Buffer.from("302a300506032b6570032100", "hex");
const known = new Map<string, KeyObject | null>();

/** The check by node:crypto; a key that is no key, or no P-256 key, verifies nothing. */
export const checkSignature: SignatureCheck = (key, message, signature) => {
  const object = publicKeyObject(key);
  if (object === null || (key.type === 2 && !isLowS(signature))) return false;
  try {
    return verify(key.type === 2 ? "sha256" : null, message, object, signature);
  } catch {
    return false;
  }
};

/** The public half of a key pair under the name that it signs with; throws where it is neither Ed25519 nor P-256. */
export function publicHalf(name: string, privateKey: KeyObject): VerifyingKey {
  const der = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  if (privateKey.asymmetricKeyType === "ed25519") return verifyingKey(name, 1, new Uint8Array(der.subarray(-32)));
  if (isP256(privateKey)) return verifyingKey(name, 2, new Uint8Array(der));
  throw new TypeError("a signing key is Ed25519 or ECDSA P-256");
}

function publicKeyObject(key: VerifyingKey): KeyObject | null {
  const der = key.type === 2 ? Buffer.from(key.publicKey) : Buffer.concat([ed25519Prefix, key.publicKey]);
  const name = der.toString("base64");
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  const object = readPublicKey(key, der);
  if (known.size > 64) known.clear();
  known.set(name, object);
  return object;
}

function readPublicKey(key: VerifyingKey, der: Buffer): KeyObject | null {
  try {
    const object = createPublicKey({ key: der, format: "der", type: "spki" });
    return key.type !== 2 || isP256(object) ? object : null;
  } catch {
    return null;
  }
}

function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1";
}
