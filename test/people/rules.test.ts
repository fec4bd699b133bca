/** Lockout, sessions, names and passwords: the pure rules. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PersonId } from "../../src/kernel/names.ts";
import { nameKey, properName, properPassword } from "../../src/people/account.ts";
import { afterFailure, defaultLockout, isLocked, unlocked } from "../../src/people/lockout.ts";
import { defaultSessions, isLapsed, type Session, withSession } from "../../src/people/session.ts";

const session = (key: string, seen: number, since = 0): Session => ({ key, person: "P-1" as PersonId, since, seen });

describe("lockout", () => {
  it("[F91] locks at the fifth failure in a row, for fifteen minutes, and then allows a fresh start", () => {
    let lock = unlocked;
    for (let failure = 1; failure <= 4; failure += 1) {
      lock = afterFailure(lock, 1000, defaultLockout);
      expect(isLocked(lock, 1000, defaultLockout)).toBe(false);
    }
    lock = afterFailure(lock, 1000, defaultLockout);
    expect(isLocked(lock, 1000 + defaultLockout.lockMs - 1, defaultLockout)).toBe(true);
    expect(isLocked(lock, 1000 + defaultLockout.lockMs, defaultLockout)).toBe(false);
    expect(afterFailure(lock, 1000 + defaultLockout.lockMs, defaultLockout).failures).toBe(1);
  });

  it("[F91] a clock that went back a year does not lock anybody out for a year", () => {
    const lock = { failures: 5, until: 1_000_000_000_000 };
    expect(isLocked(lock, 0, defaultLockout)).toBe(false);
  });
});

describe("sessions", () => {
  it("[F68] lapses after ten idle minutes and after twelve hours whatever happens", () => {
    expect(isLapsed(session("a", 0), Number(defaultSessions.idleMs), defaultSessions)).toBe(false);
    expect(isLapsed(session("a", 0), Number(defaultSessions.idleMs) + 1, defaultSessions)).toBe(true);
    const late = Number(defaultSessions.longestMs) + 1;
    expect(isLapsed(session("a", late), late, defaultSessions)).toBe(true);
  });

  it("keeps the newest within the bound, without lapsed ones", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2_000_000), { maxLength: 60 }), fc.nat(2_000_000), (seen, now) => {
        const rules = { ...defaultSessions, atOnce: 8 };
        const before = seen.map((at, index) => session(String(index), at, at));
        const after = withSession(before, session("new", now, now), now, rules);
        expect(after.length).toBeLessThanOrEqual(8);
        expect(after[0]?.key).toBe("new");
        expect(after.every((each) => !isLapsed(each, now, rules))).toBe(true);
      }),
    );
  });
});

describe("names and passwords", () => {
  it.each(["12345678", "87654321", "abcdefgh", "aaaaaaaa", "abababab", "short", "Ana Lima Brito"])(
    "refuses %s",
    (text) => {
      expect(properPassword(text, "ana lima brito").ok).toBe(false);
    },
  );

  it("accepts a PIN of eight unlike digits and a sentence", () => {
    expect(properPassword("58203914", "Ana").ok).toBe(true);
    expect(properPassword("a guide for the left side", "Ana").ok).toBe(true);
  });

  it("[F92] takes names in any script and no markup", () => {
    expect(properName("  Zoë   Müller ")).toEqual({ ok: true, value: "Zoë Müller" });
    expect(properName("李小龍").ok).toBe(true);
    expect(properName("<b>x</b>").ok).toBe(false);
    expect(properName("a\u0000b").ok).toBe(false);
  });

  it("compares names without case and spelling", () => {
    expect(nameKey("ZOE\u0308  Müller")).toBe(nameKey("zoë müller"));
  });
});
