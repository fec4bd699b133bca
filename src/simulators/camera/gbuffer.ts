/** What every pixel sees before light falls on it: height, material, surface direction and texture. */
import type { Box } from "./bench.ts";
import { type CameraModel, project, type Rays, raysOf, type Vec3 } from "./pinhole.ts";

/** Surfaces that the shading tells apart. */
export const material = { room: 0, bed: 1, frame: 2, card: 3, post: 4, filament: 5, foreign: 6 } as const;

/** A rectangle of pixels; the upper ends are exclusive. */
export interface Rect {
  readonly u0: number;
  readonly v0: number;
  readonly u1: number;
  readonly v1: number;
}

/**
 * Each array holds one plane of pixels (row by row) for each sample: value of sample s at pixel p is [s * size + p].
 * Several samples a pixel keep strands, which are three pixels wide, from beating with the pixels.
 */
export interface GBuffer {
  readonly camera: CameraModel;
  readonly rays: Rays;
  /** Where in its pixel each sample lies, in pixels from the centre. */
  readonly offsets: readonly (readonly [number, number])[];
  /** Pixels of one plane. */
  readonly size: number;
  /** Bench height in mm of the nearest surface. */
  readonly z: Float32Array;
  readonly material: Uint8Array;
  /** Surface normal x and y, times 127. */
  readonly nx: Int8Array;
  readonly ny: Int8Array;
  /** Direction of the strand, 0..255 for 0..180 degrees. */
  readonly tangent: Uint8Array;
  /** Albedo relative to the material's colour, times 160. */
  readonly tone: Uint8Array;
}

/** One sample at the centre: for measurements. */
export const centred = [[0, 0]] as const;
/** Four samples on a turned square: for pictures. */
export const fourfold = [
  [-0.125, -0.375],
  [0.375, -0.125],
  [0.125, 0.375],
  [-0.375, 0.125],
] as const;

/** An empty buffer for `camera`. */
export function gbufferFor(camera: CameraModel, offsets: readonly (readonly [number, number])[]): GBuffer {
  const size = camera.width * camera.height;
  const values = size * offsets.length;
  return {
    camera,
    rays: raysOf(camera),
    offsets,
    size,
    z: new Float32Array(values).fill(-1e9),
    material: new Uint8Array(values),
    nx: new Int8Array(values),
    ny: new Int8Array(values),
    tangent: new Uint8Array(values),
    tone: new Uint8Array(values),
  };
}

/** Slopes of the ray through sample `sample` of `pixel`, which must not lie in the last row or column. */
export function slopesAt(g: GBuffer, sample: number, pixel: number): [number, number] {
  const { rx, ry } = g.rays;
  const [a, b] = g.offsets[sample]!;
  const down = pixel + g.camera.width;
  return [
    rx[pixel]! + a * (rx[pixel + 1]! - rx[pixel]!) + b * (rx[down]! - rx[pixel]!),
    ry[pixel]! + a * (ry[pixel + 1]! - ry[pixel]!) + b * (ry[down]! - ry[pixel]!),
  ];
}

/** The smallest rectangle that holds both; null is nothing. */
export function union(a: Rect | null, b: Rect | null): Rect | null {
  if (a === null) return b;
  if (b === null) return a;
  return {
    u0: Math.min(a.u0, b.u0),
    v0: Math.min(a.v0, b.v0),
    u1: Math.max(a.u1, b.u1),
    v1: Math.max(a.v1, b.v1),
  };
}

/** `rect` grown by `pixels` on all sides and cut to the picture; null when nothing is left. */
export function grown(rect: Rect, pixels: number, camera: CameraModel): Rect | null {
  const u0 = Math.max(0, Math.floor(rect.u0 - pixels));
  const v0 = Math.max(0, Math.floor(rect.v0 - pixels));
  const u1 = Math.min(camera.width, Math.ceil(rect.u1 + pixels));
  const v1 = Math.min(camera.height, Math.ceil(rect.v1 + pixels));
  return u0 < u1 && v0 < v1 ? { u0, v0, u1, v1 } : null;
}

/** The pixels that a box can touch, or null when it is out of view. */
export function boxRect(camera: CameraModel, box: Box): Rect | null {
  let rect: Rect | null = null;
  for (let corner = 0; corner < 8; corner++) {
    const x = (corner & 1 ? box.high : box.low)[0];
    const y = (corner & 2 ? box.high : box.low)[1];
    const z = (corner & 4 ? box.high : box.low)[2];
    const [u, v] = project(camera, x, y, z);
    rect = union(rect, { u0: u, v0: v, u1: u, v1: v });
  }
  return rect === null ? null : grown(rect, 2, camera);
}

/** Which face of a box a ray meets first. */
export type Face = "top" | "front" | "left" | "right";

/** Height at which the ray with slopes `rx`, `ry` meets the box and the face it meets, or null. Rays only fall. */
export function meetBox(
  centre: Vec3,
  rx: number,
  ry: number,
  box: Box,
): { readonly z: number; readonly face: Face } | null {
  let enter = centre[2] - box.high[2];
  let leave = centre[2] - box.low[2];
  let face: Face = "top";
  const x0 = (box.low[0] - centre[0]) / rx;
  const x1 = (box.high[0] - centre[0]) / rx;
  if (Math.min(x0, x1) > enter) {
    enter = Math.min(x0, x1);
    face = rx > 0 ? "left" : "right";
  }
  leave = Math.min(leave, Math.max(x0, x1));
  const y0 = (box.low[1] - centre[1]) / ry;
  const y1 = (box.high[1] - centre[1]) / ry;
  if (Math.min(y0, y1) > enter) {
    enter = Math.min(y0, y1);
    face = "front";
  }
  leave = Math.min(leave, Math.max(y0, y1));
  return enter <= leave ? { z: centre[2] - enter, face } : null;
}
