/** The batch record of one job (ISO 13485 7.5.1): what its entries say, gathered apart from the state that decides. */
import type { MachineIdentity } from "../../equipment/machine.ts";
import type { AttemptId, Digest, EquipmentId, NonconformityId, OperationId, PersonId } from "../../kernel/names.ts";
import type { EpochMs } from "../../kernel/units.ts";
import type { IssuedMaterial } from "../../materials/lot.ts";
import type { Approval } from "../../people/person.ts";
import type { Disposition, JudgedResult, NonconformityCause, Outcome } from "../event.ts";
import type { JobOrder } from "../order.ts";
import type { Reacted, Reaction } from "../reaction.ts";
import type { LayerReport, PartVerdict } from "../report.ts";
import type { LabelContent } from "../route-event.ts";

export interface BatchRecord {
  /** Null where the record does not hold the order. */
  readonly order: JobOrder | null;
  /** Who confirmed the two identifiers for the next build. */
  readonly identityBy: PersonId | null;
  /** Presence proofs that no start or resume has used yet. */
  readonly proofs: Readonly<Record<string, true>>;
  readonly attempts: readonly AttemptRecord[];
  readonly units: readonly UnitRecord[];
  readonly nonconformities: readonly NonconformityRecord[];
  readonly unwatched: readonly {
    readonly equipment: EquipmentId;
    readonly from: EpochMs;
    readonly to: EpochMs;
  }[];
  /** How often the clock was changed while the job was being made: what it would have said, and what it said. */
  readonly clockSteps: readonly { readonly expected: EpochMs; readonly said: EpochMs }[];
}

export interface AttemptRecord {
  readonly id: AttemptId;
  readonly unit: number;
  readonly operation: OperationId;
  readonly equipment: EquipmentId;
  readonly startedAt: EpochMs;
  readonly person: PersonId;
  /** Who had confirmed the identifiers before it; null where nobody had. */
  readonly identityBy: PersonId | null;
  /** The presence proof that it used stands in the record before it. */
  readonly presenceProven: boolean;
  readonly machine: MachineIdentity;
  readonly simulated: boolean;
  /** The camera's last look before the begin saw a clear plate. */
  readonly plateSeen: boolean;
  readonly part: string | null;
  /** The part with this tag was scanned at the machine before the start. */
  readonly partConfirmed: boolean;
  readonly materials: readonly IssuedMaterial[];
  readonly began: boolean;
  /** Accounting of law 3. */
  readonly made: Layers;
  readonly captured: Layers;
  readonly inspected: Layers;
  readonly decided: Layers;
  /** Models that judged its layers. */
  readonly models: readonly Digest[];
  readonly failed: readonly number[];
  /** Layers in which something was found that the recipe tolerates, with all of it. */
  readonly tolerated: readonly ToleratedLayer[];
  /** The last report, until its layer is decided. */
  readonly lastReport: SeenReport | null;
  /** How each part came out of the decided layers; empty where parts are not told apart. */
  readonly parts: readonly PartRecord[];
  readonly conceded: readonly number[];
  readonly executed: string | null;
  readonly results: readonly JudgedResult[] | null;
  readonly evidence: readonly string[];
  readonly outcome: Outcome | null;
}

/** A layer that was decided by the recipe's reactions: whoever releases reads it. */
export interface ToleratedLayer {
  readonly layer: number;
  readonly reaction: Reaction;
  readonly found: readonly Reacted[];
  /** The report before it saw the layer by every step, and has these findings. */
  readonly seen: boolean;
}

/** What is asked of a report once its layer is decided. */
export interface SeenReport extends Pick<LayerReport, "verdict" | "grade" | "findings"> {
  readonly layer: number;
  readonly isJudged: boolean;
  /** Empty where parts are not told apart. */
  readonly parts: readonly PartVerdict[];
}

/** One part of a build over its layers. */
export interface PartRecord {
  readonly part: number;
  /** Layers that added to it and in which it passed. */
  readonly passed: number;
  /** Layers in which something was found at it. */
  readonly failed: readonly number[];
}

/** Which layers stand in the record: every one up to `upTo`, and those that came before their turn. */
export interface Layers {
  readonly upTo: number;
  readonly beyond: readonly number[];
}

/** No layer. */
export const noLayers: Layers = { upTo: 0, beyond: [] };

/** One layer more, in whatever order they come: pictures of a printer that runs ahead overtake each other. */
export function withLayer(before: Layers, layer: number): Layers {
  if (layer === before.upTo + 1 && before.beyond.length === 0) return { upTo: layer, beyond: before.beyond };
  if (layer <= before.upTo || before.beyond.includes(layer)) return before;
  const beyond = new Set([...before.beyond, layer]);
  let { upTo } = before;
  while (beyond.delete(upTo + 1)) upTo += 1;
  return { upTo, beyond: [...beyond] };
}

export interface UnitRecord {
  readonly number: number;
  readonly tag: string | null;
  /** The part was scanned at the machine of this step, and no start has used that yet. */
  readonly confirmed: OperationId | null;
  readonly completed: readonly OperationId[];
  readonly labels: readonly LabelRecord[];
  readonly handovers: readonly {
    readonly operation: OperationId;
    readonly to: string;
    readonly container: string;
    readonly person: PersonId;
  }[];
  /** Whoever compared, started, held, resumed, stopped, tagged, scanned, labelled or handed over: none of them releases it. */
  readonly hands: readonly PersonId[];
  readonly released: { readonly approval: Approval; readonly simulated: boolean } | null;
  readonly scrapped: boolean;
}

export interface LabelRecord {
  readonly number: number;
  readonly content: LabelContent;
  /** The printer gave it, or no one can say that it did not: it has to be accounted for. */
  readonly issued: boolean;
  readonly printed: boolean;
  readonly verified: boolean;
  readonly voided: boolean;
}

export interface NonconformityRecord {
  readonly id: NonconformityId;
  readonly unit: number;
  readonly attempt: AttemptId | null;
  readonly cause: NonconformityCause;
  readonly what: string;
  readonly layer: number | null;
  readonly disposition: { readonly kind: Disposition; readonly approval: Approval } | null;
}

/** A record in which nothing stands. */
export const emptyRecord: BatchRecord = {
  order: null,
  identityBy: null,
  proofs: {},
  attempts: [],
  units: [],
  nonconformities: [],
  unwatched: [],
  clockSteps: [],
};

/** The unit's part of the record, or undefined. */
export function unitOf(record: BatchRecord, unit: number): UnitRecord | undefined {
  return record.units.find(({ number }) => number === unit);
}

/** The last attempt at a step of a unit, or undefined. */
export function lastAttempt(record: BatchRecord, unit: number, operation: OperationId): AttemptRecord | undefined {
  return record.attempts.findLast((each) => each.unit === unit && each.operation === operation);
}

/** True where anything of this unit was made by a simulated machine. */
export function isSimulated(record: BatchRecord, unit: number): boolean {
  return record.attempts.some((each) => each.unit === unit && each.simulated);
}
