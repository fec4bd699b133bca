/** A build under inspection by its surface: judges one frame of a phase at a time against the phase's frozen good frames. */
import type { Fault } from "../../equipment/machine.ts";
import { excess, type SurfaceRules } from "../../jobs/process-pack.ts";
import { digestOf, digestOfValue } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import type { BuildInHand } from "../build.ts";
import { staleness } from "../freshness.ts";
import type { SurfaceBuild, SurfaceRequest } from "../inspector.ts";
import type { ImagePoint, Region, SurfaceFound, SurfaceReport } from "../report.ts";
import { type Motion, offsetAt } from "./align.ts";
import { type Field, type RawPicture, reduced, reductionOf } from "./field.ts";
import { type GateModel, lookOf, measuresOf, refusals } from "./gate.ts";
import type { SurfaceFinding, SurfaceVerdict } from "./judge.ts";
import { classOf, createLookJudge, type Look, type LookJudge, movedLimit } from "./look.ts";
import { parted, partsOf } from "./parts.ts";
import type { SurfaceSetup } from "./setup.ts";
import type { Outline } from "./signs.ts";

/** What the good frames of one phase taught. */
export interface LearntPhase {
  readonly phase: string;
  /** Of the pack, turned to the way of the machine's recoater. */
  readonly rules: SurfaceRules;
  readonly look: Look;
  readonly gate: GateModel;
  /** Its good frames came with expected pictures, so that frames need theirs. */
  readonly withParts: boolean;
  /** Digest of the list of its good frames. */
  readonly reference: Digest;
}

/** A set-up with what it taught. */
export interface Learnt {
  readonly setup: SurfaceSetup;
  /** Digests of the set-up and of the look. */
  readonly digests: { readonly setup: Digest; readonly model: Digest };
  readonly phases: readonly LearntPhase[];
}

/** What judging needs of the world. */
export interface SurfaceTools {
  decode(bytes: Uint8Array): Promise<Result<RawPicture, Fault>>;
  decodeOutline(bytes: Uint8Array): Promise<Result<Outline, Fault>>;
  lap(): number;
}

interface Judge extends LearntPhase {
  readonly judge: LookJudge;
  readonly limits: Readonly<Record<string, number>>;
}

/** Opens a build: each phase gets a judge with the build's limits. */
export function openSurfaceBuild(
  build: SurfaceBuild,
  learnt: Learnt,
  tools: SurfaceTools,
): Result<BuildInHand<SurfaceRequest, SurfaceReport>, Fault> {
  const judges: Judge[] = [];
  for (const phase of learnt.phases) {
    const limits = build.limits.phases[phase.phase];
    if (limits === undefined) return err(noLimits(phase.phase));
    judges.push({ ...phase, limits, judge: createLookJudge(phase.look, phase.rules, limits[excess]) });
  }
  const fixed = { ...learnt.digests, limits: digestOfValue(build.limits) };
  const seen = new Set<Digest>(build.seen);
  return ok({
    async inspect(request) {
      const its = judges.find(({ phase }) => phase === request.phase);
      if (its === undefined) return err(noPhase(request.phase));
      const begun = tools.lap();
      const picture = await tools.decode(request.frame);
      if (!picture.ok) return picture;
      const outline = request.expected === null ? null : await tools.decodeOutline(request.expected);
      if (outline !== null && !outline.ok) return outline;
      const decoded = tools.lap();
      const digest = digestOf(request.frame);
      const subject = { request, digest, picture: picture.value, outline: outline?.value ?? null };
      const report = reportOf(subject, its, learnt, fixed, seen);
      seen.add(digest);
      return ok({ ...report, stageMs: { decode: decoded - begun, judge: tools.lap() - decoded } });
    },
    // What a person accepts changes nothing of the good frames: they were frozen when the machine was commissioned.
    accept: async ({ frame }) => {
      seen.add(digestOf(frame));
      return null;
    },
  });
}

interface Subject {
  readonly request: SurfaceRequest;
  readonly digest: Digest;
  readonly picture: RawPicture;
  readonly outline: Outline | null;
}

type Fixed = Pick<SurfaceReport["digests"], "setup" | "model" | "limits">;

function reportOf(
  subject: Subject,
  its: Judge,
  { setup }: Learnt,
  fixed: Fixed,
  seen: ReadonlySet<Digest>,
): Omit<SurfaceReport, "stageMs"> {
  const { request, digest, picture } = subject;
  const { attempt, layer, take, receivedAt, phase, expected } = request;
  const reference = its.reference;
  const stale = staleness(
    { ...request, digest, plan: { layer } },
    { layer: layer - 1, digest: reference },
    seen,
    setup.exposureUnknown,
  );
  const unfit = unfitting(subject, its, setup);
  const looked = unfit === null ? judged(subject, its) : null;
  const gateReasons = unfit === null ? [...(looked?.refused ?? [])] : [unfit];
  const unseen = [...(stale === null ? [] : [stale]), ...gateReasons];
  const findings = looked === null || unseen.length > 0 ? [] : foundIn(looked.verdict, its, setup, picture);
  const isUnlike = looked !== null && looked.verdict.score > 1;
  return {
    ...{ kind: "report" as const, attempt, layer, take, receivedAt, phase },
    grade: gateReasons.length === 0 ? "good" : "unusable",
    gateReasons,
    gate: looked?.measures ?? [],
    registration: null,
    findings: findings.filter((each) => each.measured >= each.limit),
    network: null,
    digests: {
      frame: digest,
      reference,
      expected: expected === null ? digestOfValue(null) : digestOf(expected),
      ...fixed,
    },
    ...verdictOf(unseen, findings, isUnlike, its.rules),
    expectedOutline_px: [],
  };
}

/** Why the frame cannot even be compared; null where it can. */
function unfitting(
  { picture, outline }: Subject,
  { withParts }: Judge,
  { width, height }: SurfaceSetup,
): string | null {
  const sizes = [picture, ...(outline === null ? [] : [outline])];
  const other = sizes.find((each) => each.width !== width || each.height !== height);
  if (other !== undefined) {
    return `a picture is ${other.width} x ${other.height} pixels, the good frames are ${width} x ${height}: another camera or setting`;
  }
  if (withParts && outline === null) return "the picture of the layer as it should be did not come";
  return null;
}

function judged({ picture, outline }: Subject, { judge, gate, rules, look, withParts }: Judge) {
  const field = reduced(picture, reductionOf(picture.width, picture.height));
  const view = lookOf(field);
  const refused = refusals(gate, view);
  const { arena } = look.surface;
  const parts = withParts && outline !== null ? partsOf(outline, arena) : null;
  const verdict = judge.judge({ ...parted(field, parts, arena), layer: null }, () => {});
  if (verdict.moved_px > movedLimit(judge.model, rules))
    refused.push("the camera looks elsewhere than on the good frames");
  return { refused, verdict, measures: measuresOf(gate, view) };
}

/** Every finding with its class, its size in square millimetres and its place. */
function foundIn(verdict: SurfaceVerdict, its: Judge, setup: SurfaceSetup, picture: RawPicture): SurfaceFound[] {
  const { rules, limits, look } = its;
  const by = reductionOf(picture.width, picture.height);
  const step_mm = by * setup.mm_per_pixel;
  return verdict.findings.flatMap((each) => {
    const kind = classOf(rules, lacksPart(each, verdict, look.surface) ? { channel: "part" } : each);
    if (kind === undefined) return [];
    const box = alongLines(each.box, kind.lines, look.surface);
    return {
      ...{ class: kind.class, by: "surface" as const, unit: "mm2" as const },
      region: regionOf(box, step_mm),
      outline_px: outlineOf(box, verdict.prepared.aligned.motion, look.surface, by),
      measured: each.area_px * step_mm ** 2,
      limit: limits[kind.limit] ?? 0,
      score: each.excess,
    };
  });
}

/** Where part is missing, that is what is told, however much more the place stands out in another way. */
function lacksPart(
  { box }: SurfaceFinding,
  { mask, missing }: SurfaceVerdict,
  { width, region }: Look["surface"],
): boolean {
  if (missing === null) return false;
  for (let y = box.top; y < box.bottom; y++) {
    for (let i = y * width + box.left; i < y * width + box.right; i++) {
      if (mask[i] === 1 && region[i] === 1 && missing[i]! > 1) return true;
    }
  }
  return false;
}

type Box = SurfaceFinding["box"];
type Size = Pick<Field, "width" | "height">;

/** What comes back at the same column or row layer after layer is one place, wherever along it it shows. */
function alongLines(box: Box, lines: "columns" | "rows" | undefined, { width, height }: Size): Box {
  if (lines === "columns") return { ...box, top: 0, bottom: height };
  return lines === "rows" ? { ...box, left: 0, right: width } : box;
}

/** Millimetres from the upper left corner of the good frames, x to the right and y down. */
function regionOf({ left, top, right, bottom }: Box, step_mm: number): Region {
  return { x_mm: left * step_mm, y_mm: top * step_mm, w_mm: (right - left) * step_mm, h_mm: (bottom - top) * step_mm };
}

/** The box as it lies in the frame, in the frame's own pixels to a tenth. */
function outlineOf(
  { left, top, right, bottom }: Box,
  motion: Motion,
  { width, height }: Size,
  by: number,
): ImagePoint[] {
  const corners = [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ] as const;
  return corners.map(([x, y]) => {
    const [dx, dy] = offsetAt(motion, (2 * x) / width - 1, (2 * y) / height - 1);
    return [tenth((x + dx) * by), tenth((y + dy) * by)];
  });
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** Blind comes first: what was not properly seen is neither good nor bad. */
function verdictOf(
  unseen: readonly string[],
  found: readonly SurfaceFound[],
  isUnlike: boolean,
  rules: SurfaceRules,
): Pick<SurfaceReport, "verdict" | "reasons"> {
  if (unseen.length > 0) return { verdict: "blind", reasons: unseen.map((why) => `This layer was not seen: ${why}.`) };
  const numbers = found.flatMap((each) => [each.measured, each.limit, each.score]);
  if (!numbers.every(Number.isFinite)) {
    return { verdict: "blind", reasons: ["This layer was not seen: a measurement came out as no number."] };
  }
  const beyond = found.filter((each) => each.measured >= each.limit);
  if (beyond.length > 0)
    return { verdict: "fail", reasons: beyond.slice(0, mostReasons).map((each) => inWords(each, rules)) };
  // A place of one pixel is no piece, and many pieces may hide a larger one: neither is passed.
  if (isUnlike && (found.length === 0 || found.length >= mostPieces)) {
    return {
      verdict: "fail",
      reasons: ["This layer differs from the good frames, in more places or smaller ones than can be told."],
    };
  }
  return { verdict: "pass", reasons: ["Seen, fresh and within the limits of its good frames."] };
}

const mostReasons = 8;
/** As many as a judge tells. */
const mostPieces = 50;

function inWords({ class: kind, region, measured, score }: SurfaceFound, { classes }: SurfaceRules): string {
  const its = classes.find((each) => each.class === kind);
  const [x, y] = [region.x_mm + region.w_mm / 2, region.y_mm + region.h_mm / 2].map((mm) => mm.toFixed(0));
  const where =
    its?.lines === "columns"
      ? `in the column at x ${x} mm`
      : its?.lines === "rows"
        ? `in the row at y ${y} mm`
        : `at x ${x} mm, y ${y} mm`;
  return `${kind} ${where}: ${measured.toFixed(1)} mm2, ${score.toFixed(1)} times the limit of the good frames (${its?.words ?? ""}).`;
}

const remedy = "Call the engineer; the layer holds until it is seen.";
const noPhase = (phase: string): Fault => ({
  code: "phase-unknown",
  what: `The inspector has no good frames of a phase ${phase}.`,
  remedy,
});
const noLimits = (phase: string): Fault => ({
  code: "build-cannot-be-inspected",
  what: `The limits of this build say nothing of the phase ${phase}.`,
  remedy,
});
