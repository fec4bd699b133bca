/** What the page and the server say to each other, as types only, so that the browser can share them. */

import type { Fault, MachineIdentity, Telemetry } from "../equipment/machine.ts";
import type { HoldCause } from "../jobs/event.ts";
import type { EvidenceStatus } from "../jobs/evidence-status.ts";
import type { Gate, Omission } from "../jobs/refusal.ts";
import type { Finding, PartVerdict, PictureGrade, Verdict } from "../jobs/report.ts";
import type { SyncStatus } from "../jobs/sync-status.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { Role } from "../people/person.ts";
import type { QaView, ResultView, StepKind, StepView, UnitView } from "./api-route.ts";

/** An error on the wire: what is wrong and what to do about it (law 8). */
export interface Problem {
  readonly code: string;
  readonly what: string;
  readonly remedy?: string;
  readonly gates?: readonly Gate[];
  /** For a release that is refused: everything that the record lacks. */
  readonly omissions?: readonly Omission[];
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
  /** Somebody can acknowledge it; the line that only counts the rest of a flood is nobody's. */
  readonly single: boolean;
  /** It came while no other stood at its machine: look at it first. */
  readonly firstOut: boolean;
  /** When somebody acknowledged it; null while nobody has. */
  readonly acknowledgedAt: EpochMs | null;
  /** Put aside until then; null where it is not. */
  readonly shelvedUntil: EpochMs | null;
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
  /** What somebody else did at it and nobody has looked into, or null. */
  readonly foreign: string | null;
  /** It builds, layer by layer, on a plate; other machines have readings of their own. */
  readonly builds: boolean;
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

/** A code, read a moment ago; `number` tells one reading from the next. */
export interface ReadCode {
  readonly code: string;
  readonly number: number;
}

/** The wired scanner serves one page at a time: the one whose scan screen was opened last. */
export interface ScannerView {
  readonly mine: boolean;
  readonly read: ReadCode | null;
}

/** How far the record is with central QA. */
export type SyncView = SyncStatus;

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
  /** The next step of the copy in hand; `equipment` is null for one that people do. */
  readonly next: NextStep | null;
}

export interface NextStep {
  readonly id: string;
  readonly title: string;
  readonly kind: StepKind;
  readonly equipment: string | null;
}

/** Whether the inspection has found what was planted for it. */
export interface ChallengeView {
  /** One is under way. */
  readonly isOpen: boolean;
  readonly last: { readonly passed: boolean; readonly what: string; readonly at: number } | null;
  /** Why nothing is built, or null. */
  readonly suspended: string | null;
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
  readonly challenge: ChallengeView;
  readonly presence: PresenceView;
  readonly alarms: readonly Alarm[];
  /** Open jobs, and those that ended last; all of them stand on the screen of records. */
  readonly jobs: readonly JobLine[];
  readonly sync: SyncView;
  readonly evidenceToQa: EvidenceStatus;
}

/** Who did what, when and why (R9). */
export interface LogLine {
  readonly at: number;
  readonly who: string | null;
  readonly what: string;
}

export interface HoldView {
  readonly cause: HoldCause;
  readonly layer: number | null;
  readonly what: string;
  readonly since: number;
  readonly confirmed: boolean;
}

export interface AttemptView {
  readonly id: string;
  readonly kind: "build" | "task";
  readonly operation: string;
  /** The step's title. */
  readonly step: string;
  readonly equipment: string;
  readonly unit: number;
  /** Tag of the part that was confirmed at the machine; null for a build. */
  readonly part: string | null;
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
  /** What a task's machine measured, beside its limits; empty before it was judged. */
  readonly results: readonly ResultView[];
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
  readonly side: "left" | "right" | "none";
  /** The route of the copy in hand. */
  readonly route: readonly StepView[];
  /** Number of the copy in hand: the one at work, or next, or else the last. */
  readonly unit: number;
  readonly units: readonly UnitView[];
  /** Once the next step is the release: what the record lacks. */
  readonly omissions: readonly Omission[] | null;
  readonly qa: QaView;
  readonly gates: readonly Gate[];
  readonly identity: { readonly by: string; readonly at: number } | null;
  readonly presence: { readonly device: string; readonly at: number; readonly until: number } | null;
  readonly attempts: readonly AttemptView[];
  readonly nonconformities: readonly NonconformityView[];
  readonly ended: LogLine | null;
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
  /** How each part came out; empty where parts are not told apart. */
  readonly parts: readonly PartVerdict[];
  /** Of a place in the picture, k = 2; null where nobody said. */
  readonly uncertainty_mm: number | null;
  readonly digests: { readonly model: string | null; readonly limits: string } | null;
  /** In pixels of the frame as delivered; empty where the full report is not there. */
  readonly expected: readonly (readonly Point[])[];
  readonly outlines: readonly (readonly Point[])[];
  /** Where several cameras saw it: the picture of each, the first included; empty where one did. */
  readonly views: readonly ViewOfLayer[];
}

/** What one of several cameras saw of a layer. */
export interface ViewOfLayer extends Pick<LayerView, "frame" | "verdict" | "expected" | "outlines"> {
  readonly camera: string;
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
      readonly scanner: ScannerView;
      readonly sync: SyncView;
      readonly evidenceToQa: EvidenceStatus;
    };
