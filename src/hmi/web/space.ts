/** A build seen from the side: millimetres and layers to a flat picture that can be turned about its upright axis. Pure. */
import type { PlacedFinding } from "../api-layers.ts";

/** What is drawn: the ground on which findings lie, in millimetres, and how many layers stand on it. */
export interface Space {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
  readonly layers: number;
}

export type Spot = readonly [x: number, y: number];

/** Where something lies in the picture. */
export type Project = (x_mm: number, y_mm: number, layer: number) => Spot;

export const wide = 800;
export const high = 400;

const margin = 34;
/** The least side of the ground, so that a lone finding has some around it. */
const least_mm = 20;
/** How far the ground is tilted towards the eye: its depth is so much of its breadth. */
const tilt = 0.34;

/** The ground that all findings need, with some room around them. */
export function spaceOf(findings: readonly PlacedFinding[], planned: number): Space {
  const range = (from: readonly number[], to: readonly number[]): Spot => {
    const [low, top] = [Math.min(...from), Math.max(...to)];
    const [middle, half] = [(low + top) / 2, Math.max(least_mm, (top - low) * 1.1) / 2];
    return [middle - half, middle + half];
  };
  const boxes = findings.map(({ box }) => box);
  if (boxes.length === 0) return { x0: 0, x1: least_mm, y0: 0, y1: least_mm, layers: planned };
  const [x0, x1] = range(
    boxes.map(({ x_mm }) => x_mm),
    boxes.map(({ x_mm, w_mm }) => x_mm + w_mm),
  );
  const [y0, y1] = range(
    boxes.map(({ y_mm }) => y_mm),
    boxes.map(({ y_mm, h_mm }) => y_mm + h_mm),
  );
  return { x0, x1, y0, y1, layers: Math.max(planned, ...findings.map(({ layer }) => layer)) };
}

/** Parallel projection; y grows away from the eye at 0 degrees, layers grow upwards. Everything in the space is in the picture. */
export function projectionOf({ x0, x1, y0, y1, layers }: Space, degrees: number): Project {
  const turn = (degrees * Math.PI) / 180;
  const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
  const reach = Math.hypot(x1 - x0, y1 - y0) / 2;
  const scale = Math.min((wide / 2 - margin) / reach, (high * 0.19) / (reach * tilt));
  const depth = reach * scale * tilt;
  const rise = (high - 2 * margin - 2 * depth) / Math.max(1, layers - 1);
  return (x_mm, y_mm, layer) => {
    const [x, y] = [x_mm - (x0 + x1) / 2, y_mm - (y0 + y1) / 2];
    const [across, away] = [x * cos - y * sin, x * sin + y * cos];
    return [wide / 2 + across * scale, high - margin - depth - away * scale * tilt - (layer - 1) * rise];
  };
}

/** The middle of a finding. */
export function middleOf({ box, layer }: PlacedFinding, project: Project): Spot {
  return project(box.x_mm + box.w_mm / 2, box.y_mm + box.h_mm / 2, layer);
}

/** The corners of a finding's box, flat in its layer. */
export function cornersOf({ box, layer }: PlacedFinding, project: Project): Spot[] {
  const [x, y, right, back] = [box.x_mm, box.y_mm, box.x_mm + box.w_mm, box.y_mm + box.h_mm];
  return [project(x, y, layer), project(right, y, layer), project(right, back, layer), project(x, back, layer)];
}

/** Position of the finding that lies nearest to a spot, within a finger's breadth; null where none does. */
export function nearest(
  findings: readonly PlacedFinding[],
  project: Project,
  spot: Spot,
  within: number,
): number | null {
  let [best, least]: [number | null, number] = [null, within];
  for (const [at, each] of findings.entries()) {
    const [x, y] = middleOf(each, project);
    const far = Math.hypot(x - spot[0], y - spot[1]);
    if (far <= least) [best, least] = [at, far];
  }
  return best;
}
