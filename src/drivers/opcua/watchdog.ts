/** The watchdog of a machine: is it being watched, and if not, since when. */
import type { EpochMs, Milliseconds, MonotonicMs } from "../../kernel/units.ts";

/** Both clocks at one moment. */
export interface Instant {
  readonly mono: MonotonicMs;
  readonly utc: EpochMs;
}

export interface WatchTimes {
  /** How often the heartbeat is read; an answer that takes longer is a missed one, however good it is. */
  readonly every: Milliseconds;
  /** So many missed one after the other: lost. */
  readonly misses: number;
}

/** What the machine's server says of itself at a heartbeat. */
export interface Beat {
  /** ServerStatus.StartTime: another one means that the server was started anew. */
  readonly startTime: EpochMs;
  /** ServerStatus.CurrentTime: one that stands still is a frozen value, not a heartbeat. */
  readonly currentTime: EpochMs;
}

export interface Watch {
  readonly times: WatchTimes;
  /** The read under way, and until when its answer counts. */
  awaited: { readonly id: number; readonly until: MonotonicMs } | null;
  nextId: number;
  nextAt: MonotonicMs;
  missed: number;
  last: Beat | null;
  /** When the last good answer to a heartbeat was asked for: from then on nothing is known. */
  goodSince: EpochMs;
  askedAt: EpochMs;
}

/** What a step of the watchdog found. */
export type Finding =
  | { readonly kind: "read"; readonly id: number }
  /** The machine is not watched any more. */
  | { readonly kind: "lost" }
  /** The server was started anew between two heartbeats. */
  | { readonly kind: "restarted" };

/** Begins to watch; the connection has just answered at `now`. */
export function newWatch(times: WatchTimes, first: Beat, now: Instant): Watch {
  return {
    ...{ times, awaited: null, nextId: 1, nextAt: now.mono + times.every, missed: 0, last: first },
    ...{ goodSince: now.utc, askedAt: now.utc },
  };
}

/** Time has passed: a read is due, or one was missed. */
export function pursueWatch(watch: Watch, now: Instant): Finding | null {
  const { awaited, times } = watch;
  if (awaited !== null && now.mono >= awaited.until) {
    watch.awaited = null;
    const found = miss(watch);
    if (found !== null) return found;
  }
  if (watch.awaited !== null || now.mono < watch.nextAt) return null;
  const id = watch.nextId++;
  watch.awaited = { id, until: now.mono + times.every };
  watch.nextAt = now.mono + times.every;
  watch.askedAt = now.utc;
  return { kind: "read", id };
}

/** An answer to the read `id`, or null where it failed. One that nobody waits for any more counts for nothing. */
export function heardBeat(watch: Watch, id: number, beat: Beat | null): Finding | null {
  if (watch.awaited?.id !== id) return null;
  watch.awaited = null;
  const { last } = watch;
  if (beat === null || beat.currentTime === last?.currentTime) return miss(watch);
  watch.missed = 0;
  watch.last = beat;
  watch.goodSince = watch.askedAt;
  return last !== null && last.startTime !== beat.startTime ? { kind: "restarted" } : null;
}

function miss(watch: Watch): Finding | null {
  watch.missed += 1;
  return watch.missed === watch.times.misses ? { kind: "lost" } : null;
}
