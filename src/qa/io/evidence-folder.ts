/** The evidence folder: `<cell>/<digest>.age` with its signed receipt beside it, whole or not there; parts stand apart. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "../../kernel/assert.ts";
import type { DurableFiles } from "../../kernel/durable-files.ts";
import { type Digest, isDigest, isIdentifier } from "../../kernel/names.ts";
import { errorCode } from "../../kernel/problem.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { utf8 } from "../../ledger/bytes.ts";
import { type EvidencePlace, type EvidenceReceipt, receiptIn } from "../../ledger/evidence.ts";
import {
  type EvidenceRefusal,
  type EvidenceShelf,
  evidenceRefusals,
  type PieceState,
  type StatedPart,
} from "../evidence.ts";

/** Parts of one cell that are kept at a time; the oldest gives way. */
const mostParts = 8;
const partForm = /^([0-9a-f]{64})\.([0-9a-f]{64})\.([1-9][0-9]{0,9})\.part$/;

/** A part file: the bytes of one sealed piece from its beginning. */
export interface PartFile {
  readonly path: string;
  readonly sealed: Digest;
  readonly length: number;
  readonly size: number;
}

/** Where a piece stands when it is whole. */
export function piecePath(folder: string, { cell, digest }: EvidencePlace): string {
  assert(isIdentifier(cell) && isDigest(digest), "a piece is named by cell and digest");
  return join(folder, cell, `${digest}.age`);
}

/** Where its receipt stands. */
export function receiptPath(folder: string, { cell, digest }: EvidencePlace): string {
  assert(isIdentifier(cell) && isDigest(digest), "a piece is named by cell and digest");
  return join(folder, cell, `${digest}.receipt`);
}

function absentPath(folder: string, { cell, digest }: EvidencePlace): string {
  return join(folder, cell, `${digest}.absent`);
}

function partsFolder(folder: string, cell: string): string {
  return join(folder, cell, "incoming");
}

/** Makes a cell's folders; what stands in them already stays. */
export async function openCellFolder(folder: string, cell: string): Promise<void> {
  await mkdir(partsFolder(folder, cell), { recursive: true, mode: 0o700 });
}

/** The receipt of a piece that is here whole; null where it is not. */
export async function wholeReceipt(folder: string, place: EvidencePlace): Promise<string | null> {
  const there = await stat(piecePath(folder, place)).catch(absentAsNull);
  return there === null ? null : await readFile(receiptPath(folder, place), "utf8").catch(absentAsNull);
}

/** The parts of a cell, or those of one piece. */
export async function partsOf(folder: string, cell: string, digest?: Digest): Promise<readonly PartFile[]> {
  const names = (await readdir(partsFolder(folder, cell)).catch(absentAsNull)) ?? [];
  const parts = names.map(async (name): Promise<PartFile | null> => {
    const [, of, sealed = "", length = ""] = partForm.exec(name) ?? [];
    if (of === undefined || (digest !== undefined && of !== digest)) return null;
    const path = join(partsFolder(folder, cell), name);
    const found = await stat(path).catch(absentAsNull);
    return found && { path, sealed: sealed as Digest, length: Number(length), size: found.size };
  });
  return (await Promise.all(parts)).filter((part) => part !== null);
}

/** The one part of a piece that goes on; where there are several, the longest. */
export async function partOf(folder: string, { cell, digest }: EvidencePlace): Promise<PartFile | null> {
  const parts = await partsOf(folder, cell, digest);
  return [...parts].sort((a, b) => b.size - a.size)[0] ?? null;
}

/** Opens the part file that a request goes on with, made fresh where the request begins one. */
export async function openPart(
  folder: string,
  place: EvidencePlace,
  stated: StatedPart,
  files: DurableFiles,
): Promise<Result<FileHandle, EvidenceRefusal>> {
  const path = join(partsFolder(folder, place.cell), `${place.digest}.${stated.sealed}.${stated.length}.part`);
  const size = (await stat(path).catch(absentAsNull))?.size ?? 0;
  if (size !== stated.offset) return err(evidenceRefusals.offset);
  if (stated.offset > 0) return ok(await open(path, "r+"));
  await makeRoom(folder, place, path);
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  await files.flushFolder(partsFolder(folder, place.cell));
  return ok(file);
}

/** Another sealing of the same piece begins anew, and a cell has only so many begun. */
async function makeRoom(folder: string, { cell, digest }: EvidencePlace, keep: string): Promise<void> {
  const parts = (await partsOf(folder, cell)).filter(({ path }) => path !== keep);
  const own = parts.filter(({ path }) => path.includes(`/${digest}.`));
  const others = parts.filter((part) => !own.includes(part));
  const times = await Promise.all(
    others.map(async (part) => ({ part, at: (await stat(part.path).catch(absentAsNull))?.mtimeMs ?? 0 })),
  );
  const oldest = times.sort((a, b) => a.at - b.at).slice(0, Math.max(0, times.length - mostParts + 1));
  for (const { path } of [...own, ...oldest.map(({ part }) => part)]) await rm(path, { force: true });
}

/** Appends what comes, durably, also where it ends before all of it has come; resolves with the size then. */
export async function appendPart(file: FileHandle, chunks: AsyncIterable<unknown>, offset: number): Promise<number> {
  let at = offset;
  try {
    try {
      for await (const chunk of chunks) {
        const piece = chunk as Uint8Array;
        for (let done = 0; done < piece.length; ) {
          const { bytesWritten } = await file.write(piece, done, piece.length - done, at);
          done += bytesWritten;
          at += bytesWritten;
        }
      }
    } finally {
      await file.datasync();
    }
  } finally {
    await file.close();
  }
  return at;
}

/**
 * Whoever asks for a piece that is whole gets a receipt of now, after the piece was hashed again; what is not any more what
 * central has signed for is dropped, so that it comes again. Null where nothing whole is there.
 */
export async function confirmWhole(
  folder: string,
  place: EvidencePlace,
  files: DurableFiles,
  sign: (said: EvidenceReceipt) => Promise<string>,
): Promise<string | null> {
  const before = await wholeReceipt(folder, place);
  if (before === null) return null;
  const said = receiptIn(before);
  if (said === null || (await hashFile(piecePath(folder, place))) !== said.sealed) {
    await rm(piecePath(folder, place), { force: true });
    await rm(receiptPath(folder, place), { force: true });
    return null;
  }
  const receipt = await sign(said);
  await files.writeDurably(receiptPath(folder, place), utf8(receipt), 0o600);
  return receipt;
}

/** The whole part becomes the piece: its digest is checked, `sign` makes the receipt, and both are durable when this resolves. */
export async function finishPart(
  folder: string,
  place: EvidencePlace,
  stated: StatedPart,
  files: DurableFiles,
  sign: () => Promise<string>,
): Promise<Result<string, EvidenceRefusal>> {
  const path = join(partsFolder(folder, place.cell), `${place.digest}.${stated.sealed}.${stated.length}.part`);
  if ((await hashFile(path)) !== stated.sealed) {
    await rm(path, { force: true });
    return err(evidenceRefusals.differs);
  }
  const receipt = await sign();
  // The receipt first: a piece that stands there whole has one. Without the piece it says nothing to anybody.
  await files.writeDurably(receiptPath(folder, place), utf8(receipt), 0o600);
  await rename(path, piecePath(folder, place));
  // The name changes its folder: it is on the disk when both are.
  await files.flushFolder(join(folder, place.cell));
  await files.flushFolder(partsFolder(folder, place.cell));
  await rm(absentPath(folder, place), { force: true });
  return ok(receipt);
}

/** Notes that the cell cannot give a piece. */
export async function noteAbsent(
  folder: string,
  place: EvidencePlace,
  problem: "missing" | "altered",
  files: DurableFiles,
): Promise<void> {
  await files.writeDurably(absentPath(folder, place), utf8(problem), 0o600);
}

/** Bytes that a cell's evidence takes, begun pieces included. */
export async function bytesOf(folder: string, cell: string): Promise<number> {
  const names = (await readdir(join(folder, cell)).catch(absentAsNull)) ?? [];
  let sum = (await partsOf(folder, cell)).reduce((total, { size }) => total + size, 0);
  for (const name of names.filter((each) => each.endsWith(".age"))) {
    sum += (await stat(join(folder, cell, name)).catch(absentAsNull))?.size ?? 0;
  }
  return sum;
}

/** Bytes that the disk has left. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** The folder as pages and commands read it; needs no key. */
export function openShelf(folder: string): EvidenceShelf {
  return {
    async state(cell, digest): Promise<PieceState> {
      const place = { cell, digest };
      const whole = await stat(piecePath(folder, place)).catch(absentAsNull);
      if (whole !== null) return { kind: "whole", bytes: whole.size, at: Math.floor(whole.mtimeMs) };
      const part = await partOf(folder, place);
      if (part !== null) return { kind: "part", bytes: part.size, length: part.length };
      const problem = await readFile(absentPath(folder, place), "utf8").catch(absentAsNull);
      return problem === "missing" || problem === "altered" ? { kind: "absent", problem } : { kind: "nothing" };
    },
  };
}

/** SHA-256 of a file's bytes, in hex. */
export async function hashFile(path: string): Promise<Digest> {
  const hash = createHash("sha256");
  const file = await open(path, "r");
  try {
    for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk as Uint8Array);
  } finally {
    await file.close();
  }
  return hash.digest("hex") as Digest;
}

function absentAsNull(problem: unknown): null {
  if (errorCode(problem) === "ENOENT") return null;
  throw problem;
}
