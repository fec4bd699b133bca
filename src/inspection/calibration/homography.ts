/** Homographies between a plane and its picture. */
import type { Pixel } from "../lens.ts";
import { leastSquares } from "../linear.ts";

/** Row by row; the last of nine is 1. */
export type PlaneMap = readonly number[];

/** The homography that takes each `from` to its `to` (at least four pairs) with the least squared error, or null. */
export function mapOf(from: readonly Pixel[], to: readonly Pixel[]): PlaneMap | null {
  const [a, b] = [normaliserOf(from), normaliserOf(to)];
  const [rows, right]: [number[][], number[]] = [[], []];
  for (const [k, point] of from.entries()) {
    const [x, y] = [(point.x - a.x) * a.scale, (point.y - a.y) * a.scale];
    const [u, v] = [(to[k]!.x - b.x) * b.scale, (to[k]!.y - b.y) * b.scale];
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]);
    right.push(u, v);
  }
  const h = leastSquares(rows, right);
  return h === null ? null : undone([...h, 1], a, b);
}

interface Normaliser {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** Points are brought to about one around zero, so that the normal equations stay well conditioned (Hartley, 1997). */
function normaliserOf(points: readonly Pixel[]): Normaliser {
  const x = points.reduce((sum, p) => sum + p.x, 0) / points.length;
  const y = points.reduce((sum, p) => sum + p.y, 0) / points.length;
  const far = points.reduce((sum, p) => sum + Math.hypot(p.x - x, p.y - y), 0) / points.length;
  return { x, y, scale: far > 0 ? Math.SQRT2 / far : 1 };
}

/** Takes both normalisations out again. */
function undone(h: readonly number[], a: Normaliser, b: Normaliser): PlaneMap | null {
  const after = [1 / b.scale, 0, b.x, 0, 1 / b.scale, b.y, 0, 0, 1];
  const before = [a.scale, 0, -a.scale * a.x, 0, a.scale, -a.scale * a.y, 0, 0, 1];
  const whole = product(product(after, h), before);
  return Math.abs(whole[8]!) < 1e-12 ? null : whole.map((v) => v / whole[8]!);
}

function product(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: 9 }, (_, i) => {
    const [row, column] = [Math.floor(i / 3) * 3, i % 3];
    return a[row]! * b[column]! + a[row + 1]! * b[column + 3]! + a[row + 2]! * b[column + 6]!;
  });
}

/** Where a point of the plane lies in the picture. */
export function mapped(h: PlaneMap, x: number, y: number): Pixel {
  const d = h[6]! * x + h[7]! * y + h[8]!;
  return { x: (h[0]! * x + h[1]! * y + h[2]!) / d, y: (h[3]! * x + h[4]! * y + h[5]!) / d };
}
