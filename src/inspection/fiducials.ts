/** Finds the machine's fiducials (black ring, white centre, light ground) near where the camera should see them. */
import type { Sighting } from "./calibrate.ts";
import { type Component, components } from "./components.ts";
import { type Lens, type Pixel, type Point3, project } from "./lens.ts";
import { clip, type Picture, type PixelBox } from "./picture.ts";

/** A fiducial of the machine, by name and place of its centre. */
export interface Fiducial {
  readonly id: string;
  readonly at: Point3;
}

/**
 * Where the middle of the ring's picture lies: the centroid of the projected outer circle (horizontal, `radius_mm`),
 * which perspective moves away from the picture of the circle's centre.
 */
export function ringCentre(lens: Lens, at: Point3, radius_mm: number): Pixel {
  const corners = 24;
  const rim = Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners;
    return project(lens, { x: at.x + radius_mm * Math.cos(angle), y: at.y + radius_mm * Math.sin(angle), z: at.z });
  });
  let [twice, x, y] = [0, 0, 0];
  for (let i = 0; i < corners; i++) {
    const [a, b] = [rim[i]!, rim[(i + 1) % corners]!];
    const piece = a.x * b.y - b.x * a.y;
    twice += piece;
    x += (a.x + b.x) * piece;
    y += (a.y + b.y) * piece;
  }
  return { x: x / (3 * twice), y: y / (3 * twice) };
}

/** Looks for each fiducial within `reach_px` of where the lens predicts it; those not found are left out. */
export function findFiducials(
  picture: Picture,
  lens: Lens,
  fiducials: readonly Fiducial[],
  radius_mm: number,
  reach_px: number,
): Sighting[] {
  return fiducials.flatMap((fiducial) => {
    const expected = ringCentre(lens, fiducial.at, radius_mm);
    const edge = project(lens, { ...fiducial.at, x: fiducial.at.x + radius_mm });
    const back = project(lens, { ...fiducial.at, y: fiducial.at.y + radius_mm });
    const size = {
      w: 2 * Math.hypot(edge.x - expected.x, edge.y - expected.y),
      h: 2 * Math.hypot(back.x - expected.x, back.y - expected.y),
    };
    const seen = findRing(picture, expected, size, reach_px);
    return seen === null ? [] : [{ ...fiducial, seen }];
  });
}

function findRing(
  picture: Picture,
  expected: Pixel,
  size: { readonly w: number; readonly h: number },
  reach: number,
): Pixel | null {
  if (!Number.isFinite(expected.x + expected.y + size.w + size.h)) return null;
  const box = clip(
    {
      left: expected.x - size.w / 2 - reach,
      right: expected.x + size.w / 2 + reach + 1,
      top: expected.y - size.h / 2 - reach,
      bottom: expected.y + size.h / 2 + reach + 1,
    },
    picture,
  );
  const [w, h] = [box.right - box.left, box.bottom - box.top];
  if (w < size.w || h < size.h) return null;
  const { low, high } = range(picture, box);
  // Fixed physical limit: a ring that differs from its ground by less than 40 grey levels is not evidence of a place.
  if (high - low < 40) return null;
  const middle = (low + high) / 2;
  const mask = new Uint8Array(w * h);
  for (let i = 0; i < mask.length; i++) {
    const value = picture.data[(box.top + Math.floor(i / w)) * picture.width + box.left + (i % w)]!;
    mask[i] = value < middle ? 1 : 0;
  }
  const candidates = components(mask, w, h, 20).filter((c) => isRing(c, mask, w, h, size));
  const nearest = candidates
    .map((c) => darknessCentre(picture, box, c, low, high))
    .map((at) => ({ at, miss: Math.hypot(at.x - expected.x, at.y - expected.y) }))
    .sort((a, b) => a.miss - b.miss)[0];
  return nearest === undefined || nearest.miss > reach * Math.SQRT2 ? null : nearest.at;
}

function range(picture: Picture, box: PixelBox): { low: number; high: number } {
  const histogram = new Uint32Array(256);
  let total = 0;
  for (let y = box.top; y < box.bottom; y++) {
    for (let x = box.left; x < box.right; x++) {
      histogram[picture.data[y * picture.width + x]!]!++;
      total++;
    }
  }
  const level = (share: number): number => {
    let below = 0;
    for (let v = 0; v < 256; v++) {
      below += histogram[v]!;
      if (below >= share * total) return v;
    }
    return 255;
  };
  return { low: level(0.02), high: level(0.9) };
}

function isRing(
  c: Component,
  mask: Uint8Array,
  width: number,
  height: number,
  size: { readonly w: number; readonly h: number },
): boolean {
  if (c.left === 0 || c.top === 0 || c.right === width || c.bottom === height) return false;
  const [w, h] = [c.right - c.left, c.bottom - c.top];
  if (w < 0.7 * size.w || w > 1.35 * size.w || h < 0.7 * size.h || h > 1.35 * size.h) return false;
  const centre = Math.round((c.top + c.bottom - 1) / 2) * width + Math.round((c.left + c.right - 1) / 2);
  return mask[centre] === 0;
}

function darknessCentre(picture: Picture, box: PixelBox, c: Component, low: number, high: number): Pixel {
  let [sum, sx, sy] = [0, 0, 0];
  for (let y = c.top - 2; y < c.bottom + 2; y++) {
    for (let x = c.left - 2; x < c.right + 2; x++) {
      const [px, py] = [box.left + x, box.top + y];
      if (px < 0 || py < 0 || px >= picture.width || py >= picture.height) continue;
      const value = picture.data[py * picture.width + px]!;
      // Darkness below 15 % of the range is ground texture and would pull the centre.
      const dark = Math.max(0, Math.min(1, (high - value) / (high - low)) - 0.15);
      sum += dark;
      sx += dark * px;
      sy += dark * py;
    }
  }
  return { x: sx / sum, y: sy / sum };
}
