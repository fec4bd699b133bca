/** Several cameras that look at one thing: which of them have to, and what their words come to together (law 3). */
import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import {
  type LayerReport,
  mostFindings,
  type OwnReport,
  type PartVerdict,
  type PictureGrade,
  type Verdict,
  type ViewReport,
} from "./report.ts";
import type { Setup } from "./setup.ts";

/** The name of the camera that the configuration's `[camera]` is; where it alone looks, nothing names it. */
export const firstCamera = "camera-1";

/** A picture that one of the other cameras took of a layer. */
export interface ViewPicture {
  readonly camera: string;
  readonly frame: Digest;
  readonly requestedAt: EpochMs;
  readonly receivedAt: EpochMs;
  /** Null where the camera does not say. */
  readonly exposureStart: EpochMs | null;
}

/** What one of the other cameras saw of a plate. */
export interface ViewOfPlate {
  readonly camera: string;
  readonly clear: boolean;
  readonly what: string;
  readonly frame: Digest | null;
}

/** A picture by the camera that took it. */
export interface TakenBy {
  readonly camera: string;
  readonly frame: Digest;
}

/** All cameras of the cell, in their order. */
export function camerasOfCell(setup: Pick<Setup, "cameras"> | null): readonly string[] {
  return setup?.cameras?.map(({ id }) => id) ?? [firstCamera];
}

/** The cameras that have to see what is made on this machine, in the cell's order; none where none looks at it. */
export function camerasOf(setup: Pick<Setup, "cameras"> | null, equipment: string): readonly string[] {
  if (setup?.cameras === undefined) return [firstCamera];
  return setup.cameras.flatMap(({ id, machine }) => (machine === null || machine === equipment ? [id] : []));
}

/** Why what came is not one picture, or word, of each camera that has to look; null where it is. */
export function whyNotAll(wanted: readonly string[], came: readonly { readonly camera: string }[]): string | null {
  if (wanted.length === 0) return "No camera looks at this machine.";
  const names = came.map(({ camera }) => camera);
  const missing = wanted.find((id) => !names.includes(id));
  if (missing !== undefined) return `Camera ${missing} has not looked.`;
  const strange = names.find((id, at) => !wanted.includes(id) || names.indexOf(id) !== at);
  return strange === undefined ? null : `Camera ${strange} was not asked, or has answered twice.`;
}

const verdicts: readonly Verdict[] = ["pass", "fail", "blind"];
const grades: readonly PictureGrade[] = ["good", "degraded", "unusable"];
const partVerdicts: readonly PartVerdict["verdict"][] = ["not-made", "pass", "fail", "blind"];

function worst<T>(order: readonly T[], given: readonly T[]): T {
  return order[Math.max(...given.map((each) => order.indexOf(each)))]!;
}

/**
 * What several cameras saw of one layer, as one report. It passes only where each of them passes; one that is blind makes
 * the layer blind, because what it should have seen nobody has; and everything that any of them found counts.
 */
export function together(views: readonly ViewReport[]): LayerReport {
  const first = views[0]!;
  const findings = views.flatMap(({ camera, findings: own }) => own.map((each) => ({ ...each, camera })));
  const isJudged = views.every(({ digests }) => digests.model !== null);
  const uncertainties = views.flatMap(({ uncertainty_mm: own }) => (own === undefined ? [] : [own]));
  const parts = partsTogether(views);
  return {
    grade: worst(
      grades,
      views.map(({ grade }) => grade),
    ),
    verdict: worst(
      verdicts,
      views.map(({ verdict }) => verdict),
    ),
    reasons: reasonsTogether(views),
    findings: findings.slice(0, mostFindings),
    ...(parts.length > 0 && { parts }),
    ...(uncertainties.length > 0 && { uncertainty_mm: Math.max(...uncertainties) }),
    digests: { ...first.digests, model: isJudged ? first.digests.model : null },
    evidence: first.evidence,
    views,
  };
}

/** Those of the cameras that did not pass come first, each by its name. */
function reasonsTogether(views: readonly ViewReport[]): readonly string[] {
  const graver = [...views].sort((a, b) => verdicts.indexOf(b.verdict) - verdicts.indexOf(a.verdict));
  const said = views.length === 1 ? graver[0]!.reasons : graver.flatMap(named);
  return said.slice(0, mostReasons);
}

const mostReasons = 8;
const named = ({ camera, reasons }: ViewReport) => reasons.map((why) => `Camera ${camera}: ${why}`);

function partsTogether(views: readonly ViewReport[]): PartVerdict[] {
  const told = new Map<number, PartVerdict["verdict"][]>();
  for (const { parts = [] } of views)
    for (const { part, verdict } of parts) told.set(part, [...(told.get(part) ?? []), verdict]);
  return [...told].sort(([a], [b]) => a - b).map(([part, said]) => ({ part, verdict: worst(partVerdicts, said) }));
}

/** Of a layer's report, what this camera said; null where it said nothing. */
export function ownReport(report: LayerReport, camera: string): OwnReport | null {
  if (report.views === undefined) return camera === firstCamera ? report : null;
  return report.views.find((each) => each.camera === camera) ?? null;
}

/** Of a layer's pictures, the one of this camera; null where it took none. */
export function ownPicture(
  event: Omit<ViewPicture, "camera" | "exposureStart"> & {
    readonly exposureStart?: EpochMs | null;
    readonly camera?: string;
    readonly views?: readonly ViewPicture[];
  },
  camera: string,
): Omit<ViewPicture, "camera"> | null {
  const found = (event.camera ?? firstCamera) === camera ? event : event.views?.find((each) => each.camera === camera);
  if (found === undefined) return null;
  const { frame, requestedAt, receivedAt, exposureStart = null } = found;
  return { frame, requestedAt, receivedAt, exposureStart };
}

/** What all cameras say of a plate: clear only where each that has to look has seen it so. */
export function plateTogether(
  wanted: readonly string[],
  said: readonly ViewOfPlate[],
): Pick<ViewOfPlate, "clear" | "what"> {
  const against = said.filter(({ clear }) => !clear);
  const told = against.map(({ camera, what }) => (said.length === 1 ? what : `Camera ${camera}: ${what}`));
  if (against.length > 0) return { clear: false, what: told.join(" ") };
  const missing = whyNotAll(wanted, said);
  return missing === null ? { clear: true, what: said[0]!.what } : { clear: false, what: missing };
}

/** Of what was seen of a plate, this camera's picture; null where it took none. */
export function ownPlate(
  event: Pick<ViewOfPlate, "frame"> & { readonly camera?: string; readonly views?: readonly ViewOfPlate[] },
  camera: string,
): Digest | null {
  const found = (event.camera ?? firstCamera) === camera ? event : event.views?.find((each) => each.camera === camera);
  return found?.frame ?? null;
}
