/** Where a camera stands, from one picture of the plate laid on the bed in a known way; and whether the fiducials say the same. */
import { err, ok, type Result } from "../../kernel/result.ts";
import { type Fiducial, ringCentre } from "../fiducials.ts";
import { eyeOf, type Lens, nudge, type Pixel, type Point3, project, scaleAt } from "../lens.ts";
import { refine, sumOfSquares } from "../linear.ts";
import { type Intrinsics, leastCorners, type PlateView, posedBy } from "./fit-lens.ts";
import type { PlateLayout, PlatePoint } from "./plate.ts";

/** How the sheet lies: where on the bed its lower left corner is, and how far it is turned about that corner, counter-clockwise. */
export interface Laid {
  readonly x_mm: number;
  readonly y_mm: number;
  readonly turn: 0 | 90 | 180 | 270;
  /** Height of its printed side above the plate's zero. */
  readonly z_mm: number;
  /** How well it was laid (k = 2). */
  readonly within_mm: number;
}

export interface BedPose {
  readonly lens: Lens;
  readonly reprojection_px: number;
  readonly scale_mm_per_px: number;
  /** Expanded uncertainty (k = 2) of a place on the bed: of the fit, of the lens, and of how the sheet was laid. */
  readonly uncertainty_mm: number;
}

/** Corners that fit no better than this are no corners of a flat sheet. */
const worstReprojection_px = 1;

/** Where a point of the sheet lies on the bed. */
export function onBed(p: PlatePoint, { width_mm, height_mm }: PlateLayout, { x_mm, y_mm, turn, z_mm }: Laid): Point3 {
  const [u, v] = [p.x + width_mm / 2, p.y + height_mm / 2];
  const [x, y] = { 0: [u, v], 90: [-v, u], 180: [-u, -v], 270: [v, -u] }[turn] as [number, number];
  return { x: x_mm + x, y: y_mm + y, z: z_mm };
}

/** Fits the camera's place to the sheet's corners; the lens is known (`ofLens_mm`: how well, on the bed). An error in words where the picture does not tell. */
export function poseOnBed(
  view: PlateView,
  layout: PlateLayout,
  laid: Laid,
  lens: Intrinsics,
  ofLens_mm: (scale_mm_per_px: number) => number = () => 0,
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
  if (!(reprojection_px <= worstReprojection_px)) {
    return err(
      `the corners fit only to ${reprojection_px.toFixed(2)} px (limit ${worstReprojection_px}): the sheet is not flat, or the lens is another one`,
    );
  }
  if (!(eyeOf(posed).z > laid.z_mm)) return err("the plate would be seen from below");
  const scale_mm_per_px = scaleAt(posed, middleOf(bed));
  // Six unknowns share what 2 n coordinates say of them.
  const ofFit_mm = 2 * reprojection_px * scale_mm_per_px * Math.sqrt(6 / (2 * bed.length));
  const uncertainty_mm = Math.hypot(ofFit_mm, ofLens_mm(scale_mm_per_px), laid.within_mm);
  return ok({ lens: posed, reprojection_px, scale_mm_per_px, uncertainty_mm });
}

const apart = (a: Pixel, b: Pixel): readonly number[] => [a.x - b.x, a.y - b.y];
const middleOf = (points: readonly Point3[]): Point3 => {
  const mean = (of: (p: Point3) => number) => points.reduce((sum, p) => sum + of(p), 0) / points.length;
  return { x: mean((p) => p.x), y: mean((p) => p.y), z: mean((p) => p.z) };
};

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

/** By how much two cameras disagree about a place of the bed, at most over its corners and its middle, in millimetres. */
export function disagreement(
  one: Lens,
  other: Lens,
  {
    x0_mm,
    x1_mm,
    y0_mm,
    y1_mm,
  }: { readonly x0_mm: number; readonly x1_mm: number; readonly y0_mm: number; readonly y1_mm: number },
): number {
  const places = [
    [x0_mm, y0_mm],
    [x1_mm, y0_mm],
    [x0_mm, y1_mm],
    [x1_mm, y1_mm],
    [(x0_mm + x1_mm) / 2, (y0_mm + y1_mm) / 2],
  ] as const;
  return places.reduce((most, [x, y]) => {
    const at = { x, y, z: 0 };
    return Math.max(most, Math.hypot(...apart(project(one, at), project(other, at))) * scaleAt(one, at));
  }, 0);
}

/** Where a fiducial's ring really stands, at the height that it is said to have; null where that plane is not seen so. */
export function placeOf({ at }: Fiducial, seen: Pixel, radius_mm: number, lens: Lens): Point3 | null {
  const misses = (p: readonly number[]): number[] => [
    ...apart(ringCentre(lens, { ...at, x: at.x + p[0]!, y: at.y + p[1]! }, radius_mm), seen),
  ];
  const fit = refine(misses, [0, 0], [1e-3, 1e-3], 40);
  const [x, y] = [at.x + fit.parameters[0]!, at.y + fit.parameters[1]!];
  return sumOfSquares(fit.residuals) < 1e-4 && Number.isFinite(x) && Number.isFinite(y) ? { ...at, x, y } : null;
}
