/** Job orders by OPC 10031-4 v2: their states, which method is legal in which, and what a method answers. */
import type { Finding } from "./operation.ts";

/** Top-level states of ISA95JobOrderReceiverObjectType, by their StateNumber. */
export const stateNumbers = {
  NotAllowedToStart: 1,
  AllowedToStart: 2,
  Running: 3,
  Interrupted: 4,
  Ended: 5,
  Aborted: 6,
} as const;
/** Substates, by the number they have in their own state machine. */
export const substates = {
  Waiting: { machine: "Prepare", number: 1 },
  Ready: { machine: "Prepare", number: 2 },
  Held: { machine: "InterruptedSubstates", number: 1 },
  Suspended: { machine: "InterruptedSubstates", number: 2 },
  Completed: { machine: "EndedSubstates", number: 1 },
} as const;

export type StateName = keyof typeof stateNumbers;
export type SubstateName = keyof typeof substates;
export interface JobState {
  readonly name: StateName;
  readonly sub: SubstateName | null;
}

/** Bits of ReturnStatus (OPC 10031-4 v2, B.2); from 33 on they are this station's own. */
export const status = {
  noError: 1n,
  unknownJobOrder: 1n << 1n,
  invalidState: 1n << 3n,
  unableToAccept: 1n << 4n,
  invalidRequest: 1n << 32n,
  programMissing: 1n << 33n,
  programDiffers: 1n << 34n,
  wrongPart: 1n << 35n,
  unitNotReady: 1n << 36n,
  doorOpen: 1n << 37n,
} as const;

/** A job order as the station reads it; `raw` is the order as it came, for whoever asks for the list. */
export interface JobOrder {
  readonly id: string;
  readonly workMaster: string;
  readonly programFile: string;
  readonly programDigest: string;
  readonly partTag: string;
  /** Of an additive machine (OPC 40540); null where the order names none. */
  readonly layersPlanned: number | null;
  readonly priority: number;
  readonly raw: unknown;
}

export interface Job {
  readonly order: JobOrder;
  readonly state: JobState;
  /** Wall-clock ms, as the station's clock said it. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly findings: readonly Finding[];
  /** SHA-256 of the program that ran, hex. */
  readonly executedDigest: string | null;
  /** Why it is held or was aborted or stopped, in words. */
  readonly why: string | null;
}

export type Method = "Start" | "RevokeStart" | "Pause" | "Resume" | "Stop" | "Abort" | "Cancel" | "Clear" | "Update";

const notStarted: readonly StateName[] = ["NotAllowedToStart", "AllowedToStart"];
const started: readonly StateName[] = ["Running", "Interrupted"];
const over: readonly StateName[] = ["Ended", "Aborted"];

/** From which states a method is legal, and where it leads; "gone": out of the list; "same": the state stays. */
export const methods: Readonly<
  Record<Method, { readonly from: readonly StateName[]; readonly to: JobState | "gone" | "same" }>
> = {
  Start: { from: ["NotAllowedToStart"], to: { name: "AllowedToStart", sub: "Ready" } },
  RevokeStart: { from: ["AllowedToStart"], to: { name: "NotAllowedToStart", sub: "Ready" } },
  Pause: { from: ["Running"], to: { name: "Interrupted", sub: "Suspended" } },
  Resume: { from: ["Interrupted"], to: { name: "Running", sub: null } },
  Stop: { from: started, to: { name: "Ended", sub: "Completed" } },
  Abort: { from: [...notStarted, ...started], to: { name: "Aborted", sub: null } },
  Cancel: { from: notStarted, to: "gone" },
  Clear: { from: over, to: "gone" },
  Update: { from: notStarted, to: "same" },
};

/** True once a job is over, well or not. */
export function isOver(job: Job): boolean {
  return over.includes(job.state.name);
}

/** True while a job has the station, moving or held. */
export function hasStation(job: Job): boolean {
  return started.includes(job.state.name);
}

/** A fresh job in the list. */
export function jobOf(order: JobOrder): Job {
  return {
    order,
    state: { name: "NotAllowedToStart", sub: "Ready" },
    startedAt: null,
    endedAt: null,
    findings: [],
    executedDigest: null,
    why: null,
  };
}

/** The job that starts next: the highest priority, then the oldest. */
export function nextToStart(jobs: readonly Job[]): Job | null {
  const allowed = jobs.filter((job) => job.state.name === "AllowedToStart");
  return allowed.reduce<Job | null>(
    (best, job) => (best === null || job.order.priority > best.order.priority ? job : best),
    null,
  );
}
