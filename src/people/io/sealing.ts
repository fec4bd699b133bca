/** Text about people, encrypted under a key of its job or lot that stands beside the cell's keys: destroy the key, and it is gone. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobId, LotId } from "../../kernel/names.ts";
import type { SealedText } from "../person.ts";

export interface Sealing {
  /** AES-256-GCM under the text key of a job or a lot: base64 of nonce (12), ciphertext, tag (16). */
  seal(of: JobId | LotId, text: string): SealedText;
  /** The text, or null where the key was destroyed or does not belong to it. */
  open(of: JobId | LotId, sealed: SealedText): string | null;
}

/** Keys are made when a job or a lot first needs one, 0600, in the folder `texts` of the key folder. */
export function createSealing(keysDir: string): Sealing {
  const folder = join(keysDir, "texts");

  function keyOf(of: JobId | LotId, make: boolean): Buffer | null {
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
