/** What a lens does to a picture, from several pictures of a plane plate whose tags are known. */
import { err, ok, type Result } from "../../kernel/result.ts";
import { cross, type Lens, nudge, type Pixel, project, unit } from "../lens.ts";
import { inverseOf, solve, sumOfSquares } from "../linear.ts";
import { foldOf } from "./fold.ts";
import { mapOf, type PlaneMap } from "./homography.ts";
import type { PlatePoint } from "./plate.ts";

/** One picture: corners of the plate (millimetres) and where they were seen. */
export interface PlateView {
  /** What to call the picture where it does not fit. */
  readonly name: string;
  readonly pairs: readonly { readonly at: PlatePoint; readonly seen: Pixel }[];
}

/** What belongs to the camera alone, wherever it stands. */
export interface Intrinsics {
  readonly focal_px: number;
  readonly centre_px: Pixel;
  readonly k1: number;
  readonly k2: number;
}

export interface LensFit {
  readonly intrinsics: Intrinsics;
  /** Expanded uncertainty (k = 2), from the residuals and how the pictures were taken. */
  readonly uncertainty: { readonly focal_px: number; readonly centre_px: number; readonly corner_px: number };
  /** Of focal length, axis (x, y), k1 and k2 together, at one standard deviation: an error of one makes up for part of another's. */
  readonly covariance: readonly (readonly number[])[];
  /** Root mean square distance of a corner from where it should be, over all pictures that were used. */
  readonly reprojection_px: number;
  readonly used: readonly { readonly name: string; readonly corners: number; readonly reprojection_px: number }[];
  /** Pictures that do not fit the others. */
  readonly strange: readonly string[];
}

export const leastViews = 4;
/** Corners that a picture has to show: four tags. */
export const leastCorners = 16;
/** A focal length that is known no better than this share is not known. */
const mostFocalShare = 0.02;
/** A corner that fits no better than this on the average is no corner of this plate; in shares of the width, and never less than that of 1600 pixels. */
const worstReprojection = 1.5 / 1600;
/** A picture that fits so many times worse than the middle one is left out. */
const strangeness = 3;
/** A corner that lies so many times further off than the middle one is left out. */
const strayness = 5;
/** A picture of which a larger share of corners is left out does not fit as a whole. */
const mostStray = 0.25;
/** No corner is told better than this. */
const leastStray_px = 0.05;
const rounds = 40;

interface Posed {
  readonly view: PlateView;
  readonly pose: Pick<Lens, "rotation" | "translation">;
}

/**
 * Zhang's method (IEEE PAMI 22, 2000) for square pixels: focal length from the homographies, then everything by
 * Levenberg-Marquardt over focal length, principal point, k1, k2 and the pose of each picture, whose blocks are eliminated (Schur).
 */
export function fitLens(
  views: readonly PlateView[],
  size: { readonly width: number; readonly height: number },
): Result<LensFit, string> {
  const usable = views.filter(({ pairs }) => pairs.length >= leastCorners);
  if (usable.length < leastViews) {
    return err(
      `only ${usable.length} of ${views.length} pictures show four tags or more; ${leastViews} are needed, and 10 are better`,
    );
  }
  const first = fitted(usable, size);
  if (!first.ok) return first;
  const second = fitted(withoutStray(first.value), size);
  if (!second.ok) return second;
  const each = second.value.posed.map((posed) => ({ posed, rms: rmsOf(second.value.intrinsics, posed) }));
  const middle = middleOf(each.map(({ rms }) => rms));
  const isStrange = ({ posed, rms }: (typeof each)[number], k: number): boolean =>
    rms > strangeness * Math.max(middle, leastStray_px) ||
    posed.view.pairs.length < (1 - mostStray) * usable[k]!.pairs.length;
  const strange = each.filter(isStrange);
  const kept = each.filter((one, k) => !isStrange(one, k));
  if (strange.length === 0 || kept.length < leastViews) return resultOf(second.value, [], size);
  const last = fitted(
    kept.map(({ posed }) => posed.view),
    size,
  );
  const names = strange.map(({ posed }) => posed.view.name);
  return last.ok ? resultOf(last.value, names, size) : last;
}

/** The views without the corners that lie far off: half covered ones, or a glint on an edge. */
function withoutStray({ intrinsics, posed }: Fitted): PlateView[] {
  const off = posed.map((each) => distancesOf(missesOf(lensOf(intrinsics, each), each.view)));
  const most = strayness * Math.max(middleOf(off.flat()), leastStray_px);
  return posed.map(({ view }, k) => {
    const pairs = view.pairs.filter((_, i) => off[k]![i]! <= most);
    return pairs.length >= leastCorners ? { ...view, pairs } : view;
  });
}

function distancesOf(misses: readonly number[]): number[] {
  return Array.from({ length: misses.length / 2 }, (_, i) => Math.hypot(misses[2 * i]!, misses[2 * i + 1]!));
}

function middleOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

interface Fitted {
  readonly intrinsics: Intrinsics;
  readonly posed: readonly Posed[];
  /** Of focal length, centre and the two terms, for a residual of 1 px. */
  readonly covariance: readonly (readonly number[])[];
  readonly squares: number;
  readonly freedom: number;
}

function fitted(
  views: readonly PlateView[],
  size: { readonly width: number; readonly height: number },
): Result<Fitted, string> {
  const centre = { x: (size.width - 1) / 2, y: (size.height - 1) / 2 };
  const maps = views.map(({ pairs }) =>
    mapOf(
      pairs.map(({ at }) => at),
      pairs.map(({ seen }) => seen),
    ),
  );
  if (maps.some((map) => map === null)) return err("the tags of one picture lie in one line");
  const focal = focalOf(maps as PlaneMap[], centre, size.width);
  if (focal === null) return err(tilt);
  let intrinsics: Intrinsics = { focal_px: focal, centre_px: centre, k1: 0, k2: 0 };
  let posed = views.map((view, k): Posed => ({ view, pose: poseOf(maps[k]!, intrinsics) }));
  let [damping, squares] = [1e-3, squaresOf(intrinsics, posed)];
  for (let round = 0; round < rounds && damping < 1e9; round++) {
    const step = stepOf(intrinsics, posed, damping, size);
    if (step === null) return err(tilt);
    const next = {
      intrinsics: moved(intrinsics, step.common),
      posed: posed.map((each, k) => shifted(each, step.own[k]!)),
    };
    const left = squaresOf(next.intrinsics, next.posed);
    if (!(left < squares)) {
      damping *= 10;
      continue;
    }
    const gain = squares - left;
    ({ intrinsics, posed } = next);
    squares = left;
    damping /= 10;
    if (gain < 1e-9 * squares) break;
  }
  const covariance = stepOf(intrinsics, posed, 0, size)?.covariance ?? null;
  if (covariance === null) return err(tilt);
  const count = posed.reduce((sum, { view }) => sum + 2 * view.pairs.length, 0);
  return ok({ intrinsics, posed, covariance, squares, freedom: Math.max(1, count - 5 - 6 * posed.length) });
}

const tilt =
  "the plate was seen from nearly one direction: tilt it in some of the pictures, by 20 to 40 degrees to each side, nearer and farther";

function resultOf(
  { intrinsics, posed, covariance, squares, freedom }: Fitted,
  strange: readonly string[],
  size: { readonly width: number; readonly height: number },
): Result<LensFit, string> {
  const variance = squares / freedom;
  const spread = (k: number): number => 2 * Math.sqrt(Math.max(0, covariance[k]![k]! * variance));
  const corners = posed.reduce((sum, { view }) => sum + view.pairs.length, 0);
  const reprojection_px = Math.sqrt(squares / corners);
  const worst_px = worstReprojection * Math.max(1600, size.width);
  if (!(reprojection_px <= worst_px)) {
    return err(
      `the corners fit only to ${reprojection_px.toFixed(1)} px (limit ${worst_px.toFixed(1)}): the plate is bent, or another one`,
    );
  }
  const focal_px = spread(0);
  if (!(focal_px <= mostFocalShare * intrinsics.focal_px)) return err(tilt);
  const fold = foldOf(intrinsics, size);
  if (fold !== null) return err(`${fold}: bring the plate into the corners of the picture`);
  const used = posed.map((each) => ({
    ...{ name: each.view.name, corners: each.view.pairs.length, reprojection_px: rmsOf(intrinsics, each) },
  }));
  const uncertainty = {
    ...{ focal_px, centre_px: Math.max(spread(1), spread(2)) },
    corner_px: 2 * Math.sqrt(cornerVariance(intrinsics, covariance, size) * variance),
  };
  const shared = covariance.map((row) => row.map((v) => v * variance));
  return ok({ intrinsics, uncertainty, covariance: shared, reprojection_px, used, strange });
}

/** The variance of distortion at the picture's corner that comes of k1 and k2, in pixels, for a residual of 1 px. */
function cornerVariance(
  { focal_px }: Intrinsics,
  covariance: readonly (readonly number[])[],
  { width, height }: { readonly width: number; readonly height: number },
): number {
  const r = Math.hypot(width, height) / 2 / focal_px;
  const by = [focal_px * r ** 3, focal_px * r ** 5];
  let sum = 0;
  for (const i of [0, 1]) for (const k of [0, 1]) sum += by[i]! * by[k]! * covariance[3 + i]![3 + k]!;
  return Math.max(0, sum);
}

/** The focal length that makes the plate's axes square to each other and equally long in every picture; null where no picture tells. */
function focalOf(maps: readonly PlaneMap[], centre: Pixel, width: number): number | null {
  let [pq, pp] = [0, 0];
  for (const h of maps) {
    const scale = 1 / Math.hypot(h[0]!, h[3]!);
    const a = [(h[0]! - centre.x * h[6]!) * scale, (h[3]! - centre.y * h[6]!) * scale, h[6]! * scale * width];
    const b = [(h[1]! - centre.x * h[7]!) * scale, (h[4]! - centre.y * h[7]!) * scale, h[7]! * scale * width];
    for (const [p, q] of [
      [a[0]! * b[0]! + a[1]! * b[1]!, a[2]! * b[2]!],
      [a[0]! ** 2 + a[1]! ** 2 - b[0]! ** 2 - b[1]! ** 2, a[2]! ** 2 - b[2]! ** 2],
    ] as const) {
      // w p + q = 0 with w = (width / focal)²; weighted by q, without which p is only noise.
      pq -= p * q;
      pp += q * q;
    }
  }
  const square = pq / pp;
  return pp > 1e-8 && square > 0.04 && square < 1000 ? width * Math.sqrt(square) : null;
}

/** Where the plate lay in this picture, roughly, through a lens that is known; null where its tags lie in one line. */
export function posedBy({ pairs }: PlateView, lens: Intrinsics): Pick<Lens, "rotation" | "translation"> | null {
  const map = mapOf(
    pairs.map(({ at }) => at),
    pairs.map(({ seen }) => seen),
  );
  return map === null ? null : poseOf(map, lens);
}

/** Where the plate lay, from its homography. */
function poseOf(h: PlaneMap, { focal_px: f, centre_px: c }: Intrinsics): Posed["pose"] {
  const ray = (x: number, y: number, w: number) => ({ x: (x - c.x * w) / f, y: (y - c.y * w) / f, z: w });
  const [a, b, t] = [ray(h[0]!, h[3]!, h[6]!), ray(h[1]!, h[4]!, h[7]!), ray(h[2]!, h[5]!, h[8]!)];
  const size = (Math.hypot(a.x, a.y, a.z) + Math.hypot(b.x, b.y, b.z)) / 2;
  const s = (t.z < 0 ? -1 : 1) / size;
  const first = unit({ x: a.x * s, y: a.y * s, z: a.z * s });
  const third = unit(cross(first, { x: b.x * s, y: b.y * s, z: b.z * s }));
  const second = cross(third, first);
  return {
    rotation: [first.x, second.x, third.x, first.y, second.y, third.y, first.z, second.z, third.z],
    translation: [t.x * s, t.y * s, t.z * s],
  };
}

function lensOf({ focal_px, centre_px, k1, k2 }: Intrinsics, { pose }: Posed): Lens {
  return { ...pose, focal_px, centre_px, k1, k2 };
}

function missesOf(lens: Lens, { pairs }: PlateView): number[] {
  return pairs.flatMap(({ at, seen }) => {
    const { x, y } = project(lens, { x: at.x, y: at.y, z: 0 });
    return [x - seen.x, y - seen.y];
  });
}

function squaresOf(intrinsics: Intrinsics, posed: readonly Posed[]): number {
  return posed.reduce((sum, each) => sum + sumOfSquares(missesOf(lensOf(intrinsics, each), each.view)), 0);
}

function rmsOf(intrinsics: Intrinsics, each: Posed): number {
  return Math.sqrt(squaresOf(intrinsics, [each]) / each.view.pairs.length);
}

/** The five that all pictures share: shares of the focal length, pixels, and the two terms. */
function moved({ focal_px, centre_px, k1, k2 }: Intrinsics, by: readonly number[]): Intrinsics {
  const centre = { x: centre_px.x + by[1]!, y: centre_px.y + by[2]! };
  return { focal_px: focal_px + by[0]!, centre_px: centre, k1: k1 + by[3]!, k2: k2 + by[4]! };
}

/** The six of one picture: a turn (radians) and a shift (millimetres) in the camera's axes. */
function shifted(each: Posed, by: readonly number[]): Posed {
  const lens = { ...each.pose, focal_px: 1, centre_px: { x: 0, y: 0 }, k1: 0 };
  const { rotation, translation } = nudge(lens, [by[0]!, by[1]!, by[2]!], [by[3]!, by[4]!, by[5]!]);
  return { ...each, pose: { rotation, translation } };
}

/** Steps of the numeric derivatives. */
const commonSteps = [1e-2, 1e-2, 1e-2, 1e-5, 1e-5];
const ownSteps = [1e-6, 1e-6, 1e-6, 1e-4, 1e-4, 1e-4];

interface Step {
  readonly common: readonly number[];
  readonly own: readonly (readonly number[])[];
  /** Inverse of the reduced normal matrix of what is common. */
  readonly covariance: readonly (readonly number[])[];
}

/** One damped step: the pictures' own unknowns are eliminated, the common ones solved, and those of each picture put back. */
function stepOf(
  intrinsics: Intrinsics,
  posed: readonly Posed[],
  damping: number,
  size: { readonly width: number },
): Step | null {
  const n = commonSteps.length;
  const reduced = square(n);
  const right = new Array<number>(n).fill(0);
  const blocks: { readonly mixed: number[][]; readonly inverse: number[][]; readonly own: number[] }[] = [];
  for (const each of posed) {
    const lens = lensOf(intrinsics, each);
    const misses = missesOf(lens, each.view);
    const changeBy = (other: Lens, step: number) =>
      missesOf(other, each.view).map((miss, k) => (miss - misses[k]!) / step);
    const common = commonSteps.map((step, k) => {
      const by = commonSteps.map((_, i) => (i === k ? step : 0));
      return changeBy(lensOf(moved(intrinsics, by), each), step);
    });
    const own = ownSteps.map((step, k) => {
      const by = ownSteps.map((_, i) => (i === k ? step : 0));
      return changeBy(lensOf(intrinsics, shifted(each, by)), step);
    });
    const inverse = inverseOf(damped(products(own, own), damping));
    if (inverse === null) return null;
    const [shared, mixed] = [damped(products(common, common), damping), products(common, own)];
    const [gCommon, gOwn] = [common.map((column) => dot(column, misses)), own.map((column) => dot(column, misses))];
    const folded = times(mixed, inverse);
    for (let i = 0; i < n; i++) {
      right[i]! += gCommon[i]! - dot(folded[i]!, gOwn);
      for (let k = 0; k < n; k++) reduced[i]![k]! += shared[i]![k]! - dot(folded[i]!, mixed[k]!);
    }
    blocks.push({ mixed, inverse, own: gOwn });
  }
  // The principal point of a lens lies near the middle: a share of the width keeps it there where the pictures say little.
  for (const k of [1, 2]) reduced[k]![k]! += (4 / size.width) ** 2;
  const solved = solve(reduced, right);
  const covariance = inverseOf(reduced);
  if (solved === null || covariance === null) return null;
  const common = solved.map((v) => -v);
  const back = blocks.map(({ mixed, inverse, own }) => {
    const rest = own.map((g, k) => g + mixed.reduce((sum, row, i) => sum + row[k]! * common[i]!, 0));
    return inverse.map((row) => -dot(row, rest));
  });
  return { common, own: back, covariance };
}

const square = (n: number): number[][] => Array.from({ length: n }, () => new Array<number>(n).fill(0));
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, k) => sum + v * b[k]!, 0);
const products = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] =>
  a.map((x) => b.map((y) => dot(x, y)));
const damped = (a: readonly (readonly number[])[], damping: number): number[][] =>
  a.map((row, i) => row.map((v, k) => (i === k ? v * (1 + damping) + 1e-18 : v)));

function times(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] {
  return a.map((row) => b[0]!.map((_, k) => row.reduce((sum, v, i) => sum + v * b[i]![k]!, 0)));
}
