/** What the printer's temperature reports say: the latest values, their range over a layer, and whether all is off. */
import type { LayerSummary, Range } from "../../equipment/machine.ts";
import type { Celsius, MonotonicMs } from "../../kernel/units.ts";
import type { HeaterReport, TemperatureReport } from "./reply.ts";

/** Latest values of both heaters; a printer without a heated bed is not served by this driver. */
export interface Heat {
  readonly hotend: HeaterReport;
  readonly bed: HeaterReport;
  readonly at: MonotonicMs;
}

export interface HeatWatch {
  latest: Heat | null;
  range: { hotend: Range<Celsius>; bed: Range<Celsius> } | null;
  /** Reports in a row, since `expectCold`, in which both targets were zero. */
  cold: number;
}

export function newHeatWatch(): HeatWatch {
  return { latest: null, range: null, cold: 0 };
}

/** Takes one report; a report that lacks a heater (damaged, or of an older form) is left out. */
export function noteHeat(watch: HeatWatch, report: TemperatureReport, at: MonotonicMs): void {
  const { hotend, bed } = report;
  if (hotend === null || bed === null) return;
  watch.latest = { hotend, bed, at };
  watch.range = {
    hotend: widen(watch.range?.hotend, hotend.actual),
    bed: widen(watch.range?.bed, bed.actual),
  };
  watch.cold = hotend.target === 0 && bed.target === 0 ? watch.cold + 1 : 0;
}

/** Starts a new range at the latest values, so that a layer faster than the reports has one too. */
export function restartRange(watch: HeatWatch): void {
  if (watch.latest === null) return;
  const { hotend, bed } = watch.latest;
  watch.range = { hotend: widen(undefined, hotend.actual), bed: widen(undefined, bed.actual) };
}

/** Only reports from now on count for {@link isCold}. */
export function expectCold(watch: HeatWatch): void {
  watch.cold = 0;
}

/** Both targets were zero in two reports in a row: one damaged digit does not pass for a cold machine. */
export function isCold(watch: HeatWatch): boolean {
  return watch.cold >= 2;
}

/** The summary's ranges; needs at least one report before. */
export function rangesOf(watch: HeatWatch): Pick<LayerSummary, "hotend" | "bed"> | null {
  return watch.range;
}

function widen(range: Range<Celsius> | undefined, value: Celsius): Range<Celsius> {
  return range === undefined
    ? { min: value, max: value }
    : { min: Math.min(range.min, value), max: Math.max(range.max, value) };
}
