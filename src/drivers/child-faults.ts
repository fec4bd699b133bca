/** The faults that every driver's parent half can raise, in words for a technician. */
import type { Fault } from "../equipment/machine.ts";

const restarts = "The driver restarts by itself and makes the machine safe. Look at the machine before the next try.";

export const childFaults = {
  /** The child died while something was under way. */
  lost: (): Fault => ({
    code: "driver-lost",
    what: "The machine's driver process ended unexpectedly; what the machine did since is not known.",
    remedy: `${restarts} What was being made is not continued.`,
  }),
  down: (): Fault => ({
    code: "driver-down",
    what: "The machine's driver process is not running at the moment.",
    remedy: restarts,
  }),
  overloaded: (): Fault => ({
    code: "driver-overloaded",
    what: "The machine's driver is closed, or too many directives wait for it.",
    remedy: "Nothing was carried out. If it happens again, restart the cell and tell the engineer.",
  }),
  notBegun: (): Fault => ({
    code: "not-begun",
    what: "The attempt has not begun: its program is still being fetched, or it was aborted before.",
    remedy: "Nothing moved and nothing was heated.",
  }),
  noProgram: (): Fault => ({
    code: "no-program",
    what: "The ordered program is not in this cell's store, or could not be read in time.",
    remedy: "Nothing was started. Take the job package in again.",
  }),
} as const;
