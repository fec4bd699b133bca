/** Entries that have rotted since they were verified: what a read of them says, and how it is told from other failures. */
import type { Entry, JsonObject } from "./entry.ts";
import { type Finding, finding } from "./finding.ts";
import { LedgerFailed, type LedgerFault, type Recorded } from "./ledger.ts";

/** A finding as the fault that it is. */
export function brokenAt({ rule, what, remedy, seq }: Finding): LedgerFault {
  return { code: "ledger-broken", rule, what, remedy, ...(seq !== null && { seq }) };
}

/** The fault of a read that came upon damage, which costs that read and nothing else; null for anything else that was thrown. */
export function damageIn(problem: unknown): LedgerFault | null {
  return problem instanceof LedgerFailed && problem.fault.code === "ledger-broken" ? problem.fault : null;
}

/** The fault of a body that is not the one its entry names. */
export function bodyChanged(seq: number): LedgerFault {
  return brokenAt(finding("body-changed", seq, `The body of entry ${seq} is not the one it was written with.`));
}

/** An entry from its texts. LedgerFailed where they cannot be read as what was written. */
export function recordedOf(seq: number, entryText: string, bodyText: string): Recorded {
  try {
    return { entry: JSON.parse(entryText) as Entry, body: JSON.parse(bodyText) as JsonObject, entryText, bodyText };
  } catch {
    throw new LedgerFailed(bodyChanged(seq));
  }
}
