/** The operating system's clock and randomness behind the kernel's ports. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { Clock, Ids } from "../../kernel/ports.ts";
import type { ClockState } from "../../ledger/entry.ts";

/** Wall clock, monotonic clock and timers of this process. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delay, fire) {
    const timer = setTimeout(fire, delay);
    return () => clearTimeout(timer);
  },
};

/** Identifiers of 96 random bits. */
export const systemIds: Ids = { next: (prefix) => `${prefix}${randomBytes(12).toString("hex")}` };

/** What the system's clock is worth: systemd-timesyncd and chrony leave a mark once they have synchronised it. */
export function systemClockState(): ClockState {
  const marks = ["/run/systemd/timesync/synchronized", "/run/chrony/chronyd.pid"];
  return marks.some((mark) => existsSync(mark)) ? "synchronised" : "unknown";
}
