/** The lock of a machine (OPC 10000-100, 7): one controller at a time, and whoever loses it says so. */
import type { Milliseconds, MonotonicMs } from "../../kernel/units.ts";

/** Status that InitLock, RenewLock and ExitLock return where it was done. */
export const lockDone = 0;

/** What an attempt to take or to renew the lock showed. */
export type Heard =
  /** It is this cell's. */
  | { readonly kind: "done" }
  /** It is this application's, and this session may not renew it: that of a session which is gone, until it ends by itself. */
  | { readonly kind: "ours" }
  | { readonly kind: "foreign"; readonly by: string }
  /** No answer, or an error that says nothing about whose it is. */
  | { readonly kind: "unclear"; readonly why: string };

/** How the lock stands for this cell. */
export interface LeaseState {
  readonly standing: "held" | "waiting" | "foreign" | "unclear";
  /** What does not hold, to follow "the machine says that"; null where all does. */
  readonly title: string | null;
  /** When it was last known to be held; before the first time, when that was first tried. */
  readonly goodAt: MonotonicMs;
  /** A loss, and when it was seen; it is shown for a while, because the lock may be won back at once. */
  readonly lost: { readonly title: string; readonly at: MonotonicMs } | null;
}

/** A loss is shown to every look for so long. */
const lossShown: Milliseconds = 5000;

/** Before anything was tried. */
export function newLease(now: MonotonicMs): LeaseState {
  return { standing: "unclear", title: null, goodAt: now, lost: null };
}

/**
 * The lock after a try. A held one survives what is unclear until `lapse` after it was last good: by then the machine has ended
 * it by itself, and another may have it.
 */
export function afterTry(before: LeaseState, heard: Heard, now: MonotonicMs, lapse: Milliseconds): LeaseState {
  const { lost } = before;
  const had = before.standing === "held" || before.standing === "waiting";
  if (heard.kind === "done") return { standing: "held", title: null, goodAt: now, lost };
  if (heard.kind === "ours") return { standing: "waiting", title: lockTitles.waiting, goodAt: now, lost };
  if (heard.kind === "foreign") {
    const title = lockTitles.foreign(heard.by);
    return {
      ...{ standing: "foreign", title, goodAt: before.goodAt },
      lost: had ? { title: lockTitles.lost(heard.by), at: now } : lost,
    };
  }
  if (had && now - before.goodAt < lapse) return before;
  return { ...before, standing: "unclear", title: lockTitles.unclear(heard.why) };
}

/** What bars a start, and what ends a job that runs; each null where nothing does. */
export function problemsOf({ standing, title, lost }: LeaseState, now: MonotonicMs) {
  const loss = lost !== null && now - lost.at < lossShown ? lost.title : null;
  return { bars: title ?? loss, ends: loss ?? (standing === "waiting" ? null : title) };
}

/** Whose a lock is, by the ApplicationUri that the machine gives for its owner; null where nobody has it. */
export function ownerOf(lockingClient: string, lockingUser: string, ownUri: string): "ours" | string | null {
  if (lockingClient === ownUri) return "ours";
  const by = [lockingClient, lockingUser].filter((name) => name !== "").join(" as ");
  return by === "" ? null : by;
}

/** What does not hold while the lock is not this cell's, to follow "the machine says that". */
export const lockTitles = {
  foreign: (by: string) => `${by} has locked it for itself`,
  lost: (by: string) => `its lock was taken away from this cell (now: ${by})`,
  waiting: "its lock is still that of this cell's connection before, and ends by itself",
  unclear: (why: string) => `this cell may not lock it for itself (${why})`,
} as const;

/** How often a lock is renewed, in milliseconds: three times before it would end by itself, and at least every `most`. */
export function renewEvery(maxInactive: Milliseconds | null, most: Milliseconds): Milliseconds {
  return Math.max(100, Math.min(most, (maxInactive ?? most * 3) / 3));
}
