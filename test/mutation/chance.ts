/** Seeded choices of the mutation campaign. */
import { seeded } from "../simulation/time.ts";

export interface Chance {
  /** A whole number from 0 to `below` - 1. */
  int(below: number): number;
  /** One of a list that is not empty. */
  of<T>(list: readonly T[]): T;
}

/** Equal seeds give equal choices. */
export function chanceOf(seed: number): Chance {
  const next = seeded(seed);
  const int = (below: number) => Math.floor(next() * below);
  return { int, of: (list) => list[int(list.length)]! };
}
