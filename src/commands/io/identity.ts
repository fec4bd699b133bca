/** The cell's age identity in its key folder: what packages are sealed for, and what opens them. */
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Identity, type IdentityKind, makeIdentity, readIdentity } from "../../intake/io/age.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { exitCode } from "../exit-code.ts";
import type { Terminal, Trouble } from "./terminal.ts";

const identityFile = "age.identity";
const mostBytes = 64 * 1024;

/** Puts a fresh identity before those that are there: new packages are sealed for it, old ones still open. */
export async function addIdentity(keys: string, kind: IdentityKind): Promise<string> {
  const path = join(keys, identityFile);
  const before = await readFile(path, "utf8").catch(() => "");
  const { file, recipient } = await makeIdentity(kind);
  await writeDurably(path, Buffer.from(`${file}${before}`), 0o600);
  return recipient;
}

/** Opens the identity; refused where it is missing, damaged, or can be read by anyone else. */
export async function openIdentity(keys: string): Promise<Result<Identity, Trouble>> {
  const path = join(keys, identityFile);
  const refuse = (what: string, remedy: string) => err({ code: "identity-refused", what, remedy });
  try {
    const file = await open(path);
    try {
      const { mode, size } = await file.stat();
      if ((mode & 0o077) !== 0) {
        const remedy = "Take the rights away (chmod 600) and consider whether it was copied.";
        return refuse(`${path} can be read by other accounts of this computer.`, remedy);
      }
      const read = size > mostBytes ? err("it is too large") : await readIdentity(await file.readFile("utf8"));
      return read.ok ? read : refuse(`${path} cannot be used: ${read.error}.`, "Restore the key folder.");
    } finally {
      await file.close();
    }
  } catch {
    const remedy = "Restore the key folder, or make an identity with `cellward recipient --new`.";
    return refuse(`The key folder has no age identity (${path}): no package can be opened.`, remedy);
  }
}

/** `cellward recipient`: prints what packages for this cell are sealed for; makes a fresh identity where asked to. */
export async function recipient(
  terminal: Terminal,
  keys: string,
  options: { readonly new: boolean; readonly hybrid: boolean },
): Promise<number> {
  if ((await stat(keys).catch(() => null)) === null) {
    const remedy = "Name the folder that `cellward init` made with --keys.";
    return terminal.trouble(
      { code: "no-key-folder", what: `There is no key folder ${keys}.`, remedy },
      exitCode.refused,
    );
  }
  if (options.new) await addIdentity(keys, options.hybrid ? "hybrid" : "x25519");
  const identity = await openIdentity(keys);
  if (!identity.ok) return terminal.trouble(identity.error, exitCode.refused);
  const made = options.new ? "\nA running cell knows it after its next start." : "";
  terminal.result({ ok: true, recipient: identity.value.recipient }, `${identity.value.recipient}${made}`);
  return exitCode.ok;
}

/** What a check of the identity says, for `cellward doctor`. */
export async function identityState(keys: string): Promise<Result<string, Trouble>> {
  const identity = await openIdentity(keys);
  return identity.ok ? ok(`Packages sealed for ${shortened(identity.value.recipient)} can be opened.`) : identity;
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 40)}...${text.slice(-10)}` : text;
}
