/** A program that holds a signing key, as a token's driver would (docs/external-signer.md): `node token.ts KEY.pem [fault]`. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [path = "", fault] = process.argv.slice(2);
const privateKey = createPrivateKey(readFileSync(path));
const isEd25519 = privateKey.asymmetricKeyType === "ed25519";
const der = createPublicKey(privateKey).export({ format: "der", type: "spki" });
const publicKey = (isEd25519 ? der.subarray(-32) : der).toString("base64");
const another = generateKeyPairSync("ed25519").privateKey;

function signed(message: Buffer): string {
  const key = fault === "wrong-key" ? another : privateKey;
  return sign(key.asymmetricKeyType === "ed25519" ? null : "sha256", message, key).toString("base64");
}

function answer(word: string, id: string, message: string): string {
  if (word === "key") return `key ${id} ${isEd25519 ? 1 : 2} ${publicKey}`;
  if (fault === "refuses") return `refused ${id} no-pin`;
  if (fault === "garbage") return `signed ${id} ####`;
  return `signed ${id} ${signed(Buffer.from(message, "base64"))}`;
}

for await (const line of createInterface({ input: process.stdin })) {
  const [word = "", id = "", message = ""] = line.split(" ");
  if (word === "sign" && fault === "dies") process.exit(1);
  if (word === "sign" && fault === "floods") process.stdout.write("x".repeat(20_000));
  else process.stdout.write(`${answer(word, id, message)}\n`);
}
