/** Marks: the frontier at every 256th entry, so that the tree of any size is had by reading at most 255 leaves. */
import { assert } from "../kernel/assert.ts";
import { emptyFrontier, type Frontier, grow } from "./tree.ts";

/** Entries from one mark to the next. */
export const markEvery = 256;

/** Frontiers at sizes 0, 256, 512, ... */
export type Marks = readonly Frontier[];

/** The marks of a tree without leaves. */
export const noMarks: Marks = [emptyFrontier];

/** Puts a mark down where the frontier has come to one; to be told every frontier, in order. */
export function mark(marks: Frontier[], frontier: Frontier): void {
  if (frontier.size % markEvery !== 0) return;
  assert(marks.length === frontier.size / markEvery, "marks are put down in order");
  marks.push(frontier);
}

/** Number of the first leaf that `frontierAt` needs for a tree of `size`. */
export function leavesFrom(size: number): number {
  return size - (size % markEvery);
}

/** The frontier at `size`; `leaves` are the hashes of the leaves from `leavesFrom(size)` on, up to it. */
export function frontierAt(marks: Marks, size: number, leaves: readonly Uint8Array[]): Frontier {
  const from = marks[Math.floor(size / markEvery)];
  assert(from !== undefined && from.size + leaves.length === size, "a frontier grows from the mark below it");
  return leaves.reduce(grow, from);
}
