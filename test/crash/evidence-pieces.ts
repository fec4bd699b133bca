/** The pieces of the recorded life of an evidence folder: the same in the program and in its judge. */
import { createHash } from "node:crypto";
import { digestOf } from "../../src/kernel/hash.ts";

export const evidencePieces = Array.from({ length: 6 }, (_, n) => {
  const block = createHash("sha512").update(`sealed ${n}`).digest();
  return { digest: digestOf(block), bytes: new Uint8Array(Buffer.alloc(3_000 + 900 * n, block)) };
});
