/** What was found out about a lens, as a file: it holds as long as nobody turns the lens' rings. */
import { z } from "zod";
import type { Fault } from "../../equipment/machine.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { radialAt } from "../lens.ts";

const finite = z.number();
const positive = z.number().positive();

const lensFile = z.strictObject({
  format: z.literal("cellward-lens-1"),
  width_px: z.int().min(320).max(8192),
  height_px: z.int().min(240).max(8192),
  focal_px: positive,
  centre_px: z.strictObject({ x: finite, y: finite }),
  k1: finite,
  k2: finite,
  reprojection_px: z.number().min(0),
  /** Expanded (k = 2): of the focal length, of the principal point, and of distortion at the picture's corner. */
  uncertainty: z.strictObject({
    focal_px: z.number().min(0),
    centre_px: z.number().min(0),
    corner_px: z.number().min(0),
  }),
  pictures: z.int().min(1),
  /** UTC milliseconds. */
  madeAt: z.int().positive(),
});

export type LensFile = z.infer<typeof lensFile>;

/** Reads a lens file from parsed JSON; unknown keys are refused. */
export function readLensFile(value: unknown): Result<LensFile, Fault> {
  const parsed = lensFile.safeParse(value);
  const first = parsed.error?.issues[0];
  const wrong = parsed.success
    ? whyFolded(parsed.data)
    : `${first?.path.join(".") || "its top"}: ${first?.message ?? "not valid"}`;
  if (parsed.success && wrong === null) return ok(parsed.data);
  return err({
    code: "lens-file-invalid",
    what: `The lens file cannot be used: ${wrong}.`,
    remedy: "Make it anew with `cellward camera lens`.",
  });
}

/** Why the distortion is none that a lens has: from some distance on, what lies farther out would be seen farther in. Null where that is outside the picture. */
function whyFolded({ k1, k2, focal_px, centre_px, width_px, height_px }: LensFile): string | null {
  // r (1 + k1 r² + k2 r⁴) turns where 1 + 3 k1 s + 5 k2 s² = 0 with s = r².
  // Its two roots by way of q, which does not cancel where k2 is next to nothing.
  const q = -1.5 * (k1 + (k1 < 0 ? -1 : 1) * Math.sqrt(k1 * k1 - (20 / 9) * k2));
  const turns = [q / (5 * k2), 1 / q];
  const square = Math.min(...turns.filter((s) => s > 0 && Number.isFinite(s)), Number.POSITIVE_INFINITY);
  if (square === Number.POSITIVE_INFINITY) return null;
  const turn_px = focal_px * Math.sqrt(square) * radialAt({ k1, k2 }, square);
  const far = (at: number, side: number): number => Math.max(at, side - 1 - at);
  const corner_px = Math.hypot(far(centre_px.x, width_px), far(centre_px.y, height_px));
  return turn_px >= corner_px
    ? null
    : `its distortion folds the picture over ${turn_px.toFixed(0)} px from the middle; the corner is ${corner_px.toFixed(0)} px away`;
}
