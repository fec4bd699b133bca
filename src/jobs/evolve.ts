/** The only way that state changes, live and on replay: one event in, the next state out. */

import { assert, unreachable } from "../kernel/assert.ts";
import type { AttemptId, EquipmentId, JobId } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { Lot } from "../materials/lot.ts";
import { type AlarmEvent, afterAlarmEvent, machineAlarmName, withoutAcknowledgement } from "./alarm-deeds.ts";
import { afterDecision, afterLink } from "./central.ts";
import { afterBoot, afterChallenge, type ChallengeEvent, isChallengeEvent } from "./challenge.ts";
import { afterReading } from "./clock.ts";
import type { CellEvent, Event, Versions } from "./event.ts";
import { evolveDrop, evolveKeeping } from "./evolve-keeping.ts";
import { evolveLog, isLogEvent } from "./evolve-log.ts";
import { afterJobEvent, freshJob, type Seen, withSeen } from "./fold-job.ts";
import type { CellKeepingEvent } from "./keeping-event.ts";
import { isLimitEvent, type LimitEvent } from "./limit-event.ts";
import { afterLimitEvent } from "./limit-sets.ts";
import type { LogEvent } from "./log-event.ts";
import { isModelEvent, type ModelEvent } from "./model-event.ts";
import { afterModelEvent, type ModelInHand } from "./models.ts";
import { findPast, retire } from "./past.ts";
import { lastLookAtPlate } from "./plate.ts";
import type { SupplyEvent } from "./route-event.ts";
import type { EquipmentState, Job, State, Unit } from "./state.ts";
import { findJob, findLot, findMachine, revisionOf } from "./state.ts";
import type { WatchEvent } from "./watch-event.ts";

/**
 * Applies one event that was written when the clock said `wall`. Time runs on even where the clock went back: what counts
 * is the highest reading. Throws AssertionFailed on a history that cannot have happened.
 */
export function evolve(state: State, event: Event, wall: EpochMs): State {
  const clock = afterReading(state.clock, event, wall);
  const now = { ...state, clock };
  if (isModelEvent(event)) return retire({ ...now, models: afterModelEvent(state.models, event) });
  if (isLimitEvent(event)) return retire({ ...now, limitSets: afterLimitEvent(state.limitSets, event) });
  if (isChallengeEvent(event)) {
    return retire({ ...now, challenge: afterChallenge(state.challenge, event, clock.highest) });
  }
  return retire(apply(now, event, clock.highest));
}

function apply(state: State, event: Exclude<Event, ModelEvent | LimitEvent | ChallengeEvent>, at: EpochMs): State {
  if (isLogEvent(event)) return evolveLog(state, event);
  switch (event.type) {
    case "CellBooted":
    case "PersonEnrolled":
    case "SignInRecorded":
    case "RequestRefused":
    case "ClockStepped":
    case "StorageExhausted":
    case "StorageFailed":
    case "MachineOnline":
    case "MachineOffline":
    case "InspectionStatusChanged":
    case "PlateDeclaredClear":
    case "MachineAlarmChanged":
    case "ForeignActionSeen":
    case "ForeignActionLookedInto":
    case "LotReceived":
    case "LotDecided":
    case "MaterialLoaded":
    case "CentralDecided":
    case "CentralLinkChanged":
      return evolveCell(state, event, at);
    case "AlarmAcknowledged":
    case "AlarmShelved":
    case "AlarmUnshelved":
      return { ...state, alarmDeeds: afterAlarmEvent(state.alarmDeeds, event, at) };
    case "ClockCorrected":
    case "RecordDamaged":
    case "RecordFoundWhole":
    case "LegalHoldSet":
    case "LegalHoldLifted":
    case "TextsErased":
    case "TextKeyDestroyed":
      return evolveKeeping(state, event, at);
    case "PlateChecked":
    case "MachineUnwatched":
      return recorded(evolveCell(state, event, at), event, at);
    case "JobOrderAccepted":
      return accepted(state, event, at);
    case "ArtifactsDropped":
    case "ArtifactsRemoved":
      return evolveDrop(withJob(state, event.job, event, at), event);
    case "PartTagged":
      return withTag(withJob(state, event.job, event, at), event);
    case "PartConfirmed":
      return withJob(withoutPartAt(state, event.equipment), event.job, event, at);
    case "AttemptStarted":
      return attemptStarted(withJob(withoutPartAt(state, event.equipment), event.job, event, at), event);
    case "AttemptBegan":
      return beganOnEquipment(withJob(state, event.job, event, at), event.attempt);
    case "AttemptEnded":
      return endOnEquipment(withJob(state, event.job, event, at), event.job, event.attempt, event.outcome);
    case "MachineMadeSafe":
    case "MachineNotMadeSafe":
      return madeSafe(state, event);
    default:
      return withJob(state, event.job, event, at);
  }
}

function madeSafe(state: State, event: Extract<Event, { type: "MachineMadeSafe" | "MachineNotMadeSafe" }>): State {
  const { equipment, attempt, job } = event;
  return patchEquipment(state, equipment, {
    unsafe: event.type === "MachineMadeSafe" ? null : { attempt, job, told: true },
  });
}

function withTag(state: State, { tag, job, unit }: Extract<Event, { type: "PartTagged" }>): State {
  return { ...state, tags: { ...state.tags, [tag]: `${job}/${unit}` } };
}

/** What the cell saw while it was at work on a job also stands in the job's record. */
function recorded(state: State, event: Seen, at: EpochMs): State {
  const job = event.job === null ? undefined : findJob(state, event.job);
  return job ? { ...state, jobs: { ...state.jobs, [job.order.id]: withSeen(job, event, at) } } : state;
}

function accepted(state: State, event: Extract<Event, { type: "JobOrderAccepted" }>, at: EpochMs): State {
  const { job: id, order } = event;
  assert(!findJob(state, id) && !findPast(state, id), `job ${id} accepted twice`);
  const { design, revision } = order.lineage;
  return {
    ...state,
    nonces: { ...state.nonces, [order.nonce]: true },
    revisions: { ...state.revisions, [design]: Math.max(revision, revisionOf(state, design)) },
    superseded: order.supersedes === null ? state.superseded : { ...state.superseded, [order.supersedes]: id },
    jobs: { ...state.jobs, [id]: freshJob(event, at) },
  };
}

/** Material that a start takes is used whatever becomes of the part; a build also occupies its plate. */
function attemptStarted(state: State, event: Extract<Event, { type: "AttemptStarted" }>): State {
  const lots = { ...state.lots };
  for (const { lot, quantity } of event.materials) {
    const before = findLot(state, lot);
    assert(before, `lot ${lot} was never received`);
    lots[lot] = { ...before, used: before.used + quantity };
  }
  const plate = {
    plate: "declared",
    plateCheck: lastLookAtPlate(event.attempt),
    plateWhat: "The camera looks at the plate once more before the machine begins.",
  } as const;
  const patch = { openAttempt: event.attempt, ...(event.plateCheck !== null && plate) };
  return patchEquipment({ ...state, lots }, event.equipment, patch);
}

function withJob(state: State, id: JobId, event: Exclude<Event, CellEvent>, at: EpochMs): State {
  const job = findJob(state, id);
  // The ledger tells what came after; the state has let the job go.
  if (!job && findPast(state, id)) return state;
  assert(job, `${event.type} names job ${id}, which was never accepted`);
  assert(state.setup, `${event.type} before the first boot`);
  const next = afterJobEvent(job, event, at, state.setup);
  if (next === job) return state;
  const endedLately = event.type === "JobEnded" ? [...state.endedLately, id] : state.endedLately;
  return { ...state, endedLately, jobs: { ...state.jobs, [id]: next } };
}

function evolveCell(
  state: State,
  event: Exclude<CellEvent, LogEvent | AlarmEvent | CellKeepingEvent | ModelEvent | LimitEvent | ChallengeEvent>,
  at: EpochMs,
): State {
  switch (event.type) {
    case "CellBooted":
      return booted(state, event, at);
    case "PersonEnrolled":
      return { ...state, people: { ...state.people, [event.person]: { id: event.person, roles: event.roles } } };
    case "SignInRecorded":
    case "RequestRefused":
    case "StorageExhausted":
    case "StorageFailed":
    case "MachineUnwatched":
      return state;
    case "MachineAlarmChanged":
      return machineAlarmChanged(state, event);
    case "ForeignActionSeen":
    case "ForeignActionLookedInto":
      return patchEquipment(state, event.equipment, { foreign: foreignAfter(state, event, at) });
    case "ClockStepped":
      // What is only true for a while cannot be aged by a clock that jumps: it has to be said again.
      return { ...state, jobs: withoutProofs(state.jobs), equipment: withPlatesUnknown(state.equipment) };
    case "MachineOnline":
      return patchEquipment(withoutPartAt(state, event.equipment), event.equipment, {
        online: true,
        identity: event.identity,
        fault: null,
        ...unknownPlate("The machine was away; look at the plate and declare it clear."),
      });
    case "MachineOffline":
      return patchEquipment(withoutPartAt(state, event.equipment), event.equipment, {
        online: false,
        fault: event.fault,
        ...noAlarms,
        ...unknownPlate("The machine does not answer."),
      });
    case "LotReceived":
    case "LotDecided":
    case "MaterialLoaded":
    case "CentralDecided":
    case "CentralLinkChanged":
      return evolveSupply(state, event);
    case "InspectionStatusChanged":
      return { ...state, inspection: inspectionAfter(state.inspection, event) };
    case "PlateDeclaredClear":
    case "PlateChecked":
      return evolvePlate(state, event);
    default:
      return unreachable(event);
  }
}

function evolvePlate(state: State, event: Extract<CellEvent, { type: "PlateDeclaredClear" | "PlateChecked" }>): State {
  switch (event.type) {
    case "PlateDeclaredClear":
      return patchEquipment(state, event.equipment, {
        plate: "declared",
        plateCheck: event.check,
        plateWhat: "The camera is checking the plate.",
      });
    case "PlateChecked":
      return patchEquipment(state, event.equipment, {
        plate: event.clear ? "clear" : "occupied",
        plateCheck: event.check,
        plateWhat: event.what,
      });
    default:
      return unreachable(event);
  }
}

/** What is not looked into yet: what was seen last, and how often. */
function foreignAfter(state: State, event: WatchEvent, at: EpochMs): EquipmentState["foreign"] {
  if (event.type === "ForeignActionLookedInto") return null;
  const times = (findMachine(state, event.equipment)?.foreign?.times ?? 0) + 1;
  return { what: event.what, at, times };
}

/** Lots that came in and were loaded, and what central QA said. */
function evolveSupply(state: State, event: SupplyEvent): State {
  switch (event.type) {
    case "LotReceived": {
      const { type: _, lot: id, person: __, ...facts } = event;
      const lot: Lot = { id, ...facts, status: "quarantine", releasedBy: null, used: 0 };
      return { ...state, lots: { ...state.lots, [id]: lot } };
    }
    case "LotDecided":
      return lotDecided(state, event);
    case "MaterialLoaded": {
      const { equipment, material, lot } = event;
      const others = (findMachine(state, equipment)?.loaded ?? []).filter((each) => each.material !== material);
      return patchEquipment(state, equipment, { loaded: [...others, { material, lot }] });
    }
    case "CentralDecided":
      return { ...state, central: afterDecision(state.central, event.decision) };
    case "CentralLinkChanged":
      return { ...state, central: afterLink(state.central, event) };
    default:
      return unreachable(event);
  }
}

function lotDecided(state: State, event: Extract<CellEvent, { type: "LotDecided" }>): State {
  const lot = findLot(state, event.lot);
  assert(lot, `lot ${event.lot} was never received`);
  const releasedBy = event.status === "released" ? event.approval.person : null;
  return { ...state, lots: { ...state.lots, [event.lot]: { ...lot, status: event.status, releasedBy } } };
}

/** One that has gone is news to everybody when it comes again. */
function machineAlarmChanged(
  state: State,
  { equipment, alarm }: Extract<CellEvent, { type: "MachineAlarmChanged" }>,
): State {
  const machine = findMachine(state, equipment);
  const others = (machine?.alarms ?? []).filter((each) => each.id !== alarm.id);
  const alarms = alarm.active ? [...others, alarm] : others;
  const firstOut = alarms.length === 0 ? null : others.length === 0 ? alarm.id : (machine?.firstOut ?? null);
  const patched = patchEquipment(state, equipment, { alarms, firstOut });
  if (alarm.active) return patched;
  const name = machineAlarmName(equipment, alarm.id);
  return { ...patched, alarmDeeds: withoutAcknowledgement(patched.alarmDeeds, (each) => each === name) };
}

const noAlarms = { alarms: [], firstOut: null } as const;

/** A boot forgets what only a living process can know: who is online, what the camera sees, who stood at the panel. */
function booted(state: State, event: Extract<CellEvent, { type: "CellBooted" }>, at: EpochMs): State {
  const equipment: Record<string, EquipmentState> = {};
  for (const { id } of event.setup.equipment) {
    const before = findMachine(state, id);
    equipment[id] = {
      id,
      online: false,
      identity: null,
      fault: null,
      plate: "occupied",
      plateCheck: null,
      plateWhat: "Since the controller's start nobody has declared the plate clear.",
      openAttempt: before?.openAttempt ?? null,
      loaded: before?.loaded ?? [],
      ...noAlarms,
      foreign: before?.foreign ?? null,
      unsafe: before?.unsafe ? { ...before.unsafe, told: false } : null,
    };
  }
  return {
    ...state,
    setup: event.setup,
    versions: event.versions,
    boot: event.boot,
    boots: state.boots + 1,
    inspection: { ...state.inspection, ...noReport, ...unreported(state), inHand: modelOf(event.versions) },
    challenge: afterBoot(state.challenge, at),
    equipment,
    jobs: withoutProofs(state.jobs),
  };
}

const noReport = { ready: false, what: "The inspection has not reported yet." } as const;

function unreported({ inspection: { views } }: State): Pick<State["inspection"], "views"> {
  return views === undefined ? {} : { views: views.map((each) => ({ ...each, ...noReport })) };
}

/** The model of a start, until the eye says which one it has loaded since. */
function modelOf({ modelDigest, modelManifest }: Versions): ModelInHand | null {
  return modelDigest === null ? null : { model: modelDigest, manifest: modelManifest ?? null };
}

function inspectionAfter(
  before: State["inspection"],
  { type: _, ...said }: Extract<CellEvent, { type: "InspectionStatusChanged" }>,
): State["inspection"] {
  return { ...before, ...said };
}

function withoutProofs(jobs: State["jobs"]): State["jobs"] {
  const unconfirmed = (job: Job) => job.units.map((unit) => ({ ...unit, confirmed: null }));
  return Object.fromEntries(
    Object.entries(jobs).map(([id, job]) => [id, { ...job, identity: null, presence: null, units: unconfirmed(job) }]),
  );
}

/**
 * One part lies in a machine: another part's scan, start or end there, or a time in which nobody heard of the machine, ends
 * what was known of the part before.
 */
function withoutPartAt(state: State, equipment: EquipmentId): State {
  const isThere = ({ confirmed }: Unit) => confirmed?.equipment === equipment;
  const cleared = Object.entries(state.jobs).flatMap(([id, job]): [string, Job][] => {
    if (job.ended || !job.units.some(isThere)) return [];
    return [[id, { ...job, units: job.units.map((unit) => (isThere(unit) ? { ...unit, confirmed: null } : unit)) }]];
  });
  return cleared.length === 0 ? state : { ...state, jobs: { ...state.jobs, ...Object.fromEntries(cleared) } };
}

function withPlatesUnknown(equipment: State["equipment"]): State["equipment"] {
  const unknown = unknownPlate("The clock jumped; look at the plate and declare it clear again.");
  return Object.fromEntries(
    Object.entries(equipment).map(([id, machine]) => [id, machine.openAttempt ? machine : { ...machine, ...unknown }]),
  );
}

function unknownPlate(plateWhat: string): Pick<EquipmentState, "plate" | "plateCheck" | "plateWhat"> {
  return { plate: "occupied", plateCheck: null, plateWhat };
}

/** What is on the plate of a machine that has begun. */
function beganOnEquipment(state: State, attempt: AttemptId): State {
  const owner = Object.values(state.equipment).find((each) => each.openAttempt === attempt);
  return owner ? patchEquipment(state, owner.id, unknownPlate("A job is being made on it.")) : state;
}

/** What an ended attempt leaves on its machine; only a machine that surely did nothing is left as it was. */
function endOnEquipment(state: State, job: JobId, attempt: AttemptId, outcome: string): State {
  const owner = Object.values(state.equipment).find((each) => each.openAttempt === attempt);
  if (!owner) return state;
  const leavesItSafe = ["Completed", "Rejected", "NotBegun"].includes(outcome);
  return patchEquipment(withoutPartAt(state, owner.id), owner.id, {
    openAttempt: null,
    ...unknownPlate("A job was started on it; remove the part and declare the plate clear."),
    unsafe: leavesItSafe ? owner.unsafe : { attempt, job, told: false },
  });
}

function patchEquipment(state: State, id: EquipmentId, patch: Partial<EquipmentState>): State {
  const before = findMachine(state, id);
  assert(before, `the setup has no equipment ${id}`);
  return { ...state, equipment: { ...state.equipment, [id]: { ...before, ...patch } } };
}
