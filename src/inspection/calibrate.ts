/** Camera calibration from fiducials at known places: a linear start (DLT), then a refinement of pose and lens. */

import type { Fault } from "../equipment/machine.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { Intrinsics } from "./calibration/fit-lens.ts";
import { cross, type Lens, nudge, type Pixel, type Point3, project, scaleAt } from "./lens.ts";
import { leastSquares, refine, sumOfSquares } from "./linear.ts";

/** One fiducial: where it stands on the machine and where it was seen. */
export interface Sighting {
  readonly id: string;
  readonly at: Point3;
  readonly seen: Pixel;
}

/** A calibrated lens and how well the sightings agree with it. */
export interface Calibration {
  readonly lens: Lens;
  /** Root mean square distance between prediction and sighting, in pixels. */
  readonly reprojection_px: number;
  /** Millimetres a pixel at the middle of the plate. */
  readonly scale_mm_per_px: number;
  /** Expanded uncertainty (k = 2) of a place on the plate, in millimetres: twice the reprojection error. */
  readonly uncertainty_mm: number;
}

/**
 * Fits a pinhole with one radial term to at least eight sightings that do not all lie in one plane (direct linear
 * transform after Abdel-Aziz and Karara 1971, then Levenberg-Marquardt over pose, focal length, principal point and
 * k1; nine fiducials say little about the last three, so each has a prior). `bodyOf` says where the fiducial's detected centre lies for a lens,
 * because the middle of a ring's picture is not the picture of its middle. With a lens that is `known` from a plate only the pose is fitted.
 */
export function calibrate(
  sightings: readonly Sighting[],
  size: { readonly width: number; readonly height: number },
  middle: Point3,
  bodyOf: (lens: Lens, at: Point3) => Pixel = project,
  known: Intrinsics | null = null,
): Result<Calibration, Fault> {
  if (sightings.length < 8) {
    return err(fault(`only ${sightings.length} of the fiducials were found; eight are needed`));
  }
  const centre = { x: (size.width - 1) / 2, y: (size.height - 1) / 2 };
  const prior_px = size.width / 100;
  const pose = [1e-6, 1e-6, 1e-6, 1e-4, 1e-4, 1e-4];
  const start = linearStart(sightings, centre);
  if (start === null)
    return err(fault("the fiducials seen do not determine the camera (do they all lie in one plane?)"));
  const posedAt = (p: readonly number[]): Lens => nudge(start, [p[0]!, p[1]!, p[2]!], [p[3]!, p[4]!, p[5]!]);
  const lensOf = (p: readonly number[]): Lens => ({
    ...posedAt(p),
    focal_px: start.focal_px * (1 + p[6]!),
    k1: p[7]!,
    centre_px: { x: centre.x + p[8]!, y: centre.y + p[9]! },
  });
  const apartFor = (lens: Lens): number[] =>
    sightings.flatMap((s) => {
      const predicted = bodyOf(lens, s.at);
      return [predicted.x - s.seen.x, predicted.y - s.seen.y];
    });
  const knownAt = (p: readonly number[]): Lens => withIntrinsics(posedAt(p), known);
  const misses = (p: readonly number[]): number[] => {
    const apart = apartFor(lensOf(p));
    // Priors at 0.05 px of detection noise: k1 within 0.2, principal point within 1 % of the picture's width.
    return [...apart, (p[7]! / 0.2) * 0.05, (p[8]! / prior_px) * 0.05, (p[9]! / prior_px) * 0.05];
  };
  const fit = known
    ? refine((p) => apartFor(knownAt(p)), new Array<number>(6).fill(0), pose, 60)
    : refine(misses, new Array<number>(10).fill(0), [...pose, 1e-6, 1e-5, 1e-3, 1e-3], 60);
  const lens = known ? knownAt(fit.parameters) : lensOf(fit.parameters);
  const apart = fit.residuals.slice(0, 2 * sightings.length);
  const reprojection_px = Math.sqrt(sumOfSquares(apart) / sightings.length);
  const scale_mm_per_px = scaleAt(lens, middle);
  if (!Number.isFinite(reprojection_px) || !Number.isFinite(scale_mm_per_px)) {
    return err(fault("the fit did not converge"));
  }
  return ok({ lens, reprojection_px, scale_mm_per_px, uncertainty_mm: 2 * reprojection_px * scale_mm_per_px });
}

function withIntrinsics(lens: Lens, known: Intrinsics | null): Lens {
  if (known === null) return lens;
  const { focal_px, centre_px, k1, k2 } = known;
  return { ...lens, focal_px, centre_px, k1, k2 };
}

function linearStart(sightings: readonly Sighting[], centre: Pixel): Lens | null {
  // Pixels are scaled to about one, so that the normal equations stay well conditioned; p34 is fixed at 1.
  const scale = centre.x + centre.y;
  const [rows, right]: [number[][], number[]] = [[], []];
  for (const { at, seen } of sightings) {
    const [x, y, z] = [at.x / 100, at.y / 100, at.z / 100];
    const [u, v] = [(seen.x - centre.x) / scale, (seen.y - centre.y) / scale];
    rows.push([x, y, z, 1, 0, 0, 0, 0, -u * x, -u * y, -u * z], [0, 0, 0, 0, x, y, z, 1, -v * x, -v * y, -v * z]);
    right.push(u, v);
  }
  const p = leastSquares(rows, right);
  return p === null ? null : decompose(p, scale, centre);
}

function decompose(p: readonly number[], scale: number, centre: Pixel): Lens | null {
  const row = (i: number): Point3 => ({ x: p[i]! / 100, y: p[i + 1]! / 100, z: p[i + 2]! / 100 });
  const [m1, m2, m3] = [row(0), row(4), row(8)];
  const size = Math.hypot(m3.x, m3.y, m3.z);
  if (!(size > 0)) return null;
  const forward = shrink(m3, size);
  const a = shrink(m1, size);
  const b = shrink(m2, size);
  const focal = Math.sqrt(length(cross(a, forward)) * length(cross(b, forward)));
  const right = normalise(minusAlong(a, forward));
  const down = cross(forward, right);
  const t3 = 1 / size;
  const [t1, t2] = [(p[3]! / size - dot(a, forward) * t3) / focal, (p[7]! / size - dot(b, forward) * t3) / focal];
  return {
    rotation: [right, down, forward].flatMap((r) => [r.x, r.y, r.z]),
    translation: [t1, t2, t3],
    focal_px: focal * scale,
    centre_px: centre,
    k1: 0,
  };
}

const dot = (a: Point3, b: Point3): number => a.x * b.x + a.y * b.y + a.z * b.z;
const length = (a: Point3): number => Math.sqrt(dot(a, a));
const shrink = (a: Point3, by: number): Point3 => ({ x: a.x / by, y: a.y / by, z: a.z / by });
const normalise = (a: Point3): Point3 => shrink(a, length(a));
const minusAlong = (a: Point3, along: Point3): Point3 => {
  const d = dot(a, along);
  return { x: a.x - d * along.x, y: a.y - d * along.y, z: a.z - d * along.z };
};

function fault(what: string): Fault {
  return {
    code: "camera-calibration-failed",
    what: `The camera could not be calibrated: ${what}.`,
    remedy: "Clear the plate, clean the fiducials, check the lamp and the camera's mount, then calibrate again.",
  };
}
