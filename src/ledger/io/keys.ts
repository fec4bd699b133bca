/** The key folder: signing key, data key and public key in files outside the data folder, for their owner alone. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { err, ok, type Result } from "../../kernel/result.ts";
import { isOrigin } from "../checkpoint.ts";
import type { LedgerFault } from "../ledger.ts";
import { formatKey, parseKey } from "../note.ts";
import type { Signer, VerifyingKey } from "../signer.ts";
import { publicHalf } from "./crypto.ts";
import { errorCode, makePrivateFolder, writeDurably } from "./files.ts";

const signingKeyFile = "signing.key.pem";
const dataKeyFile = "data.key";
/** The public key in its one-line form: hand this to whoever is to verify records. */
export const publicKeyFile = "cell.vkey";

export type KeyAlgorithm = "ed25519" | "ecdsa-p256";

/** What a cell holds in its key folder. */
export interface Keys {
  readonly folder: string;
  readonly signer: Signer;
  /** Public keys that this cell trusts for its own log: its own. */
  readonly trusted: readonly VerifyingKey[];
  /** 32 bytes for AES-256-GCM over artifacts. */
  readonly dataKey: Uint8Array;
}

/** Creates the folder and fresh keys for the log `origin`; refuses where keys stand already or the place is wrong. */
export async function createKeys(
  folder: string,
  dataDir: string,
  origin: string,
  algorithm: KeyAlgorithm = "ed25519",
): Promise<Result<Keys, LedgerFault>> {
  if (!isOrigin(origin))
    return refuse(`"${origin}" cannot be the name of a log`, "Use a name like hospital.example/cell-1.");
  const inside = await insideRefusal(folder, dataDir);
  if (inside !== null) return err(inside);
  await makePrivateFolder(folder);
  if ((await stat(join(folder, signingKeyFile)).catch(() => null)) !== null) {
    return refuse(`There are keys in ${folder} already.`, "Use them, or name another folder.");
  }
  const privateKey =
    algorithm === "ed25519"
      ? generateKeyPairSync("ed25519").privateKey
      : generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  await writeDurably(join(folder, dataKeyFile), Buffer.from(`${randomBytes(32).toString("hex")}\n`), 0o600);
  await writeDurably(join(folder, publicKeyFile), Buffer.from(`${formatKey(publicHalf(origin, privateKey))}\n`), 0o600);
  // Last, because its presence says that the folder is complete.
  await writeDurably(join(folder, signingKeyFile), Buffer.from(pem), 0o600);
  return openKeys(folder, dataDir);
}

/** Opens a key folder; refused where it is missing, inside the data folder, or readable by anyone else. */
export async function openKeys(folder: string, dataDir: string): Promise<Result<Keys, LedgerFault>> {
  const inside = await insideRefusal(folder, dataDir);
  if (inside !== null) return err(inside);
  try {
    for (const name of ["", signingKeyFile, dataKeyFile]) {
      const { mode } = await stat(join(folder, name));
      if ((mode & 0o077) !== 0) {
        return refuse(
          `${join(folder, name)} can be read by other accounts of this computer.`,
          `Take the rights away (chmod ${name === "" ? "700" : "600"}) and consider whether the keys were copied.`,
        );
      }
    }
    const privateKey = createPrivateKey(await readFile(join(folder, signingKeyFile)));
    const publicKey = parseKey((await readFile(join(folder, publicKeyFile), "utf8")).trim());
    const dataKey = (await readFile(join(folder, dataKeyFile), "utf8")).trim();
    if (!publicKey.ok) return refuse(`${publicKeyFile} is not a key: ${publicKey.error}.`, "Restore the key folder.");
    if (!/^[0-9a-f]{64}$/.test(dataKey)) return refuse(`${dataKeyFile} is not a key.`, "Restore the key folder.");
    const own = publicHalf(publicKey.value.name, privateKey);
    if (own.id !== publicKey.value.id) {
      return refuse(`${publicKeyFile} does not belong to ${signingKeyFile}.`, "Restore the key folder.");
    }
    const signer = { key: own, sign: async (message: Uint8Array) => signWith(privateKey, message) };
    return ok({ folder, signer, trusted: [own], dataKey: new Uint8Array(Buffer.from(dataKey, "hex")) });
  } catch (problem) {
    const why = errorCode(problem) === "ENOENT" ? "is missing or incomplete" : "cannot be read";
    return refuse(`The key folder ${folder} ${why}.`, "Run the set-up of the cell, or restore the key folder.");
  }
}

function signWith(privateKey: KeyObject, message: Uint8Array): Uint8Array {
  const algorithm = privateKey.asymmetricKeyType === "ed25519" ? null : "sha256";
  return new Uint8Array(sign(algorithm, message, privateKey));
}

/** Keys beside the data would travel with every copy of it, and then prove nothing. */
async function insideRefusal(folder: string, dataDir: string): Promise<LedgerFault | null> {
  const [keysAt, dataAt] = [await truePath(folder), await truePath(dataDir)];
  if (!within(keysAt, dataAt) && !within(dataAt, keysAt)) return null;
  return {
    code: "keys-refused",
    what: "The key folder and the data folder are one inside the other.",
    remedy: "Name a key folder outside the data folder, best on another medium.",
  };
}

function within(inner: string, outer: string): boolean {
  const path = relative(outer, inner);
  return path === "" || (!path.startsWith("..") && !isAbsolute(path));
}

/** The path without links, also where its last parts do not exist yet. */
async function truePath(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    return await realpath(whole);
  } catch {
    const parent = resolve(whole, "..");
    return parent === whole ? whole : join(await truePath(parent), relative(parent, whole));
  }
}

function refuse(what: string, remedy: string): Result<never, LedgerFault> {
  return err({ code: "keys-refused", what, remedy });
}
