/** What was found out about a lens, as a file: it holds as long as nobody turns the lens' rings. */
import { z } from "zod";
import type { Fault } from "../../equipment/machine.ts";
import { err, ok, type Result } from "../../kernel/result.ts";

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
  if (parsed.success) return ok(parsed.data);
  const first = parsed.error.issues[0];
  return err({
    code: "lens-file-invalid",
    what: `The lens file cannot be used: ${first?.path.join(".") || "its top"}: ${first?.message ?? "not valid"}.`,
    remedy: "Make it anew with `cellward camera lens`.",
  });
}
