/** Times, names of things and short digests as the screens write them. */
import type { QaView } from "../api-route.ts";

/** Hours, minutes and seconds of the day, in the panel's own time zone. */
export function clock(at: number): string {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at);
}

/** Hours and minutes. */
export function hourMinute(at: number): string {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(at);
}

/** Day and time, for captions. */
export function stamp(at: number): string {
  const day = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short", year: "numeric" }).format(at);
  return `${day} ${clock(at)}`;
}

/** The first and last digits of a digest; the whole one is in the record. */
export function short(digest: string): string {
  return `${digest.slice(0, 8)}…${digest.slice(-4)}`;
}

/** `missing-material` as `Missing material`. */
export function plain(name: string): string {
  const text = name.replaceAll("-", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A measured value with its unit: 1.9 mm, 12 %. */
export function measure(value: number, unit: string): string {
  if (unit === "share") return `${(value * 100).toFixed(0)} %`;
  return `${value.toFixed(value < 10 ? 2 : 1).replace(/\.0$|0$/, "")} ${unit === "mm2" ? "mm²" : unit}`;
}

export const jobWords = {
  Ready: "Waiting",
  Running: "At work",
  Interrupted: "On hold",
  Ended: "Finished",
  Aborted: "Cancelled",
} as const;

/** The state of a job, in a word or a few. */
export function jobWord(job: { readonly state: keyof typeof jobWords; readonly undecided: number }): string {
  return job.state === "Ready" && job.undecided > 0 ? "Waits for a decision" : jobWords[job.state];
}

/** Day, month and year. */
export function day(at: number): string {
  return new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short", year: "numeric", timeZone: "UTC" }).format(
    at,
  );
}

/** Limits as people read them. */
export function limits(lower: number | null, upper: number | null, unit: string): string {
  if (lower === null) return `at most ${upper} ${unit}`;
  return upper === null ? `at least ${lower} ${unit}` : `${lower} to ${upper} ${unit}`;
}

export const plateWords = { clear: "clear", declared: "the camera looks", occupied: "not clear" } as const;

export const syncWords = {
  off: "No central QA",
  connecting: "Not reached",
  syncing: "On the way",
  "with-qa": "With QA",
  frozen: "Frozen",
  stopped: "Stopped",
} as const;

export const stepWords = { done: "done", running: "at work", next: "next", waiting: "later" } as const;

/** Whether a record is with QA, in one sentence; never more than the countersignature says. */
export function qaWords({ withQa, waiting, since }: QaView): string {
  if (withQa) return "With QA: central QA has countersigned it.";
  const entries = waiting === 1 ? "1 entry waits" : `${waiting} entries wait`;
  return `Not yet with QA: ${entries}${since === null ? "" : ` since ${stamp(since)}`}.`;
}

export const roleWords = { technician: "Technician", qa: "QA", engineer: "Engineer" } as const;

export const ownerWords = {
  technician: "Technician",
  qa: "QA",
  engineer: "Engineer",
  "design authority": "Design authority",
} as const;

export const sideWords = { left: "Left", right: "Right", none: "No side" } as const;

/** Why an alarm is put aside for a while. */
export const shelvingWords = {
  "being-mended": "It is known and being mended",
  nuisance: "It comes and goes without a cause",
  "under-test": "The machine is under test",
} as const;

/** A measured figure, to as many places as mean something; a dash where there is none. */
export function figure(value: number | null): string {
  if (value === null) return "—";
  return Math.abs(value) < 100 ? value.toFixed(2) : value.toFixed(1);
}
