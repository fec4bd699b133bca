/** The record of a released unit judged again by central, from the entries alone, as the cell should have done itself. */

import type { Event } from "../jobs/event.ts";
import { emptyRecord } from "../jobs/record/batch-record.ts";
import { gather } from "../jobs/record/gather.ts";
import { omissions, releaseFaults } from "../jobs/record/omissions.ts";
import { parseCanonical } from "../kernel/json.ts";
import type { KeptEntry } from "./store.ts";

/**
 * What is missing or wrong, a sentence each; empty for a complete record. Simulation is not judged here: whether it is
 * allowed is central's own register to say.
 */
export function checkRelease(entries: readonly KeptEntry[], unit: number): readonly string[] {
  try {
    const record = entries.reduce((sofar, entry) => gather(sofar, eventOf(entry), entry.at), emptyRecord);
    const context = { demonstration: true, marked: true, objections: [] };
    return [...omissions(record, unit, context).map(({ what }) => what), ...releaseFaults(record, unit)];
  } catch {
    return ["Central cannot read the record: it holds entries of another form than this software knows."];
  }
}

function eventOf({ type, body }: KeptEntry): Event {
  const parsed = parseCanonical(body);
  return { ...(parsed.ok ? (parsed.value as object) : {}), type } as unknown as Event;
}
