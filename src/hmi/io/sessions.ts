/** The table of who is signed in: random tokens out, only their digests kept; a restart signs everybody out. */
import { createHash, randomBytes } from "node:crypto";
import type { PersonId } from "../../kernel/names.ts";
import type { Clock } from "../../kernel/ports.ts";
import { isLapsed, type Session, type SessionRules, withSession } from "../../people/session.ts";

export interface Sessions {
  /** Opens a session and returns its token (256 random bits). */
  open(person: PersonId): string;
  /** Who holds the token, or null. */
  find(token: string | undefined): PersonId | null;
  /** A name for the session that is not its token, to count by; null where the token opens none. */
  keyOf(token: string | undefined): string | null;
  /** A person did something. */
  touch(token: string | undefined): void;
  close(token: string | undefined): void;
}

/** An empty table. */
export function createSessions(clock: Clock, rules: SessionRules): Sessions {
  let sessions: readonly Session[] = [];
  const digest = (token: string) => createHash("sha256").update(token).digest("hex");
  const live = (token: string | undefined) => {
    if (token === undefined) return undefined;
    const key = digest(token);
    return sessions.find((each) => each.key === key && !isLapsed(each, clock.monotonic(), rules));
  };
  return {
    open(person) {
      const token = randomBytes(32).toString("base64url");
      const now = clock.monotonic();
      sessions = withSession(sessions, { key: digest(token), person, since: now, seen: now }, now, rules);
      return token;
    },
    find: (token) => live(token)?.person ?? null,
    keyOf: (token) => live(token)?.key ?? null,
    touch(token) {
      const found = live(token);
      const seen = clock.monotonic();
      sessions = sessions.map((each) => (each === found ? { ...each, seen } : each));
    },
    close(token) {
      const found = live(token);
      sessions = sessions.filter((each) => each !== found);
    },
  };
}
