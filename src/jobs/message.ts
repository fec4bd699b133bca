/** What can reach the core: from a person, a machine, the camera, the inspection or the cell's own start. */

import type { LayerValues } from "../equipment/layer-values.ts";
import type { Answer, Fault, Observation } from "../equipment/machine.ts";
import type { Breach } from "../equipment/window.ts";
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
import type { EpochMs, Milliseconds, MonotonicMs } from "../kernel/units.ts";
import type { Approval, Role } from "../people/person.ts";
import type { ShelvingReason } from "./alarm-deeds.ts";
import type { CameraCalibration, CameraStatus } from "./calibration.ts";
import type { CentralDecision } from "./central.ts";
import type { ChallengeOutcome } from "./challenge.ts";
import type { Disposition, Versions } from "./event.ts";
import type { RecordDamage, TimeSupport } from "./keeping-event.ts";
import type { LimitReason, LimitSetFacts } from "./limit-event.ts";
import type { Effectivity, ModelFacts, RetirementReason } from "./model-event.ts";
import type { ModelInHand } from "./models.ts";
import type { JobOrder } from "./order.ts";
import type { LayerReport } from "./report.ts";
import type { HoldReason, LiftReason, TextsOf } from "./retention.ts";
import type { FoundClass } from "./review-event.ts";
import type { Setup } from "./setup.ts";
import type { ViewOfPlate, ViewPicture } from "./views.ts";
import type { WindowAccount } from "./watch-event.ts";

/** A message with the time and the fresh identifier it may use; decide has neither clock nor randomness. */
export interface Envelope {
  readonly at: EpochMs;
  /** Monotonic time of this boot; it alone ages what lapses in minutes. */
  readonly mono: MonotonicMs;
  /** Unique for this message; names whatever the decision brings into being. */
  readonly id: string;
  readonly message: Message;
}

export type Message =
  | CellMessage
  | PersonMessage
  | CentralMessage
  | LabelMessage
  | KeeperMessage
  | MachineMessage
  | EyeMessage;

export type CellMessage =
  | {
      readonly kind: "boot";
      readonly boot: string;
      readonly versions: Versions;
      readonly setup: Setup;
      /** The model that comes with the program, for a demonstration to take. */
      readonly shippedModel?: ModelFacts | null;
      /** Why the run before this one could not keep its record any longer, where it ended so. */
      readonly lastFault?: { readonly code: string; readonly what: string; readonly at: EpochMs } | null;
    }
  | { readonly kind: "clock-stepped"; readonly expected: EpochMs; readonly said: EpochMs }
  /** A round of the scrub has ended over the first `entries` entries: with damage, or (null) without. */
  | { readonly kind: "record-scrubbed"; readonly damage: RecordDamage | null; readonly entries: number };

/** What people do about alarms; `alarm` and `what` are of one that stands on the page. */
export type AlarmMessage =
  | { readonly kind: "acknowledge-alarm"; readonly alarm: string; readonly what: string; readonly person: PersonId }
  | {
      readonly kind: "shelve-alarm";
      readonly alarm: string;
      readonly what: string;
      readonly priority: 1 | 2 | 3;
      readonly reason: ShelvingReason;
      readonly forMs: Milliseconds;
      readonly person: PersonId;
    }
  | { readonly kind: "unshelve-alarm"; readonly alarm: string; readonly person: PersonId };

export type PersonMessage =
  | { readonly kind: "enrol"; readonly person: PersonId; readonly roles: readonly Role[] }
  | {
      readonly kind: "record-sign-in";
      readonly person: PersonId | null;
      readonly outcome: "accepted" | "refused" | "locked";
    }
  | { readonly kind: "accept-order"; readonly order: JobOrder }
  /** Intake could not make an order of what came in; the reason goes into the record. */
  | { readonly kind: "refuse-order"; readonly what: string }
  | {
      readonly kind: "confirm-identity";
      readonly job: JobId;
      readonly person: PersonId;
      readonly hmacs: readonly [string, string];
      readonly side: "left" | "right" | "none";
    }
  | { readonly kind: "declare-plate-clear"; readonly equipment: EquipmentId; readonly person: PersonId }
  | AlarmMessage
  /** Somebody else acted at this machine; the person has looked at it and at what is set there. */
  | { readonly kind: "declare-looked-into"; readonly equipment: EquipmentId; readonly person: PersonId }
  /** From the presence device that is wired to the cell, never from the network. */
  | { readonly kind: "prove-presence"; readonly job: JobId; readonly device: string; readonly proof: string }
  | { readonly kind: "start"; readonly job: JobId; readonly operation: OperationId; readonly person: PersonId }
  | { readonly kind: "hold"; readonly attempt: AttemptId; readonly person: PersonId; readonly why: string }
  | { readonly kind: "resume"; readonly attempt: AttemptId; readonly person: PersonId }
  | { readonly kind: "look-again"; readonly attempt: AttemptId; readonly person: PersonId }
  | { readonly kind: "stop"; readonly attempt: AttemptId; readonly person: PersonId; readonly why: string }
  | {
      readonly kind: "dispose";
      readonly nonconformity: NonconformityId;
      readonly job: JobId;
      readonly disposition: Disposition;
      readonly reason: string;
      readonly approval: Approval;
    }
  /** A layer that the inspection had passed is bad; `evidence` is what the person looked at. */
  | {
      readonly kind: "find-layer-bad";
      readonly job: JobId;
      readonly attempt: AttemptId;
      readonly layer: number;
      readonly finding: FoundClass;
      readonly reason: string;
      readonly evidence: { readonly frame: Digest; readonly report: Digest };
      readonly approval: Approval;
    }
  /** Somebody who stands at the empty plate has the inspection challenged. */
  | { readonly kind: "start-challenge"; readonly approval: Approval }
  /** QA and a second person have signed that the clock was wrong while these entries were written. */
  | {
      readonly kind: "correct-clock";
      readonly from: number;
      readonly to: number;
      readonly approval: Approval;
      readonly second: Approval;
      /** What bears out that the clock is right now; null where nothing does. */
      readonly support: TimeSupport | null;
    }
  | KeepingMessage
  | ModelMessage
  /** A delivery came in; it waits in quarantine. */
  | {
      readonly kind: "receive-lot";
      readonly gtin: string;
      readonly batch: string;
      readonly certificate: string;
      readonly expires: EpochMs;
      readonly quantity: number;
      /** Names of the lots that it was made from, where its paper names any. */
      readonly parents?: readonly string[];
      readonly person: PersonId;
    }
  | {
      readonly kind: "decide-lot";
      readonly lot: LotId;
      readonly status: "released" | "rejected";
      readonly approval: Approval;
    }
  | {
      readonly kind: "load-material";
      readonly equipment: EquipmentId;
      readonly gtin: string;
      readonly batch: string;
      readonly person: PersonId;
    }
  /** The printed part gets its tag. */
  | { readonly kind: "tag-part"; readonly job: JobId; readonly tag: string; readonly person: PersonId }
  /** The tag was scanned at the machine of the next step. */
  | {
      readonly kind: "confirm-part";
      readonly job: JobId;
      readonly equipment: EquipmentId;
      readonly tag: string;
      readonly person: PersonId;
    }
  | { readonly kind: "request-label"; readonly job: JobId; readonly person: PersonId }
  /** What the scanner read from the label on the device. */
  | { readonly kind: "scan-label"; readonly job: JobId; readonly scanned: string; readonly person: PersonId }
  | {
      readonly kind: "void-label";
      readonly job: JobId;
      readonly why: "damaged" | "not-printed";
      readonly person: PersonId;
    }
  | { readonly kind: "hand-over"; readonly job: JobId; readonly container: string; readonly person: PersonId }
  | { readonly kind: "release"; readonly job: JobId; readonly unit: number; readonly approval: Approval }
  | { readonly kind: "cancel-job"; readonly job: JobId; readonly person: PersonId; readonly why: string };

/** What is signed about inspection models and limit sets. */
export type ModelMessage =
  | {
      readonly kind: "approve-model";
      /** As the cell itself has read and checked them. */
      readonly facts: ModelFacts;
      readonly wanted: Effectivity;
      readonly approval: Approval;
      readonly second: Approval;
    }
  | {
      readonly kind: "retire-model";
      readonly model: Digest;
      readonly reason: RetirementReason;
      readonly approval: Approval;
    }
  | {
      readonly kind: "approve-limits";
      /** As the cell itself has read and checked them. */
      readonly facts: LimitSetFacts;
      readonly approval: Approval;
      readonly second: Approval;
    }
  | {
      readonly kind: "withdraw-limits";
      readonly set: Digest;
      readonly reason: LimitReason;
      readonly approval: Approval;
    };

/** What QA signs about the record itself. */
export type KeepingMessage =
  | {
      readonly kind: "set-legal-hold";
      /** Null: everything in the cell. */
      readonly job: JobId | null;
      readonly reason: HoldReason;
      readonly approval: Approval;
    }
  | {
      readonly kind: "lift-legal-hold";
      readonly job: JobId | null;
      readonly reason: LiftReason;
      readonly approval: Approval;
    }
  | {
      readonly kind: "erase-texts";
      readonly of: TextsOf;
      readonly approval: Approval;
      readonly support: TimeSupport | null;
    }
  | {
      readonly kind: "drop-artifacts";
      readonly job: JobId;
      readonly what: "pictures" | "everything";
      /** As the record names them; read from it where the message is made. */
      readonly dropped: readonly Digest[];
      readonly approval: Approval;
      readonly support: TimeSupport | null;
    };

/** The keeper of keys and artifacts has done what was owed, or could not. */
export type KeeperMessage =
  | { readonly kind: "text-key-destroyed"; readonly of: TextsOf; readonly done: boolean }
  /** `removed` is null where it could not be done; it is tried again. */
  | { readonly kind: "artifacts-removed"; readonly job: JobId; readonly removed: number | null };

/** About the record itself: its clock, and how long what is kept. */
export type RecordMessage =
  | KeepingMessage
  | KeeperMessage
  | Extract<Message, { kind: "clock-stepped" | "record-scrubbed" | "correct-clock" }>;

/** Material, parts, labels, hand-over and release. */
export type RouteMessage =
  | LabelMessage
  | Extract<
      PersonMessage,
      {
        kind:
          | "receive-lot"
          | "decide-lot"
          | "load-material"
          | "tag-part"
          | "confirm-part"
          | "request-label"
          | "scan-label"
          | "void-label"
          | "hand-over"
          | "release";
      }
    >;

/** From central QA, verified at the edge; none of them starts anything. */
export type CentralMessage =
  | { readonly kind: "central-decision"; readonly decision: CentralDecision; readonly envelope: Digest }
  | {
      readonly kind: "central-link";
      readonly frozen: boolean;
      readonly what: string;
      /** The cell's own key and central's have signed what freezes it. */
      readonly proven?: boolean;
    };

export type LabelMessage =
  | {
      readonly kind: "label-printed";
      readonly job: JobId;
      readonly unit: number;
      readonly label: number;
      readonly pdf: Digest;
    }
  | {
      readonly kind: "label-not-printed";
      readonly job: JobId;
      readonly unit: number;
      readonly label: number;
      readonly fault: Fault;
    };

export type MachineMessage =
  | {
      readonly kind: "answered";
      readonly equipment: EquipmentId;
      readonly attempt: AttemptId;
      readonly directive: "begin" | "proceed" | "hold" | "abort";
      readonly layer: number;
      readonly answer: Answer;
    }
  | {
      readonly kind: "observed";
      readonly equipment: EquipmentId;
      readonly observation: Observation;
      /** With a finish: what the watched windows saw of its attempt. */
      readonly windows?: readonly WindowAccount[];
      /** With a layer's end: what the values did meanwhile. */
      readonly values?: LayerValues;
    }
  /** A watched value is outside its window, or is not heard. */
  | { readonly kind: "window-left"; readonly attempt: AttemptId; readonly window: string; readonly breach: Breach };

export type EyeMessage =
  | {
      readonly kind: "inspection-status";
      readonly ready: boolean;
      readonly what: string;
      /** The model that the eye has loaded, where it says so. */
      readonly inHand?: ModelInHand | null;
      /** The camera's calibration, where it says so. */
      readonly calibration?: CameraCalibration | null;
      /** Each camera's own word, where there are several. */
      readonly views?: readonly CameraStatus[];
    }
  | { readonly kind: "challenged"; readonly challenge: string; readonly outcome: ChallengeOutcome }
  | {
      readonly kind: "captured";
      readonly attempt: AttemptId;
      readonly layer: number;
      readonly take: number;
      readonly frame: Digest;
      readonly requestedAt: EpochMs;
      readonly receivedAt: EpochMs;
      readonly exposureStart: EpochMs | null;
      /** The camera that took it, where it is not the cell's first; and what the others took. */
      readonly camera?: string;
      readonly views?: readonly ViewPicture[];
    }
  | {
      readonly kind: "capture-failed";
      readonly attempt: AttemptId;
      readonly layer: number;
      readonly take: number;
      readonly fault: Fault;
    }
  | {
      readonly kind: "inspected";
      readonly attempt: AttemptId;
      readonly layer: number;
      readonly take: number;
      readonly report: LayerReport;
    }
  | {
      readonly kind: "inspection-failed";
      readonly attempt: AttemptId;
      readonly layer: number;
      readonly take: number;
      readonly fault: Fault;
    }
  | {
      readonly kind: "plate-checked";
      readonly equipment: EquipmentId;
      readonly check: string;
      readonly clear: boolean;
      readonly what: string;
      readonly frame: Digest | null;
      /** The camera that looked, where it is not the cell's first; and what the others saw. */
      readonly camera?: string;
      readonly views?: readonly ViewOfPlate[];
    };
