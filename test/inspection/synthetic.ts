/** Random parts as strands, layer by layer, with faults planted on the way: what tests and training render. */

import { contours, simplify } from "../../src/inspection/contour.ts";
import type { LayerPlan, Strand } from "../../src/inspection/expected.ts";
import { randomOf } from "../../src/simulators/camera/random.ts";

/** A solid as a signed distance in the plane of each layer: negative inside, in millimetres. */
export type Solid = (x: number, y: number, layer: number) => number;

/** How a part is filled. */
export interface Fill {
  readonly walls: number;
  readonly width_mm: number;
  readonly infillWidth_mm: number;
  readonly height_mm: number;
  /** Spacing of infill lines; the strand width for solid. */
  readonly spacing_mm: number;
  /** True where sparse layers lay both directions, one across the other. */
  readonly crossed: boolean;
  /** By what share the width of walls varies. */
  readonly unevenness: number;
  readonly angles_deg: readonly [number, number];
  /** First layers that are solid whatever the spacing. */
  readonly solidLayers: number;
}

/** A random part around the middle of the bench's plate: overlapping discs and bars with holes, slowly changing. */
export function randomSolid(seed: number): Solid {
  const random = randomOf(seed);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const [cx, cy] = [between(60, 90), between(55, 88)];
  const discs = Array.from({ length: 2 + Math.floor(random() * 4) }, () => ({
    x: cx + between(-17, 17),
    y: cy + between(-10, 10),
    r: between(5, 11),
    lean: random() < 0.5 ? between(-0.06, 0.06) : between(-0.35, 0.35),
  }));
  const holes = Array.from({ length: Math.floor(random() * 4) }, () => ({
    x: cx + between(-15, 15),
    y: cy + between(-8, 8),
    r: between(1.5, 4),
  }));
  const [barW, barH, turn] = [between(8, 26), between(4, 12), between(0, Math.PI)];
  return (x, y, layer) => {
    const [dx, dy] = [x - cx, y - cy];
    const bx = Math.abs(dx * Math.cos(turn) + dy * Math.sin(turn)) - barW;
    const by = Math.abs(-dx * Math.sin(turn) + dy * Math.cos(turn)) - barH;
    let d = Math.max(bx, by);
    for (const disc of discs) d = Math.min(d, Math.hypot(x - disc.x, y - disc.y) - disc.r - disc.lean * (layer % 12));
    for (const hole of holes) d = Math.max(d, hole.r - Math.hypot(x - hole.x, y - hole.y));
    return d;
  };
}

/** A random way to fill: solid to sparse, walls of one to three strands, crossing or square angles. */
export function randomFill(seed: number): Fill {
  const random = randomOf(seed ^ 0x9e3779b9);
  const width_mm = 0.4 + 0.25 * random() ** 2;
  const infillWidth_mm = width_mm * (0.85 + 0.65 * random());
  const base = random() < 0.5 ? 45 : random() * 90;
  return {
    walls: 1 + Math.floor(random() * random() * 7),
    width_mm,
    infillWidth_mm,
    height_mm: random() < 0.7 ? 0.2 : 0.15 + 0.15 * random(),
    spacing_mm: infillWidth_mm * (random() < 0.4 ? 0.95 + 0.05 * random() : 1.5 + 9 * random()),
    crossed: random() < 0.5,
    unevenness: 0.25 * random(),
    angles_deg: [base, base + 90],
    solidLayers: Math.floor(random() * 4),
  };
}

/** Layers 1 to `count` of a solid. */
export function slice(solid: Solid, fill: Fill, count: number, firstLayer = 1): LayerPlan[] {
  return Array.from({ length: count }, (_, i) => {
    const layer = firstLayer + i;
    const top_mm = fill.height_mm * layer;
    return { layer, top_mm, height_mm: fill.height_mm, strands: strandsOf(solid, fill, layer) };
  });
}

const sampling = { x0: 20, y0: 25, step: 0.3, width: 367, height: 310 } as const;

function strandsOf(solid: Solid, fill: Fill, layer: number): Strand[] {
  const { x0, y0, step, width, height } = sampling;
  const depth = new Float32Array(width * height);
  for (let row = 0, i = 0; row < height; row++) {
    for (let col = 0; col < width; col++, i++) depth[i] = -solid(x0 + col * step, y0 + row * step, layer);
  }
  const strands: Strand[] = [];
  for (let wall = 0; wall < fill.walls; wall++) {
    for (const outline of contours(depth, width, height, (wall + 0.5) * fill.width_mm)) {
      const points = simplify([...outline, outline[0]!], 0.12).map(([x, y]) => [x0 + x * step, y0 + y * step] as const);
      // Slicers vary a wall's width to fill what is left between walls.
      const own = fill.width_mm * (1 + fill.unevenness * Math.sin(12.9898 * (outline.length + wall)));
      for (let i = 0; i + 1 < points.length; i++) strands.push(strand(points[i]!, points[i + 1]!, own));
    }
  }
  const inner = (fill.walls + 0.35) * fill.width_mm;
  // Every seventh layer is solid again, as roofs and floors are in the middle of a part.
  const dense = layer <= fill.solidLayers || layer % 7 === 3;
  const spacing = dense ? fill.infillWidth_mm : fill.spacing_mm;
  const crossing = !dense && fill.crossed ? infill(solid, fill, layer + 1, inner, spacing) : [];
  return [...strands, ...infill(solid, fill, layer, inner, spacing), ...crossing];
}

function infill(solid: Solid, fill: Fill, layer: number, inner: number, spacing: number): Strand[] {
  const angle = (fill.angles_deg[layer % 2]! * Math.PI) / 180;
  const [ux, uy] = [Math.cos(angle), Math.sin(angle)];
  const strands: Strand[] = [];
  for (let line = Math.ceil(-70 / spacing); line * spacing < 70; line++) {
    const [ox, oy] = [75 - uy * line * spacing, 72 + ux * line * spacing];
    let start: readonly [number, number] | null = null;
    let last: readonly [number, number] = [ox, oy];
    for (let t = -70; t <= 70; t += 0.2) {
      const p = [ox + ux * t, oy + uy * t] as const;
      const inside = p[0] > 20 && p[0] < 130 && p[1] > 25 && p[1] < 115 && -solid(p[0], p[1], layer) > inner;
      if (inside && start === null) start = p;
      if (!inside && start !== null) {
        if (Math.hypot(last[0] - start[0], last[1] - start[1]) > 0.4)
          strands.push(strand(start, last, fill.infillWidth_mm));
        start = null;
      }
      last = p;
    }
  }
  return strands;
}

function strand(a: readonly [number, number], b: readonly [number, number], width: number): Strand {
  return { x0: a[0], y0: a[1], x1: b[0], y1: b[1], width };
}
