/** Pictures of a plate through a lens that is known, drawn ray by ray: shares only the plate's layout and codes with what is tested. */
import type { PlateLayout } from "../../../src/inspection/calibration/plate.ts";
import type { TagCode } from "../../../src/inspection/calibration/tags.ts";
import type { Picture } from "../../../src/inspection/picture.ts";

export interface Truth {
  readonly width: number;
  readonly height: number;
  readonly focal_px: number;
  readonly cx: number;
  readonly cy: number;
  readonly k1: number;
  readonly k2: number;
}

/** How the plate is held: turned about its own axes (degrees) and so far before the camera (millimetres). */
export interface Held {
  readonly tilt: number;
  readonly swing: number;
  readonly roll: number;
  readonly x: number;
  readonly y: number;
  readonly far: number;
  readonly seed: number;
}

/** Grey levels: paper, ink, what lies around; noise as a standard deviation. */
export const tones = { paper: 200, ink: 40, around: 110, noise: 2.5 } as const;
/** Rays a pixel, across and down. */
const rays = 2;

export function drawPlate(layout: PlateLayout, codes: readonly TagCode[], truth: Truth, held: Held): Picture {
  const { width, height } = truth;
  const { axes, origin } = standing(held);
  const inked = inkOf(layout, codes);
  const chance = numbers(held.seed);
  const data = new Uint8Array(width * height);
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      let sum = 0;
      for (let j = 0; j < rays; j++) {
        for (let i = 0; i < rays; i++) {
          // A blur of about a pixel; where the rays lie is left to chance, so that no edge falls between all of them.
          const [x, y] = [u + ((i + chance()) / rays - 0.5) * 1.6, v + ((j + chance()) / rays - 0.5) * 1.6];
          sum += seenBy(rayOf(truth, x, y), axes, origin, layout, inked);
        }
      }
      const shade = 0.8 + 0.3 * (u / width) - 0.15 * (v / height);
      const noise = tones.noise * (chance() + chance() + chance() - 1.5) * 2;
      data[v * width + u] = Math.max(0, Math.min(255, Math.round((shade * sum) / rays ** 2 + noise)));
    }
  }
  return { width, height, data };
}

type Vector = readonly [number, number, number];

/** The undistorted ray of a pixel: the distorted radius is turned back by Newton's method. */
export function rayOf({ focal_px, cx, cy, k1, k2 }: Truth, u: number, v: number): Vector {
  const [x, y] = [(u - cx) / focal_px, (v - cy) / focal_px];
  const far = Math.hypot(x, y);
  let r = far;
  for (let n = 0; n < 6; n++) {
    const miss = r + k1 * r ** 3 + k2 * r ** 5 - far;
    r -= miss / (1 + 3 * k1 * r ** 2 + 5 * k2 * r ** 4);
  }
  const scale = far === 0 ? 1 : r / far;
  return [x * scale, y * scale, 1];
}

/** The plate's axes (right, up, towards the camera) and its middle, in the camera's axes (right, down, forward). */
function standing({ tilt, swing, roll, x, y, far }: Held) {
  const turn = (a: number, p: Vector, axis: 0 | 1 | 2): Vector => {
    const [c, s] = [Math.cos((a * Math.PI) / 180), Math.sin((a * Math.PI) / 180)];
    const [i, k] = [[1, 2] as const, [2, 0] as const, [0, 1] as const][axis]!;
    const out = [...p] as [number, number, number];
    out[i] = c * p[i] - s * p[k];
    out[k] = s * p[i] + c * p[k];
    return out;
  };
  const all = (p: Vector): Vector => turn(tilt, turn(swing, turn(roll, p, 2), 1), 0);
  const axes = [all([1, 0, 0]), all([0, -1, 0]), all([0, 0, -1])] as const;
  return { axes, origin: [x, y, far] as Vector };
}

const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

function seenBy(
  ray: Vector,
  [right, up, normal]: readonly [Vector, Vector, Vector],
  origin: Vector,
  { width_mm, height_mm }: PlateLayout,
  inked: (x: number, y: number) => boolean,
): number {
  const t = dot(origin, normal) / dot(ray, normal);
  if (!(t > 0)) return tones.around;
  const at: Vector = [ray[0] * t - origin[0], ray[1] * t - origin[1], t - origin[2]];
  const [x, y] = [dot(at, right), dot(at, up)];
  if (Math.abs(x) > width_mm / 2 || Math.abs(y) > height_mm / 2) return tones.around;
  return inked(x, y) ? tones.ink : tones.paper;
}

/** Whether a place of the plate is black. */
export function inkOf({ tags, tag_mm }: PlateLayout, codes: readonly TagCode[]): (x: number, y: number) => boolean {
  const [left, top] = [tags[0]!.x, tags[0]!.y];
  const pitch = tags[1]!.x - left;
  const columns = tags.filter(({ y }) => y === top).length;
  return (x, y) => {
    const [column, row] = [Math.floor((x - left) / pitch), Math.floor((top - y) / pitch)];
    const id = row * columns + column;
    if (column < 0 || column >= columns || row < 0 || id >= tags.length) return false;
    const [i, j] = [(x - tags[id]!.x) / (tag_mm / 8), (tags[id]!.y - y) / (tag_mm / 8)];
    if (i >= 8 || j >= 8) return false;
    const [c, r] = [Math.floor(i) - 1, Math.floor(j) - 1];
    return c < 0 || r < 0 || c > 5 || r > 5 || codes[id]![r * 6 + c] === 0;
  };
}

export function numbers(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
