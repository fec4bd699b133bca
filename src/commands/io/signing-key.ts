/** A signer's key pair in two one-line files: the secret for its owner alone, the public line for every cell that trusts it. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseSigningKey } from "../../intake/package/trust.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { fromBase64, toBase64 } from "../../ledger/bytes.ts";
import { publicHalf } from "../../ledger/io/crypto.ts";
import { makePrivateFolder, writeDurably } from "../../ledger/io/files.ts";
import { formatKey } from "../../ledger/note.ts";
import type { Signer } from "../../ledger/signer.ts";
import type { Trouble } from "./terminal.ts";

/** The secret's line, as golang.org/x/mod/sumdb/note writes it: `PRIVATE+KEY+name+id+base64(0x01 || seed)`. */
const secretForm = /^PRIVATE\+KEY\+([^+\s]{1,128})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{44})$/;
/** DER of an Ed25519 private key up to its 32 bytes of seed (RFC 8410 section 7). */
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");
const mostSecretBytes = 1_024;

/** What was made; the public line goes to the cells that are to trust it. */
export interface MadeKey {
  readonly secret: string;
  readonly public: string;
  readonly line: string;
}

/** Makes a key pair in a folder; refuses a name that cannot be shown, and never writes over a key. */
export async function makeSigningKey(name: string, folder: string): Promise<Result<MadeKey, Trouble>> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const key = publicHalf(name, privateKey);
  const line = formatKey(key);
  if (!parseSigningKey(line).ok) {
    const remedy = "Use letters, digits, dots, hyphens and slashes, like clinic.example/design-authority.";
    return err({ code: "name-refused", what: `"${name}" cannot be the name of a key.`, remedy });
  }
  const base = name.split("/").at(-1) || "signing";
  const made = { secret: join(folder, `${base}.key`), public: join(folder, `${base}.vkey`), line };
  await makePrivateFolder(folder);
  for (const path of [made.secret, made.public]) {
    if ((await stat(path).catch(() => null)) === null) continue;
    return err({ code: "key-there", what: `There is a key ${path} already.`, remedy: "Name another folder." });
  }
  const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32);
  const secret = `PRIVATE+KEY+${name}+${key.id}+${toBase64(Buffer.concat([Uint8Array.of(1), seed]))}\n`;
  await writeDurably(made.public, Buffer.from(`${line}\n`), 0o644);
  await writeDurably(made.secret, Buffer.from(secret), 0o600);
  return ok(made);
}

/** Opens a secret; refused where others of this computer can read it. The error repeats nothing of it. */
export async function openSigningKey(path: string): Promise<Result<Signer, Trouble>> {
  const refuse = (what: string, remedy = "Name the secret file that `cellward keygen` wrote.") =>
    err({ code: "key-refused", what, remedy });
  let text: string;
  try {
    const file = await open(path);
    try {
      if (((await file.stat()).mode & 0o077) !== 0) {
        const remedy = "Take the rights away (chmod 600), and consider whether it was copied.";
        return refuse(`${path} can be read by other accounts of this computer.`, remedy);
      }
      const { buffer, bytesRead } = await file.read(Buffer.alloc(mostSecretBytes), 0, mostSecretBytes, 0);
      text = buffer.subarray(0, bytesRead).toString("latin1").trim();
    } finally {
      await file.close();
    }
  } catch {
    return refuse(`The key ${path} cannot be read.`);
  }
  const [, name, id, encoded] = secretForm.exec(text) ?? [];
  const bytes = encoded === undefined ? null : fromBase64(encoded);
  if (name === undefined || bytes?.length !== 33 || bytes[0] !== 1) return refuse(`${path} is no secret key.`);
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, bytes.subarray(1)]),
    format: "der",
    type: "pkcs8",
  });
  const key = publicHalf(name, privateKey);
  if (key.id !== id) return refuse(`${path} is damaged: its id does not belong to it.`);
  return ok({ key, sign: async (message) => signWith(privateKey, message) });
}

function signWith(privateKey: KeyObject, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, privateKey));
}
