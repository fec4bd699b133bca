/** How much evidence waits for central QA: what the cell's evidence courier says of itself to the page and the log. */
import type { EpochMs } from "../kernel/units.ts";

/**
 * `off`: none is sent. `idle`: nothing waits. `sending`: a piece is under way. `behind-records`: the record goes first.
 * `away`: central's evidence endpoint is not reached, or takes nothing now.
 */
export type EvidenceStateName = "off" | "idle" | "sending" | "behind-records" | "away";

/** What a person has to look at. */
export interface EvidenceAlarm {
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
}

export interface EvidenceStatus {
  readonly state: EvidenceStateName;
  /** Pieces that policy or a decision of central QA asks for and central has not acknowledged. */
  readonly waiting: number;
  /** When the oldest of them came into being; null where none waits. */
  readonly oldestAt: EpochMs | null;
  /** Pieces that central QA has acknowledged, of those that the record names. */
  readonly received: number;
  readonly alarm: EvidenceAlarm | null;
  /** All that in one sentence. */
  readonly what: string;
}

/** The status of a cell that sends no evidence. */
export function evidenceOff(): EvidenceStatus {
  const what = "No evidence is sent to central QA: pictures and programs stay in this cell.";
  return { state: "off", waiting: 0, oldestAt: null, received: 0, alarm: null, what };
}
