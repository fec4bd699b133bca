/** A coarse map of heights over the bench that says how much lamp and sky a point sees. */
import type { Box } from "./bench.ts";
import type { Vec3 } from "./pinhole.ts";
import { beadStride } from "./scene.ts";

const cell = 0.25;
const origin = -24;
const side = 800;

/** Heights of what stands on the bed, and apart from it the strands that hang in the air (mm, 0.25 mm cells). */
export interface HeightGrid {
  readonly top: Float32Array;
  readonly airTop: Float32Array;
  readonly airBottom: Float32Array;
  highest: number;
}

/** The empty bench. */
export function heightGrid(): HeightGrid {
  const size = side * side;
  return {
    top: new Float32Array(size),
    airTop: new Float32Array(size).fill(-1),
    airBottom: new Float32Array(size).fill(1e9),
    highest: 0,
  };
}

function column(value: number): number {
  return Math.max(0, Math.min(side - 1, Math.floor((value - origin) / cell)));
}

/** Adds a box that stands on the bed. */
export function raiseBox(grid: HeightGrid, box: Box): void {
  for (let j = column(box.low[1]); j <= column(box.high[1]); j++) {
    const row = j * side;
    grid.top.fill(box.high[2], row + column(box.low[0]), row + column(box.high[0]) + 1);
  }
  grid.highest = Math.max(grid.highest, box.high[2]);
}

/** Adds an upright disc of radius `r` whose top is at `z`. */
export function raiseDisc(grid: HeightGrid, x: number, y: number, r: number, bottom: number, z: number): void {
  for (let j = column(y - r); j <= column(y + r); j++) {
    for (let i = column(x - r); i <= column(x + r); i++) {
      const dx = origin + (i + 0.5) * cell - x;
      const dy = origin + (j + 0.5) * cell - y;
      if (dx * dx + dy * dy <= Math.max(r * r, cell * cell * 0.5)) raise(grid, j * side + i, bottom, z);
    }
  }
  grid.highest = Math.max(grid.highest, z);
}

function raise(grid: HeightGrid, index: number, bottom: number, z: number): void {
  // What floats clear of everything below casts its own shadow, not a curtain's.
  if (bottom > grid.top[index]! + 0.7) {
    grid.airTop[index] = Math.max(grid.airTop[index]!, z);
    grid.airBottom[index] = Math.min(grid.airBottom[index]!, bottom);
  } else if (z > grid.top[index]!) grid.top[index] = z;
}

/** Adds bead `index` of `data`. */
export function raiseBead(grid: HeightGrid, data: Float32Array, index: number): void {
  const at = index * beadStride;
  const x0 = data[at]!;
  const y0 = data[at + 1]!;
  const z0 = data[at + 2]!;
  const dx = data[at + 3]! - x0;
  const dy = data[at + 4]! - y0;
  const dz = data[at + 5]! - z0;
  const r = data[at + 6]! / 2;
  const steps = Math.max(1, Math.ceil(Math.hypot(dx, dy) / Math.max(cell, r)));
  for (let step = 0; step <= steps; step++) {
    const f = step / steps;
    const z = z0 + dz * f;
    raiseDisc(grid, x0 + dx * f, y0 + dy * f, r, z - data[at + 7]!, z);
  }
}

/** Horizontal distances of the shadow march in mm: fine beside the point, coarse far from it. */
const marches = [0.3, 0.55, 0.85, 1.2, 1.65, 2.2, 2.9, 3.8, 4.9, 6.2, 7.8, 9.7, 12, 15, 18.5, 23];

/**
 * Share of the lamp that reaches a point, 0..1; `softness` is the lamp's radius over its distance, `dither` 0..1
 * spreads the steps of the march from pixel to pixel.
 */
export function lampSeen(
  grid: HeightGrid,
  x: number,
  y: number,
  z: number,
  lamp: Vec3,
  softness: number,
  dither: number,
): number {
  const dx = lamp[0] - x;
  const dy = lamp[1] - y;
  const away = Math.sqrt(dx * dx + dy * dy);
  if (away < 1) return 1;
  const climb = (lamp[2] - z) / away;
  const ux = dx / away;
  const uy = dy / away;
  let seen = 1;
  const stretch = 0.92 + 0.16 * dither;
  for (let step = 0; step < marches.length; step++) {
    const far = marches[step]! * stretch;
    const height = z + climb * far;
    if (height > grid.highest) break;
    const index = column(y + uy * far) * side + column(x + ux * far);
    const blur = 0.12 + softness * far;
    const clear = (height - grid.top[index]! - 0.06) / blur + 0.75;
    if (clear < seen) seen = clear;
    const under = grid.airTop[index]!;
    if (height < under && height > grid.airBottom[index]! - 0.1) seen = Math.min(seen, 0.35);
    if (seen <= 0) return 0;
  }
  return seen;
}

const around = [
  [0.9, 0.2],
  [-0.9, -0.2],
  [-0.2, 0.9],
  [0.2, -0.9],
  [1.9, 1.9],
  [-1.9, 1.9],
  [1.9, -1.9],
  [-1.9, -1.9],
] as const;

/** Share of the sky that a point sees, 0..1, from eight neighbours within 3 mm. */
export function skySeen(grid: HeightGrid, x: number, y: number, z: number): number {
  let hidden = 0;
  for (const [dx, dy] of around) {
    const rise = grid.top[column(y + dy) * side + column(x + dx)]! - z - 0.12;
    if (rise > 0) hidden += rise / (rise + 1.6);
  }
  return 1 - (0.8 * hidden) / around.length;
}
