/** The full report of a layer, as much of it as the overlay needs; unknown parts are left out, never guessed. */
import { z } from "zod";
import type { LayerView, Point } from "./api.ts";
import type { LayerRecord } from "./layers.ts";

const point = z.tuple([z.number(), z.number()]);
const outline = z.array(point).max(4_000);
const full = z.looseObject({
  expectedOutline_px: z.array(outline).max(512).optional(),
  findings: z
    .array(z.looseObject({ outline_px: outline.optional() }))
    .max(512)
    .optional(),
});

/** Joins what the ledger says of a layer with the outlines of its full report (JSON bytes, or null where it is gone). */
export function layerView(record: LayerRecord, evidence: Uint8Array | null): LayerView {
  const { layer, take, frame, receivedAt, report } = record;
  const outlines = evidence ? outlinesOf(evidence) : { expected: [], outlines: [] };
  return {
    layer,
    take,
    frame,
    receivedAt,
    grade: report?.grade ?? null,
    verdict: report?.verdict ?? null,
    reasons: report?.reasons ?? [],
    findings: report?.findings ?? [],
    uncertainty_mm: report?.uncertainty_mm ?? null,
    parts: report?.parts ?? [],
    digests: report && { model: report.digests.model, limits: report.digests.limits },
    ...outlines,
  };
}

function outlinesOf(evidence: Uint8Array): {
  expected: readonly (readonly Point[])[];
  outlines: readonly (readonly Point[])[];
} {
  const none = { expected: [], outlines: [] };
  try {
    const parsed = full.safeParse(JSON.parse(new TextDecoder().decode(evidence)));
    if (!parsed.success) return none;
    const found = (parsed.data.findings ?? []).flatMap((each) => (each.outline_px ? [each.outline_px] : []));
    return { expected: parsed.data.expectedOutline_px ?? [], outlines: found };
  } catch {
    return none;
  }
}
