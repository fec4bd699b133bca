/** Public keys that a user gives a command: a line itself, or a file of lines. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "../../kernel/result.ts";
import { publicKeyFile } from "../../ledger/io/keys.ts";
import type { VerifyingKey } from "../../ledger/signer.ts";
import { parseTrustedKey } from "../../ledger/trusted-key.ts";
import type { Trouble } from "./terminal.ts";

/** The keys of texts that are key lines, or name files of key lines; a sentence where one is none. */
export async function keysOf(given: readonly string[]): Promise<readonly VerifyingKey[] | string> {
  const texts = await Promise.all(given.map((one) => readFile(one, "utf8").catch(() => one)));
  const keys: VerifyingKey[] = [];
  for (const line of texts.join("\n").split("\n")) {
    if (line.trim() === "") continue;
    const key = parseTrustedKey(line);
    if (!key.ok) return key.error;
    keys.push(key.value);
  }
  return keys;
}

/** Central QA's cosigner keys as they were given with --witness. */
export async function readWitnesses(given: string): Promise<Result<readonly VerifyingKey[], Trouble>> {
  const witnesses = await keysOf([given]);
  if (typeof witnesses !== "string" && witnesses.length > 0 && witnesses.every(({ type }) => type === 4)) {
    return ok(witnesses);
  }
  const what = "What was given with --witness is not the public key of a cosigner.";
  const remedy = "Central QA prints it: `cellward qa init`, or the file witness.vkey.";
  return err({ code: "no-key", what, remedy });
}

export interface TrustOptions {
  /** A key line, or a file that holds key lines. */
  readonly key?: string | undefined;
  /** The cell's own key folder: its public key is trusted and its data key opens the artifacts. */
  readonly keys?: string | undefined;
  /** Central QA's cosigner key, a line or a file of lines: whether it has countersigned the record is then told. */
  readonly witness?: string | undefined;
}

/** Keys come from the caller alone, never from the thing under verification. */
export async function trustedKeys(trust: TrustOptions): Promise<readonly VerifyingKey[] | string> {
  const lines: string[] = [];
  if (trust.keys) lines.push(await readFile(join(trust.keys, publicKeyFile), "utf8").catch(() => ""));
  const keys = await keysOf([...lines, ...(trust.key ? [trust.key] : [])]);
  if (typeof keys === "string") return keys;
  return keys.length > 0 ? keys : "no key was given";
}

/** The trouble of a verifier without keys. */
export const noKey = (why: string): Trouble => ({
  code: "no-key",
  what: `There is nothing to verify against: ${why}.`,
  remedy: "Name the cell's public key with --key (a line or a file), or its key folder with --keys.",
});
