/** The ports through which time and names enter the program. */
import type { EpochMs, Milliseconds, MonotonicMs } from "./units.ts";

/** Reads time; the only way any part of the cell learns what time it is. */
export interface Clock {
  /** UTC, can jump. */
  now(): EpochMs;
  /** Monotonic since process start. */
  monotonic(): MonotonicMs;
  /** Calls `fire` once after `delay`; the returned function cancels it. */
  after(delay: Milliseconds, fire: () => void): () => void;
}

/** Makes identifiers that are unique for this cell. */
export interface Ids {
  /** A fresh identifier that starts with `prefix`. */
  next(prefix: string): string;
}
