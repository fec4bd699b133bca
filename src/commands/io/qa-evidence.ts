/** `cellward qa evidence`: its keys, the folder verified again, and pieces decrypted and held against the record. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Identity, readIdentity } from "../../intake/io/age.ts";
import { digestOf } from "../../kernel/hash.ts";
import { type Digest, isDigest, type JobId } from "../../kernel/names.ts";
import { checkSignature } from "../../ledger/io/crypto.ts";
import { writeDurably } from "../../ledger/io/files.ts";
import { parseKey } from "../../ledger/note.ts";
import { type PieceFinding, verifyPieces } from "../../qa/io/evidence-check.ts";
import { piecePath } from "../../qa/io/evidence-folder.ts";
import type { RegisteredCell } from "../../qa/judge.ts";
import { originsOf } from "../../qa/logs.ts";
import { type NamedPiece, namedPieces } from "../../qa/pages/evidence.ts";
import type { QaStore } from "../../qa/store.ts";
import { exitCode } from "../exit-code.ts";
import { makeEvidenceKeys } from "./evidence-keys.ts";
import { qaFiles } from "./qa-keys.ts";
import { type QaSetUp, readQaConfig, withQa } from "./qa-set-up.ts";
import type { Terminal, Trouble } from "./terminal.ts";

/** `cellward qa evidence init`: what an older `qa init` did not make. */
export async function initEvidence(
  terminal: Terminal,
  options: { readonly keys: string; readonly host: readonly string[]; readonly x25519: boolean },
): Promise<number> {
  const made = await makeEvidenceKeys(options.keys, options.host, options.x25519 ? "x25519" : "hybrid");
  if (!made.ok) return terminal.trouble(made.error, exitCode.refused);
  const { recipient } = made.value;
  terminal.result({ ok: true, recipient }, `Evidence is sealed for ${recipient}`);
  return exitCode.ok;
}

const notConfigured: Trouble = {
  code: "no-evidence",
  what: "This central takes no evidence.",
  remedy: "Configure [evidence] with its folder.",
};

/** `cellward qa evidence verify`: every piece against its receipt; needs no identity. Exit code 4 where something is wrong. */
export async function verifyEvidence(
  terminal: Terminal,
  options: { readonly config: string; readonly keys: string },
): Promise<number> {
  const read = await readQaConfig(options.config);
  if (!read.ok) return terminal.trouble(read.error, exitCode.configuration);
  const folder = read.value.config.evidence?.folder;
  if (folder === undefined) return terminal.trouble(notConfigured, exitCode.configuration);
  const key = parseKey((await readFile(join(options.keys, qaFiles.decision), "utf8").catch(() => "")).trim());
  if (!key.ok) {
    const what = `There is no decision key in ${options.keys}.`;
    return terminal.trouble({ code: "no-key", what, remedy: "Name central's key folder." }, exitCode.usage);
  }
  const findings: PieceFinding[] = [];
  let [pieces, bytes] = [0, 0];
  for (const cell of read.value.cells) {
    const { id } = cell;
    terminal.progress(`Verifying the evidence of ${id} ...`);
    const report = await verifyPieces(folder, id, {
      keys: [key.value],
      origins: originsOf(cell),
      check: checkSignature,
    });
    pieces += report.pieces;
    bytes += report.bytes;
    findings.push(...report.findings);
  }
  const ok = findings.length === 0;
  const lines = findings.map(
    ({ cell, digest, what, remedy }) => `- ${cell} ${digest}: ${what}\n  What to do: ${remedy}`,
  );
  const head = `${ok ? "VERIFIED" : "NOT VERIFIED"}, ${pieces} pieces with ${bytes} bytes.`;
  terminal.result({ ok, pieces, bytes, findings }, [head, ...lines].join("\n"));
  return ok ? exitCode.ok : exitCode.verificationFailed;
}

export interface OpenOptions {
  readonly config: string;
  readonly data: string;
  readonly identity: string;
  readonly out: string;
}

interface Opened extends NamedPiece {
  /** `opened`, or why it was not. */
  readonly state: "opened" | "not-here" | "other-identity" | "differs";
  readonly file: string | null;
}

/** `cellward qa evidence open`: exit code 4 where a piece is not what the record names, 3 where one has not come. */
export async function openEvidence(
  terminal: Terminal,
  cellId: string,
  what: string,
  options: OpenOptions,
): Promise<number> {
  const text = await readFile(options.identity, "utf8").catch(() => null);
  const identity = text === null ? null : await readIdentity(text);
  if (identity === null || !identity.ok) {
    const why = `The file ${options.identity} is no age identity.`;
    const remedy = "Name the file evidence.identity that `cellward qa init` made.";
    return terminal.trouble({ code: "no-identity", what: why, remedy }, exitCode.usage);
  }
  return withQa(terminal, options, async ({ config, cells }, store) => {
    const folder = config.evidence?.folder;
    if (folder === undefined) return terminal.trouble(notConfigured, exitCode.configuration);
    const cell = cells.find(({ id }) => id === cellId);
    if (cell === undefined) return unknown(terminal, `No cell ${cellId.slice(0, 64)} is registered.`, { cells });
    const pieces = isDigest(what) ? await oneNamed(store, cell, what) : await namedBy(store, cell, what as JobId);
    if (pieces.length === 0)
      return unknown(terminal, `The record of ${cell.id} names no evidence for ${what.slice(0, 64)}.`, { cells });
    await mkdir(options.out, { recursive: true, mode: 0o700 });
    const opened: Opened[] = [];
    for (const piece of pieces) {
      opened.push(await openPiece(folder, cell.id, piece, identity.value, options.out));
      terminal.progress(sentence(opened.at(-1)!));
    }
    return report(terminal, opened, options.out);
  });
}

function unknown(terminal: Terminal, what: string, { cells }: Pick<QaSetUp, "cells">): number {
  const remedy = `Cells are ${cells.map(({ id }) => id).join(", ")}; jobs and digests stand on the page "Record".`;
  return terminal.trouble({ code: "nothing-named", what, remedy }, exitCode.usage);
}

async function namedBy(store: QaStore, cell: RegisteredCell, job: JobId): Promise<readonly NamedPiece[]> {
  const entries = await Promise.all(originsOf(cell).map((origin) => store.jobEntries(origin, job)));
  return namedPieces(entries.flat());
}

const pageSize = 1_000;

/** The first entry that names a digest: whole logs are looked through, since only the record says what a piece is. */
async function oneNamed(store: QaStore, cell: RegisteredCell, digest: Digest): Promise<readonly NamedPiece[]> {
  for (const origin of originsOf(cell)) {
    for (let from = 0, size = pageSize; size === pageSize; ) {
      const page = await store.entries(origin, from, pageSize);
      const found = namedPieces(page).find((piece) => piece.digest === digest);
      if (found !== undefined) return [found];
      from = (page.at(-1)?.seq ?? from) + 1;
      size = page.length;
    }
  }
  return [];
}

/** Decrypts one piece; it is written only where it has the digest that the record names. */
async function openPiece(
  folder: string,
  cell: string,
  piece: NamedPiece,
  identity: Identity,
  out: string,
): Promise<Opened> {
  const { digest } = piece;
  const sealed = await readFile(piecePath(folder, { cell, digest })).catch(() => null);
  if (sealed === null) return { ...piece, state: "not-here", file: null };
  const plain = await identity.open(sealed);
  if (plain === null) return { ...piece, state: "other-identity", file: null };
  if (digestOf(plain) !== digest) return { ...piece, state: "differs", file: null };
  const file = join(out, `${digest}.${endingOf(plain)}`);
  await writeDurably(file, plain, 0o600);
  return { ...piece, state: "opened", file };
}

const words: Readonly<Record<Opened["state"], string>> = {
  opened: "is what the record names",
  "not-here": "has not come",
  "other-identity": "is damaged, or sealed for another identity",
  differs: "IS NOT WHAT THE RECORD NAMES: it decrypts to something else, and was not written",
};

function sentence({ seq, type, digest, state }: Opened): string {
  return `Entry ${seq} ${type} ${digest}: ${words[state]}.`;
}

function report(terminal: Terminal, opened: readonly Opened[], out: string): number {
  const count = (state: Opened["state"]) => opened.filter((each) => each.state === state).length;
  const wrong = count("differs") + count("other-identity");
  const ok = wrong === 0 && count("not-here") === 0;
  const bad = opened.filter(({ state }) => state !== "opened").map(sentence);
  const head = `${count("opened")} of ${opened.length} pieces are in ${out}, each with the digest that the record names.`;
  terminal.result({ ok, out, pieces: opened }, [head, ...bad].join("\n"));
  if (wrong > 0) return exitCode.verificationFailed;
  return ok ? exitCode.ok : exitCode.notReady;
}

/** By its first bytes; what is none of these is told as it is. */
function endingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return "jpg";
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return "png";
  if (bytes[0] === 0x25 && bytes[1] === 0x50) return "pdf";
  return bytes[0] === 0x7b || bytes[0] === 0x5b ? "json" : "bin";
}
