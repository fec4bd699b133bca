/** Finds the tags of a calibration plate in a picture and their corners to a small part of a pixel. */
import type { Pixel } from "../lens.ts";
import { type Picture, sample } from "../picture.ts";
import { mapOf, mapped } from "./homography.ts";
import { findQuads, type Quad } from "./quads.ts";
import { codeCells, readCode, type TagCode, tagCells } from "./tags.ts";

/** A tag as seen. */
export interface SeenTag {
  readonly id: number;
  /** As printed: top left, top right, bottom right, bottom left; outer corners of the black border. */
  readonly corners: Quad;
}

/** Wider pictures are made smaller to look for tags; corners are measured in the whole picture. */
const workable_px = 2000;
/** Places along a side at which its edge is measured. */
const mostPlaces = 48;
/** Less light between the border and the paper is no tag. */
const leastContrast = 20;

/** All tags of the family in the picture, each once; a number that is seen twice belongs to nobody and is left out. */
export function findTags(picture: Picture, family: readonly TagCode[]): SeenTag[] {
  const by = Math.max(1, Math.ceil(picture.width / workable_px));
  const small = by === 1 ? picture : lessened(picture, by);
  const seen = new Map<number, SeenTag | null>();
  for (const quad of findQuads(small)) {
    const rough = quad.map(({ x, y }) => ({ x: x * by + (by - 1) / 2, y: y * by + (by - 1) / 2 })) as unknown as Quad;
    const corners = refined(picture, refined(picture, rough, by) ?? rough, 1);
    const tag = corners && readTag(picture, corners, family);
    if (tag === null) continue;
    seen.set(tag.id, seen.has(tag.id) ? null : tag);
  }
  return [...seen.values()].flatMap((tag) => tag ?? []).sort((a, b) => a.id - b.id);
}

function lessened({ width, height, data }: Picture, by: number): Picture {
  const [w, h] = [Math.floor(width / by), Math.floor(height / by)];
  const out = new Uint8Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let sum = 0;
      for (let v = 0; v < by; v++) for (let u = 0; u < by; u++) sum += data[(y * by + v) * width + x * by + u]!;
      out[y * w + x] = sum / (by * by);
    }
  }
  return { width: w, height: h, data: out };
}

/** A line as a point and a direction. */
interface Line {
  readonly at: Pixel;
  readonly along: Pixel;
}

/** The corners where lines through the edges' measured places cross; null where an edge is not to be seen. */
function refined(picture: Picture, quad: Quad, reach: number): Quad | null {
  const lines = quad.map((corner, k) => edgeOf(picture, corner, quad[(k + 1) % 4]!, reach));
  const corners = lines.map((line, k) => crossing(lines[(k + 3) % 4] ?? null, line));
  return corners.every((corner) => corner !== null) ? (corners as unknown as Quad) : null;
}

/** The edge between dark inside and light outside, from `a` to `b`, which runs to the right around the tag. */
function edgeOf(picture: Picture, a: Pixel, b: Pixel, reach: number): Line | null {
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const [dx, dy] = [(b.x - a.x) / length, (b.y - a.y) / length];
  // To the right of the way lies the tag itself: outwards is to the left.
  const [nx, ny] = [dy, -dx];
  const half = Math.max(1.5, Math.min(0.6 * (length / tagCells), 6 * reach));
  const places = Math.max(6, Math.min(mostPlaces, Math.round(length / 2)));
  const points: Pixel[] = [];
  for (let k = 0; k < places; k++) {
    const s = length * (0.08 + (0.84 * k) / (places - 1));
    const off = offsetOf(picture, a.x + dx * s, a.y + dy * s, nx, ny, half);
    if (off !== null) points.push({ x: a.x + dx * s + nx * off, y: a.y + dy * s + ny * off });
  }
  return points.length < 0.6 * places ? null : lineThrough(points);
}

/** Where along the normal the brightness rises, as the centre of the rise; null where it does not. */
function offsetOf(picture: Picture, x: number, y: number, nx: number, ny: number, half: number): number | null {
  const step = 0.25;
  let [weight, moment, before] = [0, 0, Number.NaN];
  for (let t = -half; t <= half + 1e-9; t += step) {
    const now = sample(picture, x + nx * t, y + ny * t);
    const rise = now - before;
    if (rise > 0) {
      weight += rise;
      moment += rise * (t - step / 2);
    }
    before = now;
  }
  return weight >= leastContrast ? moment / weight : null;
}

/** Total least squares, once more without what lies far off. */
function lineThrough(points: readonly Pixel[]): Line {
  const first = fitted(points);
  const off = points.map((p) => Math.abs((p.x - first.at.x) * first.along.y - (p.y - first.at.y) * first.along.x));
  const usual = [...off].sort((a, b) => a - b)[off.length >> 1]!;
  const near = points.filter((_, k) => off[k]! <= Math.max(0.05, 3 * usual));
  return near.length >= points.length / 2 ? fitted(near) : first;
}

function fitted(points: readonly Pixel[]): Line {
  const [x, y] = [mean(points.map((p) => p.x)), mean(points.map((p) => p.y))];
  let [xx, xy, yy] = [0, 0, 0];
  for (const p of points) {
    xx += (p.x - x) ** 2;
    xy += (p.x - x) * (p.y - y);
    yy += (p.y - y) ** 2;
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  return { at: { x, y }, along: { x: Math.cos(angle), y: Math.sin(angle) } };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

function crossing(a: Line | null, b: Line | null): Pixel | null {
  if (a === null || b === null) return null;
  const across = a.along.x * b.along.y - a.along.y * b.along.x;
  if (Math.abs(across) < 0.05) return null;
  const s = ((b.at.x - a.at.x) * b.along.y - (b.at.y - a.at.y) * b.along.x) / across;
  return { x: a.at.x + s * a.along.x, y: a.at.y + s * a.along.y };
}

/** Reads the cells within a quadrangle; null where it is no tag of the family. */
function readTag(picture: Picture, quad: Quad, family: readonly TagCode[]): SeenTag | null {
  const square = [
    { x: 0, y: 0 },
    { x: tagCells, y: 0 },
    { x: tagCells, y: tagCells },
    { x: 0, y: tagCells },
  ];
  const map = mapOf(square, quad);
  if (map === null) return null;
  const at = (x: number, y: number): number => {
    let sum = 0;
    for (const v of [-0.2, 0, 0.2]) {
      for (const u of [-0.2, 0, 0.2]) {
        const place = mapped(map, x + u, y + v);
        sum += sample(picture, place.x, place.y);
      }
    }
    return sum / 9;
  };
  const cells = Array.from({ length: tagCells }, (_, k) => k + 0.5);
  const paper = cells.flatMap((c) => [at(c, -0.5), at(c, tagCells + 0.5), at(-0.5, c), at(tagCells + 0.5, c)]);
  const border = cells.flatMap((c) => [at(c, 0.5), at(c, tagCells - 0.5), at(0.5, c), at(tagCells - 0.5, c)]);
  const [light, dark] = [middleOf(paper), middleOf(border)];
  if (!(light - dark >= leastContrast)) return null;
  const half = (light + dark) / 2;
  // A tag whose border is touched by a glint or a finger has no corners that can be relied on; there are others.
  if (!border.every((v) => v < half)) return null;
  const inner = Array.from({ length: codeCells }, (_, k) => k + 1.5);
  const reading = inner.flatMap((y) => inner.map((x) => (at(x, y) > half ? 1 : 0)));
  const read = readCode(reading, family);
  if (read === null) return null;
  // Turned by so many quarters to the right, the printed top left stands so many corners further.
  const corners = quad.map((_, k) => quad[(k + read.turns) % 4]!) as unknown as Quad;
  return { id: read.id, corners };
}

function middleOf(values: readonly number[]): number {
  const sorted = values.filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
