/** An export read piece by piece: where its pieces end changes nothing, and what is no export is none in any pieces. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "../../src/kernel/hash.ts";
import type { Digest } from "../../src/kernel/names.ts";
import { concat, utf8 } from "../../src/ledger/bytes.ts";
import { artifactPiece, exportEnd, exportStart } from "../../src/ledger/export.ts";
import { type ScannedExport, scanExport } from "../../src/ledger/export-scan.ts";
import { origin } from "./plain-drafts.ts";

const rest = { origin, job: "J1" as never, checkpoint: "c", statement: "s", keys: ["k"], entries: [] };

function fileOf(contents: readonly Uint8Array[]): Uint8Array {
  const byDigest = new Map(contents.map((bytes) => [digestOf(bytes), bytes]));
  const inOrder = [...byDigest].sort(([a], [b]) => (a < b ? -1 : 1));
  const pieces = inOrder.map(([digest, bytes], index) => artifactPiece(digest, bytes, index === 0));
  return concat(exportStart, ...pieces, exportEnd(rest));
}

function scanned(file: Uint8Array, cuts: readonly number[]): { digest: Digest; scanned: ScannedExport | null } {
  const scan = scanExport();
  const ends = [...cuts.map((cut) => cut % (file.length + 1)), file.length].sort((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    scan.feed(file.subarray(from, end));
    from = end;
  }
  return scan.end();
}

const contents = fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 4 });
const cuts = fc.array(fc.nat({ max: 2000 }), { maxLength: 12 });

test("[F71] wherever it is cut, the same artifacts and the same rest are found", () => {
  fc.assert(
    fc.property(contents, cuts, (parts, at) => {
      const file = fileOf(parts);
      const found = scanned(file, at);
      expect(found.digest).toBe(digestOf(file));
      const digests = [...new Set(parts.map((bytes) => digestOf(bytes)))].sort();
      expect([...(found.scanned?.artifacts ?? [])]).toEqual(digests.map((digest) => [digest, digest]));
      expect(JSON.parse(Buffer.from(found.scanned?.rest ?? []).toString())).toMatchObject({ origin, job: "J1" });
      // Every byte in a piece of its own is the hardest cut of all.
      expect(scanned(file, [...file.keys()])).toEqual(found);
    }),
    { numRuns: 60 },
  );
});

test("[F67] changed bytes are told the same in any pieces, and never as the same artifacts", () => {
  fc.assert(
    fc.property(contents, cuts, fc.nat(), fc.integer({ min: 1, max: 255 }), (parts, at, place, change) => {
      const file = fileOf(parts);
      const changed = file.with(place % file.length, (file[place % file.length] ?? 0) ^ change);
      const [cut, whole] = [scanned(changed, at), scanned(changed, [])];
      expect(cut).toEqual(whole);
      expect(whole.scanned).not.toEqual(scanned(file, []).scanned);
    }),
    { numRuns: 150 },
  );
});

test.each([
  ["nothing", ""],
  ["its beginning alone", '{"artifacts":{'],
  ["no other member", '{"artifacts":{}}'],
  ["an artifact that is no text", `{"artifacts":{"${"a".repeat(64)}":1},"x":1}`],
  ["a name that is no digest", '{"artifacts":{"A":"AAAA"},"x":1}'],
  ["a name twice", `{"artifacts":{"${"a".repeat(64)}":"","${"a".repeat(64)}":""},"x":1}`],
  ["names in another order", `{"artifacts":{"${"b".repeat(64)}":"","${"a".repeat(64)}":""},"x":1}`],
  ["a comma at the end", `{"artifacts":{"${"a".repeat(64)}":"",},"x":1}`],
  ["padding in the middle", `{"artifacts":{"${"a".repeat(64)}":"AA==AAAA"},"x":1}`],
  ["unused bits", `{"artifacts":{"${"a".repeat(64)}":"AB=="},"x":1}`],
  ["an escape", `{"artifacts":{"${"a".repeat(64)}":"AA\\u0041="},"x":1}`],
])("%s is no export", (_, text) => {
  expect(scanned(utf8(text), []).scanned).toBeNull();
  expect(scanned(utf8(text), [...utf8(text).keys()]).scanned).toBeNull();
});
