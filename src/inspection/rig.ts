/** The rig file: what an engineer measures with a tape and a drawing before the camera is commissioned. */
import { z } from "zod";
import type { Fault } from "../equipment/machine.ts";
import { err, ok, type Result } from "../kernel/result.ts";
import type { Rig } from "./commission.ts";

const finite = z.number().min(-10_000).max(10_000);
const point3 = z.strictObject({ x: finite, y: finite, z: finite });
const name = z.string().min(1).max(40);

const rig = z.strictObject({
  format: z.literal("cellward-rig-1"),
  camera: name,
  mount: z.strictObject({
    eye: point3,
    target: point3,
    focal_px: z.number().positive().max(100_000),
    width_px: z.int().min(320).max(8192),
    height_px: z.int().min(240).max(8192),
  }),
  fiducials: z
    .array(z.strictObject({ id: name, at: point3 }))
    .min(8)
    .max(32),
  fiducialRadius_mm: z.number().positive().max(100),
  middle: point3,
  plate: z.strictObject({ x0_mm: finite, y0_mm: finite, x1_mm: finite, y1_mm: finite }),
  marker: z.strictObject({
    slots: z.int().min(2).max(16),
    x0_mm: finite,
    pitch_mm: finite,
    y_mm: finite,
    aboveLayer_mm: finite,
    radius_mm: z.number().positive().max(100),
  }),
  bare: z
    .array(z.strictObject({ id: name, x0: finite, y0: finite, x1: finite, y1: finite }))
    .min(1)
    .max(16),
  /** True only for a camera that cannot say when a picture was exposed. */
  exposureUnknown: z.boolean().default(false),
});

/** Reads a rig from parsed JSON; unknown keys are refused. */
export function readRig(value: unknown): Result<Rig, Fault> {
  const parsed = rig.safeParse(value);
  if (parsed.success) {
    const { format: _, ...read } = parsed.data;
    return ok(read);
  }
  const first = parsed.error.issues[0];
  return err({
    code: "rig-invalid",
    what: `The rig file cannot be used: ${first?.path.join(".") || "its top"}: ${first?.message ?? "not valid"}.`,
    remedy: "Correct the member that is named; config/bench-rig.json is an example.",
  });
}
