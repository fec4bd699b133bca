/** The second half of the judgement: the network's word joins the findings, and the report is written. */

import { digestOfValue } from "../kernel/hash.ts";
import type { Digest } from "../kernel/names.ts";
import { canaryFound } from "./canary.ts";
import { contours, simplify } from "./contour.ts";
import { dilate, type ExpectedLayer, erode } from "./expected.ts";
import { areaFindings, largest, type Place, round } from "./findings.ts";
import type { LayerParts, Prepared, PreparedTile, Rules } from "./judge.ts";
import { project } from "./lens.ts";
import { concerned, verdictsByPart } from "./parts.ts";
import { decide, type Step, type StepOutcome } from "./policy.ts";
import type { Finding, ImagePoint, InspectionReport, NetworkEvidence, PartVerdict, Verdict } from "./report.ts";
import { classes, isSoundOutput, outputShape } from "./tensor.ts";

/** The network's answers for one tile: to the frame, and to the frame with the planted defect where there was one. */
export interface TileOutput {
  readonly classes: Float32Array;
  readonly canary: Float32Array | null;
}

/** Digests of what does not change during a build. */
export interface FixedDigests {
  readonly setup: Digest;
  readonly limits: Digest;
  readonly model: Digest;
}

/** Writes the report. `outputs` has one member a tile, or is null where the network gave no result. */
export function conclude(
  prepared: Prepared,
  outputs: readonly TileOutput[] | null,
  fixed: FixedDigests,
  rules: Rules,
): InspectionReport {
  const { subject, gate, registration, tiles } = prepared;
  const sound = outputs !== null && outputs.length === tiles.length && outputs.every((o) => isSoundOutput(o.classes));
  const seen = tiles.length > 0;
  const networkFindings = sound ? tiles.flatMap((tile, i) => findingsOf(tile, outputs[i]!.classes, rules)) : [];
  const network = seen && sound ? evidenceOf(tiles, outputs, fixed.model) : null;
  const { parts } = subject;
  const findings = concerning(largest([...prepared.findings, ...networkFindings]), parts, rules);
  const compared: StepOutcome = seen ? { ok: true } : { ok: false, why: "nothing could be compared" };
  const spoke: StepOutcome = network !== null ? { ok: true } : { ok: false, why: "the network gave no result" };
  const alive = canaryOutcome(network);
  const decision = decide({
    outcomes: seen
      ? { ...prepared.outcomes, comparison: compared, network: spoke, canary: alive }
      : firstFailure(prepared),
    findings,
  });
  return {
    kind: "report",
    attempt: subject.attempt,
    layer: subject.plan.layer,
    take: subject.take,
    receivedAt: subject.receivedAt,
    grade: gate.grade === "good" && registration?.ok === false ? "unusable" : gate.grade,
    gateReasons: [...gate.reasons, ...(registration?.ok === false ? [registration.reason] : [])],
    gate: gate.measures,
    registration: registration?.evidence ?? null,
    findings,
    network,
    digests: {
      frame: subject.digest,
      reference: prepared.reference.digest,
      expected: digestOfValue({ layer: subject.plan, before: subject.planBefore }),
      ...fixed,
    },
    verdict: decision.verdict,
    reasons: decision.reasons,
    ...(parts !== null && { parts: verdictsOf(parts, decision.verdict, findings) }),
    expectedOutline_px: tiles.flatMap((tile) => outlinesOf(tile.expected, tile.place)).slice(0, 64),
    stageMs: prepared.stageMs,
  };
}

/** Each finding with the parts that it concerns, where the recipe tells them apart. */
function concerning(findings: readonly Finding[], parts: LayerParts | null, { limits }: Rules): readonly Finding[] {
  const margin = limits.parts?.margin_mm ?? 0;
  if (parts === null) return findings;
  return findings.map((each) => ({ ...each, parts: concerned(parts.all, each, margin) }));
}

function verdictsOf({ all, made }: LayerParts, verdict: Verdict, findings: readonly Finding[]): PartVerdict[] {
  return verdictsByPart(all, made, verdict, new Set(findings.flatMap((each) => each.parts ?? [])));
}

/** A frame that is no evidence is reported by what stopped it, not by the steps that then never ran. */
function firstFailure({ outcomes, unseen }: Prepared): Partial<Record<Step, StepOutcome>> {
  const fine: StepOutcome = { ok: true };
  const known = { fresh: outcomes.fresh, gate: outcomes.gate, registration: outcomes.registration ?? fine };
  const why = unseen > 0 ? "a part of the plate lies outside the picture" : "the layer could not be compared";
  const explained = Object.values(known).some((o) => !o.ok);
  return { ...known, comparison: explained ? fine : { ok: false, why }, network: fine, canary: fine };
}

function canaryOutcome(network: NetworkEvidence | null): StepOutcome {
  if (network?.canary?.found === false) {
    return { ok: false, why: "the network did not find a defect that was planted to test it" };
  }
  return { ok: true };
}

function evidenceOf(
  tiles: readonly PreparedTile[],
  outputs: readonly TileOutput[],
  modelDigest: Digest,
): NetworkEvidence {
  const size = outputShape[2] * outputShape[3];
  const most = (c: number): number =>
    outputs.reduce((best, o) => o.classes.subarray(c * size, (c + 1) * size).reduce((a, b) => Math.max(a, b), best), 0);
  const planted = tiles.flatMap((tile, i) => {
    if (tile.canary === null) return [];
    const answer = outputs[i]!.canary;
    return [
      {
        planted: tile.canary.class,
        found: answer !== null && isSoundOutput(answer) && canaryFound(answer, tile.canary),
      },
    ];
  });
  const missed = planted.find((p) => !p.found);
  return {
    modelDigest,
    maxScore: { missing: round3(most(1)), thin: round3(most(2)), extra: round3(most(3)) },
    canary: missed ?? planted[0] ?? null,
  };
}

const round3 = (v: number): number => Math.round(v * 1000) / 1000;

function findingsOf(tile: PreparedTile, output: Float32Array, rules: Rules): Finding[] {
  const [, , height, width] = outputShape;
  const { grid } = tile.place;
  const half = {
    ...grid,
    x0_mm: grid.x0_mm + grid.step_mm / 2,
    y0_mm: grid.y0_mm + grid.step_mm / 2,
    step_mm: 2 * grid.step_mm,
    width,
    height,
  };
  const place = { ...tile.place, grid: half };
  const size = width * height;
  const { limits } = rules;
  const p = (c: (typeof classes)[number], i: number): number => output[classes.indexOf(c) * size + i]!;
  const detect = (name: "missing" | "thin" | "extra", limit_mm2: number, score: (i: number) => number): Finding[] => {
    const mask = new Uint8Array(size);
    for (let i = 0; i < size; i++) mask[i] = score(i) >= limits.networkScore ? 1 : 0;
    return areaFindings(mask, place, { class: name, by: "network", limit_mm2 }, score);
  };
  return [
    ...detect("missing", limits.missing_mm2, (i) => p("missing", i)),
    ...detect("thin", limits.thin_mm2, (i) => p("thin", i) + p("missing", i)),
    ...detect("extra", limits.networkExtra_mm2, (i) => p("extra", i)),
  ];
}

/** Outlines of the layer (its infill closed) in the frame's pixels, the longest first. */
function outlinesOf(expected: ExpectedLayer, place: Place): (readonly ImagePoint[])[] {
  const { width, height, step_mm, x0_mm, y0_mm } = place.grid;
  const solid = erode(dilate(expected.footprint, width, height, 5), width, height, 5);
  return contours(solid, width, height, 0.5)
    .sort((a, b) => b.length - a.length)
    .slice(0, 32)
    .map((outline) =>
      simplify(outline, 0.8)
        .slice(0, 400)
        .map(([x, y]): ImagePoint => {
          const at = project(place.lens, { x: x0_mm + x * step_mm, y: y0_mm + y * step_mm, z: place.z_mm });
          return [round(at.x), round(at.y)];
        }),
    );
}
