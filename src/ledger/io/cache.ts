/** Caches beside the ledger: files that nobody needs, believed only under a key from outside the folder and for one program. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Caches } from "../kept.ts";
import { makePrivateFolder, writeDurably } from "./files.ts";

/** The folder of caches in the data folder; it may be deleted at any time. */
export const cacheFolder = "cache";
/** Name of the cache that says how the last round of the scrub ended: `{damage, endedAt, size}`. */
export const scrubbedCache = "scrubbed";
/** Name of the cache that holds the largest prefix that the scrub has proven. */
export const provenCache = "proven";
/** A cache larger than this is not read. */
const maxCacheBytes = 256 << 20;

/**
 * The caches of a data folder. `dataKey` is the cell's own, from the key folder: whoever can write the data folder alone
 * cannot make one. `program` says what made them: another program's are none.
 */
export function openCaches(dataDir: string, dataKey: Uint8Array, program: string): Caches {
  const key = createHmac("sha256", dataKey).update("cellward-cache/1").digest();
  const folder = join(dataDir, cacheFolder);
  const seal = (name: string, json: string): Buffer =>
    createHmac("sha256", key).update(`${name}\n${program}\n`).update(json).digest();

  return {
    async read(name) {
      try {
        const text = await readFile(join(folder, name), "utf8");
        const [mac, json] = [text.slice(0, 64), text.slice(65)];
        if (text.length > maxCacheBytes || text[64] !== "\n" || !/^[0-9a-f]{64}$/.test(mac)) return null;
        return timingSafeEqual(Buffer.from(mac, "hex"), seal(name, json)) ? (JSON.parse(json) as unknown) : null;
      } catch {
        return null;
      }
    },
    async write(name, json) {
      await makePrivateFolder(folder);
      await writeDurably(join(folder, name), Buffer.from(`${seal(name, json).toString("hex")}\n${json}`), 0o600);
    },
  };
}
