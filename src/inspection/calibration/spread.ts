/** How far a place may lie from where a fitted camera puts it: what sightings and lens leave open, in pixels. */
import { type Lens, nudge, type Point3, project } from "../lens.ts";
import { inverseOf, numericJacobian } from "../linear.ts";

/** Steps of the numeric derivatives: turn (radians) and shift (millimetres); focal length and axis (pixels), k1, k2. */
const poseSteps = [1e-6, 1e-6, 1e-6, 1e-4, 1e-4, 1e-4];
const lensSteps = [1e-2, 1e-2, 1e-2, 1e-5, 1e-5];

type Matrix = readonly (readonly number[])[];

/**
 * What errors of the lens (covariance of focal length, axis, k1, k2) leave of a place, as one standard deviation of its
 * distance in the picture, once the pose was fitted to the points: it takes up a part of every error.
 */
export function lensSpread_px(lens: Lens, fittedTo: readonly Point3[], covariance: Matrix): (at: Point3) => number {
  const open = openOf(lens, fittedTo);
  if (open === null) return () => Number.POSITIVE_INFINITY;
  const taken = times(open.pull, lensJacobian(lens, fittedTo));
  return (at) => {
    const [own, byPose] = [lensJacobian(lens, [at]), times(poseJacobian(lens, [at]), taken)];
    const left = own.map((row, i) => row.map((v, k) => v - byPose[i]![k]!));
    return Math.sqrt(traceThrough(left, covariance));
  };
}

/** What the scatter of the sightings (standard deviation of one coordinate) leaves of a place, once the pose was fitted to the points. */
export function sightingSpread_px(lens: Lens, fittedTo: readonly Point3[], scatter_px: number): (at: Point3) => number {
  const open = openOf(lens, fittedTo);
  if (open === null) return () => Number.POSITIVE_INFINITY;
  return (at) => scatter_px * Math.sqrt(traceThrough(poseJacobian(lens, [at]), open.inverse));
}

/** The inverse of the pose's normal matrix, and what takes sightings to the pose; null where they do not determine it. */
function openOf(lens: Lens, points: readonly Point3[]): { readonly inverse: Matrix; readonly pull: Matrix } | null {
  const jacobian = poseJacobian(lens, points);
  const turned = poseSteps.map((_, k) => jacobian.map((row) => row[k]!));
  const inverse = inverseOf(times(turned, jacobian));
  return inverse === null ? null : { inverse, pull: times(inverse, turned) };
}

function poseJacobian(lens: Lens, points: readonly Point3[]): Matrix {
  const seenBy = (p: readonly number[]): number[] =>
    seen(nudge(lens, [p[0]!, p[1]!, p[2]!], [p[3]!, p[4]!, p[5]!]), points);
  return jacobianAt(seenBy, poseSteps);
}

function lensJacobian(lens: Lens, points: readonly Point3[]): Matrix {
  const seenBy = ([f, x, y, k1, k2]: readonly number[]): number[] => {
    const centre_px = { x: lens.centre_px.x + x!, y: lens.centre_px.y + y! };
    const terms = { k1: lens.k1 + k1!, k2: (lens.k2 ?? 0) + k2! };
    return seen({ ...lens, focal_px: lens.focal_px + f!, centre_px, ...terms }, points);
  };
  return jacobianAt(seenBy, lensSteps);
}

function jacobianAt(seenBy: (p: readonly number[]) => number[], steps: readonly number[]): Matrix {
  const here = steps.map(() => 0);
  return numericJacobian(seenBy, here, seenBy(here), steps);
}

function seen(lens: Lens, points: readonly Point3[]): number[] {
  return points.flatMap((at) => {
    const { x, y } = project(lens, at);
    return [x, y];
  });
}

/** The trace of j c jᵀ. */
function traceThrough(j: Matrix, c: Matrix): number {
  const sums = j.map((row) =>
    row.reduce((sum, a, i) => sum + row.reduce((own, b, k) => own + a * c[i]![k]! * b, 0), 0),
  );
  return Math.max(
    0,
    sums.reduce((sum, v) => sum + v, 0),
  );
}

function times(a: Matrix, b: Matrix): number[][] {
  return a.map((row) => b[0]!.map((_, k) => row.reduce((sum, v, i) => sum + v * b[i]![k]!, 0)));
}
