/** The key folder: signing key, data key and public keys in files outside the data folder, for their owner alone. */
import { randomBytes } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import { z } from "zod";
import { errorCode } from "../../kernel/problem.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { isOrigin } from "../checkpoint.ts";
import type { LedgerFault } from "../ledger.ts";
import { formatKey } from "../note.ts";
import type { Signer, VerifyingKey } from "../signer.ts";
import { parseTrustedKey } from "../trusted-key.ts";
import { openExternalSigner } from "./external-signer.ts";
import { makePrivateFolder, writeDurably } from "./files.ts";
import { fileSigner, type KeyAlgorithm, makePrivateKey } from "./key-file.ts";

/** The key in use, and one that is to follow it: a rotation that is under way. */
export type KeyPlace = "signing" | "next";
type KeyForm = "key" | "program";
const dataKeyFile = "data.key";
/** The log's public keys as lines with their bounds: hand these to whoever is to verify records. */
export const publicKeyFile = "cell.vkey";

/** The two forms that a signing key has in the folder: the key itself, or the program that holds it. */
export const keyFiles = (place: KeyPlace) => ({ key: `${place}.key.pem`, program: `${place}.signer.json` });

/** What a cell holds in its key folder. */
export interface Keys {
  readonly folder: string;
  readonly signer: Signer;
  /** The key that is to follow; it signs beside the present one until it is its turn. Null outside a rotation. */
  readonly next: Signer | null;
  /** Public keys that this cell trusts for its own log: its own, those of earlier years with their bounds. */
  readonly trusted: readonly VerifyingKey[];
  /** 32 bytes for AES-256-GCM over artifacts. */
  readonly dataKey: Uint8Array;
}

/** A fresh key in a file, or the command of a program that holds one. */
export type KeySource = KeyAlgorithm | readonly string[];

/** Creates the folder and fresh keys for the log `origin`; refuses where keys stand already or the place is wrong. */
export async function createKeys(
  folder: string,
  dataDir: string,
  origin: string,
  source: KeySource = "ed25519",
): Promise<Result<Keys, LedgerFault>> {
  if (!isOrigin(origin))
    return refuse(`"${origin}" cannot be the name of a log`, "Use a name like hospital.example/cell-1.");
  const inside = await insideRefusal(folder, dataDir);
  if (inside !== null) return err(inside);
  await makePrivateFolder(folder);
  if ((await formOf(folder, "signing")) !== null) {
    return refuse(`There are keys in ${folder} already.`, "Use them, or name another folder.");
  }
  const made = await makeSigner(source, origin);
  if (!made.ok) return made;
  const { signer, file, text } = made.value;
  await writeDurably(join(folder, dataKeyFile), Buffer.from(`${randomBytes(32).toString("hex")}\n`), 0o600);
  await writePublicKeys(folder, [formatKey(signer.key)]);
  // Last, because its presence says that the folder is complete.
  await writeDurably(join(folder, keyFiles("signing")[file]), Buffer.from(text), 0o600);
  return openKeys(folder, dataDir);
}

/** Puts the key that is to follow into the folder, unless one waits there already; the folder is to be opened again. */
export async function placeNextKey(
  folder: string,
  name: string,
  source: KeySource,
): Promise<Result<null, LedgerFault>> {
  if ((await formOf(folder, "next")) !== null) return ok(null);
  const made = await makeSigner(source, name);
  if (!made.ok) return made;
  await writeDurably(join(folder, keyFiles("next")[made.value.file]), Buffer.from(made.value.text), 0o600);
  return ok(null);
}

/** Replaces the public key lines. */
export function writePublicKeys(folder: string, lines: readonly string[]): Promise<void> {
  return writeDurably(join(folder, publicKeyFile), Buffer.from(lines.map((line) => `${line}\n`).join("")), 0o600);
}

/** In which form a key stands at its place; null where none does. */
export async function formOf(folder: string, place: KeyPlace): Promise<KeyForm | null> {
  return (await formsOf(folder, place))[0] ?? null;
}

async function formsOf(folder: string, place: KeyPlace): Promise<readonly KeyForm[]> {
  const there: KeyForm[] = [];
  for (const form of ["key", "program"] as const) {
    if ((await stat(join(folder, keyFiles(place)[form])).catch(() => null)) !== null) there.push(form);
  }
  return there;
}

/**
 * The key in use. Two forms stand there where a rotation was cut off between its last two steps: the one whose line has no
 * end is the new one. A key that has ended signs only beside the one that is to follow.
 */
async function openOwn(
  folder: string,
  forms: readonly KeyForm[],
  trusted: readonly VerifyingKey[],
  rotating: boolean,
): Promise<Result<Signer, LedgerFault>> {
  let ended: Signer | null = null;
  for (const form of forms.length > 0 ? forms : (["key"] as const)) {
    const signer = await openSigner(folder, "signing", form, trusted[0]?.name ?? "");
    if (!signer.ok) return signer;
    const line = trusted.find(({ id }) => id === signer.value.key.id);
    if (line === undefined) {
      const what = `${publicKeyFile} does not belong to ${keyFiles("signing")[form]}.`;
      return refuse(what, "Restore the key folder.");
    }
    if (line.effect?.until === undefined && line.effect?.revoked === undefined) return signer;
    ended = signer.value;
  }
  if (ended !== null && rotating) return ok(ended);
  return refuse(`The signing key in ${folder} was replaced or revoked.`, "Restore the key folder with the newest key.");
}

/** Opens a key folder; refused where it is missing, inside the data folder, or readable by anyone else. */
export async function openKeys(folder: string, dataDir: string): Promise<Result<Keys, LedgerFault>> {
  const inside = await insideRefusal(folder, dataDir);
  if (inside !== null) return err(inside);
  try {
    const [present, coming] = [await formsOf(folder, "signing"), await formOf(folder, "next")];
    const signingFiles = (present.length > 0 ? present : (["key"] as const)).map((form) => keyFiles("signing")[form]);
    const nextFiles = coming === null ? [] : [keyFiles("next")[coming]];
    const open = await openToOthers(folder, ["", ...signingFiles, dataKeyFile, ...nextFiles]);
    if (open !== null) return err(open);
    const trusted = await readPublicKeys(folder);
    if (typeof trusted === "string") return refuse(`${publicKeyFile} is ${trusted}.`, "Restore the key folder.");
    const dataKey = (await readFile(join(folder, dataKeyFile), "utf8")).trim();
    if (!/^[0-9a-f]{64}$/.test(dataKey)) return refuse(`${dataKeyFile} is not a key.`, "Restore the key folder.");
    const name = trusted[0]?.name ?? "";
    const own = await openOwn(folder, present, trusted, coming !== null);
    if (!own.ok) return own;
    const next = coming === null ? null : await openSigner(folder, "next", coming, name);
    if (next !== null && !next.ok) return next;
    const bytes = new Uint8Array(Buffer.from(dataKey, "hex"));
    return ok({ folder, signer: own.value, next: next?.value ?? null, trusted, dataKey: bytes });
  } catch (problem) {
    const why = errorCode(problem) === "ENOENT" ? "is missing or incomplete" : "cannot be read";
    return refuse(`The key folder ${folder} ${why}.`, "Run the set-up of the cell, or restore the key folder.");
  }
}

/** The first of these files that other accounts can read, as a refusal. Throws ENOENT. */
async function openToOthers(folder: string, names: readonly string[]): Promise<LedgerFault | null> {
  for (const name of names) {
    if (((await stat(join(folder, name))).mode & 0o077) === 0) continue;
    const remedy = `Take the rights away (chmod ${name === "" ? "700" : "600"}) and consider whether the keys were copied.`;
    return {
      code: "keys-refused",
      what: `${join(folder, name)} can be read by other accounts of this computer.`,
      remedy,
    };
  }
  return null;
}

/** The public keys of a folder alone: also where the signing key is lost. */
export async function readTrusted(folder: string): Promise<Result<readonly VerifyingKey[], LedgerFault>> {
  const lines = await readPublicKeys(folder).catch(() => "missing");
  if (typeof lines !== "string") return ok(lines);
  return refuse(`${publicKeyFile} in ${folder} is ${lines}.`, "Restore the key folder.");
}

/** The lines of the public key file, all of one name; a word that completes "it is ..." where they are not. */
async function readPublicKeys(folder: string): Promise<readonly VerifyingKey[] | string> {
  const text = await readFile(join(folder, publicKeyFile), "utf8");
  const keys: VerifyingKey[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const key = parseTrustedKey(line);
    if (!key.ok) return `not a key: ${key.error}`;
    if (key.value.name !== (keys[0]?.name ?? key.value.name)) return "of more than one log";
    keys.push(key.value);
  }
  return keys.length > 0 ? keys : "empty";
}

const programFile = z.strictObject({ command: z.array(z.string().min(1).max(4096)).min(1).max(64) });

/** Throws where a file is missing or holds no key. */
async function openSigner(
  folder: string,
  place: KeyPlace,
  form: KeyForm,
  name: string,
): Promise<Result<Signer, LedgerFault>> {
  const text = await readFile(join(folder, keyFiles(place)[form]), "utf8");
  if (form === "key") return ok(fileSigner(name, text));
  const read = programFile.safeParse(JSON.parse(text));
  if (!read.success) return refuse(`${keyFiles(place).program} names no program.`, "Restore the key folder.");
  return external(read.data.command, name);
}

async function makeSigner(
  source: KeySource,
  name: string,
): Promise<Result<{ readonly signer: Signer; readonly file: "key" | "program"; readonly text: string }, LedgerFault>> {
  if (typeof source === "string") {
    const text = makePrivateKey(source);
    return ok({ signer: fileSigner(name, text), file: "key", text });
  }
  const opened = await external(source, name);
  return opened.ok
    ? ok({ signer: opened.value, file: "program", text: `${JSON.stringify({ command: source })}\n` })
    : opened;
}

async function external(command: readonly string[], name: string): Promise<Result<Signer, LedgerFault>> {
  const opened = await openExternalSigner(command, name);
  if (opened.ok) return opened;
  const what = `The program that holds the signing key cannot be used: ${opened.error}.`;
  return refuse(what, "Look whether the token is there and its program starts by hand; docs/external-signer.md.");
}

/** Refuses a key folder in the data folder or around it: the keys would travel with every copy of the data, and prove nothing. */
export async function insideRefusal(folder: string, dataDir: string): Promise<LedgerFault | null> {
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
