/** SHA-256, the one hash of the house (the only file of the core that may use node:crypto). */
import { createHash } from "node:crypto";
import { canonicalBytes } from "./json.ts";
import type { Digest } from "./names.ts";

/** Raw SHA-256 (32 bytes) over the concatenation of the parts. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** SHA-256 of bytes as lower-case hex. */
export function digestOf(bytes: Uint8Array): Digest {
  return Buffer.from(sha256(bytes)).toString("hex") as Digest;
}

/** SHA-256 of a value's RFC 8785 bytes, as lower-case hex. */
export function digestOfValue(value: unknown): Digest {
  return digestOf(canonicalBytes(value));
}
