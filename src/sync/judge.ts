/** The cell's judgement of a receipt: a countersignature counts only if keys, tree and time bear it out. */

import { clip } from "../kernel/text.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { DownMessage } from "../ledger/batch.ts";
import { toHex } from "../ledger/bytes.ts";
import { openCheckpoint } from "../ledger/checkpoint.ts";
import { openCosignatures } from "../ledger/cosignature.ts";
import type { SignatureCheck, VerifyingKey } from "../ledger/signer.ts";
import { type Trouble, trouble } from "./trouble.ts";

/** Keys from the cell's own folder and configuration, and how they are used. */
export interface Trust {
  /** The cell's log. */
  readonly origin: string;
  readonly own: readonly VerifyingKey[];
  /** Central QA's cosigner keys (type 4). */
  readonly witnesses: readonly VerifyingKey[];
  /** Central QA's decision keys (type 1). */
  readonly decisions: readonly VerifyingKey[];
  readonly check: SignatureCheck;
}

/** What the cell itself has at the size that a message names; null where it has fewer entries. */
export interface Own {
  /** Hex. */
  readonly root: string;
  /** When the last of these entries was written; 0 where there is none. */
  readonly at: EpochMs;
}

export type Receipt = Extract<DownMessage, { kind: "receipt" }>;

/**
 * What a receipt is worth. `ahead` and `other` bear both signatures, over more entries than the cell has or over others:
 * proof that its key has signed another history than this one.
 */
export type ReceiptVerdict =
  | { readonly kind: "good" | "ahead" | "other" }
  | { readonly kind: "bad"; readonly trouble: Trouble };

/** How far central's clock and the cell's may differ. */
const toleranceMs = 24 * 60 * 60 * 1000;

/** Judges a receipt; `own` is what the cell has at its size, `wall` the cell's clock now. */
export function judgeReceipt(receipt: Receipt, own: Own | null, wall: EpochMs, trust: Trust): ReceiptVerdict {
  const { size, note } = receipt;
  const opened = openCheckpoint(note, trust.origin, trust.own, trust.check);
  if (!opened.ok)
    return bad("receipt-note", `A receipt came that is not over this cell's checkpoint: ${brief(opened.error)}.`);
  const cosigned = openCosignatures(note, trust.witnesses, trust.check);
  if (!cosigned.ok)
    return bad("receipt-note", `A receipt came that central QA has not signed: ${brief(cosigned.error)}.`);
  const [first] = cosigned.value;
  if (first === undefined) return bad("receipt-note", "A receipt came without a countersignature of central QA.");
  if (opened.value.size !== size) {
    return bad("receipt-size", `A receipt for ${size} entries came that is over ${opened.value.size}.`);
  }
  if (size < 1) return bad("receipt-size", "A receipt came over no entries at all.");
  if (own === null) return { kind: "ahead" };
  if (toHex(opened.value.root) !== own.root) return { kind: "other" };
  for (const { time } of cosigned.value) {
    const at = time * 1000;
    if (at > wall + toleranceMs || at < own.at - toleranceMs) {
      return bad("receipt-time", `A receipt for ${size} entries bears a time that cannot be (${describeTime(time)}).`);
    }
  }
  return { kind: "good" };
}

function bad(code: Trouble["code"], what: string): ReceiptVerdict {
  return { kind: "bad", trouble: trouble(code, what) };
}

/** What is wrong with a note may quote it, and somebody else wrote it. */
function brief(why: string): string {
  return clip(why, 160);
}

/** A POSIX time as a date where it is one. */
function describeTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `second ${seconds} since 1970` : `${date.toISOString().slice(0, 16)}Z`;
}
