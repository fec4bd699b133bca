/** What a person reads and signs when a device is released: the record of one copy on a page. */
import type { BatchRecord, ToleratedLayer } from "./batch-record.ts";
import { isSimulated, lastAttempt, unitOf } from "./batch-record.ts";

/** What the signature of a release means (21 CFR 11.50). */
export const releaseMeaning = "I reviewed the complete record of this device and release it.";

/**
 * Exactly what must be on the screen when a release is signed; its digest binds the signature (21 CFR 11.70). Every
 * member is a JSON value.
 */
export function shownForRelease(record: BatchRecord, unit: number) {
  const { order } = record;
  const found = unitOf(record, unit);
  const label = found?.labels.findLast(({ voided }) => !voided);
  return {
    job: order?.id ?? null,
    unit,
    title: order?.title ?? "",
    pseudonym: order?.pseudonym ?? "",
    side: order?.side ?? null,
    gtin: order?.gtin ?? "",
    pathway: order?.pathway ?? "",
    lineage: order ? { ...order.lineage } : null,
    simulated: isSimulated(record, unit),
    tag: found?.tag ?? null,
    label: label?.content.code ?? null,
    steps: (order?.route ?? []).map((step) => {
      const attempt = lastAttempt(record, unit, step.id);
      return {
        operation: step.id,
        title: step.title,
        completed: found?.completed.includes(step.id) ?? false,
        equipment: attempt?.equipment ?? null,
        serial: attempt?.machine.serial ?? null,
        software: attempt?.machine.firmware ?? null,
        person: attempt?.person ?? null,
        layers: step.kind === "build" ? (attempt?.decided.upTo ?? 0) : null,
        // Absent where nothing was tolerated, as in records from before there was anything to tolerate.
        ...(attempt !== undefined && attempt.tolerated.length > 0 && { tolerated: attempt.tolerated.map(toleratedIn) }),
        ...(attempt !== undefined && attempt.parts.length > 0 && { parts: attempt.parts.map((each) => ({ ...each })) }),
        materials: (attempt?.materials ?? []).map(({ material, batch }) => ({ material, lot: batch })),
        results: (attempt?.results ?? []).map((each) => ({ ...each })),
      };
    }),
    unwatched: record.unwatched.map((each) => ({ ...each })),
    clockSteps: record.clockSteps.map((each) => ({ ...each })),
    handovers: (found?.handovers ?? []).map((each) => ({ ...each })),
    nonconformities: record.nonconformities
      .filter((each) => each.unit === unit)
      .map(({ id, cause, what, disposition }) => ({ id, cause, what, disposition: disposition?.kind ?? null })),
    meaning: releaseMeaning,
  };
}

/** One line a finding: whoever releases has read each of them. */
function toleratedIn({ layer, reaction, found }: ToleratedLayer) {
  return {
    layer,
    reaction,
    found: found.map(
      ({ class: kind, measured, unit, box, linked, parts }) =>
        `${kind} ${measured} ${unit} at x ${box.x_mm.toFixed(1)} mm, y ${box.y_mm.toFixed(1)} mm${parts === undefined ? "" : ` (part ${parts.join(", ")})`}, in ${linked} layers`,
    ),
  };
}
