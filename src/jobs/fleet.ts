/** What a cell is at, in a word, as central QA's fleet page shows it (feature 88): never about a patient. */
import type { JobId } from "../kernel/names.ts";
import type { Moment } from "../kernel/units.ts";
import { shutOf } from "./gate.ts";
import { startGates } from "./gates.ts";
import { jobState, openAttempts, type State } from "./state.ts";
import { stepGates } from "./step-gates.ts";
import { nextOperation } from "./units.ts";

/**
 * `running`: a machine is at work. `held`: an attempt waits for a person. `blocked`: the next step of a job cannot be
 * done, for the reason of `gate`. `ready`: a job waits for a technician. `idle`: no job is open.
 */
export type FleetState = "running" | "held" | "blocked" | "ready" | "idle";

/** A cell's state with the job that it is about; the gate by its name. */
export interface FleetWord {
  readonly state: FleetState;
  readonly job: JobId | null;
  readonly gate: string | null;
}

/** Gates that a technician opens by starting: they keep nothing from going on. */
const partOfStarting: ReadonlySet<string> = new Set([
  "identity",
  "part",
  "person",
  "presence",
  "plate",
  "machine-step",
]);

/** What the cell is at: what needs a person before what runs, what is blocked before what is ready. */
export function fleetWordOf(state: State, now: Moment): FleetWord {
  const attempts = openAttempts(state);
  const held = attempts.find(({ attempt }) => attempt.hold !== null);
  if (held) return { state: "held", job: held.job.order.id, gate: held.attempt.hold?.cause ?? null };
  const [running] = attempts;
  if (running) return { state: "running", job: running.job.order.id, gate: null };
  const waiting = Object.values(state.jobs).filter((job) => jobState(job) === "Ready");
  const words = waiting.map((job): FleetWord => {
    const next = nextOperation(job);
    const gates =
      next !== null && "equipment" in next
        ? startGates(state, job, next.id, null, now)
        : stepGates(state, job, next?.kind ?? "release", null);
    const shut = shutOf(gates).find(({ gate }) => !partOfStarting.has(gate));
    return { state: shut ? "blocked" : "ready", job: job.order.id, gate: shut?.gate ?? null };
  });
  const first = words.find((word) => word.state === "ready") ?? words[0];
  return first ?? { state: "idle", job: null, gate: null };
}
