/** Dark quadrangles in a picture: what may be a tag, its corners to a pixel or so. */
import { type Component, components } from "../components.ts";
import type { Pixel } from "../lens.ts";
import type { Picture } from "../picture.ts";

/** Pixels are dark that lie this share, and so many grey levels, below the mean around them. */
const darkShare = 0.12;
const darkLevels = 6;
/** Half of the side of the square over which that mean is taken, as a share of the picture's width. */
const aroundShare = 1 / 32;
/** Sides of a tag that can be read, and the largest, as a share of the picture's width. */
const leastSide_px = 14;
const mostSide = 0.7;

/** Corners in the order in which they stand around the quadrangle, to the right as the picture shows it. */
export type Quad = readonly [Pixel, Pixel, Pixel, Pixel];

/** Finds them; looking through a picture of many megapixels takes long, so it is made smaller before. */
export function findQuads(picture: Picture): Quad[] {
  const mask = darkMask(picture);
  const pieces = components(mask, picture.width, picture.height, leastSide_px);
  return pieces.map((piece) => quadOf(piece, picture)).filter((quad) => quad !== null);
}

/** 1 where the picture is darker than its surroundings. */
function darkMask({ width, height, data }: Picture): Uint8Array {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += data[y * width + x]!;
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1]! + row;
    }
  }
  const r = Math.max(6, Math.round(width * aroundShare));
  const mask = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - r) * (width + 1), Math.min(height, y + r + 1) * (width + 1)];
    const rows = (bottom - top) / (width + 1);
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(0, x - r), Math.min(width, x + r + 1)];
      const sum = sums[bottom + right]! - sums[bottom + left]! - sums[top + right]! + sums[top + left]!;
      const mean = sum / (rows * (right - left));
      mask[y * width + x] = data[y * width + x]! < mean - Math.max(darkLevels, darkShare * mean) ? 1 : 0;
    }
  }
  return mask;
}

/** The quadrangle around a piece, or null where it is none. */
function quadOf(piece: Component, { width, height }: Picture): Quad | null {
  const { left, top, right, bottom } = piece;
  const [w, h] = [right - left, bottom - top];
  if (Math.max(w, h) < leastSide_px || Math.max(w, h) > mostSide * width) return null;
  // What is cut off by the picture's rim has no four corners.
  if (left <= 1 || top <= 1 || right >= width - 1 || bottom >= height - 1) return null;
  const hull = hullOf(rimOf(piece, width));
  const corners = fourOf(hull);
  if (corners === null) return null;
  const [around, within] = [areaOf(hull), areaOf(corners)];
  const sides = corners.map((corner, k) => distance(corner, corners[(k + 1) % 4]!));
  const isSquareish = Math.min(...sides) >= leastSide_px && Math.max(...sides) < 6 * Math.min(...sides);
  return isSquareish && within > 0.85 * around ? corners : null;
}

/** The first and last pixel of every row and column of a piece. */
function rimOf({ pixels, left, top, right, bottom }: Component, width: number): Pixel[] {
  const rows = Array.from({ length: bottom - top }, () => [right, left] as [number, number]);
  const columns = Array.from({ length: right - left }, () => [bottom, top] as [number, number]);
  for (const at of pixels) {
    const [x, y] = [at % width, Math.floor(at / width)];
    const [row, column] = [rows[y - top]!, columns[x - left]!];
    row[0] = Math.min(row[0], x);
    row[1] = Math.max(row[1], x);
    column[0] = Math.min(column[0], y);
    column[1] = Math.max(column[1], y);
  }
  return [
    ...rows.flatMap(([a, b], k) => [
      { x: a, y: top + k },
      { x: b, y: top + k },
    ]),
    ...columns.flatMap(([a, b], k) => [
      { x: left + k, y: a },
      { x: left + k, y: b },
    ]),
  ];
}

/** Convex hull by Andrew's monotone chain (1979), in order around it. */
function hullOf(points: readonly Pixel[]): Pixel[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const half = (given: readonly Pixel[]): Pixel[] => {
    const chain: Pixel[] = [];
    for (const p of given) {
      while (chain.length >= 2 && side(chain.at(-2)!, chain.at(-1)!, p) <= 0) chain.pop();
      chain.push(p);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

/** Positive where `p` lies to the right of the way from `a` to `b`, as the picture shows it. */
function side(a: Pixel, b: Pixel, p: Pixel): number {
  return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

function distance(a: Pixel, b: Pixel): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** Four points of a hull that stand farthest apart: two ends of its longest line, and the farthest on either side of it. */
function fourOf(hull: readonly Pixel[]): Quad | null {
  if (hull.length < 4) return null;
  let [a, b] = [hull[0]!, hull[0]!];
  for (const p of hull) for (const q of hull) if (distance(p, q) > distance(a, b)) [a, b] = [p, q];
  const ranked = [...hull].sort((p, q) => side(a, b, p) - side(a, b, q));
  const [c, d] = [ranked[0]!, ranked.at(-1)!];
  if (!(side(a, b, c) < 0 && side(a, b, d) > 0)) return null;
  const quad = [a, c, b, d] as const;
  return areaOf(quad) > 0 ? quad : [a, d, b, c];
}

/** Area of a polygon; positive where it runs to the right as the picture shows it. */
function areaOf(points: readonly Pixel[]): number {
  let twice = 0;
  for (const [k, p] of points.entries()) {
    const q = points[(k + 1) % points.length]!;
    twice += p.x * q.y - q.x * p.y;
  }
  return twice / 2;
}
