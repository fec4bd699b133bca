/** Where a camera stands, from one picture of the plate laid on the bed in a known way, and how well that is known at each place. */
import { err, ok, type Result } from "../../kernel/result.ts";
import { type Fiducial, ringCentre } from "../fiducials.ts";
import { eyeOf, type Lens, nudge, type Pixel, type Point3, project, scaleAt } from "../lens.ts";
import { refine, sumOfSquares } from "../linear.ts";
import { type Intrinsics, leastCorners, type PlateView, posedBy } from "./fit-lens.ts";
import type { PlateLayout, PlatePoint } from "./plate.ts";
import { lensSpread_px, sightingSpread_px } from "./spread.ts";

/** How the sheet lies: where on the bed its lower left corner is, and how far it is turned about that corner, counter-clockwise. */
export interface Laid {
  readonly x_mm: number;
  readonly y_mm: number;
  readonly turn: 0 | 90 | 180 | 270;
  /** Height of its printed side above the plate's zero. */
  readonly z_mm: number;
  /** Within so much of where it is said its corners lie (k = 2). */
  readonly within_mm: number;
}

export interface BedPose {
  readonly lens: Lens;
  readonly reprojection_px: number;
  /** Expanded uncertainty (k = 2) of a place of the machine: of the fit, of the lens, and of how the sheet was laid. */
  readonly knownTo_mm: (at: Point3) => number;
  /** The same at the worst of the sheet's corners. */
  readonly uncertainty_mm: number;
}

/**
 * Corners that fit no better than this are no corners of a flat sheet: paper lies flat to a tenth of a millimetre, and a corner is found to
 * a pixel. A camera of more pixels sees the same paper in more of them.
 */
const worstFit = { mm: 0.1, px: 1 } as const;

/** Where a point of the sheet lies on the bed. */
export function onBed(p: PlatePoint, { width_mm, height_mm }: PlateLayout, { x_mm, y_mm, turn, z_mm }: Laid): Point3 {
  const [u, v] = [p.x + width_mm / 2, p.y + height_mm / 2];
  const [x, y] = { 0: [u, v], 90: [-v, u], 180: [-u, -v], 270: [v, -u] }[turn] as [number, number];
  return { x: x_mm + x, y: y_mm + y, z: z_mm };
}

/** Fits the camera's place to the sheet's corners; the lens is known (`covariance`: how well). An error in words where the picture does not tell. */
export function poseOnBed(
  view: PlateView,
  layout: PlateLayout,
  laid: Laid,
  lens: Intrinsics,
  covariance: readonly (readonly number[])[] | null = null,
): Result<BedPose, string> {
  if (view.pairs.length < leastCorners) {
    return err(`only ${view.pairs.length / 4} of the plate's tags are seen; ${leastCorners / 4} are needed`);
  }
  const start = posedBy(view, lens);
  if (start === null) return err("the tags that are seen lie in one line");
  const { focal_px, centre_px, k1, k2 } = lens;
  const [bed, seen] = [view.pairs.map(({ at }) => onBed(at, layout, laid)), view.pairs.map((pair) => pair.seen)];
  // The homography's pose is of the sheet's own axes: its origin and turn on the bed are put before it.
  const first = { ...onTo(start, layout, laid), focal_px, centre_px, k1, k2 };
  const lensOf = (p: readonly number[]): Lens => nudge(first, [p[0]!, p[1]!, p[2]!], [p[3]!, p[4]!, p[5]!]);
  const misses = (p: readonly number[]): number[] => {
    const at = lensOf(p);
    return bed.flatMap((point, k) => apart(project(at, point), seen[k]!));
  };
  const fit = refine(misses, [0, 0, 0, 0, 0, 0], [1e-6, 1e-6, 1e-6, 1e-4, 1e-4, 1e-4], 60);
  const posed = lensOf(fit.parameters);
  const reprojection_px = Math.sqrt(sumOfSquares(fit.residuals) / bed.length);
  const worst_px = Math.max(worstFit.px, worstFit.mm / scaleAt(posed, onBed({ x: 0, y: 0 }, layout, laid)));
  if (!(reprojection_px <= worst_px)) {
    return err(
      `the corners fit only to ${reprojection_px.toFixed(2)} px (limit ${worst_px.toFixed(2)}): the sheet is not flat, or the lens is another one`,
    );
  }
  if (!(eyeOf(posed).z > laid.z_mm)) return err("the plate would be seen from below");
  const knownTo_mm = knownTo(posed, bed, fit.residuals, covariance, layout, laid);
  const corners = cornersOn(layout, laid);
  return ok({ lens: posed, reprojection_px, knownTo_mm, uncertainty_mm: Math.max(...corners.map(knownTo_mm)) });
}

function knownTo(
  lens: Lens,
  bed: readonly Point3[],
  residuals: readonly number[],
  covariance: readonly (readonly number[])[] | null,
  layout: PlateLayout,
  laid: Laid,
): (at: Point3) => number {
  const scatter_px = Math.sqrt(sumOfSquares(residuals) / (residuals.length - 6));
  const ofSightings = sightingSpread_px(lens, bed, scatter_px);
  const ofLens = covariance === null ? () => 0 : lensSpread_px(lens, bed, covariance);
  const [a, , c] = cornersOn(layout, laid) as [Point3, Point3, Point3, Point3];
  const [x, y, long] = [(a.x + c.x) / 2, (a.y + c.y) / 2, Math.hypot(a.x - c.x, a.y - c.y)];
  return (at) => {
    // At the sheet's corners it is what was said, half of its square shift and half turn; less in the middle, more beyond.
    const ofLaying = laid.within_mm * Math.sqrt(0.5 + 2 * (Math.hypot(at.x - x, at.y - y) / long) ** 2);
    return Math.hypot(2 * Math.hypot(ofSightings(at), ofLens(at)) * scaleAt(lens, at), ofLaying);
  };
}

/** The sheet's own corners on the bed, round about. */
function cornersOn(layout: PlateLayout, laid: Laid): Point3[] {
  const [w, h] = [layout.width_mm / 2, layout.height_mm / 2];
  const all = [
    { x: -w, y: -h },
    { x: w, y: -h },
    { x: w, y: h },
    { x: -w, y: h },
  ];
  return all.map((p) => onBed(p, layout, laid));
}

const apart = (a: Pixel, b: Pixel): readonly number[] => [a.x - b.x, a.y - b.y];
/** From the camera before the sheet to the camera before the bed. */
function onTo(
  { rotation: r, translation: t }: Pick<Lens, "rotation" | "translation">,
  layout: PlateLayout,
  laid: Laid,
): Pick<Lens, "rotation" | "translation"> {
  const zero = onBed({ x: 0, y: 0 }, layout, laid);
  const [right, up] = [
    { x: 1, y: 0 },
    { x: 0, y: 1 },
  ].map((p) => {
    const at = onBed(p, layout, laid);
    return { x: at.x - zero.x, y: at.y - zero.y };
  });
  // A bed point b is the sheet's point Q (b - zero), Q with the sheet's axes as rows; the z axes are the same.
  const q = [right!.x, right!.y, 0, up!.x, up!.y, 0, 0, 0, 1];
  const rotation = Array.from({ length: 9 }, (_, i) => {
    const [row, column] = [Math.floor(i / 3) * 3, i % 3];
    return r[row]! * q[column]! + r[row + 1]! * q[column + 3]! + r[row + 2]! * q[column + 6]!;
  });
  const moved = (row: number): number =>
    t[row]! - (rotation[3 * row]! * zero.x + rotation[3 * row + 1]! * zero.y + rotation[3 * row + 2]! * zero.z);
  return { rotation, translation: [moved(0), moved(1), moved(2)] };
}

/** The place at this height that the camera sees at a pixel, looked for from `near`; null where it sees none there. */
export function groundOf(lens: Lens, seen: Pixel, near: Point3): Point3 | null {
  return sought(near, (at) => apart(project(lens, at), seen));
}

/** Where a fiducial's ring really stands, at the height that it is said to have; null where that plane is not seen so. */
export function placeOf({ at }: Fiducial, seen: Pixel, radius_mm: number, lens: Lens): Point3 | null {
  return sought(at, (there) => apart(ringCentre(lens, there, radius_mm), seen));
}

function sought(from: Point3, missesAt: (at: Point3) => readonly number[]): Point3 | null {
  const there = (p: readonly number[]): Point3 => ({ ...from, x: from.x + p[0]!, y: from.y + p[1]! });
  const fit = refine((p) => [...missesAt(there(p))], [0, 0], [1e-3, 1e-3], 40);
  const at = there(fit.parameters);
  return sumOfSquares(fit.residuals) < 1e-4 && Number.isFinite(at.x + at.y) ? at : null;
}
