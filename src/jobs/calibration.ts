/** The camera's calibration as the cell knows it: how well it knows a place, and until when it counts (ISO 13485 7.6). */
import type { Digest } from "../kernel/names.ts";
import type { EpochMs, Milliseconds } from "../kernel/units.ts";

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

/** One of several cameras; where the cell has one, its state stands without a name. */
export interface CameraStatus {
  readonly camera: string;
  readonly ready: boolean;
  readonly what: string;
  /** Null where there is no set-up. */
  readonly calibration: CameraCalibration | null;
}

/** The clock that dated it may have run ahead by so much; one that did so by more makes it count for longer than it should. */
const aheadMs: Milliseconds = 86_400_000;

/** Why nothing may be begun by this calibration at `at`, in one sentence, or null. */
export function whyCalibrationIsOver(
  calibration: CameraCalibration | null,
  at: EpochMs,
  of = "The camera's calibration",
): string | null {
  const { at: made = null, due = null } = calibration ?? {};
  if (due !== null && at >= due) return `${of} was due on ${dayOf(due)}.`;
  if (made === null || made - at <= aheadMs) return null;
  return `${of} is dated ${dayOf(made)}, a day that has not come.`;
}

/** The day of a time, in UTC. */
export function dayOf(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, 10);
}
