/** What the page and the server say to each other, as types only, so that the browser can share them. */
import type { Fault, MachineIdentity, Telemetry } from "../equipment/machine.ts";
import type { Gate } from "../jobs/refusal.ts";
import type { Finding, PictureGrade, Verdict } from "../jobs/report.ts";
import type { Role } from "../people/person.ts";

/** An error on the wire: what is wrong and what to do about it (law 8). */
export interface Problem {
  readonly code: string;
  readonly what: string;
  readonly remedy?: string;
  readonly gates?: readonly Gate[];
}

export interface SignedIn {
  readonly person: string;
  readonly name: string;
  readonly roles: readonly Role[];
}

/** What anybody at the panel may see before signing in. */
export interface SessionView {
  readonly at: number;
  readonly cell: string;
  readonly site: string;
  readonly simulated: boolean;
  readonly person: SignedIn | null;
  readonly idleMs: number;
}

/** ISA-18.2 priority: 1 is the most urgent. */
export interface Alarm {
  readonly key: string;
  readonly priority: 1 | 2 | 3;
  readonly what: string;
  readonly where: string;
  readonly remedy: string;
  readonly owner: Gate["owner"];
  readonly job: string | null;
}

export interface MachineView {
  readonly id: string;
  readonly title: string;
  readonly online: boolean;
  readonly identity: MachineIdentity | null;
  readonly fault: Fault | null;
  readonly plate: "clear" | "declared" | "occupied";
  readonly plateWhat: string;
  readonly unsafe: boolean;
  readonly attempt: string | null;
  /** Null where no live value was ever heard. */
  readonly telemetry: Telemetry | null;
}

export interface PresenceView {
  readonly online: boolean;
  /** The job whose code was scanned and which waits for the button. */
  readonly scanned: string | null;
  readonly what: string;
}

export type JobState = "Ready" | "Running" | "Interrupted" | "Ended" | "Aborted";

export interface JobLine {
  readonly id: string;
  readonly title: string;
  readonly pseudonym: string;
  readonly state: JobState;
  readonly attempt: string | null;
  readonly layer: { readonly accepted: number; readonly printed: number; readonly planned: number } | null;
  readonly hold: string | null;
  /** How many gates stand between this job and its start; 0 for one that can start. */
  readonly shut: number;
  readonly undecided: number;
}

export interface CellView {
  readonly at: number;
  readonly cell: string;
  readonly site: string;
  readonly simulated: boolean;
  readonly telemetryPeriodMs: number;
  readonly presenceValidMs: number;
  readonly machines: readonly MachineView[];
  readonly inspection: { readonly ready: boolean; readonly what: string };
  readonly presence: PresenceView;
  readonly alarms: readonly Alarm[];
  readonly jobs: readonly JobLine[];
}

/** Who did what, when and why (R9). */
export interface LogLine {
  readonly at: number;
  readonly who: string | null;
  readonly what: string;
}

export interface HoldView {
  readonly cause: "layer-failed" | "blind" | "person";
  readonly layer: number | null;
  readonly what: string;
  readonly since: number;
  readonly confirmed: boolean;
}

export interface AttemptView {
  readonly id: string;
  readonly equipment: string;
  readonly unit: number;
  readonly startedBy: string;
  readonly startedAt: number;
  readonly simulated: boolean;
  readonly phase: "starting" | "running" | "ended";
  readonly outcome: string | null;
  readonly outcomeWhat: string | null;
  readonly hold: HoldView | null;
  readonly planned: number;
  readonly printed: number;
  readonly accepted: number;
  /** One character a decided layer: p pass, c concession, f fail; then b for a blind one. */
  readonly verdicts: string;
  /** The highest layer with a picture; 0 where there is none. */
  readonly pictured: number;
  readonly resumeGates: readonly Gate[];
  readonly log: readonly LogLine[];
}

/** A reason that can be given: the code is asked for, the words are shown, signed and recorded. */
export interface Phrase {
  readonly code: string;
  readonly words: string;
}

export interface ChoiceView {
  readonly disposition: "concession" | "scrap" | "rework";
  readonly reasons: readonly Phrase[];
}

export interface NonconformityView {
  readonly id: string;
  /** Null where no machine was at work. */
  readonly attempt: string | null;
  readonly cause: string;
  readonly layer: number | null;
  readonly what: string;
  readonly findings: readonly Finding[];
  readonly disposition: string | null;
  readonly choices: readonly ChoiceView[];
}

export interface JobView extends JobLine {
  readonly at: number;
  readonly copies: number;
  readonly expires: number;
  /** The next step; `equipment` is null for one that people do. */
  readonly next: {
    readonly id: string;
    readonly title: string;
    readonly kind: "build" | "task" | "label" | "handover" | "release";
    readonly equipment: string | null;
  } | null;
  readonly gates: readonly Gate[];
  readonly identity: { readonly by: string; readonly at: number } | null;
  readonly presence: { readonly device: string; readonly at: number; readonly until: number } | null;
  readonly attempts: readonly AttemptView[];
  readonly nonconformities: readonly NonconformityView[];
  readonly ended: LogLine | null;
}

/** Exactly what a disposition signs; its digest is over the RFC 8785 bytes of `facts`. */
export interface ShownView {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly digest: string;
  readonly meaning: string;
}

export type Point = readonly [x_px: number, y_px: number];

/** What is known of one layer's picture, for the overlay and the words beside it. */
export interface LayerView {
  readonly layer: number;
  readonly take: number;
  readonly frame: string;
  readonly receivedAt: number;
  readonly grade: PictureGrade | null;
  readonly verdict: Verdict | null;
  readonly reasons: readonly string[];
  readonly findings: readonly Finding[];
  readonly digests: { readonly model: string | null; readonly limits: string } | null;
  /** In pixels of the frame as delivered; empty where the full report is not there. */
  readonly expected: readonly (readonly Point[])[];
  readonly outlines: readonly (readonly Point[])[];
}

/** The live stream: something became true, or a heartbeat with live values. */
export type LiveEvent =
  | {
      readonly kind: "changed";
      readonly at: number;
      readonly seq: number;
      readonly type: string;
      readonly job: string | null;
    }
  | {
      readonly kind: "beat";
      readonly at: number;
      readonly telemetry: readonly Telemetry[];
      readonly presence: PresenceView;
    };
