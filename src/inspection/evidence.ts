/** The part of a report that a replay must repeat byte for byte. */
import { canonicalBytes } from "../kernel/json.ts";
import type { InspectionReport } from "./report.ts";

/** RFC 8785 bytes of everything in the report but the measured times: equal inputs give equal bytes. */
export function evidenceBytes(report: InspectionReport): Uint8Array {
  const { stageMs: _, ...evidence } = report;
  return canonicalBytes(evidence);
}
