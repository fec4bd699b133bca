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
import { consistencies, inclusions, leaves, roots } from "./published.ts";

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
