/** `cellward qa key rotate`: central's cosigning key replaced; cells are handed the lines with which both count in their time. */
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { flushFolder, writeDurably } from "../../ledger/io/files.ts";
import { fileSigner, makePrivateKey } from "../../ledger/io/key-file.ts";
import { verifyingKey } from "../../ledger/note.ts";
import { formatTrustedKey } from "../../ledger/trusted-key.ts";
import { exitCode } from "../exit-code.ts";
import { readWitnesses } from "./given-keys.ts";
import { qaFiles } from "./qa-keys.ts";
import { systemClock } from "./system.ts";
import type { Terminal } from "./terminal.ts";

/** Waits here until its line is written, so that a cut in between is mended by running the command again. */
const nextFile = "witness.next.key.pem";

/** Replaces the cosigning key. Central stands still: what the old key signs after this moment counts nowhere. */
export async function rotateWitness(terminal: Terminal, folder: string): Promise<number> {
  const before = await readWitnesses(join(folder, qaFiles.witness));
  if (!before.ok) {
    const what = `There is no cosigner's key in ${folder}.`;
    return terminal.trouble({ code: "no-key", what, remedy: "Name central's key folder." }, exitCode.usage);
  }
  const waiting = await readFile(join(folder, nextFile), "utf8").catch(() => null);
  const pem = waiting ?? makePrivateKey("ed25519");
  if (waiting === null) await writeDurably(join(folder, nextFile), Buffer.from(pem), 0o600);
  const { name = "" } = before.value.at(-1) ?? {};
  const next = verifyingKey(name, 4, fileSigner(name, pem).key.publicKey);
  const until = Math.floor(systemClock.now() / 1000);
  const written = before.value.some(({ id }) => id === next.id);
  const ended = before.value.map((key) =>
    key.effect?.until === undefined ? { ...key, effect: { ...key.effect, until } } : key,
  );
  const lines = (written ? before.value : [...ended, next]).map(formatTrustedKey);
  await writeDurably(join(folder, qaFiles.witness), Buffer.from(lines.map((line) => `${line}\n`).join("")), 0o600);
  await rename(join(folder, nextFile), join(folder, qaFiles.witnessKey));
  await flushFolder(folder);
  terminal.result(
    { ok: true, name, keys: lines },
    `Start every instance of central QA again, with this folder, and hand these lines to every cell (${qaFiles.witness}):\n  ${lines.join("\n  ")}`,
  );
  return exitCode.ok;
}
