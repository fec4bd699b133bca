/** The part of an inspector's report that stands in the ledger; all of it is an artifact. */
import type { InspectionReport } from "../inspection/report.ts";
import { type Finding, type LayerReport, mostFindings } from "../jobs/report.ts";
import type { Digest } from "../kernel/names.ts";

/** What the core is told of a report that is stored under `evidence`; sizes to a thousandth. */
export function layerReportOf(said: InspectionReport, evidence: Digest): LayerReport {
  const { frame, expected, setup, limits, model } = said.digests;
  return {
    grade: said.grade,
    verdict: said.verdict,
    reasons: said.reasons.slice(0, 8),
    findings: said.findings.slice(0, mostFindings).map(
      ({ class: kind, region, measured, limit, unit, score, by, parts }): Finding => ({
        class: kind,
        box: region,
        measured: rounded(measured),
        limit,
        unit,
        score: by === "network" ? rounded(score) : null,
        ...(parts !== undefined && { parts }),
      }),
    ),
    ...(said.parts !== undefined && { parts: said.parts }),
    ...(said.registration !== null && { uncertainty_mm: rounded(said.registration.uncertainty_mm) }),
    digests: { frame, expected, setup, limits, model: said.network === null ? null : model },
    evidence,
  };
}

const rounded = (value: number) => Math.round(value * 1000) / 1000;
