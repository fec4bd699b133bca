/** The millimetre grid on which a layer is judged, and the one warp that brings a frame onto it. */
import type { Lens } from "./lens.ts";
import type { Picture } from "./picture.ts";

/** A grid of square cells on a horizontal plane: cell (0, 0) has its centre at (x0_mm, y0_mm), rows go to larger y. */
export interface Grid {
  readonly x0_mm: number;
  readonly y0_mm: number;
  readonly step_mm: number;
  readonly width: number;
  readonly height: number;
}

/** Middle of a grid, in millimetres. */
export function middleOf(grid: Grid): { readonly x: number; readonly y: number } {
  return {
    x: grid.x0_mm + ((grid.width - 1) / 2) * grid.step_mm,
    y: grid.y0_mm + ((grid.height - 1) / 2) * grid.step_mm,
  };
}

/**
 * Brightness of the frame at every grid cell on the plane z = `z_mm` (bilinear; cells outside the frame are NaN).
 * One pass, no intermediate picture. Where the frame is much finer than the grid, four samples a quarter of a cell
 * away are averaged instead of one, so that 12 MP frames do not alias.
 */
export function warp(picture: Picture, lens: Lens, grid: Grid, z_mm: number): Float32Array {
  const out = new Float32Array(grid.width * grid.height);
  if ((lens.focal_px / Math.abs(lens.translation[2])) * grid.step_mm <= coarse) {
    addSamples(picture, lens, grid, z_mm, 0, 0, 1, out);
    return out;
  }
  for (const [ox, oy] of fourTaps) addSamples(picture, lens, grid, z_mm, ox, oy, 0.25, out);
  return out;
}

/** Frame pixels a grid cell from which one sample is too few. */
const coarse = 2.2;
const fourTaps = [
  [-0.25, -0.25],
  [0.25, -0.25],
  [-0.25, 0.25],
  [0.25, 0.25],
] as const;

/** Adds `weight` times the brightness at every cell's centre moved by (ox, oy) cells. */
function addSamples(
  picture: Picture,
  lens: Lens,
  grid: Grid,
  z_mm: number,
  ox: number,
  oy: number,
  weight: number,
  out: Float32Array,
): void {
  const { rotation: r, translation: t, focal_px: f, k1, k2 = 0 } = lens;
  const { x: cx, y: cy } = lens.centre_px;
  const { data, width, height } = picture;
  const [r0, r3, r6] = [r[0]! * grid.step_mm, r[3]! * grid.step_mm, r[6]! * grid.step_mm];
  const x0 = grid.x0_mm + ox * grid.step_mm;
  for (let row = 0, i = 0; row < grid.height; row++) {
    const y = grid.y0_mm + (row + oy) * grid.step_mm;
    // Numerators and depth are linear along a row.
    let across = r[0]! * x0 + r[1]! * y + r[2]! * z_mm + t[0];
    let down = r[3]! * x0 + r[4]! * y + r[5]! * z_mm + t[1];
    let depth = r[6]! * x0 + r[7]! * y + r[8]! * z_mm + t[2];
    for (let col = 0; col < grid.width; col++, i++) {
      const u = across / depth;
      const v = down / depth;
      const square = u * u + v * v;
      const radial = f * (1 + square * (k1 + k2 * square));
      const px = cx + u * radial;
      const py = cy + v * radial;
      const left = Math.floor(px);
      const top = Math.floor(py);
      across += r0;
      down += r3;
      depth += r6;
      if (!(left >= 0 && top >= 0 && left + 1 < width && top + 1 < height)) {
        out[i] = Number.NaN;
        continue;
      }
      const fx = px - left;
      const at = top * width + left;
      const upper = data[at]! + (data[at + 1]! - data[at]!) * fx;
      const lower = data[at + width]! + (data[at + width + 1]! - data[at + width]!) * fx;
      out[i] = out[i]! + weight * (upper + (lower - upper) * (py - top));
    }
  }
}
