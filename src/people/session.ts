/** Who is signed in at which screen, and when that lapses (21 CFR 11.200: after a lapse both components again). */
import type { PersonId } from "../kernel/names.ts";
import type { Milliseconds, MonotonicMs } from "../kernel/units.ts";

export interface Session {
  /** SHA-256 of the token in the cookie; the token itself is kept nowhere. */
  readonly key: string;
  readonly person: PersonId;
  readonly since: MonotonicMs;
  /** The last time that a person (not the page by itself) did something. */
  readonly seen: MonotonicMs;
}

export interface SessionRules {
  readonly idleMs: Milliseconds;
  readonly longestMs: Milliseconds;
  /** How many may be signed in at once; the one idle for longest makes room. */
  readonly atOnce: number;
}

export const defaultSessions: SessionRules = { idleMs: 10 * 60 * 1000, longestMs: 12 * 60 * 60 * 1000, atOnce: 32 };

/** True when the session is over. */
export function isLapsed(session: Session, now: MonotonicMs, rules: SessionRules): boolean {
  return now - session.seen > rules.idleMs || now - session.since > rules.longestMs;
}

/** The sessions with one more, without the lapsed ones, and no more than the rules allow. */
export function withSession(
  sessions: readonly Session[],
  added: Session,
  now: MonotonicMs,
  rules: SessionRules,
): readonly Session[] {
  const live = sessions.filter((each) => !isLapsed(each, now, rules)).sort((a, b) => b.seen - a.seen);
  return [added, ...live.slice(0, rules.atOnce - 1)];
}
