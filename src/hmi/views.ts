/** The core's state as the screens show it: pure, no ids that a technician would not know, every name looked up late. */
import type { Telemetry } from "../equipment/machine.ts";
import { dispositionsOpen } from "../jobs/decide/disposition.ts";
import { resumeGates, startGates } from "../jobs/gates.ts";
import { equipmentOf } from "../jobs/order.ts";
import {
  type Attempt,
  type Job,
  jobState,
  layersOf,
  type Nonconformity,
  operationOf,
  type State,
} from "../jobs/state.ts";
import { nextOperation } from "../jobs/units.ts";
import type { PersonId } from "../kernel/names.ts";
import type { EpochMs, Milliseconds } from "../kernel/units.ts";
import { alarmsOf } from "./alarms.ts";
import type {
  AttemptView,
  CellView,
  JobLine,
  JobView,
  LogLine,
  MachineView,
  NonconformityView,
  PresenceView,
} from "./api.ts";
import type { Deed, Journal } from "./journal.ts";
import { phrasesOf } from "./reasons.ts";

/** What the views need besides the state. */
export interface Looks {
  readonly at: EpochMs;
  /** Monotonic, of the same moment. */
  readonly mono: number;
  readonly site: string;
  readonly telemetry: readonly Telemetry[];
  readonly telemetryPeriodMs: Milliseconds;
  readonly presence: PresenceView;
  readonly journal: Journal;
  /** The person who looks; gates are asked for them. */
  readonly person: PersonId | null;
  readonly nameOf: (person: PersonId) => string | null;
}

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
    presence: looks.presence,
    alarms: alarmsOf(state),
    jobs: Object.values(state.jobs).map((job) => jobLine(state, job, looks)),
  };
}

function machineView(state: State, id: string, looks: Looks): MachineView {
  const machine = state.equipment[id]!;
  return {
    id,
    title: state.setup?.equipment.find((each) => each.id === id)?.title ?? id,
    online: machine.online,
    identity: machine.identity,
    fault: machine.fault,
    plate: machine.plate,
    plateWhat: machine.plateWhat,
    unsafe: machine.unsafe !== null,
    attempt: machine.openAttempt,
    telemetry: looks.telemetry.find((each) => each.equipment === id) ?? null,
  };
}

/** One job in a list. */
export function jobLine(state: State, job: Job, looks: Looks): JobLine {
  const open = job.attempts.find((attempt) => attempt.phase !== "ended");
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
  };
}

/** One job with everything its screens show. */
export function jobView(state: State, job: Job, looks: Looks): JobView {
  const next = nextOperation(job);
  const validMs = state.setup?.presenceValidMs ?? 0;
  const ended = looks.journal.ended(job.order.id);
  return {
    ...jobLine(state, job, looks),
    at: looks.at,
    copies: job.order.copies,
    expires: job.order.expires,
    next: next && { id: next.id, title: next.title, kind: next.kind, equipment: equipmentOf(next) },
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

function gatesOf(state: State, job: Job, looks: Looks) {
  const next = nextOperation(job) ?? job.order.route[0];
  return next ? startGates(state, job, next.id, looks.person, looks) : [];
}

function attemptView(state: State, job: Job, attempt: Attempt, looks: Looks): AttemptView {
  const record = looks.journal.attempt(attempt.id);
  const blind = attempt.looks[0]?.step === "blind" ? "b" : "";
  const asksResume = attempt.phase !== "ended" && attempt.hold !== null && looks.person !== null;
  return {
    id: attempt.id,
    equipment: attempt.equipment,
    unit: attempt.unit,
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
    pictured: Math.max(0, ...(record?.layers.keys() ?? [])),
    resumeGates: asksResume && looks.person ? resumeGates(state, job, attempt, looks.person, looks) : [],
    log: (record?.deeds ?? []).map((deed) => logLine(deed, looks)),
  };
}

function nonconformityView(job: Job, each: Nonconformity): NonconformityView {
  const { id, cause, layer, what, findings, disposition } = each;
  const choices = dispositionsOpen(job, each).map((choice) => ({ disposition: choice, reasons: phrasesOf(choice) }));
  return { id, attempt: each.attempt, cause, layer, what, findings, disposition, choices };
}

function plannedOf(job: Job, attempt: Attempt): number {
  return layersOf(operationOf(job.order, attempt.operation));
}

function named(person: PersonId, looks: Looks): string {
  return looks.nameOf(person) ?? `unknown person ${person}`;
}

function logLine(deed: Deed, looks: Looks): LogLine {
  return { at: deed.at, who: deed.person === null ? null : named(deed.person, looks), what: deed.what };
}
