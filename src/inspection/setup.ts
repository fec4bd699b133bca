/** A camera's set-up file: its calibration, what the static zones looked like at commissioning, and fixed limits. */
import { z } from "zod";
import type { Fault } from "../equipment/machine.ts";
import { isDigest } from "../kernel/names.ts";
import { err, ok, type Result } from "../kernel/result.ts";

const finite = z.number();
const point3 = z.strictObject({ x: finite, y: finite, z: finite });
const pixel = z.strictObject({ x: finite, y: finite });
const positive = z.number().positive();

const lens = z.strictObject({
  rotation: z.array(finite).length(9),
  translation: z.tuple([finite, finite, finite]),
  focal_px: positive,
  centre_px: pixel,
  k1: finite,
  k2: finite.optional(),
});

/** One zone that does not change while a part grows, and how it looked when the camera was commissioned. */
const zone = z.strictObject({
  id: z.string().min(1).max(40),
  box: z.strictObject({ left: z.int(), top: z.int(), right: z.int(), bottom: z.int() }),
  mean: finite,
  spread: finite,
  sharpness: finite,
  noise: finite,
  /** Mean brightness of 8 x 8 cells of the zone, row by row. */
  cells: z.array(finite).length(64),
});

/** Fixed physical limits of the picture gate; beyond `unusable` the frame is no evidence, beyond `good` it is retaken. */
const gateLimits = z.strictObject({
  search_px: positive,
  leastFiducials: z.int().min(6),
  residual_px: positive,
  moved_mm: positive,
  gainGood: z.tuple([finite, finite]),
  gainUsable: z.tuple([finite, finite]),
  /** Darkest and brightest zone against the picture's own gain. */
  unevenGood: z.tuple([finite, finite]),
  unevenUsable: z.tuple([finite, finite]),
  sharpnessGood: finite,
  sharpnessUsable: finite,
  noiseUsable: z.tuple([finite, finite]),
  clippedUsable: finite,
  zoneCorrelationUsable: finite,
  /** Difference to the frame before, as a share of what two exposures of the same scene must differ by (noise). */
  freshnessUsable: finite,
  /** How much brighter the marker's slot must be than every other slot, in grey levels. */
  markerContrast: finite,
});

const setup = z.strictObject({
  format: z.literal("cellward-camera-setup-1"),
  camera: z.string().min(1).max(64),
  width_px: z.int().min(320).max(8192),
  height_px: z.int().min(240).max(8192),
  lens,
  reprojection_px: finite,
  /** When the picture was taken (UTC milliseconds); absent in set-ups of before. */
  calibratedAt: z.int().positive().optional(),
  uncertainty_mm: finite,
  /** Part of it that the lens itself makes (k = 2), where a lens file said how well that is known. */
  lensUncertainty_mm: z.number().min(0).optional(),
  fiducials: z
    .array(z.strictObject({ id: z.string().min(1).max(16), at: point3 }))
    .min(8)
    .max(32),
  fiducialRadius_mm: positive,
  middle: point3,
  /** The part of the plate that is judged. */
  plate: z.strictObject({ x0_mm: finite, y0_mm: finite, x1_mm: finite, y1_mm: finite }),
  zones: z.array(zone).min(4).max(32),
  /** The bright mark on the parked toolhead: slot k (0 to slots - 1) puts it at x0 + pitch * k, above the layer by dz. */
  marker: z.strictObject({
    slots: z.int().min(2).max(16),
    x0_mm: finite,
    pitch_mm: finite,
    y_mm: finite,
    aboveLayer_mm: finite,
    radius_mm: positive,
  }),
  limits: gateLimits,
  /** SHA-256 of the empty plate's JPEG that this set-up was made from; it stands beside this file. */
  emptyPlate: z.string().refine(isDigest, "not a SHA-256"),
  /** True for a camera that cannot say when a picture was exposed; then only the sequence mark proves that it is new. */
  exposureUnknown: z.boolean().default(false),
});

export type CameraSetup = z.infer<typeof setup>;
export type GateLimits = z.infer<typeof gateLimits>;
export type StaticZone = z.infer<typeof zone>;

/** Limits that suit a fixed camera above a closed printer; a set-up may tighten them. */
export const defaultGateLimits: GateLimits = {
  search_px: 24,
  leastFiducials: 6,
  residual_px: 0.6,
  moved_mm: 0.6,
  gainGood: [0.9, 1.12],
  gainUsable: [0.8, 1.25],
  unevenGood: [0.95, 1.05],
  unevenUsable: [0.8, 1.25],
  sharpnessGood: 0.75,
  sharpnessUsable: 0.55,
  noiseUsable: [0.4, 2.5],
  clippedUsable: 0.05,
  zoneCorrelationUsable: 0.9,
  freshnessUsable: 0.4,
  markerContrast: 30,
};

/** Reads a set-up from parsed JSON; unknown keys are refused. */
export function readSetup(value: unknown): Result<CameraSetup, Fault> {
  const parsed = setup.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const first = parsed.error.issues[0];
  return err({
    code: "camera-setup-invalid",
    what: `The camera's set-up file cannot be used: ${first?.path.join(".") ?? ""}: ${first?.message ?? "not valid"}.`,
    remedy: "Commission the camera again with an empty plate (an engineer, cellward camera calibrate).",
  });
}
