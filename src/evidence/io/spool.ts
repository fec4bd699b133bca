/** The spool: pieces sealed for central QA, ciphertext alone, whole or not there, bounded; a cache that may be deleted. */
import { createHash } from "node:crypto";
import { mkdir, open, readdir, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { DurableFiles } from "../../kernel/durable-files.ts";
import { digestOf } from "../../kernel/hash.ts";
import { type Digest, isDigest } from "../../kernel/names.ts";
import { errorCode } from "../../kernel/problem.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { ArtifactProblem, Artifacts } from "../../ledger/artifacts.ts";
import type { SealedPiece, Spool } from "../ports.ts";

export interface SpoolOptions {
  /** Folder of its own; what stands in it and is not a sealed piece for this recipient is removed. */
  readonly folder: string;
  readonly artifacts: Pick<Artifacts, "get">;
  /** Seals for central QA; the error says that its recipient is none. */
  readonly seal: (plain: Uint8Array) => Promise<Result<Uint8Array, string>>;
  /** Names the recipient: pieces for another one are of no use. */
  readonly recipient: Digest;
  readonly mostBytes: number;
  readonly files: DurableFiles;
  /** So much of the disk is left to the ledger. */
  readonly keepFreeBytes: number;
}

const nameForm = /^([0-9a-f]{64})\.([0-9a-f]{64})\.([0-9a-f]{16})\.age$/;

/** Opens the folder, which nobody else may write to. */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { folder, artifacts, seal, recipient, mostBytes, keepFreeBytes, files } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pieces = await readSpool(folder, recipient.slice(0, 16));
  const pathOf = (digest: Digest, { sealed }: SealedPiece) =>
    join(folder, `${digest}.${sealed}.${recipient.slice(0, 16)}.age`);
  const held = () => [...pieces.values()].reduce((sum, { bytes }) => sum + bytes, 0);

  async function drop(digest: Digest): Promise<void> {
    const piece = pieces.get(digest);
    pieces.delete(digest);
    if (piece !== undefined) await rm(pathOf(digest, piece), { force: true });
  }

  async function sealed(digest: Digest): Promise<Result<SealedPiece, ArtifactProblem | "no-room">> {
    const plain = await artifacts.get(digest);
    if (!plain.ok) return plain;
    const bytes = await seal(plain.value);
    if (!bytes.ok) throw new Error(bytes.error);
    if (pieces.size > 0 && held() + bytes.value.length > mostBytes) await emptyAll();
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < keepFreeBytes + bytes.value.length) return err("no-room");
    const piece: SealedPiece = { sealed: digestOf(bytes.value), bytes: bytes.value.length };
    try {
      await files.writeDurably(pathOf(digest, piece), bytes.value, 0o600);
    } catch (problem) {
      if (errorCode(problem) === "ENOSPC") return err("no-room");
      throw problem;
    }
    pieces.set(digest, piece);
    return ok(piece);
  }

  async function emptyAll(): Promise<void> {
    for (const digest of [...pieces.keys()]) await drop(digest);
  }

  return {
    drop,
    async ready(digest) {
      const piece = pieces.get(digest);
      if (piece === undefined) return sealed(digest);
      // Somebody may have tidied up: it is sealed again then.
      const size = await stat(pathOf(digest, piece)).then(
        ({ size: found }) => found,
        () => -1,
      );
      if (size === piece.bytes) return ok(piece);
      await drop(digest);
      return sealed(digest);
    },
    async read(digest, piece, from, bytes) {
      const file = await open(pathOf(digest, piece), "r");
      try {
        const part = new Uint8Array(bytes);
        const { bytesRead } = await file.read(part, 0, bytes, from);
        return part.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
    async sweep(isOwed) {
      for (const digest of [...pieces.keys()]) if (!isOwed(digest)) await drop(digest);
    },
  };
}

/** What is in the folder and whole; everything else in it goes. */
async function readSpool(folder: string, recipient: string): Promise<Map<Digest, SealedPiece>> {
  const pieces = new Map<Digest, SealedPiece>();
  for (const name of await readdir(folder)) {
    const [, digest = "", sealed = "", to = ""] = nameForm.exec(name) ?? [];
    const path = join(folder, name);
    const isGood = isDigest(digest) && isDigest(sealed) && to === recipient && !pieces.has(digest);
    if (isGood && (await hashOf(path)) === sealed) {
      pieces.set(digest, { sealed, bytes: (await stat(path)).size });
    } else {
      await rm(path, { force: true, recursive: true });
    }
  }
  return pieces;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "r");
  try {
    for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk as Uint8Array);
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}
