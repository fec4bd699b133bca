/** Text about people, encrypted under a key of its job or lot that stands beside the cell's keys: destroy the key, and it is gone. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobId, LotId } from "../../kernel/names.ts";
import type { recordKeeping, SealedText } from "../person.ts";

/** Whose text key: a job's, a lot's, or that of the record's own keeping, which is never destroyed. */
export type SealedFor = JobId | LotId | typeof recordKeeping;

export interface Sealing {
  /** AES-256-GCM under the text key of a job, a lot or the record's keeping: base64 of nonce (12), ciphertext, tag (16). */
  seal(of: SealedFor, text: string): SealedText;
  /** The text, or null where the key was destroyed or does not belong to it. */
  open(of: SealedFor, sealed: SealedText): string | null;
  /** Destroys the key, and with it every text under it; true once none is there. Copies of the key folder are not reached. */
  destroy(of: JobId | LotId): boolean;
}

/** Keys are made when a job or a lot first needs one, 0600, in the folder `texts` of the key folder. */
export function createSealing(keysDir: string): Sealing {
  const folder = join(keysDir, "texts");

  function keyOf(of: SealedFor, make: boolean): Buffer | null {
    const path = join(folder, `${of}.key`);
    try {
      return Buffer.from(readFileSync(path, "utf8").trim(), "hex");
    } catch (problem) {
      if (!make || (problem as NodeJS.ErrnoException).code !== "ENOENT") return null;
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const key = randomBytes(32);
    writeFileSync(path, `${key.toString("hex")}\n`, { mode: 0o600, flag: "wx", flush: true });
    return key;
  }

  return {
    destroy(of) {
      const path = join(folder, `${of}.key`);
      try {
        // Written over first: the file system may hand out its blocks without looking.
        writeFileSync(path, `${randomBytes(32).toString("hex")}\n`, { flag: "r+", flush: true });
        unlinkSync(path);
      } catch (problem) {
        if ((problem as NodeJS.ErrnoException).code !== "ENOENT") return false;
      }
      return flushed(folder);
    },
    seal(of, text) {
      const key = keyOf(of, true);
      if (!key) throw new Error("The text key cannot be read.");
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(of));
      return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]).toString(
        "base64",
      );
    },
    open(of, sealed) {
      const bytes = Buffer.from(sealed, "base64");
      const key = keyOf(of, false);
      if (!key || bytes.length < 28) return null;
      try {
        const cipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12)).setAAD(Buffer.from(of));
        cipher.setAuthTag(bytes.subarray(-16));
        return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]).toString("utf8");
      } catch {
        return null;
      }
    },
  };
}

/** Makes the names in the folder durable; true also where there is no folder, and so no key. */
function flushed(folder: string): boolean {
  try {
    const handle = openSync(folder, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    return true;
  } catch (problem) {
    return (problem as NodeJS.ErrnoException).code === "ENOENT";
  }
}
