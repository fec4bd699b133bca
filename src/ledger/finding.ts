/** Findings of the verifier: which rule a record breaks, at which entry, and what that means, in words (law 8). */

/** The rules, named as docs/record-format.md names them. */
export type Rule =
  | "entry-format"
  | "entry-missing"
  | "entry-order"
  | "entry-changed"
  | "job-link"
  | "boot-order"
  | "body-changed"
  | "body-format"
  | "index"
  | "checkpoint-format"
  | "checkpoint-signature"
  | "checkpoint-root"
  | "key-succession"
  | "continuation"
  | "truncated"
  | "cosignature"
  | "unsigned"
  | "artifact-missing"
  | "artifact-changed"
  | "export-format"
  | "archive-format"
  | "inclusion"
  | "statement"
  | "database";

/** One thing that is wrong. */
export interface Finding {
  readonly rule: Rule;
  /** The first bad entry; null where the trouble is not at an entry. */
  readonly seq: number | null;
  /** What is wrong, one sentence. */
  readonly what: string;
  /** What it means and what to do, one sentence. */
  readonly remedy: string;
}

const remedies: Record<Rule, string> = {
  "entry-format": "The entry was written over; compare with a backup or with central QA's copy.",
  "entry-missing": "An entry was removed; fetch it from a backup or from central QA.",
  "entry-order": "Entries were moved or renumbered; compare with a backup or with central QA's copy.",
  "entry-changed": "The entry was changed after it was written; do not rely on it or on anything after it.",
  "job-link": "An entry of this job was removed, added or moved; do not rely on this job's record.",
  "boot-order":
    "The entry claims an earlier start of the cell than the one before it; it was not written in this place.",
  "body-changed": "What was recorded was changed after it was written; do not rely on this entry.",
  "body-format": "The body is not in the one form that the cell writes; something else wrote it.",
  index: "The database's job column does not agree with the signed entry; searches by job cannot be relied on.",
  "checkpoint-format": "A checkpoint row was written over; the entries under it may still be covered by a later one.",
  "checkpoint-signature": "The checkpoint was not signed by a key that you trust; check that you hold this cell's key.",
  "checkpoint-root":
    "Entries were changed and re-linked after the cell had signed them; compare with central QA's copy.",
  "key-succession":
    "A key does not become the cell's by saying so; ask the cell's engineer and central QA which keys are right.",
  continuation:
    "A log is continued by two persons together, and only at its beginning; do not rely on it before central QA has said whose it is.",
  truncated: "The end of the record was cut off; fetch what is missing from a backup or from central QA.",
  cosignature:
    "Central QA's countersignature does not fit the record; compare with central QA's copy before relying on either.",
  unsigned: "Nothing proves which cell wrote this; ask the cell for a checkpoint, or use the right trusted key.",
  "artifact-missing": "A picture or program that the record names was deleted; fetch it from a backup.",
  "artifact-changed": "A picture or program was altered, or the data key does not belong to this folder.",
  "export-format": "The file is not an export as the cell writes it; export it again.",
  "archive-format": "The folder is not an archive as the cell makes it; make it again, or fetch another copy.",
  inclusion: "The entry is not one that the cell signed; do not rely on this file.",
  statement:
    "It is not what the cell put together when it exported the job or archived the year; do not rely on it, make it again.",
  database: "The database file is damaged or was edited; keep it for the investigation and verify a backup.",
};

/** A finding with the remedy that belongs to its rule. */
export function finding(rule: Rule, seq: number | null, what: string): Finding {
  return { rule, seq, what, remedy: remedies[rule] };
}
