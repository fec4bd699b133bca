/** What can have happened to the inspection models of a cell: admitted, approved by two people, retired (feature 52). */
import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { Approval } from "../people/person.ts";

/** What a manifest says of its model, as far as the record keeps it. */
export interface ModelFacts {
  /** SHA-256 of the network's file; layers are recorded with it. */
  readonly model: Digest;
  /** SHA-256 of the whole manifest as RFC 8785 bytes. */
  readonly manifest: Digest;
  readonly file: string;
  /** Name of the data that it was trained on. */
  readonly trainingData: string;
  /** SHA-256 of its validation report, the model card. */
  readonly card: Digest;
  readonly licence: string;
}

/** When, and for what, an approval counts. */
export interface Effectivity {
  /** Null: from its own entry on, whatever the clock said then. */
  readonly from: EpochMs | null;
  /** Null: until it is retired. */
  readonly until: EpochMs | null;
  /** Digests of the recipes whose layers it may judge; null: all of this cell. */
  readonly recipes: readonly Digest[] | null;
}

/** Why a model is retired, as a code: text that somebody typed never enters the ledger. Codes are never reused. */
export const retirementReasons = {
  replaced: "Another model takes its place.",
  "missed-defect": "It missed a defect.",
  "false-alarms": "It raises too many false alarms.",
  drift: "What the camera shows has changed since it was validated.",
  "validation-doubt": "Its validation or its training data is in doubt.",
  mistaken: "It was approved by mistake.",
} as const;
export type RetirementReason = keyof typeof retirementReasons;

export type ModelEvent =
  /** Two people have signed that this model may judge here: QA first, then an engineer. */
  | ({
      readonly type: "ModelApproved";
      readonly approval: Approval;
      readonly second: Approval;
      /** Network, manifest and card themselves, which the cell has stored before. */
      readonly artifacts: readonly Digest[];
    } & ModelFacts &
      Effectivity)
  /** A demonstration takes the model that comes with the program; nobody has signed, and nothing real is judged by it. */
  | ({ readonly type: "ModelAdmittedForDemonstration" } & ModelFacts)
  | {
      readonly type: "ModelRetired";
      readonly model: Digest;
      readonly reason: RetirementReason;
      readonly approval: Approval;
    };

const types: ReadonlySet<string> = new Set<ModelEvent["type"]>([
  "ModelApproved",
  "ModelAdmittedForDemonstration",
  "ModelRetired",
]);

/** True for what happened to a model. */
export function isModelEvent(event: { readonly type: string }): event is ModelEvent {
  return types.has(event.type);
}
