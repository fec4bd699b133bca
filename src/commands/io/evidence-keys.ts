/** Central QA's keys for evidence: the endpoint's certificate, and the age identity that alone reads what cells bring. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type IdentityKind, makeIdentity } from "../../intake/io/age.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { signServer } from "../../qa/io/certificates.ts";
import { systemClock } from "./system.ts";
import type { Trouble } from "./terminal.ts";

/** File names in central's key folder; `recipient` is handed to every cell. */
export const evidenceFiles = {
  certificate: "evidence.cert.pem",
  key: "evidence.key.pem",
  identity: "evidence.identity",
  recipient: "evidence.recipient",
} as const;

/** Makes what is not there yet; the recipient. `hosts` are the names under which cells reach central. */
export async function makeEvidenceKeys(
  folder: string,
  hosts: readonly string[],
  kind: IdentityKind,
): Promise<Result<{ readonly recipient: string }, Trouble>> {
  const path = (file: string) => join(folder, file);
  const authority = await Promise.all(["ca.cert.pem", "ca.key.pem"].map((file) => readFile(path(file), "utf8"))).catch(
    () => null,
  );
  if (authority === null) {
    const what = `The installation's authority does not stand in ${folder}.`;
    return err({ code: "keys-refused", what, remedy: "Run `cellward qa init`, or name central's key folder." });
  }
  const [certificate = "", key = ""] = authority;
  if (!(await exists(path(evidenceFiles.certificate)))) {
    const server = await signServer({ certificate, key }, "evidence", hosts, systemClock.now());
    await writeDurably(path(evidenceFiles.key), Buffer.from(server.key), 0o600);
    await writeDurably(path(evidenceFiles.certificate), Buffer.from(server.certificate), 0o600);
  }
  // By the recipient: the identity may have been taken to another computer, and must never be made twice.
  const known = await readFile(path(evidenceFiles.recipient), "utf8").catch(() => null);
  if (known !== null) return ok({ recipient: known.trim() });
  const identity = await makeIdentity(kind);
  await writeDurably(path(evidenceFiles.identity), Buffer.from(identity.file), 0o600);
  await writeDurably(path(evidenceFiles.recipient), Buffer.from(`${identity.recipient}\n`), 0o600);
  return ok({ recipient: identity.recipient });
}

/** Puts the recipient beside what a cell is handed; the file's name, or null where central takes no evidence. */
export async function handRecipient(folder: string, out: string): Promise<string | null> {
  const recipient = await readFile(join(folder, evidenceFiles.recipient)).catch(() => null);
  if (recipient === null) return null;
  await writeDurably(join(out, evidenceFiles.recipient), recipient, 0o600);
  return evidenceFiles.recipient;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
