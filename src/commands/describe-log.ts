/** What happened to the log itself and to the cell's inspection models, told in sentences. */
import { centralReasons } from "../jobs/central.ts";
import type { Event } from "../jobs/event.ts";
import { holdReasons } from "../jobs/retention.ts";

/** The event in one line; null where it is not of the log. */
export function logTitleOf(event: Event): string | null {
  switch (event.type) {
    case "KeyRotated":
      return `The signing key was handed on (${event.reason})`;
    case "KeyRevoked":
      return `The signing key was REVOKED (${event.reason})`;
    case "RecordRepaired":
      return `Entries ${event.from} to ${event.to - 1} were brought back from central QA's copy (${event.cause})`;
    case "LogContinued":
      return `This record continues ${event.ancestor.origin} (${event.reason})`;
    case "AncestorOrders":
      return `${event.orders.length} orders of the record before are void`;
    case "AncestorHolds":
      return `What was held under the record before goes on: ${event.holds.length + event.legal.length} holds`;
    case "AncestorJobClosed":
      return `Order ${event.job} of the record before is closed: ${event.outcome}`;
    case "StorageExhausted":
      return "The data disk was full: something could not be recorded";
    case "StorageFailed":
      return `The run before ended because its record could not be kept: ${event.what}`;
    case "ModelApproved":
      return `The inspection model ${event.model.slice(0, 12)} was APPROVED by two people`;
    case "ModelAdmittedForDemonstration":
      return `DEMONSTRATION: the inspection model ${event.model.slice(0, 12)} was taken without a signature`;
    case "ModelRetired":
      return `The inspection model ${event.model.slice(0, 12)} was RETIRED`;
    case "LimitSetApproved":
      return `Tighter limits of the inspection were APPROVED by two people (${event.set.slice(0, 12)})`;
    case "LimitSetWithdrawn":
      return `The limit set ${event.set.slice(0, 12)} was WITHDRAWN: the recipe's own limits count again`;
    default:
      return null;
  }
}

/** The facts below the line; nothing for an event that is not of the log. */
export function logLinesOf(event: Event): string[] {
  switch (event.type) {
    case "KeyRotated":
      return [`old key ${event.old}`, `new key ${event.new}`, `by ${event.person}`];
    case "KeyRevoked":
      return [`old key ${event.old}, good up to ${event.until} entries`, `new key ${event.new}`, `by ${event.person}`];
    case "RecordRepaired":
      return [
        `countersigned: ${event.head.size} entries, root ${event.head.root}`,
        ...(event.isEndKnown ? [] : ["the cell had not ended in order: its last second may be missing"]),
        `by ${event.person}`,
      ];
    case "LogContinued": {
      const { head, cosigned, floor } = event.ancestor;
      const signed = floor === null ? "how many the cell had signed is not known" : `${floor.size} were signed`;
      const held = cosigned === null ? "none that central QA has countersigned" : `${cosigned.size} with central QA`;
      const by = event.approvals.map(
        ({ person, role, meaning }) => `signed by ${person} as ${role}, meaning: ${meaning}`,
      );
      return [`${head.size} entries of it are here, ${signed}, ${held}`, ...by];
    }
    case "AncestorOrders":
      return event.orders.map(({ job }) => job);
    case "AncestorHolds":
      return [
        ...event.holds.map(({ target, reason }) => `${target.kind} ${target.id}: ${centralReasons[reason]}`),
        ...event.legal.map(({ reason }) => `LEGAL HOLD of the whole cell: ${holdReasons[reason]}`),
        ...(event.frozen === null ? [] : [event.frozen]),
        ...(event.demonstration ? ["the cell is marked as a demonstration"] : []),
      ];
    case "AncestorJobClosed":
      return [event.what, `nonconformity ${event.nonconformity}`];
    default:
      return [];
  }
}
