/** What the cell's clock has said: the highest reading that counts, and the stretches of readings that a correction can take out. */
import type { EpochMs, Milliseconds } from "../kernel/units.ts";
import type { Event } from "./event.ts";
import type { TimeSupport } from "./keeping-event.ts";

/**
 * Readings of one setting of the clock: from a start of the cell or a step of the clock to the next. Within it the wall
 * clock went with the monotonic one, so that it was right or wrong as a whole.
 */
export interface Stretch {
  /** Numbers of its first and last entry. */
  readonly from: number;
  readonly to: number;
  readonly highest: EpochMs;
}

export interface ClockReadings {
  /** Entries that were read so far: the number of the next one. */
  readonly entries: number;
  /** The highest reading that counts: expiry compares with it. */
  readonly highest: EpochMs;
  /** The highest of stretches so old that they are no longer told apart. */
  readonly base: EpochMs;
  /** Stretches that are over and count. */
  readonly past: readonly Stretch[];
  readonly now: Stretch;
  /** Stretches that two people have signed to be wrong. */
  readonly corrected: readonly Stretch[];
}

/** A cell that has written nothing. */
export const noReadings: ClockReadings = {
  entries: 0,
  highest: 0,
  base: 0,
  past: [],
  now: { from: 0, to: -1, highest: 0 },
  corrected: [],
};

/** Stretches that are told apart: a year of three starts a day. */
export const mostStretches = 1_000;

/** How far a clock may be from the time that supports it before nobody can be sure of either. */
export const supportToleranceMs: Milliseconds = 5 * 60_000;

/** True where another source said the same time, within the tolerance. */
export function isSupported(support: TimeSupport | null, wall: EpochMs): support is TimeSupport {
  return support !== null && Math.abs(support.at - wall) <= supportToleranceMs;
}

/** Entries that are the first of a start, and those of a clock that was set. */
const beginnings: ReadonlySet<string> = new Set<Event["type"]>([
  ...(["CellBooted", "ClockStepped", "KeyRotated", "KeyRevoked", "RecordRepaired", "LogContinued"] as const),
]);

/** One entry more, written when the clock said `wall`. */
export function afterReading(before: ClockReadings, event: Event, wall: EpochMs): ClockReadings {
  const seq = before.entries;
  const begins = beginnings.has(event.type);
  const clock = begins && seq > 0 ? turned(before, seq) : before;
  const now = { from: clock.now.from, to: seq, highest: Math.max(clock.now.highest, wall) };
  const read = { ...clock, entries: seq + 1, now, highest: Math.max(clock.highest, wall) };
  return event.type === "ClockCorrected" ? without(read, event.from, event.to) : read;
}

function turned(clock: ClockReadings, seq: number): ClockReadings {
  const past = [...clock.past, clock.now];
  const [oldest] = past;
  const now = { from: seq, to: seq - 1, highest: 0 };
  if (past.length <= mostStretches || oldest === undefined) return { ...clock, past, now };
  return { ...clock, base: Math.max(clock.base, oldest.highest), past: past.slice(1), now };
}

/** The readings of entries `from` to `to` count no longer. */
function without(clock: ClockReadings, from: number, to: number): ClockReadings {
  const within = (stretch: Stretch) => stretch.from >= from && stretch.to <= to;
  const past = clock.past.filter((stretch) => !within(stretch));
  const corrected = [...clock.corrected, ...clock.past.filter(within)];
  const highest = Math.max(clock.base, clock.now.highest, ...past.map((stretch) => stretch.highest));
  return { ...clock, past, corrected, highest };
}

/** The stretches that entries `from` to `to` are, whole and without a gap of their own; null where they are none. */
export function stretchesOf(clock: ClockReadings, from: number, to: number): readonly Stretch[] | null {
  const found = clock.past.filter((stretch) => stretch.from >= from && stretch.to <= to);
  const entries = found.reduce((sum, stretch) => sum + stretch.to - stretch.from + 1, 0);
  return found.length > 0 && entries === to - from + 1 ? found : null;
}

/** Stretches that stand in the way of every expiry, because they are ahead of what the clock says now. */
export function stretchesAhead(clock: ClockReadings, wall: EpochMs): readonly Stretch[] {
  return clock.past.filter((stretch) => stretch.highest > wall + supportToleranceMs);
}
