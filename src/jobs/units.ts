/** Which copy of a job is worked on next, at which step. */

import { freshUnit } from "./evolve-unit.ts";
import type { Operation } from "./order.ts";
import type { Job, Unit } from "./state.ts";

/** The unit that would be worked on next, or null when every copy is made, reserved or blocked. */
export function nextUnit(job: Job): Unit | null {
  const busy = new Set(job.attempts.filter((attempt) => attempt.phase !== "ended").map((attempt) => attempt.unit));
  const live = job.units.filter((unit) => !unit.scrapped);
  const waiting = live.find((unit) => unit.completed < job.order.route.length && !busy.has(unit.number));
  if (waiting) return waiting;
  if (live.length >= job.order.copies) return null;
  return freshUnit(job.units.length + 1);
}

/** The operation that the job's next unit needs, or null. */
export function nextOperation(job: Job): Operation | null {
  const unit = nextUnit(job);
  return unit ? (job.order.route[unit.completed] ?? null) : null;
}
