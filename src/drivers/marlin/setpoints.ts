/** Set points read back: what was sent to the heaters against what the printer's reports show. */
import type { Celsius, MonotonicMs } from "../../kernel/units.ts";
import type { Heat } from "./heat.ts";

export type HeaterName = "hotend" | "bed";

interface Watched {
  /** The set point of the last command that was confirmed; null while it is not known. */
  confirmed: Celsius | null;
  /** Sent and not yet confirmed: each of these may show in a report. */
  sent: { readonly number: number; readonly celsius: Celsius }[];
  /** A report has shown the confirmed set point. */
  seen: boolean;
  /** Since when every report has shown another one. */
  otherSince: MonotonicMs | null;
  reports: number;
}

/** Both heaters of one printer. */
export interface SetPoints extends Record<HeaterName, Watched> {
  /** Numbers below this were looked at. */
  notedTo: number;
}

/** Reports that differ for so long and so often are no noise, and no command that is still under way. */
const patience = 4000;
const reportsNeeded = 3;
/** Firmware keeps whole or rounded degrees. */
const rounding = 1;

function newWatched(): Watched {
  return { confirmed: null, sent: [], seen: false, otherSince: null, reports: 0 };
}

export function newSetPoints(): SetPoints {
  return { hotend: newWatched(), bed: newWatched(), notedTo: 0 };
}

/** Nothing is known any more: the printer restarted, or commands went past the numbered stream. */
export function forgetSetPoints(points: SetPoints): void {
  Object.assign(points, newSetPoints(), { notedTo: points.notedTo });
}

/** Notes a command that goes out under a number. */
export function noteSent(points: SetPoints, number: number, command: string): void {
  const match = /^M(104|109|140|190)(?= .*?[SR](-?\d+(?:\.\d+)?))/.exec(command);
  if (match === null) return;
  const name = match[1] === "104" || match[1] === "109" ? "hotend" : "bed";
  points[name].sent.push({ number, celsius: Number(match[2]) });
  if (points[name].sent.length > 64) points[name].sent.shift();
}

/** Everything up to this number is confirmed. */
export function noteConfirmed(points: SetPoints, acked: number): void {
  for (const watched of [points.hotend, points.bed]) {
    while (watched.sent[0] !== undefined && watched.sent[0].number <= acked) {
      watched.confirmed = watched.sent.shift()?.celsius ?? null;
      [watched.seen, watched.otherSince, watched.reports] = [false, null, 0];
    }
  }
}

/** A set point that is not what was sent. `taken`: it had been, so somebody changed it since. */
export interface OtherSetPoint {
  readonly heater: HeaterName;
  readonly sent: Celsius;
  readonly found: Celsius;
  readonly taken: boolean;
}

/** Holds a report against what was sent; says once what differs, and takes that as known from then on. */
export function compareSetPoints(points: SetPoints, heat: Heat): OtherSetPoint | null {
  for (const heater of ["hotend", "bed"] as const) {
    const watched = points[heater];
    const found = heat[heater].target;
    const { confirmed } = watched;
    if (confirmed === null && watched.sent.length === 0) watched.confirmed = found;
    if (confirmed === null) continue;
    if (Math.abs(found - confirmed) <= rounding) {
      [watched.seen, watched.otherSince, watched.reports] = [true, null, 0];
      continue;
    }
    if (watched.sent.some(({ celsius }) => Math.abs(celsius - found) <= rounding)) continue;
    watched.otherSince ??= heat.at;
    watched.reports++;
    if (heat.at - watched.otherSince < patience || watched.reports < reportsNeeded) continue;
    const taken = watched.seen;
    Object.assign(watched, newWatched(), { confirmed: found, seen: true });
    return { heater, sent: confirmed, found, taken };
  }
  return null;
}
