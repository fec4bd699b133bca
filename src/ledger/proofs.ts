/** Inclusion and consistency proofs of an RFC 6962 tree: made from leaf hashes, checked without them (RFC 9162 2.1.3, 2.1.4). */
import { assert } from "../kernel/assert.ts";
import { sameBytes } from "./bytes.ts";
import { emptyFrontier, type Frontier, grow, nodeHash, rootOf } from "./tree.ts";

/** A whole tree held in memory, 64 bytes a leaf: complete subtrees by level, 32 bytes each, level 0 the leaf hashes. */
export interface Tree {
  readonly size: number;
  readonly levels: readonly Uint8Array[];
}

/** Builds the tree over leaf hashes that stand one after the other, 32 bytes each. */
export function treeOf(leaves: Uint8Array): Tree {
  assert(leaves.length % 32 === 0, "leaf hashes are 32 bytes each");
  const levels = [leaves];
  for (let level = leaves; level.length >= 64; ) {
    const next = new Uint8Array((level.length >> 6) * 32);
    for (let at = 0; at < next.length; at += 32) {
      next.set(nodeHash(level.subarray(at * 2, at * 2 + 32), level.subarray(at * 2 + 32, at * 2 + 64)), at);
    }
    levels.push(next);
    level = next;
  }
  return { size: leaves.length / 32, levels };
}

/** The root of the first `size` leaves (1 or more). */
export function rootAt(tree: Tree, size: number): Uint8Array {
  assert(size >= 1 && size <= tree.size, "a root needs 1 to size leaves");
  return range(tree, 0, size);
}

/** The audit path of leaf `index` in the tree of the first `size` leaves, leaf to root (RFC 6962 2.1.1). */
export function inclusionProof(tree: Tree, index: number, size: number): Uint8Array[] {
  assert(index >= 0 && index < size && size <= tree.size, "an inclusion proof is for a leaf of the tree");
  return path(tree, index, 0, size);
}

/** The proof that the tree of `from` leaves is a prefix of the tree of `to` leaves (RFC 6962 2.1.2); 1 <= from <= to. */
export function consistencyProof(tree: Tree, from: number, to: number): Uint8Array[] {
  assert(from >= 1 && from <= to && to <= tree.size, "a consistency proof is from a smaller tree to a larger");
  return from === to ? [] : subproof((start, end) => range(tree, start, end), from, 0, to, true);
}

/**
 * The same proof without the whole tree: from the frontier at the smaller size (1 or more) and the hashes of the leaves
 * that came after it. Nothing else of the old tree stands in such a proof.
 */
export function consistencyFrom(old: Frontier, leaves: readonly Uint8Array[]): Uint8Array[] {
  assert(old.size >= 1, "a consistency proof is from a smaller tree to a larger");
  const complete = new Map<number, Uint8Array>();
  let start = 0;
  for (const node of old.nodes) {
    complete.set(start, node);
    start += 2 ** Math.floor(Math.log2(old.size - start));
  }
  const hash = (from: number, end: number): Uint8Array => {
    if (from >= old.size) return rootOf(leaves.slice(from - old.size, end - old.size).reduce(grow, emptyFrontier));
    const node = complete.get(from);
    assert(node !== undefined && end <= old.size, "a proof takes complete subtrees of the old tree");
    return node;
  };
  return leaves.length === 0 ? [] : subproof(hash, old.size, 0, old.size + leaves.length, true);
}

/** True where the proof leads from the leaf hash at `index` to `root` of a tree of `size` (RFC 9162 2.1.3.2). */
export function includes(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let fn = index;
  let sn = size - 1;
  let hash = leaf;
  for (const node of proof) {
    if (sn === 0 || node.length !== 32) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(node, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      hash = nodeHash(hash, node);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && sameBytes(hash, root);
}

/** True where the proof shows that the tree (from, fromRoot) is a prefix of (to, toRoot) (RFC 9162 2.1.4.2). */
export function extendsTree(
  from: number,
  fromRoot: Uint8Array,
  to: number,
  toRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  const roots = consistencyRoots(from, fromRoot, to, proof);
  return roots !== null && sameBytes(roots.from, fromRoot) && sameBytes(roots.to, toRoot);
}

/**
 * The two roots that a consistency proof leads to; null where it is not one by its form. Where `to` is the root that
 * somebody signed, `from` is the root that the signed tree has at that size, whatever `fromRoot` was. (Where `from` is
 * a power of two the proof builds on `fromRoot` itself, and `to` depends on it.)
 */
export function consistencyRoots(
  from: number,
  fromRoot: Uint8Array,
  to: number,
  proof: readonly Uint8Array[],
): { readonly from: Uint8Array; readonly to: Uint8Array } | null {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 1 || from > to) return null;
  if (from === to) return proof.length === 0 ? { from: fromRoot, to: fromRoot } : null;
  let fn = from - 1;
  let sn = to - 1;
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  // The old tree is itself a complete subtree exactly where its size is a power of two; then the proof leaves it out.
  const nodes = fn === 0 ? [fromRoot, ...proof] : proof;
  const first = nodes[0];
  if (first === undefined || nodes.some((node) => node.length !== 32)) return null;
  let [oldHash, newHash] = [first, first];
  for (const node of nodes.slice(1)) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      oldHash = nodeHash(node, oldHash);
      newHash = nodeHash(node, newHash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      newHash = nodeHash(newHash, node);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 ? { from: oldHash, to: newHash } : null;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

/** Largest power of two smaller than `count` (2 or more). */
function split(count: number): number {
  return 2 ** Math.floor(Math.log2(count - 1));
}

/** Hash of leaves start to end; `start` is always a multiple of the largest power of two not above the count. */
function range(tree: Tree, start: number, end: number): Uint8Array {
  const count = end - start;
  const level = Math.log2(count);
  if (Number.isInteger(level)) {
    const at = (start / count) * 32;
    const nodes = tree.levels[level];
    assert(nodes !== undefined && at + 32 <= nodes.length, "a complete subtree is in the tree");
    return nodes.subarray(at, at + 32);
  }
  const middle = start + split(count);
  return nodeHash(range(tree, start, middle), range(tree, middle, end));
}

function path(tree: Tree, index: number, start: number, end: number): Uint8Array[] {
  if (end - start === 1) return [];
  const middle = start + split(end - start);
  return index < middle
    ? [...path(tree, index, start, middle), range(tree, middle, end)]
    : [...path(tree, index, middle, end), range(tree, start, middle)];
}

function subproof(
  hash: (start: number, end: number) => Uint8Array,
  from: number,
  start: number,
  end: number,
  known: boolean,
): Uint8Array[] {
  if (from === end) return known ? [] : [hash(start, end)];
  const middle = start + split(end - start);
  return from <= middle
    ? [...subproof(hash, from, start, middle, known), hash(middle, end)]
    : [...subproof(hash, from, middle, end, false), hash(start, middle)];
}
