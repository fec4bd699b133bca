/** The Merkle tree against Certificate Transparency's vectors, and its proofs against every wrong question. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/ledger/bytes.ts";
import { frontierAt, leavesFrom, mark, noMarks } from "../../src/ledger/marks.ts";
import {
  consistencyFrom,
  consistencyProof,
  extendsTree,
  includes,
  inclusionProof,
  rootAt,
  type Tree,
  treeOf,
} from "../../src/ledger/proofs.ts";
import { emptyFrontier, grow, leafHash, rootOf } from "../../src/ledger/tree.ts";

/** Leaves, roots and proofs of the reference tests (google/certificate-transparency, merkletree/merkle_verifier_test). */
const leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const roots = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const h00 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const h23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const h47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const h4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const h67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const h03 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
const h45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
const h0 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
const h01 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
/** [leaf from 1, size, audit path]. */
const inclusions: [number, number, string[]][] = [
  [1, 1, []],
  [1, 8, [h00, h23, h47]],
  [6, 8, [h4, h67, h03]],
  [3, 3, [h01]],
  [2, 5, [h0, h23, h4]],
];
/** [from, to, proof]. */
const consistencies: [number, number, string[]][] = [
  [1, 1, []],
  [1, 8, [h00, h23, h47]],
  [6, 8, [h45, h67, h03]],
  [2, 5, [h23, h4]],
];

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
const hashes = leaves.map((leaf) => leafHash(bytes(leaf)));

function treeFrom(list: readonly Uint8Array[]): Tree {
  return treeOf(new Uint8Array(Buffer.concat(list)));
}

describe("[F67] Certificate Transparency vectors", () => {
  test("roots of the first one to eight leaves, by frontier and by tree", () => {
    let frontier = emptyFrontier;
    expect(toHex(rootOf(frontier))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (const [index, hash] of hashes.entries()) {
      frontier = grow(frontier, hash);
      expect(toHex(rootOf(frontier))).toBe(roots[index]);
      expect(toHex(rootAt(treeFrom(hashes), index + 1))).toBe(roots[index]);
    }
  });

  test.each(inclusions)("audit path of leaf %i in the tree of %i", (leaf, size, path) => {
    expect(inclusionProof(treeFrom(hashes), leaf - 1, size).map(toHex)).toEqual(path);
    expect(
      includes(hashes[leaf - 1] ?? new Uint8Array(), leaf - 1, size, path.map(bytes), bytes(roots[size - 1] ?? "")),
    ).toBe(true);
  });

  test.each(consistencies)("consistency from %i to %i", (from, to, proof) => {
    expect(consistencyProof(treeFrom(hashes), from, to).map(toHex)).toEqual(proof);
    const [old, now] = [bytes(roots[from - 1] ?? ""), bytes(roots[to - 1] ?? "")];
    expect(extendsTree(from, old, to, now, proof.map(bytes))).toBe(true);
  });
});

const many = Array.from({ length: 70 }, (_, index) => leafHash(Uint8Array.of(index)));
const tree = treeFrom(many);
const sizes = fc.integer({ min: 1, max: 70 }).chain((size) => fc.tuple(fc.constant(size), fc.nat({ max: size - 1 })));

describe("proofs of any tree", () => {
  test("an audit path leads to the root, and to no other leaf, place, size or root", () => {
    fc.assert(
      fc.property(sizes, fc.nat({ max: 69 }), fc.integer({ min: 1, max: 70 }), ([size, index], other, otherSize) => {
        const proof = inclusionProof(tree, index, size);
        const leaf = many[index] ?? new Uint8Array();
        const root = rootAt(tree, size);
        expect(includes(leaf, index, size, proof, root)).toBe(true);
        if (other !== index) expect(includes(leaf, other, size, proof, root)).toBe(false);
        if (other !== index) expect(includes(many[other] ?? leaf, index, size, proof, root)).toBe(false);
        if (otherSize !== size) expect(includes(leaf, index, size, proof, rootAt(tree, otherSize))).toBe(false);
        expect(includes(leaf, index, size, [...proof, root], root)).toBe(false);
        expect(includes(leaf, index, size, [root, ...proof], root)).toBe(false);
        if (proof.length > 0) expect(includes(leaf, index, size, proof.slice(1), root)).toBe(false);
      }),
    );
  });

  test("a consistency proof holds between its two trees and no others", () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 70 }), ([to, before], other) => {
        const from = before + 1;
        const proof = consistencyProof(tree, from, to);
        const [old, now] = [rootAt(tree, from), rootAt(tree, to)];
        expect(extendsTree(from, old, to, now, proof)).toBe(true);
        if (other !== from) expect(extendsTree(from, rootAt(tree, other), to, now, proof)).toBe(false);
        if (other !== to) expect(extendsTree(from, old, to, rootAt(tree, other), proof)).toBe(false);
        if (from !== to) expect(extendsTree(from, old, to, now, [...proof, now])).toBe(false);
        if (from !== to) expect(extendsTree(to, now, from, old, proof)).toBe(false);
        if (proof.length > 0) expect(extendsTree(from, old, to, now, proof.slice(0, -1))).toBe(false);
      }),
    );
  });
});

test("[F80] frontier and consistency proof from marks are those of the whole tree", () => {
  const list = Array.from({ length: 1200 }, (_, n) => leafHash(bytes(n.toString(16).padStart(4, "0"))));
  const tree = treeFrom(list);
  const marks = [...noMarks];
  list.reduce((edge, leaf) => {
    const next = grow(edge, leaf);
    mark(marks, next);
    return next;
  }, emptyFrontier);
  const at = (size: number) => frontierAt(marks, size, list.slice(leavesFrom(size), size));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1200 }), fc.integer({ min: 1, max: 1200 }), (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      expect(toHex(rootOf(at(to)))).toBe(toHex(rootAt(tree, to)));
      const proof = consistencyFrom(at(from), list.slice(from, to));
      expect(proof.map(toHex)).toEqual(consistencyProof(tree, from, to).map(toHex));
      expect(extendsTree(from, rootAt(tree, from), to, rootAt(tree, to), proof)).toBe(true);
    }),
  );
});
