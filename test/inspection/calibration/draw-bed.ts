/** Pictures of a bed with its fiducials and a plate laid on it, drawn ray by ray: shares only layouts and codes with what is tested. */
import type { PlateLayout } from "../../../src/inspection/calibration/plate.ts";
import type { TagCode } from "../../../src/inspection/calibration/tags.ts";
import type { Lens, Point3 } from "../../../src/inspection/lens.ts";
import type { Picture } from "../../../src/inspection/picture.ts";
import { inkOf, numbers, rayOf, tones } from "./draw-plate.ts";

/** How the sheet truly lies: its lower left corner, turned about it (degrees, counter-clockwise), so many times its size. */
export interface Lying {
  readonly layout: PlateLayout;
  readonly codes: readonly TagCode[];
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly turn: number;
  readonly scale: number;
}

export interface Bed {
  readonly width: number;
  readonly height: number;
  readonly lens: Lens;
  readonly fiducials: readonly { readonly at: Point3 }[];
  readonly radius_mm: number;
  /** Null where the bed is empty. */
  readonly sheet: Lying | null;
  readonly seed: number;
}

/** Rays a pixel, across and down. */
const rays = 2;

export function drawBed(bed: Bed): Picture {
  const { width, height, lens } = bed;
  const [r, t] = [lens.rotation, lens.translation];
  const truth = { width, height, focal_px: lens.focal_px, cx: lens.centre_px.x, cy: lens.centre_px.y };
  const optics = { ...truth, k1: lens.k1, k2: lens.k2 ?? 0 };
  const turned = (x: number, y: number, z: number): Point3 => ({
    x: r[0]! * x + r[3]! * y + r[6]! * z,
    y: r[1]! * x + r[4]! * y + r[7]! * z,
    z: r[2]! * x + r[5]! * y + r[8]! * z,
  });
  const back = turned(...t);
  const eye = { x: -back.x, y: -back.y, z: -back.z };
  const tone = toneOf(bed);
  const chance = numbers(bed.seed);
  const data = new Uint8Array(width * height);
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      let sum = 0;
      for (let j = 0; j < rays; j++) {
        for (let i = 0; i < rays; i++) {
          const [x, y] = [u + ((i + chance()) / rays - 0.5) * 1.6, v + ((j + chance()) / rays - 0.5) * 1.6];
          const along = turned(...rayOf(optics, x, y));
          sum += tone(eye, along);
        }
      }
      const noise = tones.noise * (chance() + chance() + chance() - 1.5) * 2;
      data[v * width + u] = Math.max(0, Math.min(255, Math.round(sum / rays ** 2 + noise)));
    }
  }
  return { width, height, data };
}

/** What a ray from the eye meets first: a fiducial's post, the sheet, or the bed. */
function toneOf({ fiducials, radius_mm, sheet }: Bed): (eye: Point3, along: Point3) => number {
  const heights = [...new Set(fiducials.map(({ at }) => at.z))].sort((a, b) => b - a);
  const inked = sheet === null ? () => false : inkOf(sheet.layout, sheet.codes);
  const angle = ((sheet?.turn ?? 0) * Math.PI) / 180;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return (eye, along) => {
    const at = (z: number) => {
      const far = (z - eye.z) / along.z;
      return { x: eye.x + far * along.x, y: eye.y + far * along.y };
    };
    for (const z of heights) {
      const p = at(z);
      for (const { at: post } of fiducials) {
        if (post.z !== z) continue;
        const off = Math.hypot(p.x - post.x, p.y - post.y);
        if (off < 1.5 * radius_mm) return off > radius_mm / 2 && off < radius_mm ? tones.ink : tones.paper;
      }
    }
    if (sheet === null) return tones.around;
    const p = at(sheet.z);
    const [dx, dy] = [(p.x - sheet.x) / sheet.scale, (p.y - sheet.y) / sheet.scale];
    const { width_mm, height_mm } = sheet.layout;
    const [x, y] = [c * dx + s * dy - width_mm / 2, -s * dx + c * dy - height_mm / 2];
    if (Math.abs(x) > width_mm / 2 || Math.abs(y) > height_mm / 2) return tones.around;
    return inked(x, y) ? tones.ink : tones.paper;
  };
}
