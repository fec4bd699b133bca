/** The operating system's clock and randomness behind the kernel's ports. */
import { randomBytes } from "node:crypto";
import type { Clock, Ids } from "../../kernel/ports.ts";

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
