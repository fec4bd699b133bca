/** Where a lens' two terms stop describing a lens: beyond it, what lies farther out appears farther in. */
import { type Lens, radialAt } from "../lens.ts";

/** Why the distortion cannot be that of this picture, or null: it must grow outwards up to the picture's farthest corner. */
export function foldOf(
  { focal_px, centre_px, k1, k2 = 0 }: Pick<Lens, "focal_px" | "centre_px" | "k1" | "k2">,
  { width, height }: { readonly width: number; readonly height: number },
): string | null {
  const turn = turningOf(k1, k2);
  if (turn === null) return null;
  const fold_px = focal_px * Math.sqrt(turn) * radialAt({ k1, k2 }, turn);
  const far = Math.hypot(
    Math.max(centre_px.x, width - 1 - centre_px.x),
    Math.max(centre_px.y, height - 1 - centre_px.y),
  );
  return fold_px > far
    ? null
    : `its distortion folds the picture over ${fold_px.toFixed(0)} px from the middle; the corner is ${far.toFixed(0)} px away`;
}

/** The first square of a ray's tangent at which r (1 + k1 r² + k2 r⁴) grows no more; null where it always grows. */
function turningOf(k1: number, k2: number): number | null {
  // The derivative is 1 + 3 k1 q + 5 k2 q². Divided by q² it is a quadratic in 1 / q, which no small k2 upsets.
  const inside = 9 * k1 ** 2 - 20 * k2;
  if (inside < 0) return null;
  const largest = (-3 * k1 + Math.sqrt(inside)) / 2;
  return largest > 0 ? 1 / largest : null;
}
