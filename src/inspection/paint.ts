/** Paints what a printer would have laid down into a copy of a picture: lit beads, holes in them, lumps. For tests of the inspection. */
import { expectLayer, type LayerPlan, type Strand } from "./expected.ts";
import type { Grid } from "./grid.ts";
import { eyeOf, type Lens, project, radialAt } from "./lens.ts";
import type { Picture } from "./picture.ts";

/** A disc on the plate, in millimetres. */
export interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius_mm: number;
}

/** What is painted of a layer. */
export interface Painting {
  readonly plan: Pick<LayerPlan, "layer" | "top_mm" | "height_mm">;
  readonly strands: readonly Strand[];
  /** Where nothing of the strands came out. */
  readonly holes?: readonly Disc[];
  /** Domes of material that no strand explains. */
  readonly lumps?: readonly Disc[];
  /** Grey level of a level surface of the material in this picture. */
  readonly tone: number;
}

/** Cells of the painted surface; finer than any pixel of the cameras in use. */
const step_mm = 0.05;
/** Towards the lamp: from the left front, steep. */
const lamp = { x: -0.45, y: -0.5, z: 0.74 } as const;
/** Share of the light that comes from all around. */
const ambient = 0.25;
/** Grey levels of the grain that a material shows. */
const grain = 2;
/** A material's grey level follows its light by this exponent. */
const gamma = 1 / 2.2;
/** Points of a pixel at which the surface is asked, in each direction. */
const taps = [-0.6, -0.2, 0.2, 0.6] as const;
/** Steeper than this nothing is lit otherwise. */
const steepest = 3;

interface Surface {
  readonly grid: Grid;
  /** Grey level of each cell; NaN where the picture stays as it is. */
  readonly level: Float32Array;
}

/** A copy of the picture with the painting in it, the same on every run. */
export function paint(picture: Picture, lens: Lens, painting: Painting): Picture {
  const surface = surfaceOf(painting);
  if (surface === null) return picture;
  const { grid, level } = surface;
  const data = picture.data.slice();
  const onPlate = backProjection(lens, painting.plan.top_mm);
  const draw = chance(painting.plan.layer);
  const box = boxOf(grid, lens, painting.plan.top_mm, picture);
  for (let v = box.top; v <= box.bottom; v++) {
    let here = onPlate(box.left, v);
    for (let u = box.left; u <= box.right; u++) {
      const [at_mm, right] = [here, onPlate(u + 1, v)];
      const above = onPlate(u, v + 1);
      here = right;
      let [sum, hit] = [0, 0];
      for (const dv of taps) {
        for (const du of taps) {
          // Within a pixel the plane is seen as good as undistorted.
          const x = at_mm[0] + du * (right[0] - at_mm[0]) + dv * (above[0] - at_mm[0]);
          const y = at_mm[1] + du * (right[1] - at_mm[1]) + dv * (above[1] - at_mm[1]);
          const column = Math.round((x - grid.x0_mm) / step_mm);
          const row = Math.round((y - grid.y0_mm) / step_mm);
          if (column < 0 || row < 0 || column >= grid.width || row >= grid.height) continue;
          const grey = level[row * grid.width + column]!;
          if (Number.isNaN(grey)) continue;
          sum += grey;
          hit++;
        }
      }
      if (hit === 0) continue;
      const at = v * picture.width + u;
      const cover = hit / taps.length ** 2;
      const noise = (draw() + draw() + draw() - 1.5) * 2 * grain;
      const mixed = data[at]! * (1 - cover) + (sum / hit + noise) * cover;
      data[at] = Math.max(0, Math.min(255, Math.round(mixed)));
    }
  }
  return { width: picture.width, height: picture.height, data };
}

function surfaceOf({ plan, strands, holes = [], lumps = [], tone }: Painting): Surface | null {
  const grid = gridOf(strands, lumps);
  if (grid === null) return null;
  const { ridge } = expectLayer({ ...plan, strands }, grid);
  const height = new Float32Array(ridge.length).fill(-plan.height_mm);
  const there = new Uint8Array(ridge.length);
  for (let row = 0, at = 0; row < grid.height; row++) {
    const y = grid.y0_mm + row * step_mm;
    for (let column = 0; column < grid.width; column++, at++) {
      const x = grid.x0_mm + column * step_mm;
      if (ridge[at]! > 0 && !holes.some((hole) => Math.hypot(x - hole.x, y - hole.y) < hole.radius_mm)) {
        there[at] = 1;
        height[at] = plan.height_mm * Math.sqrt(ridge[at]!);
      }
      for (const lump of lumps) {
        const far = Math.hypot(x - lump.x, y - lump.y) / lump.radius_mm;
        if (far >= 1) continue;
        there[at] = 1;
        height[at] = Math.max(height[at]!, lump.radius_mm * Math.sqrt(1 - far * far));
      }
    }
  }
  return { grid, level: lit(height, there, grid, tone) };
}

/** Lambert's law on the slope of each cell, as a camera's tone curve shows it. */
function lit(height: Float32Array, there: Uint8Array, { width, height: rows }: Grid, tone: number): Float32Array {
  const level = new Float32Array(height.length).fill(Number.NaN);
  const slope = (d: number) => Math.max(-steepest, Math.min(steepest, d / (2 * step_mm)));
  for (let row = 1; row + 1 < rows; row++) {
    for (let column = 1; column + 1 < width; column++) {
      const at = row * width + column;
      if (there[at] === 0) continue;
      const gx = slope(height[at + 1]! - height[at - 1]!);
      const gy = slope(height[at + width]! - height[at - width]!);
      const facing = Math.max(0, (lamp.z - gx * lamp.x - gy * lamp.y) / Math.hypot(gx, gy, 1));
      level[at] = tone * (ambient + ((1 - ambient) * facing) / lamp.z) ** gamma;
    }
  }
  return level;
}

function gridOf(strands: readonly Strand[], lumps: readonly Disc[]): Grid | null {
  const xs = [...strands.flatMap((s) => [s.x0, s.x1]), ...lumps.flatMap((l) => [l.x - l.radius_mm, l.x + l.radius_mm])];
  const ys = [...strands.flatMap((s) => [s.y0, s.y1]), ...lumps.flatMap((l) => [l.y - l.radius_mm, l.y + l.radius_mm])];
  if (xs.length === 0) return null;
  const [x0_mm, y0_mm] = [Math.min(...xs) - 1, Math.min(...ys) - 1];
  const cells = (low: number, high: number) => Math.ceil((high + 1 - low) / step_mm);
  return { x0_mm, y0_mm, step_mm, width: cells(x0_mm, Math.max(...xs)), height: cells(y0_mm, Math.max(...ys)) };
}

function boxOf(grid: Grid, lens: Lens, z: number, { width, height }: Picture) {
  const [x1, y1] = [grid.x0_mm + grid.width * step_mm, grid.y0_mm + grid.height * step_mm];
  const corners = [grid.x0_mm, x1].flatMap((x) => [grid.y0_mm, y1].map((y) => project(lens, { x, y, z })));
  const clamp = (value: number, most: number) => Math.max(0, Math.min(most, Math.round(value)));
  return {
    left: clamp(Math.min(...corners.map(({ x }) => x)) - 2, width - 1),
    right: clamp(Math.max(...corners.map(({ x }) => x)) + 2, width - 1),
    top: clamp(Math.min(...corners.map(({ y }) => y)) - 2, height - 1),
    bottom: clamp(Math.max(...corners.map(({ y }) => y)) + 2, height - 1),
  };
}

/** The point of the plane at height `z` that a pixel sees. */
function backProjection(lens: Lens, z: number): (u: number, v: number) => readonly [x: number, y: number] {
  const [eye, r] = [eyeOf(lens), lens.rotation];
  return (u, v) => {
    const [distortedX, distortedY] = [(u - lens.centre_px.x) / lens.focal_px, (v - lens.centre_px.y) / lens.focal_px];
    let [x, y] = [distortedX, distortedY];
    for (let round = 0; round < 4; round++) {
      const radial = radialAt(lens, x * x + y * y);
      [x, y] = [distortedX / radial, distortedY / radial];
    }
    const down = r[2]! * x + r[5]! * y + r[8]!;
    const far = (z - eye.z) / down;
    return [eye.x + far * (r[0]! * x + r[3]! * y + r[6]!), eye.y + far * (r[1]! * x + r[4]! * y + r[7]!)];
  };
}

/** Numbers from a linear congruence: the same on every run. */
function chance(seed: number): () => number {
  let state = (12_345 + seed) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
