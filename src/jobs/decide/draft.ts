/** A decision in the making: events are applied as they are added, so that the next thought sees them. */
import type { AttemptId, JobId, NonconformityId } from "../../kernel/names.ts";
import type { EpochMs, Moment, MonotonicMs } from "../../kernel/units.ts";
import type { Event, NonconformityCause } from "../event.ts";
import { evolve } from "../evolve.ts";
import type { Refusal } from "../refusal.ts";
import type { Attempt, Nonconformity, State } from "../state.ts";
import { findAttempt, findJob } from "../state.ts";

/** What a message leads to. */
export interface Decision {
  readonly state: State;
  readonly events: readonly Event[];
  readonly refusal: Refusal | null;
}

/** Collects events on a provisional state; lives only inside one call of `decide`. */
export interface Draft {
  /** The highest time that counts: what expiry is compared with. */
  readonly at: EpochMs;
  /** What the clock says; it can have gone back. */
  readonly wall: EpochMs;
  readonly mono: MonotonicMs;
  /** Unique for the message; names what this decision brings into being. */
  readonly id: string;
  state(): State;
  add(event: Event): void;
  refuse(refusal: Refusal): void;
  done(): Decision;
}

/** Starts a draft on `state`. */
export function startDraft(state: State, { at: wall, mono }: Moment, id: string): Draft {
  let current = state;
  const at = Math.max(state.clock.highest, wall);
  let refusal: Refusal | null = null;
  const events: Event[] = [];
  return {
    at,
    wall,
    mono,
    id,
    state: () => current,
    add(event) {
      current = evolve(current, event, wall);
      events.push(event);
    },
    refuse(reason) {
      refusal = reason;
    },
    done: () => ({ state: current, events, refusal }),
  };
}

/** The attempt as the draft sees it now, if it is still open. */
export function openAttempt(draft: Draft, id: string) {
  const found = findAttempt(draft.state(), id);
  return found && found.attempt.phase !== "ended" ? found : undefined;
}

/** Raises exactly one nonconformity for one trigger. */
export function raise(
  draft: Draft,
  job: JobId,
  attempt: Attempt,
  cause: NonconformityCause,
  what: string,
  seen: Seen = nothingSeen,
): void {
  add(draft, job, attempt.unit, attempt.id, cause, what, seen);
}

/** Raises a nonconformity of a copy while no machine is at work on it. */
export function raiseOnUnit(draft: Draft, job: JobId, unit: number, cause: NonconformityCause, what: string): void {
  add(draft, job, unit, null, cause, what, nothingSeen);
}

type Seen = Pick<Nonconformity, "layer" | "findings" | "parts" | "evidence">;
const nothingSeen: Seen = { layer: null, findings: [], evidence: null };

function add(
  draft: Draft,
  job: JobId,
  unit: number,
  attempt: AttemptId | null,
  cause: NonconformityCause,
  what: string,
  seen: Seen,
): void {
  const number = (findJob(draft.state(), job)?.nonconformities.length ?? 0) + 1;
  const nonconformity = `${job}-NC${number}` as NonconformityId;
  draft.add({ type: "NonconformityRaised", job, nonconformity, unit, attempt, cause, what, ...seen });
}
