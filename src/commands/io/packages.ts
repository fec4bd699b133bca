/** `cellward keygen`, `release` and `package show`: the keys of the signers, the second signature, and a look at a package. */
import { readFile } from "node:fs/promises";
import { readBounded } from "../../intake/io/files.ts";
import { addSignature } from "../../intake/io/pack.ts";
import { bounds } from "../../intake/package/container.ts";
import { readEnvelope, sealedRefusal, statementOf, type Unchecked } from "../../intake/package/open.ts";
import type { PackageRefusal } from "../../intake/package/refusal.ts";
import type { Statement } from "../../intake/package/statement.ts";
import { isSameKey, parseSigningKey } from "../../intake/package/trust.ts";
import { digestOf } from "../../kernel/hash.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { signersOf } from "../../ledger/dsse.ts";
import { checkSignature } from "../../ledger/io/crypto.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import type { VerifyingKey } from "../../ledger/signer.ts";
import { exitCode } from "../exit-code.ts";
import { tellOrder, tellSignatures } from "../package-words.ts";
import { wouldOverwrite } from "./new-file.ts";
import { makeSigningKey, openSigningKey } from "./signing-key.ts";
import type { Terminal, Trouble } from "./terminal.ts";

const mostKeyFileBytes = 64 * 1024;

/** `cellward keygen`: a signer's key pair. */
export async function keygen(terminal: Terminal, name: string, folder: string): Promise<number> {
  const made = await makeSigningKey(name, folder);
  if (!made.ok) return terminal.trouble(made.error, exitCode.refused);
  const { secret, line } = made.value;
  terminal.result(
    { ok: true, ...made.value },
    `The secret key ${secret} stays with its owner alone.\nThe public key goes into [trust] of every cell that shall take packages signed with it:\n  ${line}`,
  );
  return exitCode.ok;
}

/** A package read as far as anybody can read it. */
interface Shown extends Unchecked {
  readonly bytes: Uint8Array;
  readonly statement: Statement;
}

async function readPackage(path: string): Promise<Result<Shown, PackageRefusal>> {
  const bytes = await readBounded(path, bounds.package);
  if (!bytes.ok) {
    const remedy = "Name a job package (NAME.cwp).";
    return err({ code: "package-unreadable", what: `The package ${path} cannot be read: ${bytes.error}.`, remedy });
  }
  const read = readEnvelope(bytes.value);
  if (!read.ok) return read;
  const statement = statementOf(read.value.envelope);
  if (!statement.ok) return statement;
  const wrong = sealedRefusal(statement.value, read.value.sealed);
  return wrong ? err(wrong) : ok({ ...read.value, bytes: bytes.value, statement: statement.value });
}

/** Keys given on the command line: each a line, or a file of lines. */
async function readKeys(given: readonly string[]): Promise<Result<readonly VerifyingKey[], Trouble>> {
  const keys: VerifyingKey[] = [];
  for (const each of given) {
    const text = parseSigningKey(each).ok ? each : await readFile(each, "utf8").catch(() => each);
    for (const line of text.slice(0, mostKeyFileBytes).split("\n")) {
      if (line.trim() === "") continue;
      const key = parseSigningKey(line.trim());
      if (!key.ok) {
        const remedy = "Name the public key: its line, or the file (.vkey) that `cellward keygen` wrote.";
        return err({ code: "no-key", what: `This is no public key: ${key.error}.`, remedy });
      }
      keys.push(key.value);
    }
  }
  return ok(keys);
}

/** `cellward package show`: what it says and who has signed it, without opening what is sealed. */
export async function showPackage(terminal: Terminal, path: string, given: readonly string[]): Promise<number> {
  const keys = await readKeys(given);
  if (!keys.ok) return terminal.trouble(keys.error, exitCode.usage);
  const shown = await readPackage(path);
  if (!shown.ok) return terminal.trouble(shown.error, exitCode.refused);
  const { envelope, statement, bytes } = shown.value;
  const makers = signersOf(envelope, keys.value, checkSignature);
  const signatures = envelope.signatures.map(({ keyid }, index) => ({ keyid, by: makers[index]?.name ?? null }));
  const { order, files } = statement;
  terminal.result(
    { ok: true, digest: digestOf(bytes), order, files: Object.fromEntries(files), signatures },
    [...tellOrder(statement), ...tellSignatures(signatures), `SHA-256 of the package: ${digestOf(bytes)}`].join("\n"),
  );
  return exitCode.ok;
}

/** `cellward release`: the clinical release reads what it releases, and signs the same payload. */
export async function release(
  terminal: Terminal,
  path: string,
  options: { readonly key: string; readonly out: string; readonly designAuthority: readonly string[] },
): Promise<number> {
  const taken = await wouldOverwrite(options.out);
  if (taken !== null) return terminal.trouble(taken, exitCode.refused);
  const authorities = await readKeys(options.designAuthority);
  if (!authorities.ok) return terminal.trouble(authorities.error, exitCode.usage);
  const signer = await openSigningKey(options.key);
  if (!signer.ok) return terminal.trouble(signer.error, exitCode.refused);
  const shown = await readPackage(path);
  if (!shown.ok) return terminal.trouble(shown.error, exitCode.refused);
  const wrong = notReleasable(shown.value, authorities.value, signer.value.key);
  if (wrong) return terminal.trouble(wrong, exitCode.refused);
  const signed = await addSignature(shown.value.bytes, signer.value);
  if (!signed.ok) {
    const remedy = "Ask the design authority for the package again.";
    return terminal.trouble(
      { code: "package-unreadable", what: `It cannot be signed: ${signed.error}.`, remedy },
      exitCode.refused,
    );
  }
  await writeDurably(options.out, signed.value, 0o644);
  const { statement } = shown.value;
  const digest = digestOf(signed.value);
  terminal.result(
    { ok: true, released: options.out, digest, order: statement.order, by: signer.value.key.name },
    [
      "You release:",
      ...tellOrder(statement),
      `Signed as ${signer.value.key.name}: ${options.out}`,
      `SHA-256 of the package: ${digest}`,
    ].join("\n"),
  );
  return exitCode.ok;
}

/** Only what the design authority has signed is released, once, and by somebody else. */
function notReleasable(
  { envelope, statement }: Shown,
  authorities: readonly VerifyingKey[],
  own: VerifyingKey,
): Trouble | null {
  const id = statement.order.id;
  const makers = signersOf(envelope, authorities, checkSignature);
  if (makers.length !== 1) {
    const what = `Order ${id} carries ${makers.length} signatures already.`;
    return { code: "already-signed", what, remedy: "Release the package that the design authority handed over." };
  }
  const [maker] = makers;
  if (!maker) {
    const what = `Order ${id} is not signed by the design authority that you named.`;
    return {
      code: "signature-unknown",
      what,
      remedy: "Do not release it. Ask the design authority for the package again.",
    };
  }
  if (!isSameKey(maker, own)) return null;
  const what = `Order ${id} was signed with this very key: whoever designs does not release.`;
  return { code: "signature-doubled", what, remedy: "Let the clinical release sign, with a key of their own." };
}
