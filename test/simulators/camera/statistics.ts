/** Figures of a frame that the camera's tests compare. */
import type { Frame } from "../../../src/simulators/camera/renderer.ts";

/** Mean of all values, 0..255. */
export function mean(frame: Frame): number {
  let sum = 0;
  for (const value of frame.rgb) sum += value;
  return sum / frame.rgb.length;
}

/** Green value at a pixel, the nearest one to (u, v). */
export function green(frame: Frame, u: number, v: number): number {
  return frame.rgb[3 * (Math.round(v) * frame.width + Math.round(u)) + 1]!;
}

/** Mean green of a window of `half` pixels to each side. */
export function patch(frame: Frame, u: number, v: number, half: number): number {
  let sum = 0;
  for (let dv = -half; dv <= half; dv++) for (let du = -half; du <= half; du++) sum += green(frame, u + du, v + dv);
  return sum / (2 * half + 1) ** 2;
}

/** Mean absolute difference of two frames. */
export function difference(a: Frame, b: Frame): number {
  let sum = 0;
  for (let i = 0; i < a.rgb.length; i++) sum += Math.abs(a.rgb[i]! - b.rgb[i]!);
  return sum / a.rgb.length;
}

/** Mean absolute difference between horizontal neighbours: how sharp a picture is. */
export function sharpness(frame: Frame): number {
  let sum = 0;
  for (let i = 4; i < frame.rgb.length - 12; i += 3) sum += Math.abs(frame.rgb[i + 12]! - frame.rgb[i]!);
  return sum / (frame.rgb.length / 3);
}

/** Centre of what is brighter than `level` within `half` pixels of (u, v), weighted by how much. */
export function brightCentre(frame: Frame, u: number, v: number, half: number, level: number): [number, number] {
  let sum = 0;
  let sumU = 0;
  let sumV = 0;
  for (let y = Math.round(v) - half; y <= Math.round(v) + half; y++) {
    for (let x = Math.round(u) - half; x <= Math.round(u) + half; x++) {
      const weight = Math.max(0, green(frame, x, y) - level);
      sum += weight;
      sumU += weight * x;
      sumV += weight * y;
    }
  }
  return [sumU / sum, sumV / sum];
}
