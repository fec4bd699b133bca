/** The courier's state as people read it. */
import type { SyncStateName, SyncStatus } from "../jobs/sync-status.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { CourierState } from "./courier.ts";

/** What sync says of itself; `oldestUnsyncedAt` is when entry number `withQa` was written. */
export function statusOf(state: CourierState, oldestUnsyncedAt: EpochMs | null): SyncStatus {
  const { withQa, head, alarm } = state;
  const name = nameOf(state);
  return { state: name, withQa, head, oldestUnsyncedAt, alarm, what: alarm?.what ?? sentence(name, state) };
}

function nameOf(state: CourierState): SyncStateName {
  if (state.phase === "frozen" || state.phase === "stopped") return state.phase;
  if (state.link !== "up" || !state.met) return "connecting";
  return state.withQa === state.head ? "with-qa" : "syncing";
}

function sentence(name: SyncStateName, { withQa, head, link, phase, silences }: CourierState): string {
  const rest = head - withQa;
  const waiting = rest === 0 ? "nothing waits" : `${rest} ${rest === 1 ? "entry waits" : "entries wait"} in this cell`;
  if (name === "with-qa") return "Central QA has countersigned the whole record.";
  if (link !== "up") return `The broker of central QA is not reached; ${waiting}.`;
  if (phase === "waiting" || silences > 0) return `Central QA does not answer; ${waiting}.`;
  return name === "connecting" ? `Central QA is being asked; ${waiting}.` : `The record is on its way; ${waiting}.`;
}
