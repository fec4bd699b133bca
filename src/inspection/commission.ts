/** Commissioning: one picture of the empty plate and the technician's description of the mount make a set-up. */
import type { Fault } from "../equipment/machine.ts";
import type { Digest } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { EpochMs } from "../kernel/units.ts";
import { calibrate } from "./calibrate.ts";
import { covarianceOf, type LensFile } from "./calibration/lens-file.ts";
import { lensSpread_px } from "./calibration/spread.ts";
import { type Fiducial, findFiducials, ringCentre } from "./fiducials.ts";
import { cellsOf } from "./gate.ts";
import { type Lens, lensOfMount, type Mount, type Point3, project, scaleAt } from "./lens.ts";
import { clip, type Picture, type PixelBox, statistics } from "./picture.ts";
import { type CameraSetup, defaultGateLimits, type GateLimits, type StaticZone } from "./setup.ts";

/** What is known about a machine and its camera before the first picture. */
export interface Rig {
  readonly camera: string;
  readonly mount: Mount;
  readonly fiducials: readonly Fiducial[];
  readonly fiducialRadius_mm: number;
  readonly middle: Point3;
  readonly plate: CameraSetup["plate"];
  readonly marker: CameraSetup["marker"];
  /** Rectangles of the frame (millimetres at z = 0) that nothing ever covers. */
  readonly bare: readonly {
    readonly id: string;
    readonly x0: number;
    readonly y0: number;
    readonly x1: number;
    readonly y1: number;
  }[];
  readonly limits?: Partial<GateLimits>;
  readonly exposureUnknown: boolean;
}

/** A roughly described mount may miss a fiducial's place by this much of the picture's width. */
const searchShare = 0.04;
/** A calibration whose fiducials fit worse than this is refused: pixels, or a share of the width where pixels are finer than the lens. */
const [worstReprojection_px, worstShare] = [0.5, 2e-4];

/** Calibrates the camera and records how the zones that never change look; `file` is the digest of the picture's JPEG, `at` when it was taken, `known` what a plate has told of the lens. */
export function commission(
  picture: Picture,
  rig: Rig,
  file: Digest,
  at: EpochMs,
  known: LensFile | null = null,
): Result<CameraSetup, Fault> {
  const rough = lensOfMount(rig.mount);
  const wide = findFiducials(picture, rough, rig.fiducials, rig.fiducialRadius_mm, picture.width * searchShare);
  const body = (lens: Lens, at: Point3) => ringCentre(lens, at, rig.fiducialRadius_mm);
  const calibration = calibrate(wide, picture, rig.middle, body, known);
  if (!calibration.ok) return calibration;
  const { lens, reprojection_px, uncertainty_mm } = calibration.value;
  const ofLens = known === null ? null : lensUncertainty(lens, wide, covarianceOf(known), rig);
  const worst_px = Math.max(worstReprojection_px, worstShare * picture.width);
  if (!(reprojection_px <= worst_px)) {
    return err({
      code: "camera-calibration-failed",
      what: `The fiducials fit only to ${reprojection_px.toFixed(2)} pixels (limit ${worst_px.toFixed(2)}).`,
      remedy:
        "Check the fiducials' places in the configuration, that none is bent" +
        `${known ? ", and that the lens file is of this camera and nobody turned its lens since" : ""}; then calibrate again.`,
    });
  }
  return ok({
    format: "cellward-camera-setup-1",
    camera: rig.camera,
    width_px: picture.width,
    height_px: picture.height,
    lens: { ...lens, rotation: [...lens.rotation], translation: [...lens.translation] },
    reprojection_px,
    calibratedAt: at,
    uncertainty_mm: Math.hypot(uncertainty_mm, ofLens ?? 0),
    ...(ofLens !== null && { lensUncertainty_mm: ofLens }),
    fiducials: rig.fiducials.map(({ id, at }) => ({ id, at: { ...at } })),
    fiducialRadius_mm: rig.fiducialRadius_mm,
    middle: { ...rig.middle },
    plate: rig.plate,
    zones: zonesOf(picture, lens, rig),
    marker: rig.marker,
    // A picture's own fit may be a fifth worse than the calibration's.
    limits: { ...defaultGateLimits, residual_px: 1.2 * worst_px, ...rig.limits },
    emptyPlate: file,
    exposureUnknown: rig.exposureUnknown,
  });
}

/** What is not known of the lens leaves so much open (k = 2) at the worst place of the judged plate, up to the height of the highest fiducial. */
function lensUncertainty(
  lens: Lens,
  sightings: readonly Fiducial[],
  covariance: readonly (readonly number[])[],
  rig: Rig,
): number {
  const { x0_mm: x0, y0_mm: y0, x1_mm: x1, y1_mm: y1 } = rig.plate;
  const heights = [0, Math.max(...rig.fiducials.map(({ at }) => at.z))];
  const places = [rig.middle, ...heights.flatMap((z) => cornersOf({ x0, y0, x1, y1 }, z))];
  const spread = lensSpread_px(
    lens,
    sightings.map(({ at }) => at),
    covariance,
  );
  return Math.max(...places.map((at) => 2 * spread(at) * scaleAt(lens, at)));
}

function zonesOf(picture: Picture, lens: Lens, rig: Rig): StaticZone[] {
  const reach = rig.fiducialRadius_mm * 1.4;
  const squares = rig.fiducials.map(({ id, at }) => ({
    id,
    corners: cornersOf({ x0: at.x - reach, x1: at.x + reach, y0: at.y - reach, y1: at.y + reach }, at.z),
  }));
  const bare = rig.bare.map((zone) => ({ id: zone.id, corners: cornersOf(zone, 0) }));
  return [...squares, ...bare].map(({ id, corners }) => {
    const box = clip(boundsOf(corners.map((corner) => project(lens, corner))), picture);
    const { mean, spread, sharpness, noise } = statistics(picture, box);
    return { id, box, mean, spread, sharpness, noise, cells: cellsOf(picture, box) };
  });
}

function cornersOf(r: { x0: number; y0: number; x1: number; y1: number }, z: number): Point3[] {
  return [
    { x: r.x0, y: r.y0, z },
    { x: r.x1, y: r.y0, z },
    { x: r.x1, y: r.y1, z },
    { x: r.x0, y: r.y1, z },
  ];
}

function boundsOf(points: readonly { readonly x: number; readonly y: number }[]): PixelBox {
  const [xs, ys] = [points.map((p) => p.x), points.map((p) => p.y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}
