/** How far the record is with central QA: what sync says of itself to the core, the page and the log. */
import type { EpochMs } from "../kernel/units.ts";

/**
 * `off`: no central QA is configured. `connecting`: it is not reached. `syncing`: entries are under way. `with-qa`:
 * central QA has countersigned every entry. `frozen`: two histories of this record are claimed; a person has to decide.
 * `stopped`: sync does not go on by itself.
 */
export type SyncStateName = "off" | "connecting" | "syncing" | "with-qa" | "frozen" | "stopped";

/** What a person has to look at; `proven` where two signatures bear it out. */
export interface SyncAlarm {
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
  readonly proven?: true;
}

/** What sync says of itself. */
export interface SyncStatus {
  readonly state: SyncStateName;
  /** Entries that a stored countersignature of central QA covers: 0 to this, exclusive, are with QA. */
  readonly withQa: number;
  /** Entries of the record. */
  readonly head: number;
  /** When the oldest entry that is not with QA was written; null where all are. */
  readonly oldestUnsyncedAt: EpochMs | null;
  /** An alarm: something is wrong that a person has to look at. Null where nothing is. */
  readonly alarm: SyncAlarm | null;
  /** The state in one sentence: the alarm's where there is one. */
  readonly what: string;
}

/** The status of a cell without central QA. */
export function syncOff(head: number): SyncStatus {
  const what = "No central QA is configured: the record stays in this cell.";
  return { state: "off", withQa: 0, head, oldestUnsyncedAt: null, alarm: null, what };
}
