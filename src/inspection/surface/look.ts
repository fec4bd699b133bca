/** The look of one camera's good frames, and the judge that it makes by what a process pack says of surfaces. */
import { excess, type SurfaceDetector, type SurfaceRules } from "../../jobs/process-pack.ts";
import type { BesideModel } from "./beside.ts";
import { createSurfaceJudge, type SurfaceFinding, type SurfaceVerdict } from "./judge.ts";
import { createPrintedJudge } from "./judge-printed.ts";
import { learn, type SurfaceModel } from "./learn.ts";
import type { PartedLayer } from "./parts.ts";
import { learnPresence, type PresenceModel } from "./presence.ts";
import { learnPrinted, type PrintedModel } from "./printed.ts";

/** A layer whose place in the build is known, or is not. */
export type NumberedLayer = PartedLayer & { readonly layer: number | null };

/** What good frames taught. */
export interface Look {
  readonly surface: SurfaceModel;
  /** Null where part is not asked for, or cannot be told from powder. */
  readonly presence: PresenceModel | null;
  /** Where parts are judged apart, and known on every good frame; else null. */
  readonly printed: PrintedModel | null;
}

/** Judges the layers of one run, in their order. */
export interface LookJudge {
  readonly model: Pick<SurfaceModel, "width" | "height" | "ownScores" | "strayed_px">;
  judge(layer: NumberedLayer, lap: () => void): SurfaceVerdict;
  /** The layer judged last was found good. */
  keep(layer: NumberedLayer): void;
}

/** Learns from good layers of one camera, as the pack says of their parts. */
export function learnLook(layers: readonly NumberedLayer[], rules: SurfaceRules): Look {
  const surface = learn(
    layers.map(({ field }) => field),
    layers.map(({ parts }) => parts),
  );
  const known = layers.flatMap(({ came, parts, told }) => (told && parts !== null ? [{ field: came, parts }] : []));
  const presence = isAsked(rules, "part") && known.length > 0 ? learnPresence(known, surface.arena) : null;
  return { surface, presence, printed: rules.parts === "apart" ? printedOf(layers) : null };
}

function printedOf(layers: readonly NumberedLayer[]): PrintedModel | null {
  const known = layers.flatMap(({ came, parts, layer }) => (parts === null ? [] : [{ field: came, parts, layer }]));
  return known.length === layers.length ? learnPrinted(known) : null;
}

/** Parts that are known on all good frames are judged apart from their bed where the pack says so; everything else as a surface. */
export function createLookJudge(look: Look, rules: SurfaceRules, times = usual(rules, excess)): LookJudge {
  const asked = (detector: SurfaceDetector): boolean => isAsked(rules, detector);
  const model = { ...look.surface, channels: widened(look.surface.channels, times) };
  const presence = look.presence && { ...look.presence, limits: look.presence.limits.map((limit) => limit * times) };
  const surface = createSurfaceJudge(model, presence, asked);
  const asSurface: LookJudge["judge"] = ({ field, parts, came }, lap) => surface(field, lap, parts, came);
  if (look.printed === null) return { model, judge: asSurface, keep: () => {} };
  const beside = asked("beside") ? besideOf(look.printed.beside, times) : null;
  const kinds = look.printed.kinds.map((its) => widened(its, times));
  const apart = createPrintedJudge({ ...look.printed, kinds, beside }, asked);
  return {
    model: look.printed,
    judge(its, lap) {
      const { came, parts, layer } = its;
      return parts === null ? asSurface(its, lap) : apart.judge({ field: came, parts, layer }, lap);
    },
    keep: ({ parts }) => (parts === null ? undefined : apart.keep()),
  };
}

function isAsked({ classes }: SurfaceRules, detector: SurfaceDetector): boolean {
  return classes.some(({ detectors }) => detectors.includes(detector));
}

function widened<T extends { limit: number; grow: number }>(limits: readonly T[], times: number): T[] {
  return limits.map((its) => ({ ...its, limit: its.limit * times, grow: its.grow * times }));
}

function besideOf(beside: BesideModel | null, times: number): BesideModel | null {
  return beside && { ...beside, limit: beside.limit * times };
}

/** What counts where nobody sets it. */
export function usual({ limits }: SurfaceRules, name: string): number {
  return limits[name]?.default ?? 0;
}

/** The class as which the pack tells a finding; undefined for one that it did not ask for. */
export function classOf({ classes }: SurfaceRules, { channel }: Pick<SurfaceFinding, "channel">) {
  return classes.find(({ detectors }) => detectors.includes(channel));
}

/** More findings than a judge tells may hide some that are larger. */
const mostTold = 50;

/**
 * True where a layer is not like the good ones: it is beyond the limits, and not all that was found is smaller than the least area of
 * its class. `pixel_mm2` is null where nobody knows how large a working pixel is: then everything is large enough.
 */
export function isUnlike(
  { score, findings }: Pick<SurfaceVerdict, "score" | "findings">,
  rules: SurfaceRules,
  pixel_mm2: number | null,
  areaOf: (limit: string) => number = (limit) => usual(rules, limit),
): boolean {
  if (!(score > 1)) return false;
  if (pixel_mm2 === null || findings.length === 0 || findings.length >= mostTold) return true;
  return findings.some((each) => {
    const kind = classOf(rules, each);
    return kind === undefined || each.area_px * pixel_mm2 >= areaOf(kind.limit);
  });
}

/** How far, in working pixels, a frame may lie from the references and still be the same view. */
export function movedLimit({ width, strayed_px }: LookJudge["model"], { picture }: SurfaceRules): number {
  return Math.min(Math.max(picture.moved * width, 2.5 * strayed_px), picture.movedNever * width);
}
