/** The artifact store on disk: AES-256-GCM files named by the SHA-256 of their plaintext, whole or not there (law 6). */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readdir, readFile, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { assert } from "../../kernel/assert.ts";
import { digestOf } from "../../kernel/hash.ts";
import { type Digest, isDigest } from "../../kernel/names.ts";
import { errorCode } from "../../kernel/problem.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { ArtifactProblem, Artifacts } from "../artifacts.ts";
import { flushFolder, makePrivateFolder, writeDurably } from "./files.ts";

/** First bytes of an artifact file: the format and its version. */
const magic = Buffer.from("CWART1\n\0");
const nonceBytes = 12;
const tagBytes = 16;
const overhead = magic.length + nonceBytes + tagBytes;
/** Folder of artifacts in the data folder. */
export const artifactFolder = "artifacts";

/** Where artifacts of a data folder stand, two hex digits to a sub-folder. */
export function artifactPath(dataDir: string, digest: Digest): string {
  return join(dataDir, artifactFolder, digest.slice(0, 2), digest);
}

/** Opens the store in a data folder; `dataKey` (32 bytes) stands with the keys. Artifacts are at most `maxBytes` long. */
export function openArtifacts(dataDir: string, dataKey: Uint8Array, maxBytes = 64 << 20): Artifacts {
  assert(dataKey.length === 32, "AES-256 has a key of 32 bytes");

  async function get(digest: Digest): Promise<Result<Uint8Array, ArtifactProblem>> {
    assert(isDigest(digest), "an artifact is asked for by its digest");
    const path = artifactPath(dataDir, digest);
    try {
      if ((await stat(path)).size > maxBytes + overhead) return err("altered");
      return openSealed(await readFile(path), dataKey, digest);
    } catch (problem) {
      if (errorCode(problem) === "ENOENT") return err("missing");
      throw problem;
    }
  }

  return {
    get,
    async put(bytes) {
      if (bytes.length > maxBytes) throw new RangeError(`an artifact has at most ${maxBytes} bytes`);
      const digest = digestOf(bytes);
      // One that is there and whole is left alone; one that was damaged is written anew.
      if ((await get(digest)).ok) return digest;
      const path = artifactPath(dataDir, digest);
      await makePrivateFolder(join(path, ".."));
      await flushFolder(join(dataDir, artifactFolder));
      await writeDurably(path, sealBytes(bytes, dataKey, digest), 0o600);
      return digest;
    },
    has: async (digest) => isDigest(digest) && (await stat(artifactPath(dataDir, digest)).catch(() => null)) !== null,
    async remove(digest) {
      assert(isDigest(digest), "an artifact is removed by its digest");
      const path = artifactPath(dataDir, digest);
      try {
        await unlink(path);
      } catch (problem) {
        if (errorCode(problem) === "ENOENT") return false;
        throw problem;
      }
      await flushFolder(dirname(path));
      return true;
    },
    list: () => listArtifacts(dataDir),
  };
}

/** Digests of all artifact files in a data folder, in order; needs no key. */
export async function listArtifacts(dataDir: string): Promise<readonly Digest[]> {
  try {
    const names = await readdir(join(dataDir, artifactFolder), { recursive: true });
    return names
      .map((name) => name.slice(3))
      .filter(isDigest)
      .sort();
  } catch (problem) {
    if (errorCode(problem) === "ENOENT") return [];
    throw problem;
  }
}

function sealBytes(plain: Uint8Array, key: Uint8Array, digest: Digest): Uint8Array {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.concat([magic, Buffer.from(digest, "hex")]));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([magic, nonce, cipher.getAuthTag(), sealed]);
}

function openSealed(file: Buffer, key: Uint8Array, digest: Digest): Result<Uint8Array, ArtifactProblem> {
  if (file.length < overhead || !file.subarray(0, magic.length).equals(magic)) return err("altered");
  const nonce = file.subarray(magic.length, magic.length + nonceBytes);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.concat([magic, Buffer.from(digest, "hex")]));
  decipher.setAuthTag(file.subarray(magic.length + nonceBytes, overhead));
  try {
    const plain = Buffer.concat([decipher.update(file.subarray(overhead)), decipher.final()]);
    return digestOf(plain) === digest ? ok(new Uint8Array(plain)) : err("altered");
  } catch {
    return err("altered");
  }
}
