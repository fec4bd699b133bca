/** Everything that can have happened in a cell: past tense, readable aloud to a quality manager, never edited. */

import type { LayerValues } from "../equipment/layer-values.ts";
import type { Execution, Fault, LayerSummary, MachineAlarm, MachineIdentity } from "../equipment/machine.ts";
import type { AttemptId, Digest, EquipmentId, JobId, NonconformityId, OperationId, PersonId } from "../kernel/names.ts";
import type { EpochMs, MonotonicMs } from "../kernel/units.ts";
import type { IssuedMaterial } from "../materials/lot.ts";
import type { Approval, Role } from "../people/person.ts";
import type { AlarmEvent } from "./alarm-deeds.ts";
import type { CameraCalibration, CameraStatus } from "./calibration.ts";
import type { ChallengeEvent, SetupOfCamera } from "./challenge.ts";
import type { CellKeepingEvent, JobKeepingEvent } from "./keeping-event.ts";
import type { LimitEvent } from "./limit-event.ts";
import type { LimitSetOnDuty } from "./limit-sets.ts";
import type { LogEvent } from "./log-event.ts";
import type { ModelEvent } from "./model-event.ts";
import type { ModelInHand, ModelOnDuty } from "./models.ts";
import type { JobOrder } from "./order.ts";
import type { Reacted, Reaction } from "./reaction.ts";
import type { Finding, LayerReport } from "./report.ts";
import type { LayerReviewEvent } from "./review-event.ts";
import type { RouteEvent, SupplyEvent } from "./route-event.ts";
import type { Setup } from "./setup.ts";
import type { ViewOfPlate, ViewPicture } from "./views.ts";
import type { WatchEvent, WindowAccount, WindowEvent } from "./watch-event.ts";

/** How an attempt ended. `OutcomeUnknown` closes what nobody can know; `NotBegun` means the machine surely did nothing, `Rejected` that it finished and its work is not good. */
export type Outcome = "Completed" | "Rejected" | "Aborted" | "Failed" | "OutcomeUnknown" | "NotBegun";

/** Why something is not as it should be (ISO 13485 8.3); each trigger raises exactly one nonconformity. */
export type NonconformityCause =
  | "layer-failed"
  | "layer-found-bad"
  | "outcome-unknown"
  | "machine-failed"
  | "stopped-by-person"
  | "layer-out-of-order"
  | "program-differs"
  | "layers-missing"
  | "result-missing"
  | "result-out-of-limits"
  | "evidence-missing"
  | "label-mismatch"
  | "foreign-action"
  | "parameter-out-of-window"
  | "parameter-not-watched";

/** A result beside the limits it was judged by; `missing` where the machine reported none in the right unit. */
export interface JudgedResult {
  readonly characteristic: string;
  readonly value: number | null;
  readonly unit: string;
  readonly lower: number | null;
  readonly upper: number | null;
  /** The instrument; the machine's serial number where it names none. Null where nothing was measured. */
  readonly gauge: string | null;
  readonly verdict: "pass" | "fail" | "missing";
  /** Why the reading was refused though it came: its instrument. Absent where it was not. */
  readonly refused?: string;
}

/** What is decided about a nonconforming unit (ISO 13485 8.3). */
export type Disposition = "concession" | "scrap" | "rework" | "release";

/**
 * Why an attempt waits. A blind hold is cured by seeing; a failed layer, a foreign action and a value that left its window
 * by a disposition; a person's hold by resume.
 */
export type HoldCause = "layer-failed" | "blind" | "person" | "foreign-action" | "parameter";

export type CellEvent =
  | { readonly type: "CellBooted"; readonly boot: string; readonly versions: Versions; readonly setup: Setup }
  | { readonly type: "PersonEnrolled"; readonly person: PersonId; readonly roles: readonly Role[] }
  | {
      readonly type: "SignInRecorded";
      readonly person: PersonId | null;
      readonly outcome: "accepted" | "refused" | "locked";
    }
  | {
      readonly type: "RequestRefused";
      readonly job: JobId | null;
      readonly request: string;
      readonly person: PersonId | null;
      readonly code: string;
      readonly what: string;
    }
  | { readonly type: "MachineOnline"; readonly equipment: EquipmentId; readonly identity: MachineIdentity }
  | { readonly type: "MachineOffline"; readonly equipment: EquipmentId; readonly fault: Fault }
  | {
      readonly type: "MachineAlarmChanged";
      /** The job that the machine was at work on. */
      readonly job: JobId | null;
      readonly equipment: EquipmentId;
      readonly alarm: MachineAlarm;
    }
  /** Nobody watched the machine between the two times. */
  | {
      readonly type: "MachineUnwatched";
      readonly job: JobId | null;
      readonly equipment: EquipmentId;
      readonly from: EpochMs;
      readonly to: EpochMs;
      readonly what: string;
    }
  | SupplyEvent
  | AlarmEvent
  | CellKeepingEvent
  | LogEvent
  | WatchEvent
  | ModelEvent
  | LimitEvent
  | ChallengeEvent
  | {
      readonly type: "InspectionStatusChanged";
      readonly ready: boolean;
      readonly what: string;
      /** What the eye has loaded; absent in records of before, and where nobody said. */
      readonly inHand?: ModelInHand | null;
      /** The camera's calibration that the eye goes by; absent in records of before, and where nobody said. */
      readonly calibration?: CameraCalibration | null;
      /** Each camera's own word, where there are several. */
      readonly views?: readonly CameraStatus[];
    }
  /** Written by the ledger itself, from its reserve, when the disk is full. */
  | { readonly type: "StorageExhausted" }
  /** The run before this one ended because its record could not be kept: a disk that failed, a file that was damaged. */
  | { readonly type: "StorageFailed"; readonly code: string; readonly what: string; readonly at: EpochMs }
  /** The wall clock jumped against the monotonic one; times before and after cannot be subtracted (feature 75). */
  | { readonly type: "ClockStepped"; readonly expected: EpochMs; readonly said: EpochMs }
  | {
      readonly type: "PlateDeclaredClear";
      readonly equipment: EquipmentId;
      readonly person: PersonId;
      readonly check: string;
    }
  | {
      readonly type: "PlateChecked";
      /** The job that is about to begin, where this is the last look before it. */
      readonly job: JobId | null;
      readonly equipment: EquipmentId;
      readonly check: string;
      readonly clear: boolean;
      readonly what: string;
      readonly frame: Digest | null;
      /** The camera that took the picture; absent where it is the cell's first. */
      readonly camera?: string;
      /** What the other cameras saw; absent where there is none. */
      readonly views?: readonly ViewOfPlate[];
    };

export type JobEvent =
  | RouteEvent
  | WindowEvent
  | LayerReviewEvent
  | JobKeepingEvent
  | {
      readonly type: "PresenceProven";
      readonly mono: MonotonicMs;
      readonly proof: string;
      readonly device: string;
      readonly job: JobId;
    }
  | { readonly type: "JobOrderAccepted"; readonly job: JobId; readonly order: JobOrder }
  | {
      readonly type: "IdentityConfirmed";
      readonly mono: MonotonicMs;
      readonly job: JobId;
      readonly person: PersonId;
    }
  | {
      readonly type: "AttemptStarted";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly unit: number;
      readonly operation: OperationId;
      readonly equipment: EquipmentId;
      readonly person: PersonId;
      readonly presence: string;
      /** The look at the plate that a build starts on; null where nothing is built. */
      readonly plateCheck: string | null;
      /** The model that judges the layers, and who signed for it; absent where nothing is built, and in records of before. */
      readonly judge?: ModelOnDuty | null;
      /** Limit sets that layers are judged by, by the camera's set-up, and who signed for them; absent where the recipe's own limits count. */
      readonly limitSets?: readonly LimitSetOnDuty[];
      /** Tag of the part that was confirmed at the machine; null for a build. */
      readonly part: string | null;
      readonly materials: readonly IssuedMaterial[];
      readonly machine: MachineIdentity;
      readonly simulated: boolean;
    }
  | { readonly type: "AttemptBegan"; readonly job: JobId; readonly attempt: AttemptId }
  | {
      readonly type: "LayerDone";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly layer: number;
      readonly summary: LayerSummary;
      /** What every value of the machine, and of those beside it, did meanwhile; absent in records of before. */
      readonly values?: LayerValues;
    }
  | {
      readonly type: "LayerCaptured";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly layer: number;
      readonly take: number;
      readonly frame: Digest;
      readonly requestedAt: EpochMs;
      readonly receivedAt: EpochMs;
      /** When the camera says that its exposure began, or null; absent in records of before. A replay needs it. */
      readonly exposureStart?: EpochMs | null;
      /** The camera that took it; absent where it is the cell's first. */
      readonly camera?: string;
      /** What the other cameras took at the same time; absent where there is none. */
      readonly views?: readonly ViewPicture[];
    }
  | {
      readonly type: "CaptureFailed";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly layer: number;
      readonly take: number;
      readonly fault: Fault;
    }
  | {
      readonly type: "LayerInspected";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly layer: number;
      readonly take: number;
      readonly report: LayerReport;
    }
  | {
      readonly type: "InspectionFailed";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly layer: number;
      readonly take: number;
      readonly fault: Fault;
    }
  | {
      readonly type: "LayerDecided";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly layer: number;
      /** `tolerated`: something was found, and the recipe lets the next layer begin all the same. */
      readonly verdict: "pass" | "fail" | "tolerated";
      /** What follows, where the order says what follows findings; absent where it does not, and for what passed. */
      readonly reaction?: Reaction;
      /** And each finding with its own. */
      readonly found?: readonly Reacted[];
    }
  | { readonly type: "LayerReleased"; readonly job: JobId; readonly attempt: AttemptId; readonly layer: number }
  | { readonly type: "ReleaseConfirmed"; readonly job: JobId; readonly attempt: AttemptId; readonly layer: number }
  | {
      readonly type: "HoldRaised";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly layer: number | null;
      readonly cause: HoldCause;
      readonly what: string;
      readonly person: PersonId | null;
      /** The attempt is over as soon as the machine waits at the end of a layer; absent where a decision can let it go on. */
      readonly andThen?: "abort";
    }
  | { readonly type: "HoldConfirmed"; readonly job: JobId; readonly attempt: AttemptId }
  | {
      readonly type: "RetakeOrdered";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly layer: number;
      readonly take: number;
      readonly person: PersonId | null;
    }
  | {
      readonly type: "AttemptResumed";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly person: PersonId;
      readonly presence: string;
    }
  | {
      readonly type: "FinishReported";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly executed: Execution;
      /** Digests of its evidence, where the record's format names what is stored beside it; absent where there is none. */
      readonly artifacts?: readonly Digest[];
      /** What the watched windows saw; absent where none was watched. */
      readonly windows?: readonly WindowAccount[];
    }
  | {
      readonly type: "ResultsJudged";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly results: readonly JudgedResult[];
    }
  | {
      readonly type: "AttemptEnded";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly outcome: Outcome;
      readonly what: string;
      readonly person: PersonId | null;
    }
  | {
      readonly type: "MachineMadeSafe";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly equipment: EquipmentId;
    }
  | {
      readonly type: "MachineNotMadeSafe";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly equipment: EquipmentId;
      readonly fault: Fault;
    }
  | {
      readonly type: "NonconformityRaised";
      readonly job: JobId;
      readonly nonconformity: NonconformityId;
      readonly unit: number;
      /** The attempt that it arose in; null where no machine was at work. */
      readonly attempt: AttemptId | null;
      readonly cause: NonconformityCause;
      readonly layer: number | null;
      readonly what: string;
      readonly findings: readonly Finding[];
      /** Parts of the build that it is about; absent where they are not told apart. */
      readonly parts?: readonly number[];
      /** Picture and full report, where the cause was seen. */
      readonly evidence: { readonly frame: Digest; readonly report: Digest } | null;
    }
  | {
      readonly type: "DispositionSigned";
      readonly job: JobId;
      readonly nonconformity: NonconformityId;
      readonly disposition: Disposition;
      readonly reason: string;
      readonly approval: Approval;
    }
  | {
      readonly type: "OperationCompleted";
      readonly job: JobId;
      readonly unit: number;
      readonly operation: OperationId;
      /** The attempt that did it; null where people did. */
      readonly attempt: AttemptId | null;
    }
  | {
      readonly type: "JobEnded";
      readonly job: JobId;
      readonly outcome: "Ended" | "Aborted";
      readonly person: PersonId | null;
      readonly what: string;
    };

export type Event = CellEvent | JobEvent;

/** Digests of everything that could change a decision (feature 78: the cell's bill of configuration). */
export interface Versions {
  readonly software: string;
  readonly softwareDigest: Digest;
  readonly configDigest: Digest;
  readonly modelDigest: Digest | null;
  /** Of the manifest by which the model was loaded; absent in records of before. */
  readonly modelManifest?: Digest | null;
  /** Of the camera's set-up, which names the picture of the empty plate; null while the eye is closed. */
  readonly cameraDigest: Digest | null;
  /** And of the set-ups of the other cameras, where there are any. */
  readonly views?: readonly SetupOfCamera[];
  readonly runtime: string;
}

/** The job an event belongs to, or null for the cell's own. */
export function jobOf(event: Event): JobId | null {
  return "job" in event ? event.job : null;
}

/** The person an event is owed to, or null. */
export function actorOf(event: Event): PersonId | null {
  if ("approval" in event) return event.approval.person;
  return "person" in event ? event.person : null;
}
