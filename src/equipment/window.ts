/** The validated window of a process: within which limits a value must be, before the begin and along the course of the work. */
import type { Seconds } from "../kernel/units.ts";
import type { Telemetry } from "./machine.ts";

/** Both ends belong to it; a missing one does not bound. */
export interface Limits {
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Limits at a time of the course; between two points they run straight, before the first and after the last they stay. */
export interface CoursePoint extends Limits {
  /** Since the work began; time on hold does not count. */
  readonly at_s: Seconds;
}

/** One value of a machine that the recipe watches: a set point, an actual value, a ramp (feature 13, feature 35). */
export interface ParameterWindow {
  readonly id: string;
  readonly title: string;
  /** `hotend`, `hotend-set-point`, `bed`, `bed-set-point`, or the name of one of the machine's readings. */
  readonly reading: string;
  readonly unit: string;
  /** Where it has to be for a start; null where that is not asked. */
  readonly before: Limits | null;
  readonly course: readonly CoursePoint[];
  /** For how long it may be outside without a break; 0 forgives nothing. */
  readonly outside_s: Seconds;
  /** For how long no value may be heard. */
  readonly silent_s: Seconds;
}

/** A value that has left its window, or was not heard. */
export interface Breach extends Limits {
  readonly kind: "outside" | "silent";
  /** Null where none was heard. */
  readonly value: number | null;
  /** For how long already. */
  readonly for_s: Seconds;
}

/** What one window has seen of one attempt. */
export interface WindowWatch {
  readonly samples: number;
  readonly min: number | null;
  readonly max: number | null;
  /** When the value last went outside without coming back; in the time of the course. */
  readonly outsideSince: Seconds | null;
  /** The value that was heard last. */
  readonly last: number | null;
  /** When that was; before the first one, when the watch began. */
  readonly heard: Seconds;
  readonly longestOutside_s: Seconds;
}

/** A watch that begins now, at `at` of the course. */
export function newWindowWatch(at: Seconds): WindowWatch {
  return { samples: 0, min: null, max: null, last: null, outsideSince: null, heard: at, longestOutside_s: 0 };
}

/** The limits at a time of the course, in the window's unit. */
export function limitsAt({ course }: ParameterWindow, at: Seconds): Limits {
  const next = course.findIndex(({ at_s }) => at_s > at);
  const before = course[next < 0 ? course.length - 1 : next - 1] ?? course[0];
  const after = next < 0 ? undefined : course[next];
  if (before === undefined) return { lower: null, upper: null };
  if (after === undefined || after === before) return { lower: before.lower, upper: before.upper };
  const share = (at - before.at_s) / (after.at_s - before.at_s);
  const between = (from: number | null, to: number | null) =>
    from === null || to === null ? null : from + (to - from) * share;
  return { lower: between(before.lower, after.lower), upper: between(before.upper, after.upper) };
}

/** Whether a value is within its limits, both ends included. */
export function isWithin(value: number, { lower, upper }: Limits): boolean {
  return (lower === null || value >= lower) && (upper === null || value <= upper);
}

/** What a machine says of a reading, as a number in the unit asked for; null where it says none, or in another unit. */
export function numberOf(
  telemetry: Telemetry,
  { reading, unit }: Pick<ParameterWindow, "reading" | "unit">,
): number | null {
  const heaters: Readonly<Record<string, number | undefined>> = {
    hotend: telemetry.hotend?.actual,
    "hotend-set-point": telemetry.hotend?.target,
    bed: telemetry.bed?.actual,
    "bed-set-point": telemetry.bed?.target,
  };
  const found = telemetry.readings?.find(({ name }) => name === reading);
  if (found !== undefined) return found.unit === unit && typeof found.value === "number" ? finite(found.value) : null;
  return unit === "°C" && Object.hasOwn(heaters, reading) ? finite(heaters[reading]) : null;
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/**
 * One look at a window. `value` is what was newly heard since the last look, or null; `at` is the time of the course. The
 * breach is said at every look as long as it lasts.
 */
export function lookThrough(
  window: ParameterWindow,
  watch: WindowWatch,
  value: number | null,
  at: Seconds,
): { readonly watch: WindowWatch; readonly breach: Breach | null } {
  const limits = limitsAt(window, at);
  const next = value === null ? watch : withSample(watch, value, limits, at);
  const outsideFor = next.outsideSince === null ? 0 : at - next.outsideSince;
  const seen = { ...next, longestOutside_s: Math.max(next.longestOutside_s, outsideFor) };
  if (next.outsideSince !== null && outsideFor >= window.outside_s) {
    return { watch: seen, breach: { kind: "outside", value: next.last, ...limits, for_s: outsideFor } };
  }
  const silentFor = at - next.heard;
  const isSilent = silentFor > window.silent_s;
  return { watch: seen, breach: isSilent ? { kind: "silent", value: null, ...limits, for_s: silentFor } : null };
}

function withSample(watch: WindowWatch, value: number, limits: Limits, at: Seconds): WindowWatch {
  return {
    ...watch,
    samples: watch.samples + 1,
    min: Math.min(watch.min ?? value, value),
    max: Math.max(watch.max ?? value, value),
    last: value,
    outsideSince: isWithin(value, limits) ? null : (watch.outsideSince ?? at),
    heard: at,
  };
}

/** Limits in words. */
export function limitsText({ lower, upper }: Limits, unit: string): string {
  const say = (value: number) => `${Number(value.toFixed(3))} ${unit}`;
  if (lower !== null && upper !== null) return `${say(lower)} to ${say(upper)}`;
  if (lower !== null) return `at least ${say(lower)}`;
  return upper !== null ? `at most ${say(upper)}` : "any value";
}

/** A breach in one sentence. */
export function breachText({ title, unit }: Pick<ParameterWindow, "title" | "unit">, breach: Breach): string {
  const duration = `${Math.round(breach.for_s)} s`;
  if (breach.kind === "silent" || breach.value === null) return `${title} was not reported for ${duration}.`;
  const lasted = breach.for_s > 0 ? ` for ${duration}` : "";
  return `${title} was ${Number(breach.value.toFixed(3))} ${unit}${lasted}; allowed is ${limitsText(breach, unit)}.`;
}
