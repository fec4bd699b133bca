/** The logs of a cell: the one that it keeps, and those before it that were continued under another name. */
import type { RegisteredCell } from "./judge.ts";

/** Origins of every log that a cell has or had, the oldest first; the last is the one that it keeps. */
export function originsOf({ ancestors, origin }: Pick<RegisteredCell, "ancestors" | "origin">): readonly string[] {
  return [...ancestors.map((past) => past.origin), origin];
}

/** The cell that keeps a log or kept it; null where none does. */
export function cellOfLog(cells: readonly RegisteredCell[], origin: string): RegisteredCell | null {
  return cells.find((cell) => originsOf(cell).includes(origin)) ?? null;
}
