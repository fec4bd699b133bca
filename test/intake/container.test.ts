/** The containers of a package: what was put in comes out, and there is only one way to write it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Blob,
  bounds,
  enoughForFirst,
  parseBlobs,
  parseFirstBlob,
  parsePackage,
  printBlobs,
  printPackage,
} from "../../src/intake/package/container.ts";
import { concat, utf8 } from "../../src/ledger/bytes.ts";

const someBytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
const someBlobs = fc.uniqueArray(
  fc.record({ name: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/), bytes: someBytes }),
  { minLength: 1, maxLength: 6, selector: ({ name }) => name },
);
const contents = (blobs: Iterable<Blob>) => [...blobs].map(({ name, bytes }) => [name, [...bytes]]);

describe("[F1] the outer container", () => {
  it("gives back what was put in", () => {
    fc.assert(
      fc.property(someBytes, someBytes, (envelope, sealed) => {
        const parts = parsePackage(printPackage({ envelope, sealed }));
        expect(parts).toEqual({ ok: true, value: { envelope, sealed } });
      }),
    );
  });

  it("whatever it reads, it prints back as the same bytes", () => {
    const start = utf8("cellward-package/1\n");
    fc.assert(
      fc.property(fc.boolean(), fc.uint8Array({ maxLength: 64 }), (whole, tail) => {
        const bytes = whole ? concat(start, Uint8Array.of(0, 0, 0), tail) : tail;
        const parts = parsePackage(bytes);
        if (parts.ok) expect(printPackage(parts.value)).toEqual(bytes);
      }),
    );
  });

  it("says what it is: cut, too large, or none", () => {
    const whole = printPackage({ envelope: utf8("{}"), sealed: utf8("x") });
    for (let length = 0; length < whole.length; length += 1) {
      expect(parsePackage(whole.subarray(0, length))).toEqual({ ok: false, error: "truncated" });
    }
    const large = whole.slice();
    large[19] = 1;
    expect(parsePackage(large)).toEqual({ ok: false, error: "oversized" });
    expect(parsePackage(new Uint8Array(bounds.package + 1))).toEqual({ ok: false, error: "oversized" });
    expect(parsePackage(utf8("PK\u0003\u0004 and so on"))).toEqual({ ok: false, error: "not-a-package" });
    expect(parsePackage(utf8("cellward-package/2\n....."))).toEqual({ ok: false, error: "not-a-package" });
  });
});

describe("[F2] the inner container", () => {
  it("gives its first file from its beginning alone, or nothing", () => {
    fc.assert(
      fc.property(someBlobs, (blobs) => {
        const bytes = printBlobs(blobs);
        const [first] = blobs;
        const start = bytes.subarray(0, enoughForFirst(first!.bytes.length));
        expect(parseFirstBlob(start)).toMatchObject({ ok: true, value: first });
        const needed = bytes.length - blobs.slice(1).reduce((sum, each) => sum + each.bytes.length, 0);
        expect(parseFirstBlob(bytes.subarray(0, needed))).toMatchObject({ ok: true });
        expect(parseFirstBlob(bytes.subarray(0, needed - 1)).ok).toBe(false);
      }),
    );
  });

  it("gives back what was put in, and refuses every changed byte, every cut and every addition", () => {
    fc.assert(
      fc.property(someBlobs, fc.nat(), fc.integer({ min: 1, max: 255 }), (blobs, place, flip) => {
        const bytes = printBlobs(blobs);
        const parsed = parseBlobs(bytes);
        expect(parsed.ok && contents(parsed.value.values())).toEqual(contents(blobs));
        const changed = bytes.slice();
        const at = place % bytes.length;
        changed[at] = changed[at]! ^ flip;
        const other = parseBlobs(changed);
        // Only a name in the index is covered by no digest in here: the statement names the files too.
        if (other.ok) expect([...other.value.keys()]).not.toEqual(blobs.map(({ name }) => name));
        expect(parseBlobs(bytes.subarray(0, at)).ok).toBe(false);
        expect(parseBlobs(concat(bytes, Uint8Array.of(flip))).ok).toBe(false);
      }),
    );
  });

  it.each<[string, unknown]>([
    ["no file", []],
    ["two files of one name", [file("a"), file("a")]],
    ["a name with a path in it", [file("../a")]],
    ["a member more", [{ ...file("a"), mode: 511 }]],
    ["a length below one", [{ ...file("a"), length: 0 }]],
    ["a length beyond the bound", [{ ...file("a"), length: bounds.blob + 1 }]],
    ["too many files", Array.from({ length: bounds.blobs + 1 }, (_, n) => file(`a${n}`))],
  ])("refuses an index with %s", (_, index) => {
    expect(parseBlobs(withIndex(JSON.stringify(index))).ok).toBe(false);
  });

  it("refuses an index with a doubled key or spaces", () => {
    const { name, sha256 } = file("a");
    const good = `[{"length":1,"name":"${name}","sha256":"${sha256}"}]`;
    expect(parseBlobs(withIndex(good)).ok).toBe(true);
    expect(parseBlobs(withIndex(good.replace('"name"', '"name":"b","name"'))).ok).toBe(false);
    expect(parseBlobs(withIndex(good.replace(",", ", "))).ok).toBe(false);
  });
});

/** SHA-256 of the one byte "x". */
function file(name: string) {
  return { length: 1, name, sha256: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" };
}

function withIndex(text: string): Uint8Array {
  const index = utf8(text);
  const length = Uint8Array.of(0, 0, index.length >> 8, index.length & 255);
  return concat(length, index, utf8("x".repeat((text.match(/"name"/g) ?? []).length)));
}
