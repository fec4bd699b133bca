/** The full report of a layer, as much of it as the overlay needs; unknown parts are left out, never guessed. */
import { z } from "zod";
import type { Digest } from "../kernel/names.ts";
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

/** The bytes of an artifact; null where it is gone. */
type Stored = (digest: Digest) => Promise<Uint8Array | null>;

/** Joins what the ledger says of a layer with the outlines of its full report, and of each camera's where several looked. */
export async function layerView(record: LayerRecord, stored: Stored): Promise<LayerView> {
  const { layer, take, frame, receivedAt, report } = record;
  const outlines = await outlinesIn(report?.evidence ?? null, stored);
  const views = record.views.map(async ({ camera, frame: own }) => {
    const said = report?.views?.find((each) => each.camera === camera) ?? null;
    return {
      camera,
      frame: own,
      verdict: said?.verdict ?? null,
      ...(await outlinesIn(said?.evidence ?? null, stored)),
    };
  });
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
    views: await Promise.all(views),
  };
}

async function outlinesIn(evidence: Digest | null, stored: Stored) {
  const bytes = evidence === null ? null : await stored(evidence);
  return bytes === null ? { expected: [], outlines: [] } : outlinesOf(bytes);
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
