/** Views of the A4 plate as an ideal detector would have them through a known lens, with some noise; no picture is drawn. */
import type { PlateView } from "../../../src/inspection/calibration/fit-lens.ts";
import { cornersOf, layPlate } from "../../../src/inspection/calibration/plate.ts";
import { tagFamily } from "../../../src/inspection/calibration/tags.ts";
import { type Lens, nudge, project } from "../../../src/inspection/lens.ts";
import type { Truth } from "./draw-plate.ts";

export const layout = (() => {
  const laid = layPlate(210, 297);
  if (!laid.ok) throw new Error(laid.error);
  return laid.value;
})();
export const family = tagFamily(layout.tags.length);
/** The lens that is to be found out. */
export const truth: Truth = { width: 640, height: 480, focal_px: 720, cx: 327, cy: 233, k1: -0.18, k2: 0.06 };
/** What an ideal detector with some noise would see; no picture is drawn. */
export function viewsOf(seed: number, tilts: readonly number[], noise = 0.1, through = truth): PlateView[] {
  let state = (seed * 7919 + 13) >>> 0;
  const chance = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const bell = () => Array.from({ length: 12 }, chance).reduce((sum, v) => sum + v, -6);
  return tilts.map((tilt, k) => {
    const [a, b, c] = [tilt, (k % 3) * tilt * 0.6 * (k % 2 === 0 ? 1 : -1), k * 50].map((deg) => (deg * Math.PI) / 180);
    const start: Lens = {
      rotation: [1, 0, 0, 0, -1, 0, 0, 0, -1],
      translation: [10 * (chance() - 0.5), 10 * (chance() - 0.5), 400 + 60 * chance()],
      ...{ focal_px: through.focal_px, centre_px: { x: through.cx, y: through.cy }, k1: through.k1, k2: through.k2 },
    };
    const turnedLens = nudge({ ...start, translation: [0, 0, 0] }, [a!, b!, c!], [0, 0, 0]);
    const lens: Lens = { ...start, rotation: turnedLens.rotation };
    const pairs = layout.tags
      .flatMap((_, id) => cornersOf(layout, id))
      .map((at) => {
        const { x, y } = project(lens, { ...at, z: 0 });
        return { at, seen: { x: x + noise * bell(), y: y + noise * bell() } };
      });
    return { name: `view ${k}`, pairs };
  });
}
