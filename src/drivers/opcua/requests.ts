/** What the driver asks of its io half, one thing at a time, and what it is answered; each in bounded time. */
import type { Fault } from "../../equipment/machine.ts";
import type { AttemptId, Digest } from "../../kernel/names.ts";
import type { Milliseconds } from "../../kernel/units.ts";
import type { JobState } from "./job-state.ts";
import type { JobMethod } from "./names.ts";

/** A job order in the machine's list. */
export interface JobEntry {
  readonly id: string;
  /** Null where the machine names a state that nobody knows. */
  readonly state: JobState | null;
  /** Its parameters that are texts, by id. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Something that must hold before a job may begin; and while one runs, unless it bars the start alone. */
export interface Interlock {
  /** What does not hold, to follow "the machine says that". */
  readonly title: string;
  readonly holds: boolean;
  readonly startOnly?: true;
}

/** What the machine says of itself at one moment. */
export interface Snapshot {
  readonly jobs: readonly JobEntry[];
  /** Number of MachineryItemState and of MachineryOperationMode; null where the machine does not serve it. */
  readonly itemState: number | null;
  readonly operationMode: number | null;
  /** What must hold besides, by its name in words; no news of it is no. */
  readonly interlocks: readonly Interlock[];
}

/** One member of JobResponseData (ISA95ParameterDataType), with those below it. */
export interface ReportItem {
  readonly id: string;
  readonly value: ReportValue;
  /** Display name of its EngineeringUnits, empty where it has none. */
  readonly unit: string;
  readonly below: readonly ReportItem[];
}

export type ReportValue = number | string | boolean | Uint8Array | readonly number[] | null;

/** The machine's answer to RequestJobResponseByJobOrderID. */
export interface JobReport {
  readonly job: string;
  readonly state: JobState | null;
  /** The machine's own words, why the job ended as it did; empty where it gives none. */
  readonly description: string;
  readonly data: readonly ReportItem[];
}

/** A parameter of a job order: a text, or a count. */
export interface JobParameter {
  readonly id: string;
  readonly value: string | number;
}

export type Request =
  /** JobOrderList, MachineryItemState and MachineryOperationMode in one read. */
  | { readonly kind: "look" }
  | { readonly kind: "report"; readonly job: AttemptId }
  /** Write under a temporary name, read back, compare the digest, move into place. */
  | { readonly kind: "upload"; readonly name: string; readonly bytes: Uint8Array; readonly digest: Digest }
  | { readonly kind: "remove"; readonly name: string }
  | {
      readonly kind: "command";
      readonly method: JobMethod;
      readonly job: AttemptId;
      /** Of StoreAndStart. */
      readonly order?: { readonly workMaster: string; readonly parameters: readonly JobParameter[] };
    };

export type Reply =
  | { readonly kind: "looked"; readonly snapshot: Snapshot }
  /** Null: the machine says that it knows no such job. */
  | { readonly kind: "reported"; readonly report: JobReport | null }
  | { readonly kind: "carried-out" }
  | { readonly kind: "returned"; readonly status: bigint }
  /** The machine answered that it did not do it. */
  | { readonly kind: "rejected"; readonly why: string }
  /** A fault before anything could happen at the machine. */
  | { readonly kind: "refused"; readonly fault: Fault }
  /** It was never sent. */
  | { readonly kind: "unsent" }
  /** Sent, and no answer that counts. */
  | { readonly kind: "lost"; readonly why: string };

/** Waits so long; it is the procedure's own time, nothing is asked of the machine. */
export interface Pause {
  readonly kind: "pause";
  readonly ms: Milliseconds;
}

/** A piece of the driver's work: it asks, is answered, and ends with a value. It never sees a clock but the session's. */
export type Procedure<T> = Generator<Request | Pause, T, Reply>;
