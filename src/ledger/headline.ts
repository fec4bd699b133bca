/** The verifier's verdict in one sentence: genuine, and complete or how far and why not. */

import type { Report } from "./verify.ts";
import type { ExportReport } from "./verify-export.ts";

/** The verdict, and whether nothing at all is missing. */
export interface Verdict {
  readonly headline: string;
  readonly complete: boolean;
}

const refused: Verdict = { headline: "NOT VERIFIED", complete: false };

/** Verdict on an export. */
export function exportVerdict(report: ExportReport): Verdict {
  if (!report.ok) return refused;
  const by = countersigned(report.countersignedBy);
  const { lacking, named, dropped } = report.artifacts;
  const gone = dropped === 0 ? "" : `, ${dropped} OF ${named} FILES DROPPED BY POLICY`;
  if (report.complete) return { headline: `GENUINE AND COMPLETE${gone}${by}`, complete: true };
  const reasons = [
    ...(report.ended ? [] : ["the job has not ended"]),
    ...(lacking > 0 ? [`${lacking} of ${named} pictures and programs are not inside`] : []),
  ];
  return {
    headline: `GENUINE UP TO ENTRY ${report.lastEntry ?? 0}${gone}${by}, NOT COMPLETE: ${reasons.join("; ")}`,
    complete: false,
  };
}

/** What a given witness's key says; nothing where none was given. */
function countersigned(by: readonly string[] | null): string {
  if (by === null) return "";
  return by.length === 0 ? ", NOT COUNTERSIGNED" : `, COUNTERSIGNED BY ${by.join(" AND ")}`;
}

/** Verdict on a whole ledger; `floorKnown` where it was compared with the largest head that the cell has signed. */
export function folderVerdict(report: Report, floorKnown: boolean): Verdict {
  if (!report.ok) return refused;
  const signed = report.lastCheckpoint?.size ?? 0;
  const upTo = signed === 0 ? "no entry is signed yet" : `up to entry ${signed - 1}`;
  if (!floorKnown) {
    const why = "without the cell's key folder nobody can say that nothing came later";
    return { headline: `GENUINE, as far as this key shows (${upTo}; ${why})`, complete: false };
  }
  if (report.uncovered === 0) return { headline: "GENUINE AND COMPLETE", complete: true };
  return { headline: `GENUINE ${upTo.toUpperCase()}; ${report.uncovered} newer are not signed yet`, complete: false };
}
