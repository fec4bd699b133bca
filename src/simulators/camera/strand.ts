/** Draws deposited beads: elliptic cylinders with rounded ends, met exactly by each pixel's ray. */
import { type GBuffer, grown, material, type Rect, union } from "./gbuffer.ts";
import { project } from "./pinhole.ts";
import { hash, noise1, noise2 } from "./random.ts";
import { beadStride, type ForeignObject } from "./scene.ts";

/** A bead as the ray test wants it. */
interface Strand {
  /** Start of the axis relative to the pinhole. */
  readonly qx: number;
  readonly qy: number;
  readonly qz: number;
  /** Horizontal direction, length, and rise a millimetre. */
  readonly ux: number;
  readonly uy: number;
  readonly length: number;
  readonly slope: number;
  /** Half axes of the section. */
  readonly w: number;
  readonly h: number;
  /** Start in bench coordinates and a number that makes this strand's texture its own. */
  readonly x0: number;
  readonly y0: number;
  readonly seed: number;
  readonly material: number;
  /** Which bead each pixel shows, for those who want to know. */
  readonly owners: Int32Array | null;
}

/**
 * Draws bead `index` of `data`; returns the pixels it can touch, or null when it is out of view. Where `owners` is
 * given, the index is written to each pixel that shows the bead.
 */
export function drawBead(g: GBuffer, data: Float32Array, index: number, owners: Int32Array | null = null): Rect | null {
  const at = index * beadStride;
  const w = Math.max(0.02, data[at + 6]! / 2);
  const h = Math.max(0.01, data[at + 7]! / 2);
  const dx = data[at + 3]! - data[at]!;
  const dy = data[at + 4]! - data[at + 1]!;
  const length = Math.hypot(dx, dy);
  const { centre } = g.rays;
  return drawStrand(g, {
    qx: centre[0] - data[at]!,
    qy: centre[1] - data[at + 1]!,
    qz: centre[2] - (data[at + 2]! - h),
    ux: length > 1e-6 ? dx / length : 1,
    uy: length > 1e-6 ? dy / length : 0,
    length,
    slope: length > 1e-6 ? (data[at + 5]! - data[at + 2]!) / length : 0,
    w,
    h,
    x0: data[at]!,
    y0: data[at + 1]!,
    seed: index,
    material: material.filament,
    owners,
  });
}

/** Draws an object that nobody printed. */
export function drawObject(g: GBuffer, object: ForeignObject): Rect | null {
  const { centre } = g.rays;
  const h = Math.max(0.2, object.r * 0.6);
  return drawStrand(g, {
    qx: centre[0] - object.x,
    qy: centre[1] - object.y,
    qz: centre[2] - object.z - h,
    ux: 1,
    uy: 0,
    length: object.r * 0.6,
    slope: 0,
    w: object.r,
    h,
    x0: object.x,
    y0: object.y,
    seed: 7,
    material: material.foreign,
    owners: null,
  });
}

/** Longest piece whose picture is taken for a straight line, in mm. */
const straight = 8;

function drawStrand(g: GBuffer, s: Strand): Rect | null {
  const pieces = Math.max(1, Math.ceil(s.length / straight));
  let rect: Rect | null = null;
  for (let piece = 0; piece < pieces; piece++) {
    const a = pixelAt(g, s, (s.length * piece) / pieces);
    const b = pixelAt(g, s, (s.length * (piece + 1)) / pieces);
    rect = union(rect, drawPiece(g, s, a, b));
  }
  return rect;
}

function pixelAt(g: GBuffer, s: Strand, along: number): [number, number] {
  const { centre } = g.rays;
  return project(
    g.camera,
    centre[0] - s.qx + s.ux * along,
    centre[1] - s.qy + s.uy * along,
    centre[2] - s.qz + s.slope * along,
  );
}

/** Visits, row by row, only the pixels within reach of the line from `a` to `b`. */
function drawPiece(g: GBuffer, s: Strand, a: [number, number], b: [number, number]): Rect | null {
  const reach = ((Math.max(s.w, s.h) + 0.05) * g.camera.fx) / (s.qz * 0.85) + 1.5;
  const box: Rect = {
    u0: Math.min(a[0], b[0]),
    v0: Math.min(a[1], b[1]),
    u1: Math.max(a[0], b[0]),
    v1: Math.max(a[1], b[1]),
  };
  const rect = grown(box, reach, g.camera);
  if (rect === null) return null;
  const du = b[0] - a[0];
  const dv = b[1] - a[1];
  const span = Math.hypot(du, dv);
  const { width, height } = g.camera;
  for (let v = rect.v0; v < Math.min(rect.v1, height - 1); v++) {
    let from = rect.u0;
    let to = Math.min(rect.u1, width - 1);
    if (Math.abs(dv) > 1e-3 * span && span > 1) {
      const middle = a[0] + ((v - a[1]) * du) / dv;
      const wide = (reach * span) / Math.abs(dv);
      from = Math.max(from, Math.floor(middle - wide));
      to = Math.min(to, Math.ceil(middle + wide) + 1);
    }
    for (let u = from; u < to; u++) meetPixel(g, s, v * width + u);
  }
  return rect;
}

function meetPixel(g: GBuffer, s: Strand, pixel: number): void {
  const { rx, ry } = g.rays;
  const x = rx[pixel]!;
  const y = ry[pixel]!;
  const down = pixel + g.camera.width;
  const xu = rx[pixel + 1]! - x;
  const xv = rx[down]! - x;
  const yu = ry[pixel + 1]! - y;
  const yv = ry[down]! - y;
  for (let sample = 0; sample < g.offsets.length; sample++) {
    const offset = g.offsets[sample]!;
    const a = offset[0];
    const b = offset[1];
    meet(g, s, sample * g.size + pixel, x + a * xu + b * xv, y + a * yu + b * yv);
  }
}

/** The nearer root of (a0 + t a1)^2 + (b0 + t b1)^2 + (c0 + t c1)^2 = 1, or -1 when the ray misses. */
function nearRoot(a0: number, a1: number, b0: number, b1: number, c0: number, c1: number): number {
  const m = a1 * a1 + b1 * b1 + c1 * c1;
  const k = a0 * a1 + b0 * b1 + c0 * c1;
  const n = a0 * a0 + b0 * b0 + c0 * c0 - 1;
  const inside = k * k - m * n;
  return inside < 0 ? -1 : (-k - Math.sqrt(inside)) / m;
}

/** Tests the ray with slopes `rx`, `ry` against the strand; keeps the hit at `at` if it is nearer than what was there. */
function meet(g: GBuffer, s: Strand, at: number, rx: number, ry: number): void {
  const along0 = s.ux * s.qx + s.uy * s.qy;
  const along1 = s.ux * rx + s.uy * ry;
  const side0 = (-s.uy * s.qx + s.ux * s.qy) / s.w;
  const side1 = (-s.uy * rx + s.ux * ry) / s.w;
  let up0 = (s.qz - s.slope * along0) / s.h;
  let up1 = (-1 - s.slope * along1) / s.h;
  let t = nearRoot(side0, side1, up0, up1, 0, 0);
  if (t < 0) return;
  let along = along0 + t * along1;
  let beyond = 0;
  if (along < 0 || along > s.length) {
    const end = along < 0 ? 0 : s.length;
    up0 = (s.qz - s.slope * end) / s.h;
    up1 = -1 / s.h;
    t = nearRoot(side0, side1, up0, up1, (along0 - end) / s.w, along1 / s.w);
    if (t < 0) return;
    along = along0 + t * along1;
    beyond = (along - end) / s.w;
  }
  const z = g.rays.centre[2] - t;
  if (z <= g.z[at]!) return;
  g.z[at] = z;
  if (s.owners !== null) s.owners[at] = s.seed;
  paint(g, s, at, along, side0 + t * side1, up0 + t * up1, beyond);
}

/** Writes the surface at a hit: `side`, `up` and `beyond` are the section's coordinates in half axes. */
function paint(g: GBuffer, s: Strand, at: number, along: number, side: number, up: number, beyond: number): void {
  let nx = (-s.uy * side + s.ux * beyond) / s.w;
  let ny = (s.ux * side + s.uy * beyond) / s.w;
  const nz = up / s.h;
  const inverse = 1 / Math.sqrt(nx * nx + ny * ny + nz * nz);
  nx *= inverse;
  ny *= inverse;
  g.material[at] = s.material;
  let tone = 1;
  if (s.material === material.filament) {
    const x = s.x0 + s.ux * along;
    const y = s.y0 + s.uy * along;
    // Melt ripples: fine ones tilt the surface along the strand, slow ones change how matt it is.
    const ripple = 0.16 * (noise2(x * 2.6, y * 2.6, 31) - 0.5);
    nx += s.ux * ripple;
    ny += s.uy * ripple;
    const own = s.length > 2 ? 0.06 * (hash(s.seed, 5, 9) - 0.5) + 0.07 * (noise1(along / 1.7, s.seed) - 0.5) : 0;
    const groove = side * side;
    tone = (1 + own + 0.05 * (noise2(x * 0.8, y * 0.8, 32) - 0.5)) * (1 - 0.38 * groove * groove);
  }
  g.nx[at] = Math.max(-127, Math.min(127, 127 * nx));
  g.ny[at] = Math.max(-127, Math.min(127, 127 * ny));
  g.tangent[at] = (Math.atan2(s.uy, s.ux) * (256 / Math.PI) + 512) & 255;
  g.tone[at] = Math.max(0, Math.min(255, 160 * tone));
}
