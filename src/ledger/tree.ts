/** The RFC 6962 Merkle tree: leaf and node hashes, the frontier that grows one leaf at a time, and its root. */
import { sha256 } from "../kernel/hash.ts";

/** The right edge of a tree: one root for each complete subtree, largest first (as many as `size` has one bits). */
export interface Frontier {
  readonly size: number;
  readonly nodes: readonly Uint8Array[];
}

/** The tree of no leaves. */
export const emptyFrontier: Frontier = { size: 0, nodes: [] };

/** Hash of a leaf: SHA-256(0x00 || bytes) (RFC 6962 section 2.1). */
export function leafHash(bytes: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(bytes.length + 1);
  prefixed.set(bytes, 1);
  return sha256(prefixed);
}

/** Hash of a node: SHA-256(0x01 || left || right) (RFC 6962 section 2.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const prefixed = new Uint8Array(65);
  prefixed[0] = 1;
  prefixed.set(left, 1);
  prefixed.set(right, 33);
  return sha256(prefixed);
}

/** The frontier with one leaf hash more. */
export function grow(frontier: Frontier, leaf: Uint8Array): Frontier {
  const nodes = [...frontier.nodes];
  let node = leaf;
  // Each trailing one bit of the size is a complete subtree that this leaf completes to the next larger.
  for (let size = frontier.size; size % 2 === 1; size = Math.floor(size / 2)) {
    const left = nodes.pop();
    if (left === undefined) break;
    node = nodeHash(left, node);
  }
  nodes.push(node);
  return { size: frontier.size + 1, nodes };
}

/** The tree's root; of the empty tree SHA-256 of nothing. */
export function rootOf(frontier: Frontier): Uint8Array {
  const last = frontier.nodes.at(-1);
  if (last === undefined) return sha256();
  return frontier.nodes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}
