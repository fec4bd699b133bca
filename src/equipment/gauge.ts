/** Measuring instruments and whether their readings count: calibrated, and not overdue (ISO 13485 7.6). */
import type { EpochMs } from "../kernel/units.ts";

/** One instrument of the cell's register. */
export interface Gauge {
  /** As the machine names it in its results, or the machine's own serial number where it names none. */
  readonly id: string;
  readonly title: string;
  /** From here on its readings are refused. */
  readonly due: EpochMs;
  /** Number of the calibration certificate. */
  readonly certificate: string;
}

/** Why a reading of this instrument does not count at `at`, as the end of a sentence; null where it does. */
export function whyNotCalibrated(gauges: readonly Gauge[], id: string | null, at: EpochMs): string | null {
  const gauge = gauges.find((each) => each.id === id);
  if (id === null) return "nobody knows what measured it";
  if (!gauge) return `${id} is not in the register of calibrated instruments`;
  return at < gauge.due
    ? null
    : `the calibration of ${id} was due on ${new Date(gauge.due).toISOString().slice(0, 10)}`;
}
