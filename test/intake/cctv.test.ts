/** The age stream against the C2SP test kit (https://github.com/C2SP/CCTV, age; npm cctv-age 0.2.0): what opens, to what, and what does not. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readIdentity } from "../../src/intake/io/age.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import { fromBase64 } from "../../src/ledger/bytes.ts";

/** One file of the kit; `payload` is the SHA-256 of the plaintext, or of what of it may have come out before the end. */
interface Vector {
  readonly name: string;
  readonly expect: "success" | "no match" | "HMAC failure" | "header failure" | "payload failure";
  readonly payload: string | null;
  readonly identities: readonly string[];
  readonly compressed: "zlib" | null;
  readonly file: string;
}

const path = join(import.meta.dirname, "../fixtures/vectors/cctv-age.jsonl");
const vectors = readFileSync(path, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Vector);

/** What the vectors without an identity are opened with: one is needed to ask at all. */
const some = vectors.find(({ identities }) => identities.length > 0)?.identities ?? [];

describe("[F1] the C2SP test kit of age", () => {
  test.each(vectors)("$name: $expect", async ({ expect: expected, payload, identities, compressed, file }) => {
    const read = await readIdentity(`${(identities.length > 0 ? identities : some).join("\n")}\n`);
    if (!read.ok) throw new Error(read.error);
    const bytes = fromBase64(file) ?? new Uint8Array();
    const opened = await read.value.open(compressed === "zlib" ? new Uint8Array(inflateSync(bytes)) : bytes);
    expect(opened === null ? null : digestOf(opened)).toBe(expected === "success" ? payload : null);
  });

  test("the kit is whole enough to say something", () => {
    const counted = (kind: Vector["expect"]) => vectors.filter((each) => each.expect === kind).length;
    expect(vectors.length).toBeGreaterThan(75);
    for (const kind of ["success", "no match", "HMAC failure", "header failure", "payload failure"] as const) {
      expect(counted(kind)).toBeGreaterThan(0);
    }
  });
});
