/** The camera's calibration as the cell knows it: how well it knows a place, and until when it counts (ISO 13485 7.6). */
import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";

export interface CameraCalibration {
  /** Digest of the set-up that came of it. */
  readonly setup: Digest;
  /** When it was made; null where the set-up does not say. */
  readonly at: EpochMs | null;
  /** From here on nothing is begun by it; null where nobody knows when it was made. */
  readonly due: EpochMs | null;
  /** Expanded uncertainty (k = 2) of a place on the plate, as it was then. */
  readonly uncertainty_mm: number;
}

/** Why nothing may be begun by this calibration at `at`, in one sentence, or null. */
export function whyCalibrationIsOver(calibration: CameraCalibration | null, at: EpochMs): string | null {
  const due = calibration?.due ?? null;
  return due === null || at < due ? null : `The camera's calibration was due on ${dayOf(due)}.`;
}

/** The day of a time, in UTC. */
export function dayOf(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, 10);
}
