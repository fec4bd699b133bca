/** What can have happened along the route and around it: parts tagged and scanned, labels, hand-over, release; lots; central QA. */
import type { Fault } from "../equipment/machine.ts";
import type { Digest, EquipmentId, JobId, LotId, OperationId, PersonId } from "../kernel/names.ts";
import type { EpochMs, MonotonicMs } from "../kernel/units.ts";
import type { Approval } from "../people/person.ts";
import type { CentralDecision } from "./central.ts";
import type { JobOrder } from "./order.ts";

/** What stands on a label; the element string is what its code says and what a scan has to give. */
export interface LabelContent {
  readonly gtin: string;
  /** AI (10): the order. */
  readonly lot: string;
  /** AI (21): the number of the copy within the order. */
  readonly serial: string;
  readonly madeAt: EpochMs;
  readonly pseudonym: string;
  readonly side: JobOrder["side"];
  readonly title: string;
  readonly pathway: JobOrder["pathway"];
  readonly simulated: boolean;
  readonly code: string;
}

/** Of one copy of a job, on its way from machine to machine and out of the door. */
export type RouteEvent =
  | {
      readonly type: "PartTagged";
      readonly job: JobId;
      readonly unit: number;
      readonly tag: string;
      readonly person: PersonId;
    }
  | {
      readonly type: "PartConfirmed";
      readonly mono: MonotonicMs;
      readonly job: JobId;
      readonly unit: number;
      readonly operation: OperationId;
      readonly equipment: EquipmentId;
      readonly tag: string;
      readonly person: PersonId;
    }
  /** Another part than the one that is next was scanned at the machine. */
  | {
      readonly type: "PartRefused";
      readonly job: JobId;
      readonly unit: number;
      readonly operation: OperationId;
      readonly equipment: EquipmentId;
      readonly person: PersonId;
    }
  | {
      readonly type: "LabelRequested";
      readonly job: JobId;
      readonly unit: number;
      readonly label: number;
      readonly content: LabelContent;
      readonly person: PersonId;
    }
  | {
      readonly type: "LabelPrinted";
      readonly job: JobId;
      readonly unit: number;
      readonly label: number;
      readonly pdf: Digest;
    }
  /** The printer said that it failed, or nothing: a label may lie there all the same, and has to be voided. */
  | {
      readonly type: "LabelNotPrinted";
      readonly job: JobId;
      readonly unit: number;
      readonly label: number;
      readonly fault: Fault;
    }
  /** The label on the device was scanned, and says what it must. */
  | {
      readonly type: "LabelVerified";
      readonly job: JobId;
      readonly unit: number;
      readonly label: number;
      readonly person: PersonId;
    }
  | {
      readonly type: "LabelVoided";
      readonly job: JobId;
      readonly unit: number;
      readonly label: number;
      readonly person: PersonId;
      readonly why: "damaged" | "not-printed" | "wrong-label";
    }
  | {
      readonly type: "HandedOver";
      readonly job: JobId;
      readonly unit: number;
      readonly operation: OperationId;
      readonly to: string;
      /** Name of the container or tray that went along. */
      readonly container: string;
      readonly person: PersonId;
    }
  | {
      readonly type: "UnitReleased";
      readonly job: JobId;
      readonly unit: number;
      readonly operation: OperationId;
      readonly approval: Approval;
      readonly simulated: boolean;
    };

/** Of the cell: material that came in and was loaded, and what central QA said. */
export type SupplyEvent =
  | {
      readonly type: "LotReceived";
      readonly lot: LotId;
      readonly material: string;
      readonly gtin: string;
      readonly batch: string;
      readonly certificate: string;
      readonly expires: EpochMs;
      readonly quantity: number;
      readonly unit: string;
      /** Lots that it was blended or divided from; absent where its paper names none. */
      readonly parents?: readonly LotId[];
      readonly person: PersonId;
    }
  | {
      readonly type: "LotDecided";
      readonly lot: LotId;
      readonly status: "released" | "rejected";
      readonly approval: Approval;
    }
  | {
      readonly type: "MaterialLoaded";
      readonly equipment: EquipmentId;
      readonly material: string;
      readonly lot: LotId;
      readonly person: PersonId;
    }
  | {
      readonly type: "CentralDecided";
      readonly decision: CentralDecision;
      /** Digest of the signed envelope as it came. */
      readonly envelope: Digest;
    }
  /** Sync with central QA froze (a fork, a restored image), or goes on again. */
  | {
      readonly type: "CentralLinkChanged";
      readonly frozen: boolean;
      readonly what: string;
      /** When two signatures had proved it; absent where they had not. */
      readonly provenAt?: EpochMs;
    };
