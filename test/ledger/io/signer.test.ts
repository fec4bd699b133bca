/** The Signer port: one suite for the key file and for a program that holds the key, and what happens where that program fails. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { utf8 } from "../../../src/ledger/bytes.ts";
import { checkSignature } from "../../../src/ledger/io/crypto.ts";
import { type ExternalSigner, openExternalSigner } from "../../../src/ledger/io/external-signer.ts";
import { fileSigner, type KeyAlgorithm, makePrivateKey } from "../../../src/ledger/io/key-file.ts";
import { createLedger } from "../../../src/ledger/io/ledger.ts";
import { verifyFolder } from "../../../src/ledger/io/verify.ts";
import { openNote, signNote } from "../../../src/ledger/note.ts";
import type { Signer } from "../../../src/ledger/signer.ts";
import { freshFolders, mustOpen } from "../drafts.ts";
import { origin, started } from "../plain-drafts.ts";

const folder = mkdtempSync(join(tmpdir(), "cellward-signer-"));
const programs: ExternalSigner[] = [];
afterAll(() => {
  for (const program of programs) program.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The command of a program that holds a fresh key, and that key's file. */
function token(algorithm: KeyAlgorithm, ...fault: string[]): { readonly command: string[]; readonly pem: string } {
  const path = join(folder, `${programs.length}-${algorithm}-${fault.join("")}.pem`);
  const pem = makePrivateKey(algorithm);
  writeFileSync(path, pem, { mode: 0o600 });
  return { command: [process.execPath, join(import.meta.dirname, "token.ts"), path, ...fault], pem };
}

async function program(algorithm: KeyAlgorithm, ...fault: string[]): Promise<{ signer: ExternalSigner; pem: string }> {
  const { command, pem } = token(algorithm, ...fault);
  const opened = await openExternalSigner(command, origin);
  if (!opened.ok) throw new Error(opened.error);
  programs.push(opened.value);
  return { signer: opened.value, pem };
}

const adapters: [string, (algorithm: KeyAlgorithm) => Promise<{ signer: Signer; pem: string }>][] = [
  [
    "a key file",
    async (algorithm) => {
      const pem = makePrivateKey(algorithm);
      return { signer: fileSigner(origin, pem), pem };
    },
  ],
  ["a program", program],
];

describe.each(adapters)("[F90] the Signer port by %s", (_, make) => {
  test.each<KeyAlgorithm>(["ed25519", "ecdsa-p256"])(
    "names its %s key, signs by it, and shows nothing of it",
    async (algorithm) => {
      const { signer, pem } = await make(algorithm);
      expect(signer.key).toMatchObject({ name: origin, type: algorithm === "ed25519" ? 1 : 2 });
      // Many at once, each under its own message.
      const texts = Array.from({ length: 12 }, (_each, n) => utf8(`message ${n}\n`));
      const signatures = await Promise.all(texts.map(signer.sign));
      for (const [n, signature] of signatures.entries()) {
        expect(checkSignature(signer.key, texts[n]!, signature)).toBe(true);
        expect(checkSignature(signer.key, texts[(n + 1) % 12]!, signature)).toBe(false);
      }
      expect(openNote(await signNote("a text\n", signer), [signer.key], checkSignature).ok).toBe(true);
      const secret = pem.split("\n")[1] ?? "";
      expect(
        JSON.stringify(signer, (_key, value: unknown) => (typeof value === "function" ? String(value) : value)),
      ).not.toContain(secret);
    },
  );
});

describe("[F90] a program that fails", () => {
  test.each([
    ["refuses", "refused"],
    ["garbage", "refused"],
    ["wrong-key", "signature is wrong"],
    ["dies", "it ended"],
    ["floods", "says too much"],
  ])("and %s gives no signature, and is asked again", async (fault, words) => {
    const { signer } = await program("ed25519", fault);
    await expect(signer.sign(utf8("a\n"))).rejects.toThrow(words);
    await expect(signer.sign(utf8("b\n"))).rejects.toThrow(words);
  });

  test("or is none is no signer", async () => {
    for (const command of [["/nowhere/at/all"], [process.execPath, "-e", "process.exit(0)"]]) {
      expect((await openExternalSigner(command, origin)).ok).toBe(false);
    }
  });
});

test("[F67][F90] a cell whose key a program holds writes records that verify like any other; no private key lies in its folder", async () => {
  const folders = freshFolders();
  const { command } = token("ecdsa-p256");
  const made = await createLedger(folders, origin, command);
  expect(made.ok).toBe(true);
  const { ledger, keys } = await mustOpen(folders);
  await ledger.append([started()]);
  await ledger.close();
  expect(await verifyFolder(folders.dataDir, { trusted: keys.trusted })).toMatchObject({ ok: true, uncovered: 0 });
  expect(() => readFileSync(join(folders.keysDir, "signing.key.pem"))).toThrow("ENOENT");
  expect(JSON.parse(readFileSync(join(folders.keysDir, "signing.signer.json"), "utf8"))).toEqual({ command });
});
