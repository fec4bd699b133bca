/** States of a job order at the machine (OPC 10031-4 v2, 7.1.2), read off numbers and paths, never off texts. */

/** An ISA95StateDataType as it was decoded. */
export interface RawState {
  /** Browse names of the path from the top state machine; empty for the top state itself. */
  readonly path: readonly string[];
  readonly number: number;
}

const main = ["NotAllowedToStart", "AllowedToStart", "Running", "Interrupted", "Ended", "Aborted"] as const;
const sub: Readonly<Record<string, readonly (readonly [number, string])[]>> = {
  Interrupted: [
    [1, "Held"],
    [2, "Suspended"],
  ],
  Ended: [
    [1, "Completed"],
    [2, "Closed"],
  ],
};

export type MainState = (typeof main)[number];

/** Where a job order stands; `sub` is null where the machine names no substate. */
export interface JobState {
  readonly main: MainState;
  readonly sub: string | null;
}

/**
 * The state that a nested array of states says, or null where it says none that the specification knows. Exactly one
 * member has no path: the top state. A substate counts only below the top state that it belongs to.
 */
export function readJobState(states: readonly RawState[]): JobState | null {
  const top = states.filter(({ path }) => path.length === 0);
  const found = top.length === 1 ? main[top[0]!.number - 1] : undefined;
  if (found === undefined) return null;
  const below = states.find(({ path }) => path.length > 0 && path.some((name) => name === `${found}Substates`));
  const names = sub[found] ?? [];
  return { main: found, sub: names.find(([number]) => number === below?.number)?.[1] ?? null };
}

/** The machine has the job order, and has not begun it. */
export function isStored(state: JobState | null): boolean {
  return state?.main === "NotAllowedToStart" || state?.main === "AllowedToStart";
}

/** The machine is at it, at work or interrupted. */
export function isAtWork(state: JobState | null): boolean {
  return state?.main === "Running" || state?.main === "Interrupted";
}

/** It is over, and can only be cleared. */
export function isOver(state: JobState | null): boolean {
  return state?.main === "Ended" || state?.main === "Aborted";
}
