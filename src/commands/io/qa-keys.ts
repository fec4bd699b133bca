/** Central QA's key folder: cosigning key, decision key, and the installation's certificate authority. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../kernel/problem.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { publicHalf } from "../../ledger/io/crypto.ts";
import { makePrivateFolder, writeDurably } from "../../ledger/io/files.ts";
import { formatKey, verifyingKey } from "../../ledger/note.ts";
import type { Signer, VerifyingKey } from "../../ledger/signer.ts";
import { createAuthority, type Identity, signClient, signServer } from "../../qa/io/certificates.ts";
import { keysOf } from "./given-keys.ts";
import { systemClock } from "./system.ts";
import type { Trouble } from "./terminal.ts";

/** Common name of central QA's client certificate; brokers' topic rules name it. */
export const centralName = "central-qa";

/** File names in the key folder; what a cell or a broker is given has the same name there. */
export const qaFiles = {
  witnessKey: "witness.key.pem",
  witness: "witness.vkey",
  decisionKey: "decision.key.pem",
  decision: "decision.vkey",
  authorityKey: "ca.key.pem",
  authority: "ca.cert.pem",
  brokerKey: "broker.key.pem",
  broker: "broker.cert.pem",
  centralKey: "central.key.pem",
  central: "central.cert.pem",
  people: "people.json",
} as const;

export interface QaKeys {
  /** Cosigns checkpoints (type 4). */
  readonly witness: Signer;
  /** Every line of the cosigner's public keys: those of earlier years count for what they swore to in their time. */
  readonly witnesses: readonly VerifyingKey[];
  /** Signs decisions (type 1). */
  readonly decision: Signer;
}

/** Makes the folder with fresh keys; refuses where keys stand already. `hosts` are names of the broker. */
export async function createQaKeys(
  folder: string,
  name: string,
  hosts: readonly string[],
): Promise<Result<QaKeys, Trouble>> {
  if (await exists(join(folder, qaFiles.witnessKey))) {
    return refuse(`There are keys in ${folder} already.`, "Use them, or name another folder.");
  }
  await makePrivateFolder(folder);
  const now = systemClock.now();
  const authority = await createAuthority("Cellward installation", now);
  const broker = await signServer(authority, "broker", hosts, now);
  const central = await signClient(authority, centralName, now);
  await keepIdentity(folder, qaFiles.authority, qaFiles.authorityKey, authority);
  await keepIdentity(folder, qaFiles.broker, qaFiles.brokerKey, broker);
  await keepIdentity(folder, qaFiles.central, qaFiles.centralKey, central);
  await keepSigningKey(folder, qaFiles.decisionKey, qaFiles.decision, `${name}/decisions`, 1);
  // Last, because its presence says that the folder is complete.
  await keepSigningKey(folder, qaFiles.witnessKey, qaFiles.witness, name, 4);
  return openQaKeys(folder);
}

/** Opens the folder; refused where it is missing, incomplete, or readable by others. */
export async function openQaKeys(folder: string): Promise<Result<QaKeys, Trouble>> {
  try {
    for (const file of ["", qaFiles.witnessKey, qaFiles.decisionKey, qaFiles.centralKey]) {
      const { mode } = await stat(join(folder, file));
      if ((mode & 0o077) === 0) continue;
      const what = `${join(folder, file)} can be read by other accounts of this computer.`;
      return refuse(
        what,
        `Take the rights away (chmod ${file === "" ? "700" : "600"}) and consider whether it was copied.`,
      );
    }
    const witness = await readSigner(folder, qaFiles.witnessKey, qaFiles.witness);
    const decision = await readSigner(folder, qaFiles.decisionKey, qaFiles.decision);
    if (witness?.key.type !== 4 || decision?.key.type !== 1) {
      return refuse(`A public key in ${folder} does not belong to its private key.`, "Restore the key folder.");
    }
    const lines = await keysOf([await readFile(join(folder, qaFiles.witness), "utf8")]);
    const witnesses = typeof lines === "string" ? [] : lines.filter(({ type }) => type === 4);
    return ok({ witness, witnesses, decision });
  } catch (problem) {
    const why = errorCode(problem) === "ENOENT" ? "is missing or incomplete" : "cannot be read";
    return refuse(`The key folder ${folder} ${why}.`, "Run `cellward qa init`, or restore the key folder.");
  }
}

/** The certificate files with which central QA meets the broker. */
export async function readClientFiles(
  folder: string,
  named: { certificate?: string | undefined; key?: string | undefined; authority?: string | undefined },
): Promise<{ authority: string; certificate: string; key: string }> {
  const read = (path: string | undefined, file: string) => readFile(path ?? join(folder, file), "utf8");
  return {
    authority: await read(named.authority, qaFiles.authority),
    certificate: await read(named.certificate, qaFiles.central),
    key: await read(named.key, qaFiles.centralKey),
  };
}

/** Makes a folder for one cell: its client certificate and key, the authority, and central's two public keys. */
export async function enrolCell(
  folder: string,
  cell: string,
  out: string,
): Promise<Result<readonly string[], Trouble>> {
  const opened = await openQaKeys(folder);
  if (!opened.ok) return opened;
  const files = [qaFiles.authority, "cell.cert.pem", "cell.key.pem", qaFiles.witness, qaFiles.decision];
  for (const file of files) {
    if (await exists(join(out, file))) return refuse(`There is a ${file} in ${out} already.`, "Name another folder.");
  }
  const [certificate, key] = await Promise.all(
    [qaFiles.authority, qaFiles.authorityKey].map((file) => readFile(join(folder, file), "utf8")),
  );
  const authority = { certificate: certificate ?? "", key: key ?? "" };
  const identity = await signClient(authority, cell, systemClock.now());
  await mkdir(out, { recursive: true, mode: 0o700 });
  await writeDurably(join(out, qaFiles.authority), Buffer.from(authority.certificate), 0o600);
  await keepIdentity(out, "cell.cert.pem", "cell.key.pem", identity);
  const { decision } = opened.value;
  await writeDurably(join(out, qaFiles.witness), await readFile(join(folder, qaFiles.witness)), 0o600);
  await writeDurably(join(out, qaFiles.decision), line(decision.key), 0o600);
  return ok(files);
}

async function keepIdentity(folder: string, file: string, keyFile: string, identity: Identity): Promise<void> {
  await writeDurably(join(folder, keyFile), Buffer.from(identity.key), 0o600);
  await writeDurably(join(folder, file), Buffer.from(identity.certificate), 0o600);
}

async function keepSigningKey(
  folder: string,
  keyFile: string,
  publicFile: string,
  name: string,
  type: 1 | 4,
): Promise<void> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  await writeDurably(join(folder, publicFile), line(keyOf(name, type, privateKey)), 0o600);
  await writeDurably(join(folder, keyFile), Buffer.from(pem), 0o600);
}

async function readSigner(folder: string, keyFile: string, publicFile: string): Promise<Signer | null> {
  const privateKey = createPrivateKey(await readFile(join(folder, keyFile)));
  const stated = await keysOf([await readFile(join(folder, publicFile), "utf8")]);
  if (typeof stated === "string") return null;
  // Keys of earlier years stand there too, each with its end.
  const key = stated.flatMap((one) => (one.type === 2 ? [] : [keyOf(one.name, one.type, privateKey)])).at(-1);
  const line = stated.find(({ id }) => id === key?.id);
  if (key === undefined || line === undefined || line.effect?.until !== undefined) return null;
  return { key, sign: async (message) => new Uint8Array(sign(null, message, privateKey)) };
}

function keyOf(name: string, type: 1 | 4, privateKey: KeyObject): VerifyingKey {
  return verifyingKey(name, type, publicHalf(name, privateKey).publicKey);
}

function line(key: VerifyingKey): Buffer {
  return Buffer.from(`${formatKey(key)}\n`);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

function refuse(what: string, remedy: string): Result<never, Trouble> {
  return err({ code: "keys-refused", what, remedy });
}
