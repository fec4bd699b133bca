/** What `cellward doctor` says of the clock: whether it is kept right, and how it stands to the record. */
import type { EpochMs, Milliseconds } from "../../kernel/units.ts";
import type { ClockState } from "../../ledger/entry.ts";
import { utcText } from "../../ledger/page.ts";
import type { Check } from "./check.ts";

/** Clocks of a network agree better than this. */
const toleranceMs: Milliseconds = 5 * 60_000;

/** `newest` is the time of the record's newest entry, `cosignedAt` when central QA countersigned last; null where there is none. */
export function clockCheck(state: ClockState, now: EpochMs, newest: EpochMs | null, cosignedAt: EpochMs | null): Check {
  const said = `The clock says ${utcText(now)} UTC`;
  if (cosignedAt !== null && now < cosignedAt - toleranceMs) {
    const what = `${said}, but central QA countersigned this record at ${utcText(cosignedAt)} UTC.`;
    return { check: "clock", state: "bad", what, remedy: "Set the clock, and let network time keep it." };
  }
  if (newest !== null && now < newest - toleranceMs) {
    const what = `${said}, but the newest entry of the record says ${utcText(newest)} UTC.`;
    const remedy = "Compare the clock. If it is right now, QA and a second person sign it: `cellward clock show`.";
    return { check: "clock", state: "bad", what, remedy };
  }
  if (state === "synchronised")
    return { check: "clock", state: "good", what: `${said}; network time keeps it.`, remedy: "" };
  const what =
    state === "unsynchronised"
      ? `${said}; network time does NOT keep it.`
      : `${said}; nobody here knows whether it is right.`;
  return { check: "clock", state: "warning", what, remedy: "Let systemd-timesyncd or chrony keep the clock." };
}
