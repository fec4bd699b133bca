/** Keys for tests: a witness's, a cell's, made in memory. */
import { generateKeyPairSync, sign } from "node:crypto";
import { verifyingKey } from "../../src/ledger/note.ts";
import type { SignatureType, Signer } from "../../src/ledger/signer.ts";

/** A signer with a fresh Ed25519 key of the given type: 4 a cosigner, 1 a log's or a decision key. */
export function ed25519Signer(name: string, type: Exclude<SignatureType, 2>): Signer {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
  return {
    key: verifyingKey(name, type, raw),
    sign: async (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}
