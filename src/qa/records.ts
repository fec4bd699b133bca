/** The record of a released unit judged again by central, from the entries alone, as the cell should have done itself. */

import type { Event } from "../jobs/event.ts";
import type { BatchRecord } from "../jobs/record/batch-record.ts";
import { createGathering } from "../jobs/record/gather.ts";
import { omissions, releaseFaults } from "../jobs/record/omissions.ts";
import { parseCanonical } from "../kernel/json.ts";
import type { Digest } from "../kernel/names.ts";
import { textOf } from "../ledger/bytes.ts";
import { parseEntry } from "../ledger/entry.ts";
import type { KeptEntry } from "./store.ts";

/** Judges one job's record while its entries are read, in order. */
export interface RecordJudge {
  take(entry: KeptEntry): void;
  /** What is missing or wrong for this unit by the entries so far, a sentence each; empty for a complete record. */
  missing(unit: number): readonly string[];
}

/** Most entries of one job that central judges; a long build of many copies has some ten thousand. */
export const mostEntriesJudged = 200_000;
/** Most attempts, copies, labels, people, findings and layers out of turn in a record that central judges. */
export const mostMembersJudged = 2_000;
/** So often, in entries, a record's members are counted. */
const countEvery = 100;
const mostSaid = 50;

const unknownForm = "Central cannot read the record: it holds entries of another form than this software knows.";
const brokenLink = "An entry of this job cannot be read by central, or is missing here: the record is not complete.";
const unreadable = "The body of an entry of this job cannot be read by central: the record is not complete.";
const tooMuch = "Central cannot judge this record: it holds more than the record of any job should.";

/** A judge who has read nothing. Simulation is not judged here: whether it is allowed is central's own register to say. */
export function createRecordJudge(): RecordJudge {
  const gathering = createGathering();
  let taken = 0;
  let trouble: string | null = null;
  let last: Digest | null = null;
  return {
    take(entry) {
      if (trouble !== null) return;
      // What nobody can read, and is of this job, is what the next entry links to; and so is a row that is lost.
      if (parseEntry(textOf(entry.entry) ?? "")?.jobPrev !== last) trouble = brokenLink;
      last = entry.digest;
      taken += 1;
      try {
        const event = eventOf(entry);
        if (event === null) {
          trouble = unreadable;
          return;
        }
        gathering.take(event, entry.at);
        // A cell's key may be in the wrong hands: no record may keep central from its other cells.
        const counts = taken % countEvery === 0;
        if (taken > mostEntriesJudged || (counts && membersOf(gathering.record()) > mostMembersJudged)) {
          trouble = tooMuch;
        }
      } catch {
        trouble = unknownForm;
      }
    },
    missing(unit) {
      if (trouble !== null) return [trouble];
      try {
        const record = gathering.record();
        const context = { demonstration: true, marked: true, objections: [] };
        const all = [...omissions(record, unit, context).map(({ what }) => what), ...releaseFaults(record, unit)];
        const more = all.length - mostSaid;
        return more > 0 ? [...all.slice(0, mostSaid), `And ${more} more.`] : all;
      } catch {
        return [unknownForm];
      }
    },
  };
}

/** How much each further event has to go through. */
function membersOf({ attempts, units, nonconformities, unwatched }: BatchRecord): number {
  const lists = [
    attempts,
    units,
    nonconformities,
    unwatched,
    ...attempts.flatMap(({ made, captured, inspected, decided, failed, conceded }) => [
      ...[made.beyond, captured.beyond, inspected.beyond, decided.beyond],
      ...[failed, conceded],
    ]),
    ...units.flatMap(({ completed, labels, handovers, hands }) => [completed, labels, handovers, hands]),
  ];
  return lists.reduce((sum, { length }) => sum + length, 0);
}

function eventOf({ type, body }: KeptEntry): Event | null {
  const parsed = parseCanonical(body);
  return parsed.ok ? ({ ...(parsed.value as object), type } as unknown as Event) : null;
}
