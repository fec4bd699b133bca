/** The core's state as the screens show it: pure, no ids that a technician would not know, every name looked up late. */
import { dispositionsOpen } from "../jobs/decide/disposition.ts";
import { omissionsOf } from "../jobs/decide/releasing.ts";
import { inspectionSuspended, resumeGates, startGates } from "../jobs/gates.ts";
import { equipmentOf, isByMachine } from "../jobs/order.ts";
import { endedKept } from "../jobs/past.ts";
import {
  type Attempt,
  type Job,
  jobState,
  layersOf,
  type Nonconformity,
  operationOf,
  type State,
} from "../jobs/state.ts";
import { stepGates } from "../jobs/step-gates.ts";
import { nextOperation } from "../jobs/units.ts";
import { alarmsOf } from "./alarms.ts";
import type { AttemptView, CellView, JobLine, JobView, MachineView, NonconformityView } from "./api.ts";
import { highestPictured } from "./layer-index.ts";
import { type Looks, logLine, named, withoutErased } from "./looks.ts";
import { phrasesFor } from "./reasons.ts";
import { qaView } from "./record-views.ts";
import { nextStep, resultsOf, routeView, unitInHand, unitView } from "./route-views.ts";

/** True when anything here is simulated or a demonstration: every screen then says so. */
export function isSimulated(state: State): boolean {
  const machines = Object.values(state.equipment).some((machine) => machine.identity?.simulated);
  const open = Object.values(state.jobs).some((job) =>
    job.attempts.some((each) => each.simulated && each.phase !== "ended"),
  );
  return machines || open || (state.setup?.demonstration ?? false);
}

/** The overview. */
export function cellView(state: State, looks: Looks): CellView {
  return {
    at: looks.at,
    cell: state.setup?.cell ?? "Cell",
    site: looks.site,
    simulated: isSimulated(state),
    telemetryPeriodMs: looks.telemetryPeriodMs,
    presenceValidMs: state.setup?.presenceValidMs ?? 0,
    machines: Object.values(state.equipment).map((machine) => machineView(state, machine.id, looks)),
    inspection: state.inspection,
    challenge: challengeView(state, looks.at),
    presence: presenceOf(looks),
    alarms: alarmsOf(state, looks.sync, looks.at, looks.evidenceToQa),
    jobs: jobsShown(state, looks).map((job) => jobLine(state, job, looks)),
    sync: looks.sync,
    evidenceToQa: looks.evidenceToQa,
  };
}

function challengeView(state: State, at: number): CellView["challenge"] {
  const { open, last } = state.challenge;
  const told = last && { passed: last.passed, what: last.what, at: last.at };
  return { isOpen: open !== null, last: told, suspended: inspectionSuspended(state, at) };
}

/** What the scanner read goes only to the page that it serves, with the live stream. */
function presenceOf({ presence: { online, scanned, what } }: Looks): CellView["presence"] {
  return { online, scanned, what };
}

/** Open jobs and the last that ended; all of them stand on the screen of records. */
function jobsShown(state: State, { journal }: Looks): Job[] {
  const last = new Set(journal.endedJobs().slice(-endedKept));
  return Object.values(state.jobs).filter((job) => !job.ended || last.has(job.order.id));
}

/** What a machine is used for is said by the orders; before there is one, by its live values. */
function isBuilder(state: State, id: string, live: MachineView["telemetry"]): boolean {
  const steps = Object.values(state.jobs).flatMap(({ order }) =>
    order.route.filter((step) => equipmentOf(step) === id),
  );
  return steps.length > 0 ? steps.some(({ kind }) => kind === "build") : (live?.hotend ?? null) !== null;
}

function machineView(state: State, id: string, looks: Looks): MachineView {
  const machine = state.equipment[id]!;
  const telemetry = looks.telemetry.find((each) => each.equipment === id) ?? null;
  return {
    id,
    title: state.setup?.equipment.find((each) => each.id === id)?.title ?? id,
    online: machine.online,
    identity: machine.identity,
    fault: machine.fault,
    plate: machine.plate,
    plateWhat: machine.plateWhat,
    unsafe: machine.unsafe !== null,
    foreign: machine.foreign?.what ?? null,
    attempt: machine.openAttempt,
    builds: isBuilder(state, id, telemetry),
    telemetry,
  };
}

/** One job in a list. */
export function jobLine(state: State, job: Job, looks: Looks): JobLine {
  const open = job.attempts.find((attempt) => attempt.phase !== "ended");
  const next = job.ended ? null : nextOperation(job);
  return {
    id: job.order.id,
    title: job.order.title,
    pseudonym: job.order.pseudonym,
    state: jobState(job),
    attempt: open?.id ?? null,
    layer: open ? { accepted: open.accepted, printed: open.printed, planned: plannedOf(job, open) } : null,
    hold: open?.hold?.what ?? null,
    shut: gatesOf(state, job, looks).filter((gate) => gate.state === "shut").length,
    undecided: job.nonconformities.filter((each) => each.disposition === null).length,
    next: next && nextStep(next),
  };
}

/** One job with everything its screens show. */
export function jobView(state: State, job: Job, here: Looks): JobView {
  const looks = withoutErased(state, job.order.id, here);
  const unit = unitInHand(job);
  const next = job.ended ? null : nextOperation(job);
  const validMs = state.setup?.presenceValidMs ?? 0;
  const ended = looks.journal.ended(job.order.id);
  return {
    ...jobLine(state, job, looks),
    at: looks.at,
    copies: job.order.copies,
    expires: job.order.expires,
    side: job.order.side,
    route: routeView(state, job, unit),
    unit,
    units: job.units.map((each) => unitView(state, job, each, looks)),
    omissions: next?.kind === "release" ? omissionsOf(state, job, unit) : null,
    qa: qaView(job.order.id, looks),
    gates: gatesOf(state, job, looks),
    identity: job.identity && { by: named(job.identity.person, looks), at: job.identity.at },
    presence: job.presence && {
      device: job.presence.device,
      at: job.presence.at,
      until: job.presence.at + validMs,
    },
    attempts: job.attempts.map((attempt) => attemptView(state, job, attempt, looks)),
    nonconformities: job.nonconformities.map((each) => nonconformityView(job, each)),
    ended: ended && logLine(ended, looks),
  };
}

function gatesOf(state: State, job: Job, { person, mono, at: wall }: Looks) {
  // As the core will ask: by the highest time that counts.
  const now = { mono, at: Math.max(wall, state.clock.highest) };
  const next = nextOperation(job) ?? job.order.route[0];
  if (!next) return [];
  if (isByMachine(next)) return startGates(state, job, next.id, person, now);
  // A release is signed by somebody who is not signed in: their role is asked with the signature.
  return stepGates(state, job, next.kind, next.kind === "release" ? null : person);
}

function attemptView(state: State, job: Job, attempt: Attempt, looks: Looks): AttemptView {
  const record = looks.journal.attempt(attempt.id);
  const blind = attempt.looks[0]?.step === "blind" ? "b" : "";
  const operation = operationOf(job.order, attempt.operation);
  const asksResume = attempt.phase !== "ended" && attempt.hold !== null && looks.person !== null;
  return {
    id: attempt.id,
    kind: operation.kind === "build" ? "build" : "task",
    operation: operation.id,
    step: operation.title,
    equipment: attempt.equipment,
    unit: attempt.unit,
    part: attempt.part,
    startedBy: named(attempt.startedBy, looks),
    startedAt: attempt.startedAt,
    simulated: attempt.simulated,
    phase: attempt.phase,
    outcome: attempt.outcome,
    outcomeWhat: record?.outcomeWhat ?? null,
    hold: attempt.hold,
    planned: plannedOf(job, attempt),
    printed: attempt.printed,
    accepted: attempt.accepted,
    verdicts: `${attempt.verdicts}${blind}`,
    pictured: record ? highestPictured(record.layers) : 0,
    results: resultsOf(job, attempt),
    resumeGates: asksResume && looks.person ? resumeGates(state, job, attempt, looks.person, looks) : [],
    log: (record?.deeds ?? []).map((deed) => logLine(deed, looks)),
  };
}

function nonconformityView(job: Job, each: Nonconformity): NonconformityView {
  const { id, cause, layer, what, findings, disposition } = each;
  const choices = dispositionsOpen(job, each).map((choice) => ({
    disposition: choice,
    reasons: phrasesFor(choice, cause),
  }));
  return { id, attempt: each.attempt, cause, layer, what, findings, disposition, choices };
}

function plannedOf(job: Job, attempt: Attempt): number {
  return layersOf(operationOf(job.order, attempt.operation));
}
