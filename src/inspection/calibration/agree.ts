/** Whether two calibrations of one camera put places of the bed where the other does; where not, what they disagree about. */
import { type Lens, type Point3, project } from "../lens.ts";
import { type BedPose, groundOf } from "./bed-pose.ts";

/** The part of the bed that counts. */
export interface Ground {
  readonly x0_mm: number;
  readonly x1_mm: number;
  readonly y0_mm: number;
  readonly y1_mm: number;
}

export interface Agreement {
  readonly agrees: boolean;
  /** At the place where they are farthest apart for what is allowed there. */
  readonly off_mm: number;
  readonly allowed_mm: number;
  /** What the set-up says of the sheet that was laid: it lies so much farther to the right and to the back, turned (degrees, counter-clockwise), and is so many times as large. */
  readonly moved: { readonly x_mm: number; readonly y_mm: number; readonly turn_deg: number; readonly scale: number };
  /** Which of these is more than is allowed. */
  readonly wrong: readonly ("place" | "turn" | "size" | "shape")[];
}

/**
 * Compares a pose by the plate with a camera's set-up, whose places are known to `knownTo_mm`, at the corners and the
 * middle of the ground; null where the set-up's camera does not see the same ground at all.
 */
export function compare(pose: BedPose, setup: Lens, knownTo_mm: number, ground: Ground): Agreement | null {
  const places = placesOf(ground);
  const there = places.map((at) => groundOf(setup, project(pose.lens, at), at));
  if (!there.every((at) => at !== null)) return null;
  const allowed = places.map((at) => Math.hypot(pose.knownTo_mm(at), knownTo_mm));
  const off = places.map((at, k) => apart(at, there[k]!));
  const worst = off.reduce((most, v, k) => (v / allowed[k]! > off[most]! / allowed[most]! ? k : most), 0);
  const agrees = off[worst]! <= allowed[worst]!;
  const fit = similar(places, there);
  const moved = { x_mm: fit.x, y_mm: fit.y, turn_deg: (fit.angle * 180) / Math.PI, scale: fit.scale };
  return {
    ...{ agrees, off_mm: off[worst]!, allowed_mm: allowed[worst]!, moved },
    wrong: agrees ? [] : wrongOf(places, there, fit, Math.min(...allowed)),
  };
}

/** What by itself would be more than is allowed; where nothing is, all of it together. */
function wrongOf(
  places: readonly Point3[],
  there: readonly Point3[],
  { x, y, angle, scale }: Similarity,
  allowed: number,
): Agreement["wrong"] {
  const middle = middleOf(places);
  const reach = Math.max(...places.map((at) => apart(at, middle)));
  const rest = places.map((at, k) => {
    const [u, v] = [at.x - middle.x, at.y - middle.y];
    const [c, s] = [scale * Math.cos(angle), scale * Math.sin(angle)];
    return apart({ x: middle.x + x + c * u - s * v, y: middle.y + y + s * u + c * v }, there[k]!);
  });
  const sizes = {
    place: Math.hypot(x, y),
    turn: Math.abs(angle) * reach,
    size: Math.abs(scale - 1) * reach,
    shape: Math.max(...rest),
  };
  const all = ["place", "turn", "size", "shape"] as const;
  const beyond = all.filter((each) => sizes[each] > allowed);
  return beyond.length > 0 ? beyond : [all.reduce((most, each) => (sizes[each] > sizes[most] ? each : most))];
}

function placesOf({ x0_mm: x0, x1_mm: x1, y0_mm: y0, y1_mm: y1 }: Ground): Point3[] {
  const flat = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
    [(x0 + x1) / 2, (y0 + y1) / 2],
  ] as const;
  return flat.map(([x, y]) => ({ x, y, z: 0 }));
}

interface Similarity {
  /** Of the middle. */
  readonly x: number;
  readonly y: number;
  readonly angle: number;
  readonly scale: number;
}

/** The shift, turn and scale about their middle that bring places nearest to others (least squares). */
function similar(from: readonly Point3[], to: readonly Point3[]): Similarity {
  const [a, b] = [middleOf(from), middleOf(to)];
  let [along, across, size] = [0, 0, 0];
  for (const [k, p] of from.entries()) {
    const [u, v] = [p.x - a.x, p.y - a.y];
    const [s, t] = [to[k]!.x - b.x, to[k]!.y - b.y];
    along += u * s + v * t;
    across += u * t - v * s;
    size += u * u + v * v;
  }
  return { x: b.x - a.x, y: b.y - a.y, angle: Math.atan2(across, along), scale: Math.hypot(along, across) / size };
}

function middleOf(points: readonly Point3[]): { readonly x: number; readonly y: number } {
  const mean = (of: (p: Point3) => number): number => points.reduce((sum, p) => sum + of(p), 0) / points.length;
  return { x: mean((p) => p.x), y: mean((p) => p.y) };
}

const apart = (a: { readonly x: number; readonly y: number }, b: { readonly x: number; readonly y: number }): number =>
  Math.hypot(a.x - b.x, a.y - b.y);
