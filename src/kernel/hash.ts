/** SHA-256, the one hash of the house (the only file of the core that may use node:crypto). */
import { createHash, hash } from "node:crypto";
import { canonicalBytes } from "./json.ts";
import type { Digest } from "./names.ts";

/** Raw SHA-256 (32 bytes) over the concatenation of the parts. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  // By way of a text, because asking the library for bytes takes twice as long (npm run bench -- append).
  const text = hash("sha256", parts.length === 1 ? parts[0]! : Buffer.concat(parts), "binary");
  const bytes = new Uint8Array(32);
  for (let index = 0; index < 32; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** SHA-256 of bytes as lower-case hex. */
export function digestOf(bytes: Uint8Array): Digest {
  return hash("sha256", bytes, "hex") as Digest;
}

/** SHA-256 of bytes that come piece by piece. */
export interface Hashing {
  add(bytes: Uint8Array): void;
  /** The digest of all that was added; asked once. */
  digest(): Digest;
}

/** Begins a digest of what does not fit into memory at once. */
export function startHashing(): Hashing {
  const hashing = createHash("sha256");
  return { add: (bytes) => void hashing.update(bytes), digest: () => hashing.digest("hex") as Digest };
}

/** SHA-256 of a value's RFC 8785 bytes, as lower-case hex. */
export function digestOfValue(value: unknown): Digest {
  return digestOf(canonicalBytes(value));
}
