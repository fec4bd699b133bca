/** How one job changes with one event. */
import { assert } from "../kernel/assert.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { JobEvent } from "./event.ts";
import { evolveAttempt } from "./evolve-attempt.ts";
import { evolveUnit, freshUnit } from "./evolve-unit.ts";
import type { Setup } from "./setup.ts";
import type { Attempt, Job } from "./state.ts";

/** Applies one event of this job. */
export function evolveJob(job: Job, event: JobEvent, at: EpochMs, setup: Setup): Job {
  switch (event.type) {
    case "PresenceProven":
      return {
        ...job,
        presence: { proof: event.proof, device: event.device, at, mono: event.mono },
        proofsSeen: { ...job.proofsSeen, [event.proof]: true },
      };
    case "IdentityConfirmed":
      return { ...job, identity: { person: event.person, at, mono: event.mono } };
    case "AttemptStarted":
      return startAttempt(job, event, at);
    case "NonconformityRaised":
      return { ...job, nonconformities: [...job.nonconformities, { ...nonconformityOf(event), disposition: null }] };
    case "DispositionSigned":
      return disposed(job, event);
    case "OperationCompleted":
      return {
        ...job,
        units: job.units.map((unit) =>
          unit.number === event.unit ? { ...unit, completed: unit.completed + 1 } : unit,
        ),
      };
    case "PartTagged":
    case "PartConfirmed":
    case "PartRefused":
    case "LabelRequested":
    case "LabelPrinted":
    case "LabelNotPrinted":
    case "LabelVerified":
    case "LabelVoided":
      return { ...job, units: job.units.map((unit) => (unit.number === event.unit ? evolveUnit(unit, event) : unit)) };
    case "JobEnded":
      return { ...job, ended: event.outcome, endedAt: at };
    case "TimesInDoubt":
    case "ArtifactsDropped":
    case "ArtifactsRemoved":
    case "HandedOver":
    case "UnitReleased":
    case "JobOrderAccepted":
    case "MachineMadeSafe":
    case "MachineNotMadeSafe":
    case "LayerFoundBad":
      return job;
    case "AttemptResumed":
      return {
        ...patchAttempt(job, event.attempt, (attempt) => evolveAttempt(attempt, event, at, setup)),
        presence: null,
      };
    default:
      return patchAttempt(job, event.attempt, (attempt) => evolveAttempt(attempt, event, at, setup));
  }
}

function startAttempt(job: Job, event: Extract<JobEvent, { type: "AttemptStarted" }>, at: EpochMs): Job {
  const known = job.units.some((unit) => unit.number === event.unit);
  const attempt: Attempt = {
    id: event.attempt,
    unit: event.unit,
    operation: event.operation,
    equipment: event.equipment,
    startedBy: event.person,
    executors: [event.person, ...(job.identity ? [job.identity.person] : [])],
    startedAt: at,
    part: event.part,
    materials: event.materials,
    simulated: event.simulated,
    phase: "starting",
    outcome: null,
    hold: null,
    printed: 0,
    accepted: 0,
    released: 1,
    confirmed: 1,
    captured: 0,
    inferred: 0,
    verdicts: "",
    warned: [],
    traces: [],
    limits: (event.limitSets ?? []).map(({ setup, limits }) => ({ setup, limits })),
    toBeAborted: false,
    looks: [],
    finished: null,
  };
  return {
    ...job,
    units: (known ? job.units : [...job.units, freshUnit(event.unit)]).map((unit) =>
      unit.number === event.unit ? { ...unit, confirmed: null } : unit,
    ),
    attempts: [...job.attempts, attempt],
    identity: null,
    presence: null,
  };
}

/** A concession accepts the layer that failed, a scrap frees the unit's reservation, a rework leaves the step to do. */
function disposed(job: Job, event: Extract<JobEvent, { type: "DispositionSigned" }>): Job {
  const nonconformity = job.nonconformities.find((each) => each.id === event.nonconformity);
  assert(nonconformity, `${event.nonconformity} was never raised`);
  const settled: Job = {
    ...job,
    nonconformities: job.nonconformities.map((each) =>
      each.id === event.nonconformity ? { ...each, disposition: event.disposition } : each,
    ),
  };
  const { layer, attempt, unit: number, cause } = nonconformity;
  // One that was found bad after it had passed is accepted already.
  if (event.disposition === "concession" && layer !== null && cause !== "layer-found-bad") {
    assert(attempt !== null, "a layer belongs to an attempt");
    return patchAttempt(settled, attempt, (each) => {
      assert(layer === each.accepted + 1, "a concession accepts the next undecided layer");
      return { ...each, accepted: layer, verdicts: `${each.verdicts.slice(0, layer - 1)}c` };
    });
  }
  if (event.disposition !== "scrap") return settled;
  return {
    ...settled,
    units: settled.units.map((unit) => (unit.number === number ? { ...unit, scrapped: true } : unit)),
  };
}

function nonconformityOf(event: Extract<JobEvent, { type: "NonconformityRaised" }>) {
  const { nonconformity, unit, attempt, cause, layer, what, findings, parts, evidence } = event;
  const about = parts === undefined ? {} : { parts };
  return { id: nonconformity, unit, attempt, cause, layer, what, findings, ...about, evidence };
}

function patchAttempt(job: Job, id: string, change: (attempt: Attempt) => Attempt): Job {
  assert(
    job.attempts.some((attempt) => attempt.id === id),
    `attempt ${id} was never started`,
  );
  return { ...job, attempts: job.attempts.map((attempt) => (attempt.id === id ? change(attempt) : attempt)) };
}
