/** A refusal: why a request was not carried out, in words, for whoever asked. */

export type RefusalCode =
  | "unknown-job"
  | "unknown-attempt"
  | "unknown-person"
  | "unknown-equipment"
  | "order-invalid"
  | "order-repeated"
  | "order-replayed"
  | "order-expired"
  | "identity-mismatch"
  | "not-startable"
  | "out-of-order"
  | "not-held"
  | "nothing-seen"
  | "not-resumable"
  | "wrong-role"
  | "own-work"
  | "not-what-was-shown"
  | "no-such-disposition"
  | "already-decided"
  | "machine-in-use"
  | "proof-reused"
  | "job-ended"
  | "order-superseded"
  | "wrong-part"
  | "wrong-material"
  | "wrong-label"
  | "unknown-lot"
  | "unknown-model"
  | "unknown-limits"
  | "nothing-tighter"
  | "not-labelled"
  | "not-complete"
  | "not-central"
  | "not-a-stretch"
  | "not-ahead"
  | "time-unsure"
  | "not-ended"
  | "retention-runs"
  | "legal-hold"
  | "nothing-to-drop"
  | "not-shelvable";

export interface Refusal {
  readonly code: RefusalCode;
  /** What is wrong and what to do, for the person at the panel. */
  readonly what: string;
  /** For `not-startable` and `not-resumable`: every gate that is shut. */
  readonly gates?: readonly Gate[];
  /** For `not-complete`: everything that the record lacks. */
  readonly omissions?: readonly Omission[];
}

/** One thing that a record lacks before its device may be released (feature 70). */
export interface Omission {
  /** Stable name, kebab-case. */
  readonly code: string;
  readonly what: string;
  readonly remedy: string;
  /** Who can supply it. */
  readonly owner: Gate["owner"];
}

/** One condition of a start, with the reason and the remedy when it is shut (feature 93). */
export interface Gate {
  readonly gate: string;
  readonly state: "open" | "shut" | "not-built";
  readonly what: string;
  readonly remedy: string;
  /** Who can open it. */
  readonly owner: "technician" | "qa" | "engineer" | "design authority";
}
