/** The signer whose private key is a file (PKCS #8) in this process: made, written for its owner alone, and opened. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { lowS } from "../ecdsa.ts";
import type { Signer } from "../signer.ts";
import { publicHalf } from "./crypto.ts";

export type KeyAlgorithm = "ed25519" | "ecdsa-p256";

/** A fresh private key as PEM. */
export function makePrivateKey(algorithm: KeyAlgorithm): string {
  const { privateKey } =
    algorithm === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ format: "pem", type: "pkcs8" }).toString();
}

/** A signer under `name`; throws where the text is no private key of a known kind. */
export function fileSigner(name: string, pem: string | Buffer): Signer {
  const privateKey = createPrivateKey(pem);
  return { key: publicHalf(name, privateKey), sign: async (message) => signWith(privateKey, message) };
}

function signWith(privateKey: KeyObject, message: Uint8Array): Uint8Array {
  if (privateKey.asymmetricKeyType === "ed25519") return new Uint8Array(sign(null, message, privateKey));
  const signature = new Uint8Array(sign("sha256", message, privateKey));
  return lowS(signature) ?? signature;
}
