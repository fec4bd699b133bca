/** What central QA decides about a cell: holds and their lifting; nothing here can start anything (law 5). */
import type { EpochMs } from "../kernel/units.ts";

/**
 * `demonstration` says that QA knows this cell as one whose simulated devices may be released as such; `fetch-evidence`
 * asks for the pictures, reports and programs of a job, and changes nothing else.
 */
export type CentralAction = "hold" | "lift" | "demonstration" | "fetch-evidence";

export interface CentralTarget {
  readonly kind: "cell" | "machine" | "lot" | "recipe" | "model" | "job";
  /** Name or digest; for `cell` the ledger's origin. */
  readonly id: string;
}

/** Why, as a code (text that somebody typed never enters the ledger). Codes are never reused for something else. */
export const centralReasons = {
  "record-doubt": "Something in the record has to be cleared up first.",
  "record-unverified": "A record does not verify.",
  "field-report": "A hospital has reported a problem with a device.",
  "material-recall": "The material has been recalled.",
  "calibration-doubt": "A calibration or a measurement is in doubt.",
  "software-fault": "A fault of the software is being looked into.",
  "model-fault": "The inspection model is in doubt.",
  "recipe-fault": "The recipe is in doubt.",
  "security-incident": "A key or a computer may be in the wrong hands.",
  audit: "The cell is being audited.",
  cleared: "Central QA looked into it and found no fault.",
  corrected: "The cause was found and corrected.",
  demonstration: "This configuration is a demonstration: nothing of it is for human use.",
  review: "Central QA reviews this device with its pictures.",
} as const;

export type CentralReason = keyof typeof centralReasons;

/** A decision whose signature, addressee and form were verified before it came here. */
export interface CentralDecision {
  readonly id: string;
  readonly nonce: string;
  readonly action: CentralAction;
  readonly target: CentralTarget;
  readonly reason: CentralReason;
  readonly issuedAt: EpochMs;
  readonly expires: EpochMs;
}

export interface CentralHold {
  readonly target: CentralTarget;
  readonly reason: CentralReason;
  /** Of the newest hold of this target. */
  readonly issuedAt: EpochMs;
}

export interface CentralState {
  /** Why sync is frozen (a fork, a restored image); null while it is not. */
  readonly frozen: string | null;
  /**
   * When two signatures proved the freeze (the cell's and central's over one checkpoint that is not of this record);
   * null where nothing but an unsigned word of the wire says so. A proved freeze is ended by a signed lift alone.
   */
  readonly provenAt: EpochMs | null;
  readonly holds: readonly CentralHold[];
  /** QA has marked this cell as a demonstration. */
  readonly demonstration: boolean;
  /** Nonces of all decisions taken in. */
  readonly nonces: Readonly<Record<string, true>>;
}

/** A cell of which central QA has never said anything. */
export const noCentral: CentralState = { frozen: null, provenAt: null, holds: [], demonstration: false, nonces: {} };

/**
 * The state after one more decision, in whatever order they come: a hold always holds, and a lift that is older than the
 * newest hold of its target lifts nothing.
 */
export function afterDecision(before: CentralState, decision: CentralDecision): CentralState {
  const { action, target, reason, issuedAt, nonce } = decision;
  const nonces = { ...before.nonces, [nonce]: true as const };
  if (action === "demonstration") return { ...before, nonces, demonstration: true };
  if (action === "fetch-evidence") return { ...before, nonces };
  if (action === "lift" && target.kind === "cell") return afterCellLift({ ...before, nonces }, target, issuedAt);
  const standing = before.holds.find((hold) => isSame(hold.target, target));
  if (standing && standing.issuedAt > issuedAt) return { ...before, nonces };
  const others = before.holds.filter((hold) => hold !== standing);
  return { ...before, nonces, holds: action === "hold" ? [...others, { target, reason, issuedAt }] : others };
}

/** The state after sync froze or went on. */
export function afterLink(
  before: CentralState,
  { frozen, what, provenAt }: { readonly frozen: boolean; readonly what: string; readonly provenAt?: EpochMs },
): CentralState {
  return { ...before, frozen: frozen ? what : null, provenAt: frozen ? (provenAt ?? null) : null };
}

/** A lift of the whole cell also ends a proved freeze, unless it was signed before the proof came. */
function afterCellLift(before: CentralState, target: CentralTarget, issuedAt: EpochMs): CentralState {
  const holds = before.holds.filter((hold) => !isSame(hold.target, target) || hold.issuedAt > issuedAt);
  const ends = before.provenAt !== null && issuedAt > before.provenAt;
  return ends ? { ...before, holds, frozen: null, provenAt: null } : { ...before, holds };
}

function isSame(a: CentralTarget, b: CentralTarget): boolean {
  return a.kind === b.kind && a.id === b.id;
}
