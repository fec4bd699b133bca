/** What the page and the server say to each other along the route: steps, copies, material, release, records; types only. */
import type { Fault } from "../equipment/machine.ts";
import type { JudgedResult } from "../jobs/event.ts";
import type { Omission } from "../jobs/refusal.ts";

export type StepKind = "build" | "task" | "label" | "handover" | "release";

/** A result with the words of its recipe. */
export interface ResultView extends JudgedResult {
  readonly title: string;
}

/** One step of the route, for the copy in hand. */
export interface StepView {
  readonly id: string;
  readonly title: string;
  readonly kind: StepKind;
  readonly state: "done" | "running" | "next" | "waiting";
  /** The machine's title; null for a step that people do. */
  readonly equipment: string | null;
  /** Of the last attempt at it. */
  readonly results: readonly ResultView[];
}

export interface LabelView {
  readonly number: number;
  readonly state: "requested" | "printed" | "not-printed" | "applied" | "voided";
  /** What its code says, for people; it is never drawn as a code on the screen. */
  readonly text: string;
  readonly pdf: boolean;
  /** Why the printer gave none, or null. */
  readonly fault: Fault | null;
  /** What stands on it besides the code. */
  readonly title: string;
  readonly pseudonym: string;
  readonly side: "left" | "right" | "none";
  readonly madeAt: number;
  readonly simulated: boolean;
}

export interface UsedMaterial {
  readonly step: string;
  readonly title: string;
  readonly batch: string;
  readonly quantity: number;
  readonly unit: string;
}

/** One copy of the device. */
export interface UnitView {
  readonly number: number;
  readonly state: "in-hand" | "released" | "made" | "scrapped";
  readonly tag: string | null;
  /** The step at whose machine the part was scanned, before its start. */
  readonly confirmed: string | null;
  readonly labels: readonly LabelView[];
  readonly materials: readonly UsedMaterial[];
  readonly handovers: readonly { readonly to: string; readonly container: string; readonly by: string }[];
}

/** Whether a job's record is with central QA: only a countersignature that covers its last entry says so. */
export interface QaView {
  readonly withQa: boolean;
  /** Entries up to the job's last one that are not countersigned; 0 where all are. */
  readonly waiting: number;
  /** When the oldest of them was written, as far as sync knows. */
  readonly since: number | null;
}

export interface LotView {
  readonly id: string;
  readonly title: string;
  readonly gtin: string;
  readonly batch: string;
  readonly certificate: string;
  readonly expires: number;
  readonly quantity: number;
  readonly left: number;
  readonly unit: string;
  readonly status: "quarantine" | "released" | "rejected";
  readonly releasedBy: string | null;
  /** Central QA holds it, whatever QA in the cell decided. */
  readonly held: boolean;
  /** Why it may not be used now, or null. */
  readonly whyNot: string | null;
}

export interface LoadView {
  readonly material: string;
  readonly title: string;
  /** Null where none is loaded. */
  readonly batch: string | null;
  readonly whyNot: string | null;
}

/** Lots, newest first, and what the machines hold and want. */
export interface MaterialsView {
  readonly lots: readonly LotView[];
  readonly machines: readonly {
    readonly id: string;
    readonly title: string;
    readonly loads: readonly LoadView[];
  }[];
}

/** What a code is; `unit`, `batch` and `expires` where it is a package. */
export interface ScanView {
  readonly kind: "job" | "package" | "label" | "foreign" | "tag" | "free" | "unreadable";
  readonly what: string;
  readonly title: string | null;
  /** In which its quantity is counted. */
  readonly unit: string | null;
  readonly batch: string | null;
  readonly expires: number | null;
  /** The lot that it names, where it is here. */
  readonly lot: string | null;
}

/** Exactly what is signed; its digest is over the RFC 8785 bytes of `facts`. */
export interface ShownView {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly digest: string;
  readonly meaning: string;
  /** Names of the people in it, by their pseudonym; not signed. */
  readonly names: Readonly<Record<string, string>>;
}

/** What stands between a copy and its release, and exactly what is signed. */
export interface ReleaseView {
  readonly unit: number;
  readonly omissions: readonly Omission[];
  readonly shown: ShownView;
}

/** How long a job is kept, and what was held, erased or dropped of it. */
export interface KeepingView {
  readonly job: string;
  /** When its record, and the pictures of layers that passed, need not be kept any longer; null before the job has ended. */
  readonly until: number | null;
  readonly picturesUntil: number | null;
  readonly hold: { readonly ofCell: boolean; readonly since: number; readonly why: string } | null;
  /** `destroyed` once the key of its texts is. */
  readonly erased: { readonly at: number; readonly by: string; readonly destroyed: boolean } | null;
  readonly dropped: number;
}

/** One ended job. */
export interface RecordLine {
  readonly id: string;
  readonly title: string;
  readonly pseudonym: string;
  readonly outcome: "released" | "not-released" | "scrapped" | "cancelled";
  readonly what: string;
  readonly endedAt: number;
  readonly simulated: boolean;
  readonly qa: QaView;
  /** How long it is kept, in one line. */
  readonly keeping: string;
}

/** A page of ended jobs, newest first. */
export interface RecordsView {
  readonly total: number;
  readonly lines: readonly RecordLine[];
}
