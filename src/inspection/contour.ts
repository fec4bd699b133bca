/** Outlines of what stands above a level on a grid (marching squares), and their simplification. */

/** A point in grid cells; (0, 0) is the centre of the first cell. */
export type CellPoint = readonly [x: number, y: number];

/**
 * Closed outlines of the region where `values` exceed `level`, in the order of their first row (marching squares,
 * Lorensen and Cline 1987, in the plane). The grid's outermost cells must lie below the level, or an outline there
 * stays open.
 */
export function contours(values: ArrayLike<number>, width: number, height: number, level: number): CellPoint[][] {
  const follow = new Map<number, { readonly to: number; readonly at: CellPoint }[]>();
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0; x + 1 < width; x++) {
      const at = y * width + x;
      // Nearly all squares lie wholly inside or outside.
      const inside = values[at]! > level;
      if (
        inside === values[at + 1]! > level &&
        inside === values[at + width]! > level &&
        inside === values[at + width + 1]! > level
      ) {
        continue;
      }
      crossings(values, width, x, y, level, follow);
    }
  }
  const outlines: CellPoint[][] = [];
  for (const start of [...follow.keys()]) {
    const outline: CellPoint[] = [];
    let edge = start;
    for (let next = follow.get(edge)?.pop(); next !== undefined; next = follow.get(edge)?.pop()) {
      outline.push(next.at);
      edge = next.to;
    }
    if (outline.length > 2) outlines.push(outline);
  }
  return outlines;
}

/** Edges of a cell square: 2 * cell for the one towards +x, 2 * cell + 1 for the one towards +y. */
function crossings(
  values: ArrayLike<number>,
  width: number,
  x: number,
  y: number,
  level: number,
  follow: Map<number, { readonly to: number; readonly at: CellPoint }[]>,
): void {
  const at = y * width + x;
  const [a, b, c, d] = [values[at]!, values[at + 1]!, values[at + width + 1]!, values[at + width]!];
  const kind = (a > level ? 1 : 0) + (b > level ? 2 : 0) + (c > level ? 4 : 0) + (d > level ? 8 : 0);
  if (kind === 0 || kind === 15) return;
  const cut = (low: number, high: number): number => (high === low ? 0.5 : (level - low) / (high - low));
  const edges = [
    { id: 2 * at, at: [x + cut(a, b), y] as const },
    { id: 2 * (at + 1) + 1, at: [x + 1, y + cut(b, c)] as const },
    { id: 2 * (at + width), at: [x + cut(d, c), y + 1] as const },
    { id: 2 * at + 1, at: [x, y + cut(a, d)] as const },
  ];
  for (const [from, to] of turns[kind]!) {
    const start = edges[from]!;
    const list = follow.get(start.id) ?? [];
    list.push({ to: edges[to]!.id, at: start.at });
    follow.set(start.id, list);
  }
}

/** For each of the 16 corner patterns the directed edge pairs that keep the inside on one hand. */
const turns: readonly (readonly (readonly [number, number])[])[] = [
  [],
  [[3, 0]],
  [[0, 1]],
  [[3, 1]],
  [[1, 2]],
  [
    [3, 0],
    [1, 2],
  ],
  [[0, 2]],
  [[3, 2]],
  [[2, 3]],
  [[2, 0]],
  [
    [0, 1],
    [2, 3],
  ],
  [[2, 1]],
  [[1, 3]],
  [[1, 0]],
  [[0, 3]],
  [],
];

/** Drops points that lie within `tolerance` of the line between kept neighbours (Douglas and Peucker, 1973). */
export function simplify(points: readonly CellPoint[], tolerance: number): CellPoint[] {
  if (points.length < 3) return [...points];
  const keep = new Uint8Array(points.length);
  keep[0] = keep[points.length - 1] = 1;
  const spans: [number, number][] = [[0, points.length - 1]];
  for (let span = spans.pop(); span !== undefined; span = spans.pop()) {
    const [first, last] = span;
    let [worst, at] = [tolerance, -1];
    for (let i = first + 1; i < last; i++) {
      const miss = distance(points[i]!, points[first]!, points[last]!);
      if (miss > worst) [worst, at] = [miss, i];
    }
    if (at < 0) continue;
    keep[at] = 1;
    spans.push([first, at], [at, last]);
  }
  return points.filter((_, i) => keep[i] === 1);
}

function distance(p: CellPoint, a: CellPoint, b: CellPoint): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const square = dx * dx + dy * dy;
  const t = square > 0 ? Math.min(1, Math.max(0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / square)) : 0;
  return Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}
