/** Times, names of things and short digests as the screens write them. */

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
  return `${value.toFixed(value < 10 ? 2 : 1).replace(/0$/, "")} ${unit === "mm2" ? "mm²" : unit}`;
}

export const jobWords = {
  Ready: "Waiting",
  Running: "Printing",
  Interrupted: "On hold",
  Ended: "Finished",
  Aborted: "Cancelled",
} as const;

/** The state of a job, in a word or a few. */
export function jobWord(job: { readonly state: keyof typeof jobWords; readonly undecided: number }): string {
  return job.state === "Ready" && job.undecided > 0 ? "Waits for a decision" : jobWords[job.state];
}

export const roleWords = { technician: "Technician", qa: "QA", engineer: "Engineer" } as const;

export const ownerWords = {
  technician: "Technician",
  qa: "QA",
  engineer: "Engineer",
  "design authority": "Design authority",
} as const;

export const sideWords = { left: "Left", right: "Right", none: "No side" } as const;
