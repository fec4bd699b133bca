/** What was found out about a lens, as a file: it holds as long as nobody turns the lens' rings. */
import { z } from "zod";
import type { Fault } from "../../equipment/machine.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { foldOf } from "./fold.ts";

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
  /** Of focal length, axis (x, y), k1 and k2 together, at one standard deviation; absent in files of before. */
  covariance: z.array(z.array(finite).length(5)).length(5).optional(),
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
    ? foldOf(parsed.data, { width: parsed.data.width_px, height: parsed.data.height_px })
    : `${first?.path.join(".") || "its top"}: ${first?.message ?? "not valid"}`;
  if (parsed.success && wrong === null) return ok(parsed.data);
  return err({
    code: "lens-file-invalid",
    what: `The lens file cannot be used: ${wrong}.`,
    remedy: "Make it anew with `cellward camera lens`.",
  });
}

/** What is known of the five numbers together; of a file of before only what each is known to on its own. */
export function covarianceOf(
  file: Pick<LensFile, "width_px" | "height_px" | "focal_px" | "uncertainty" | "covariance">,
): readonly (readonly number[])[] {
  if (file.covariance !== undefined) return file.covariance;
  const radius = Math.hypot(file.width_px, file.height_px) / 2 / file.focal_px;
  const { focal_px, centre_px, corner_px } = file.uncertainty;
  // What it says of the corner is counted as k1 alone.
  const spreads = [focal_px, centre_px, centre_px, corner_px / (file.focal_px * radius ** 3), 0];
  return spreads.map((spread, i) => spreads.map((_, k) => (i === k ? (spread / 2) ** 2 : 0)));
}
