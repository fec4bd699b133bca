/** The fold of the ledger: everything the core knows, and nothing that is not in the ledger. */

import type { Execution, Fault, MachineAlarm, MachineIdentity } from "../equipment/machine.ts";
import { assert } from "../kernel/assert.ts";
import type {
  AttemptId,
  Digest,
  EquipmentId,
  JobId,
  LotId,
  NonconformityId,
  OperationId,
  PersonId,
} from "../kernel/names.ts";
import { own } from "../kernel/names.ts";
import type { EpochMs, MonotonicMs } from "../kernel/units.ts";
import type { IssuedMaterial, Lot } from "../materials/lot.ts";
import type { Role } from "../people/person.ts";
import type { AlarmDeeds } from "./alarm-deeds.ts";
import type { CameraCalibration, CameraStatus } from "./calibration.ts";
import { type CentralState, noCentral } from "./central.ts";
import { type ChallengeState, noChallenge } from "./challenge.ts";
import { type ClockReadings, noReadings } from "./clock.ts";
import type { Disposition, HoldCause, NonconformityCause, Outcome, Versions } from "./event.ts";
import type { RecordDamage } from "./keeping-event.ts";
import type { LimitSets } from "./limit-sets.ts";
import type { ModelInHand, Models } from "./models.ts";
import type { JobOrder, Operation } from "./order.ts";
import type { Pathway } from "./pathway.ts";
import type { Trace } from "./reaction.ts";
import type { BatchRecord } from "./record/batch-record.ts";
import type { Finding } from "./report.ts";
import { type Keeping, noKeeping } from "./retention.ts";
import type { LabelContent } from "./route-event.ts";
import type { Setup } from "./setup.ts";
import type { TakenBy } from "./views.ts";

export interface State {
  /** Null before the first boot entry. */
  readonly setup: Setup | null;
  readonly versions: Versions | null;
  readonly boot: string | null;
  /** Number of boots; makes attempt ids of different boots differ. */
  readonly boots: number;
  readonly people: Readonly<Record<string, { readonly id: PersonId; readonly roles: readonly Role[] }>>;
  readonly equipment: Readonly<Record<string, EquipmentState>>;
  readonly inspection: {
    readonly ready: boolean;
    readonly what: string;
    readonly inHand: ModelInHand | null;
    readonly calibration: CameraCalibration | null;
    /** Each camera's own word, where there are several; above is what they come to. */
    readonly views?: readonly CameraStatus[];
  };
  /** Inspection models that were approved, taken for a demonstration, or retired. */
  readonly models: Models;
  /** Limit sets in force. */
  readonly limitSets: LimitSets;
  readonly challenge: ChallengeState;
  /** What the scrub last found wrong with the record on the disk; null where nothing is known to be. */
  readonly recordDamage: RecordDamage | null;
  /** Jobs that are open, and the last of those that have ended. */
  readonly jobs: Readonly<Record<string, Job>>;
  /** The ended ones among them, in the order in which they ended. */
  readonly endedLately: readonly JobId[];
  /** What is left of jobs that ended before those. */
  readonly past: Readonly<Record<string, PastJob>>;
  /** Nonces of every order ever taken in (feature 10). */
  readonly nonces: Readonly<Record<string, true>>;
  /** The highest revision of each design that an order was accepted for. */
  readonly revisions: Readonly<Record<string, number>>;
  /** Orders that another one has replaced, also such as never came here. */
  readonly superseded: Readonly<Record<string, JobId>>;
  /** Jobs of the logs that this one continues, with the nonces of their orders, which are void. */
  readonly voided: Readonly<Record<string, string>>;
  /** The log that this one continues, or null. */
  readonly ancestor: string | null;
  readonly lots: Readonly<Record<string, Lot>>;
  /** Which unit carries a tag: `job/number`. */
  readonly tags: Readonly<Record<string, string>>;
  readonly central: CentralState;
  readonly clock: ClockReadings;
  readonly keeping: Keeping;
  /** What people did about alarms. */
  readonly alarmDeeds: AlarmDeeds;
}

export interface EquipmentState {
  readonly id: EquipmentId;
  readonly online: boolean;
  readonly identity: MachineIdentity | null;
  readonly fault: Fault | null;
  /** `occupied` from the moment a start is written until a person and the camera both say otherwise. */
  readonly plate: "clear" | "declared" | "occupied";
  /** The running or last plate check; named so that an old camera answer cannot clear a new plate. */
  readonly plateCheck: string | null;
  readonly plateWhat: string;
  readonly openAttempt: AttemptId | null;
  /** Which lot of which material is in the machine. */
  readonly loaded: readonly { readonly material: string; readonly lot: LotId }[];
  /** What somebody else did at it and nobody has looked into yet: what was seen last, and how often something was. */
  readonly foreign: { readonly what: string; readonly at: EpochMs; readonly times: number } | null;
  /** The machine's own active alarms. */
  readonly alarms: readonly MachineAlarm[];
  /** The first of those that stand together now: it came while none stood, and may be what caused the rest. */
  readonly firstOut: string | null;
  /** An attempt that may have left the machine hot or moving; owed an abort until the machine confirms. */
  readonly unsafe: { readonly attempt: AttemptId; readonly job: JobId; readonly told: boolean } | null;
}

export interface Job {
  readonly order: JobOrder;
  readonly acceptedAt: EpochMs;
  readonly ended: "Ended" | "Aborted" | null;
  /** When it ended, by the highest time that counted then; null while it has not. */
  readonly endedAt: EpochMs | null;
  readonly units: readonly Unit[];
  readonly attempts: readonly Attempt[];
  readonly nonconformities: readonly Nonconformity[];
  /** Who confirmed the two identifiers for the next start; consumed by it. */
  readonly identity: { readonly person: PersonId; readonly at: EpochMs; readonly mono: MonotonicMs } | null;
  /** The unused presence proof; consumed by a start or a resume. */
  readonly presence: {
    readonly proof: string;
    readonly device: string;
    readonly at: EpochMs;
    readonly mono: MonotonicMs;
  } | null;
  /** Every proof ever seen, so that one cannot be used twice. */
  readonly proofsSeen: Readonly<Record<string, true>>;
  /** What the record says, gathered apart from everything above: what a release is asked against. */
  readonly record: BatchRecord;
}

/** What stays of a job that ended a while ago: enough to refuse, to list and to keep it. */
export interface PastJob {
  readonly id: JobId;
  readonly title: string;
  readonly pseudonym: string;
  readonly gtin: string;
  readonly nonce: string;
  readonly source: Digest;
  readonly pathway: Pathway;
  readonly implantable: boolean | null;
  readonly endedAt: EpochMs;
  readonly outcome: "released" | "not-released" | "scrapped" | "cancelled";
  readonly simulated: boolean;
  /** Lots that went into it, so that none of them is forgotten before it. */
  readonly lots: readonly LotId[];
}

/** One copy of the device on its way along the route. A reservation: only a signed scrap frees it. */
export interface Unit {
  readonly number: number;
  /** Operations of the route completed so far, in order. */
  readonly completed: number;
  readonly scrapped: boolean;
  /** The tag that travels with the part; null until one is bound. */
  readonly tag: string | null;
  /** The part was scanned at the machine of its next step; consumed by the start. */
  readonly confirmed: {
    readonly operation: OperationId;
    readonly equipment: EquipmentId;
    readonly person: PersonId;
    readonly mono: MonotonicMs;
  } | null;
  readonly labels: readonly Label[];
}

/** One label of a unit; at most one is alive. */
export interface Label {
  readonly number: number;
  readonly content: LabelContent;
  readonly state: "requested" | "printed" | "not-printed" | "applied" | "voided";
  readonly pdf: Digest | null;
}

export interface Attempt {
  readonly id: AttemptId;
  readonly unit: number;
  readonly operation: OperationId;
  readonly equipment: EquipmentId;
  readonly startedBy: PersonId;
  /** Everybody who confirmed, started, held, resumed, stopped or looked again: none of them decides on this attempt. */
  readonly executors: readonly PersonId[];
  readonly startedAt: EpochMs;
  /** Tag of the confirmed part; null for a build. */
  readonly part: string | null;
  readonly materials: readonly IssuedMaterial[];
  readonly simulated: boolean;
  /** Digests of the limits that its layers must be judged by, by the camera's set-up; of others they are the recipe's own. */
  readonly limits: readonly { readonly setup: Digest; readonly limits: Digest }[];
  readonly phase: "starting" | "running" | "ended";
  readonly outcome: Outcome | null;
  readonly hold: Hold | null;
  /** Layers the machine says are done; layers with an accepted verdict; layers the machine may make. */
  readonly printed: number;
  readonly accepted: number;
  readonly released: number;
  /** Highest release the machine has confirmed. */
  readonly confirmed: number;
  /** Accounting of law 3: pictures stored and inferences made for decided layers. */
  readonly captured: number;
  readonly inferred: number;
  /** One character a decided layer: p pass, t tolerated by the recipe, c concession, f fail (not yet disposed). */
  readonly verdicts: string;
  /** Layers that were warned of, in order. */
  readonly warned: readonly number[];
  /** What was found in the last layers and may go on in the next ones. */
  readonly traces: readonly Trace[];
  /** It is over as soon as the machine waits at the end of a layer. */
  readonly toBeAborted: boolean;
  /** Layers made but not decided, in order. */
  readonly looks: readonly Look[];
  readonly finished: Execution | null;
}

export interface Hold {
  readonly cause: HoldCause;
  readonly layer: number | null;
  readonly what: string;
  readonly since: EpochMs;
  /** The machine has confirmed that it waits. */
  readonly confirmed: boolean;
}

/** A made layer on its way through the eye. */
export interface Look {
  readonly layer: number;
  readonly take: number;
  readonly takesLeft: number;
  readonly step: "capture" | "inspect" | "blind";
  readonly frame: Digest | null;
  /** Every camera's picture, that of `frame` among them; absent where the cell's first camera alone looks. */
  readonly views?: readonly TakenBy[];
  readonly inferred: boolean;
  /** No picture exposed before this is evidence. */
  readonly markedAt: EpochMs;
}

export interface Nonconformity {
  readonly id: NonconformityId;
  readonly unit: number;
  readonly attempt: AttemptId | null;
  readonly cause: NonconformityCause;
  readonly layer: number | null;
  readonly what: string;
  readonly findings: readonly Finding[];
  /** Parts of the build that it is about; absent where they are not told apart. */
  readonly parts?: readonly number[];
  readonly evidence: { readonly frame: Digest; readonly report: Digest } | null;
  readonly disposition: Disposition | null;
}

/** A cell that has never booted. */
export const emptyState: State = {
  setup: null,
  versions: null,
  boot: null,
  boots: 0,
  people: {},
  equipment: {},
  inspection: { ready: false, what: "The inspection has not reported yet.", inHand: null, calibration: null },
  models: {},
  limitSets: {},
  challenge: noChallenge,
  recordDamage: null,
  jobs: {},
  endedLately: [],
  past: {},
  nonces: {},
  revisions: {},
  superseded: {},
  voided: {},
  ancestor: null,
  lots: {},
  tags: {},
  central: noCentral,
  clock: noReadings,
  keeping: noKeeping,
  alarmDeeds: {},
};

/** The job as long as it is open or among the last that ended, or undefined. */
export function findJob(state: State, id: string): Job | undefined {
  return own(state.jobs, id);
}

/** The machine of the setup, or undefined. */
export function findMachine(state: State, id: string): EquipmentState | undefined {
  return own(state.equipment, id);
}

/** The person, or undefined. */
export function findPerson(state: State, id: string): State["people"][string] | undefined {
  return own(state.people, id);
}

/** The lot, or undefined. */
export function findLot(state: State, id: string): Lot | undefined {
  return own(state.lots, id);
}

/** A lot and all lots that it was made from, as far as this cell knows; a ring ends the walk as any end does. */
export function lineOf(state: State, lot: string): readonly string[] {
  const line = new Set<string>([lot]);
  for (const each of line) for (const parent of findLot(state, each)?.parents ?? []) line.add(parent);
  return [...line];
}

/** The highest revision of a design that an order was accepted for; 0 where there is none. */
export function revisionOf(state: State, design: string): number {
  return own(state.revisions, design) ?? 0;
}

/** The tag's unit as `job/number`, or undefined. */
export function findTag(state: State, tag: string): string | undefined {
  return own(state.tags, tag);
}

/** The attempt with its job, or undefined. An attempt's name begins with its job's. */
export function findAttempt(state: State, id: string): { job: Job; attempt: Attempt } | undefined {
  const job = findJob(state, id.slice(0, Math.max(0, id.lastIndexOf("-A"))));
  const attempt = job?.attempts.find((each) => each.id === id);
  return job && attempt ? { job, attempt } : undefined;
}

/** Attempts that have not ended; a job that has ended has none. */
export function openAttempts(state: State): { job: Job; attempt: Attempt }[] {
  const open: { job: Job; attempt: Attempt }[] = [];
  for (const job of Object.values(state.jobs)) {
    if (job.ended) continue;
    for (const attempt of job.attempts) if (attempt.phase !== "ended") open.push({ job, attempt });
  }
  return open;
}

/** The operation of the route with this id; a missing one is a broken program. */
export function operationOf(order: JobOrder, id: OperationId): Operation {
  const operation = order.route.find((each) => each.id === id);
  assert(operation, `the route of ${order.id} has no operation ${id}`);
  return operation;
}

/** The layers an operation plans; a task has none. */
export function layersOf(operation: Operation): number {
  return operation.kind === "build" ? operation.layersPlanned : 0;
}

/** The first nonconformity of the job that nobody has disposed of, or undefined. */
export function openNonconformity(job: Job): Nonconformity | undefined {
  return job.nonconformities.find((each) => each.disposition === null);
}

/** ISA-95 job order state as a screen or OPC 10031-4 would show it, before gates are asked. */
export function jobState(job: Job): "Ready" | "Running" | "Interrupted" | "Ended" | "Aborted" {
  if (job.ended) return job.ended;
  const open = job.attempts.find((attempt) => attempt.phase !== "ended");
  if (!open) return "Ready";
  return open.hold ? "Interrupted" : "Running";
}
