/** When wrong passwords lock an account, and for how long (21 CFR 11.300(d), feature 91). */
import type { EpochMs, Milliseconds } from "../kernel/units.ts";

/** What is remembered of an account's failures. */
export interface Lock {
  /** Failures in a row. */
  readonly failures: number;
  /** No sign-in before this time; null where nothing is locked. */
  readonly until: EpochMs | null;
}

export interface LockoutRules {
  readonly failuresAllowed: number;
  readonly lockMs: Milliseconds;
}

export const defaultLockout: LockoutRules = { failuresAllowed: 5, lockMs: 15 * 60 * 1000 };

/** An account without failures. */
export const unlocked: Lock = { failures: 0, until: null };

/** True while the account may not even try; a lock far beyond the rule means that the clock went back, and is over. */
export function isLocked(lock: Lock, at: EpochMs, rules: LockoutRules): boolean {
  return lock.until !== null && at < lock.until && lock.until - at <= rules.lockMs;
}

/** The lock after one more wrong password. */
export function afterFailure(lock: Lock, at: EpochMs, rules: LockoutRules): Lock {
  const lapsed = lock.until !== null && !isLocked(lock, at, rules);
  const failures = (lapsed ? 0 : lock.failures) + 1;
  return { failures, until: failures >= rules.failuresAllowed ? at + rules.lockMs : null };
}
