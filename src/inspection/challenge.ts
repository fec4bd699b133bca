/** The challenge of the inspection: a whole layer and every class of defect are painted into real pictures of the empty plate; the layer has to pass and each defect to be found. */
import type { Fault } from "../equipment/machine.ts";
import { digestOf, digestOfValue } from "../kernel/hash.ts";
import type { Digest } from "../kernel/names.ts";
import { ok, type Result } from "../kernel/result.ts";
import { conclude, type TileOutput } from "./conclude.ts";
import type { LayerPlan, Strand } from "./expected.ts";
import { gate } from "./gate.ts";
import { type Accepted, prepareUnmarked, type Rules } from "./judge.ts";
import { type Lens, project } from "./lens.ts";
import type { InspectionLimits } from "./limits.ts";
import { type Painting, paint } from "./paint.ts";
import { median, type Picture, sample } from "./picture.ts";
import { checkPlate } from "./plate.ts";
import { register } from "./registration.ts";
import type { FindingClass, InspectionReport } from "./report.ts";
import type { CameraSetup } from "./setup.ts";

/** What is asked of the inspection: two fresh pictures of the empty plate, and the limits by which it judges. */
export interface ChallengeRequest {
  readonly setup: CameraSetup;
  readonly limits: InspectionLimits;
  /** JPEG of the empty plate at commissioning. */
  readonly emptyPlate: Uint8Array;
  /** JPEGs: what is compared with, and what everything is painted into. */
  readonly pictures: readonly [Uint8Array, Uint8Array];
}

/** What it needs of the world; a build has the same. */
interface Tools {
  decode(bytes: Uint8Array): Promise<Result<Picture, Fault>>;
  readonly modelDigest: Digest;
  infer(input: Float32Array): Promise<Float32Array | null>;
  lap(): number;
}

/** A defect that was painted, and whether the inspection found it by its name. */
export interface PaintedDefect {
  readonly class: FindingClass;
  /** SHA-256 of the painted picture's pixels. */
  readonly picture: Digest;
  readonly found: boolean;
  /** What the inspection said of it, in words. */
  readonly said: string;
}

export interface ChallengeReport {
  readonly limits: Digest;
  readonly model: Digest;
  /** The untouched picture shows an empty plate. */
  readonly isPlateClean: boolean;
  /** The painted layer without a defect passed. */
  readonly isLayerPassed: boolean;
  /** SHA-256 of the pixels of that picture. */
  readonly layer: Digest;
  readonly planted: readonly PaintedDefect[];
  /** What came out wrong, a sentence each; empty where nothing did. */
  readonly reasons: readonly string[];
}

/** The painted layers: a plate of this size in the middle of the judged part, of strands this wide and high. */
const artefact = { width_mm: 34, depth_mm: 24, strand_mm: 0.45, height_mm: 0.2 } as const;
/** Grey levels of the material on a dark and on a light plate. */
const tones = { onDark: 190, onLight: 110, darkBelow: 150 } as const;

/** One picture to be judged, and what has to come out. */
interface Case {
  readonly class: FindingClass | null;
  readonly plan: LayerPlan;
  readonly before: LayerPlan | null;
  readonly reference: Sight;
  readonly picture: Picture;
}

/** A picture, where it lies and how bright it is against commissioning. */
type Sight = Pick<Accepted, "picture" | "lens" | "gain">;

/** Runs the whole challenge by the inspection's own steps, the network among them. */
export async function challenge(request: ChallengeRequest, tools: Tools): Promise<Result<ChallengeReport, Fault>> {
  const { setup, limits } = request;
  const pictures: Picture[] = [];
  for (const bytes of [request.emptyPlate, ...request.pictures]) {
    const picture = await tools.decode(bytes);
    if (!picture.ok) return picture;
    pictures.push(picture.value);
  }
  const [empty, under, over] = pictures as [Picture, Picture, Picture];
  const base = { limits: digestOfValue(limits), model: tools.modelDigest };
  const plate = checkPlate(over, empty, setup, limits);
  const [first, second] = [register(under, setup), register(over, setup)];
  if (!plate.clear || !first.ok || !second.ok) {
    const why = [first, second].flatMap((each) =>
      each.ok ? [] : [`The camera's picture cannot be used: ${each.reason}.`],
    );
    const reasons = plate.clear ? why : [plate.what];
    return ok({ ...base, isPlateClean: false, isLayerPassed: false, layer: digestOf(over.data), planted: [], reasons });
  }
  const fixed = { setup: digestOfValue(setup), limits: base.limits, model: tools.modelDigest };
  const rules: Rules = { setup, limits };
  const reports: InspectionReport[] = [];
  const sightOf = (picture: Picture, lens: Lens): Sight => ({ picture, lens, gain: gate(picture, setup, null).gain });
  const cases = casesOf(sightOf(under, first.lens), sightOf(over, second.lens), rules);
  for (const each of cases) reports.push(await judge(each, rules, fixed, tools));
  const isLayerPassed = reports[0]!.verdict === "pass";
  const planted = cases.flatMap(({ class: name, picture }, at): PaintedDefect[] => {
    const report = reports[at]!;
    if (name === null) return [];
    const found = report.verdict === "fail" && report.findings.some((each) => each.class === name);
    return [{ class: name, picture: digestOf(picture.data), found, said: report.reasons[0] ?? "" }];
  });
  return ok({
    ...{ ...base, isPlateClean: true, isLayerPassed, layer: digestOf(cases[0]!.picture.data), planted },
    reasons: [
      ...(isLayerPassed ? [] : [`A painted layer without a defect did not pass: ${reports[0]!.reasons[0]}`]),
      ...planted.flatMap(({ class: name, found, said }) =>
        found ? [] : [`A painted defect was not found (${name}). The inspection said: ${said}`],
      ),
    ],
  });
}

async function judge(
  { plan, before, reference, picture }: Case,
  rules: Rules,
  fixed: Parameters<typeof conclude>[2],
  tools: Tools,
): Promise<InspectionReport> {
  const top_mm = before?.top_mm ?? 0;
  const accepted: Accepted = { ...reference, digest: digestOf(reference.picture.data), layer: plan.layer - 1, top_mm };
  // It has no machine's mark and no time: those were asked of the picture before anything was painted.
  const times = { markedAt: 0, requestedAt: 0, receivedAt: 0, exposureStart: null };
  const digest = digestOf(picture.data);
  const named = { attempt: "challenge", take: 1, plan, planBefore: before, parts: null };
  const subject = { ...named, digest, picture, ...times };
  const prepared = prepareUnmarked(subject, accepted, rules, tools.lap);
  const tiles = prepared.tiles.map((tile) => ({ ...tile, canary: null }));
  const outputs: TileOutput[] = [];
  for (const { input } of tiles) {
    outputs.push({ classes: (await tools.infer(input)) ?? new Float32Array(), canary: null });
  }
  return conclude({ ...prepared, tiles }, outputs, fixed, rules);
}

/** The layer without a defect first. */
function casesOf(under: Sight, over: Sight, { setup, limits }: Rules): Case[] {
  const [first, second] = [planOf(1, setup), planOf(2, setup)];
  const [toneUnder, toneOver] = [toneOf(under, first), toneOf(over, first)];
  const { x, y } = middleOf(setup);
  const hole = { x, y, radius_mm: Math.min(8, Math.max(2.4, Math.sqrt(limits.missing_mm2 / 2))) };
  const beside = { x: x - artefact.width_mm / 2 - 8, y: y - artefact.depth_mm / 2 - 8 };
  const lump = { ...beside, radius_mm: Math.max(1.5, limits.extra_mm) };
  const far_mm = Math.min(4, Math.max(1, 3 * limits.shift_mm));
  const one = { plan: first, before: null, reference: under };
  const layer = { plan: first, strands: first.strands, tone: toneOver };
  const thin = first.strands.map((strand) => ({ ...strand, width: strand.width / 2 }));
  const aside = second.strands.map((strand) => ({ ...strand, x0: strand.x0 + far_mm, x1: strand.x1 + far_mm }));
  const draw = (painting: Painting) => paint(over.picture, over.lens, painting);
  const below = paint(under.picture, under.lens, { ...layer, tone: toneUnder });
  return [
    { ...one, class: null, picture: draw(layer) },
    { ...one, class: "missing", picture: draw({ ...layer, holes: [hole] }) },
    { ...one, class: "thin", picture: draw({ ...layer, strands: thin }) },
    { ...one, class: "extra", picture: draw({ ...layer, lumps: [lump] }) },
    { ...one, class: "unchanged", picture: over.picture },
    {
      ...{ class: "shift", plan: second, before: first, reference: { ...under, picture: below } },
      picture: paint(draw(layer), over.lens, { plan: second, strands: aside, tone: toneOver }),
    },
  ];
}

/** As light as the plate is dark, so that the material stands out as a real one has to. */
function toneOf({ picture, lens, gain }: Sight, { strands, top_mm }: LayerPlan): number {
  const levels = strands.map(({ x0, y0 }) => {
    const at = project(lens, { x: x0, y: y0, z: top_mm });
    return sample(picture, at.x, at.y);
  });
  return gain * (median(levels) / gain < tones.darkBelow ? tones.onDark : tones.onLight);
}

/** Two walls around solid infill, which runs across in the first layer and along in the second. */
function planOf(layer: 1 | 2, setup: CameraSetup): LayerPlan {
  const { x, y } = middleOf(setup);
  const width = artefact.strand_mm;
  const [left, right] = [x - artefact.width_mm / 2, x + artefact.width_mm / 2];
  const [front, back] = [y - artefact.depth_mm / 2, y + artefact.depth_mm / 2];
  const strands: Strand[] = [0.5, 1.5].flatMap((turn) => {
    const d = turn * width;
    const corners = [
      [left + d, front + d],
      [right - d, front + d],
      [right - d, back - d],
      [left + d, back - d],
    ] as const;
    return corners.map(([x0, y0], at) => {
      const [x1, y1] = corners[(at + 1) % 4]!;
      return { x0, y0, x1, y1, width };
    });
  });
  const d = 2.5 * width;
  const [low, high] = layer === 1 ? [front + d, back - d] : [left + d, right - d];
  for (let at = low; at <= high; at += width) {
    strands.push(
      layer === 1
        ? { x0: left + d, y0: at, x1: right - d, y1: at, width }
        : { x0: at, y0: front + d, x1: at, y1: back - d, width },
    );
  }
  return { layer, top_mm: layer * artefact.height_mm, height_mm: artefact.height_mm, strands };
}

function middleOf({ plate }: CameraSetup) {
  return { x: (plate.x0_mm + plate.x1_mm) / 2, y: (plate.y0_mm + plate.y1_mm) / 2 };
}
