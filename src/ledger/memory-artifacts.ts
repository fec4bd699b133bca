/** An artifact store in memory, for the simulator. */
import { digestOf } from "../kernel/hash.ts";
import type { Digest } from "../kernel/names.ts";
import { err, ok } from "../kernel/result.ts";
import type { Artifacts } from "./artifacts.ts";

/** A store over `files`, which outlives the process that it simulates. */
export function createMemoryArtifacts(files: Map<Digest, Uint8Array> = new Map(), maxBytes = 64 << 20): Artifacts {
  return {
    async put(bytes) {
      if (bytes.length > maxBytes) throw new RangeError(`an artifact has at most ${maxBytes} bytes`);
      const digest = digestOf(bytes);
      files.set(digest, bytes.slice());
      return digest;
    },
    async get(digest) {
      const bytes = files.get(digest);
      if (bytes === undefined) return err("missing");
      return digestOf(bytes) === digest ? ok(bytes) : err("altered");
    },
    has: async (digest) => files.has(digest),
    remove: async (digest) => files.delete(digest),
    list: async () => [...files.keys()].sort(),
  };
}
