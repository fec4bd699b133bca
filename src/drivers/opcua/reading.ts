/** What a value of an OPC UA server is worth as a live value: a number, a word, or nothing, and then why. */
import type { Reading } from "../../equipment/machine.ts";
import { clip } from "../../kernel/text.ts";
import type { EpochMs } from "../../kernel/units.ts";

/** A value as it came over the wire. */
export interface ToldValue {
  readonly value: unknown;
  /** Name of its status; null where that is good. */
  readonly notGood: string | null;
  /** The source's own time, else the server's; undefined where it has neither. */
  readonly at: EpochMs | undefined;
}

/**
 * A reading for every value that is told. What is no good number is told as that, and never left out: otherwise the last
 * good number would stand for it, and be told again with every sign of life.
 */
export function readingOf(told: ToldValue, name: string, unit: string, now: EpochMs): Reading {
  const { value, notGood } = told;
  // A source whose clock is ahead would have its last value look new for as long as it is ahead.
  const at = told.at === undefined ? undefined : Math.min(told.at, now);
  const none = (why: string): Reading => ({ name, value: `no value (${why})`, unit, at: at ?? now, bad: true });
  if (notGood !== null) return none(notGood);
  if (at === undefined) return none("it has no time");
  if (typeof value === "string") return { name, value: clip(value, 120), unit, at };
  if (typeof value === "boolean") return { name, value, unit, at };
  if (typeof value !== "number") return none("it is no number and no text");
  return Number.isFinite(value) ? { name, value, unit, at } : none("it is not a finite number");
}
