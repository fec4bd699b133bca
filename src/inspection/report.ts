/** What the inspector says about one layer: the message to the core, the record and the screen (all JSON). */
import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";

/** The picture gate's judgement of a frame, before anything in it is judged. */
export type Grade = "good" | "degraded" | "unusable";

/** `pass` releases the next layer; `fail` and `blind` hold it. */
export type Verdict = "pass" | "fail" | "blind";

/** What a finding measures; the words for the technician stand in the report's reasons. */
export type FindingClass =
  /** Material of this layer that should be there and is not. */
  | "missing"
  /** Strands that are there but too thin. */
  | "thin"
  /** Material or a thing where none should be. */
  | "extra"
  /** The share of the layer's footprint that did not change since the layer before. */
  | "unchanged"
  /** The layer as a whole stands beside its place. */
  | "shift";

/** A rectangle on the machine's grid, in millimetres. */
export interface Region {
  readonly x_mm: number;
  readonly y_mm: number;
  readonly w_mm: number;
  readonly h_mm: number;
}

/** A corner of an outline in pixels of the frame as delivered. */
export type ImagePoint = readonly [x_px: number, y_px: number];

/** One thing found, with what was measured and what the recipe allows. */
export interface Finding {
  readonly class: FindingClass;
  /** Who found it: the plain comparison or the network. */
  readonly by: "residual" | "network";
  readonly region: Region;
  /** Outline in the frame's own pixels, for the overlay. */
  readonly outline_px: readonly ImagePoint[];
  readonly measured: number;
  readonly limit: number;
  readonly unit: "mm" | "mm2" | "share";
  /** How strongly it stands out: z-value of the residual or probability of the network (0 to 1). */
  readonly score: number;
  /** Parts that it concerns; absent where parts are not told apart. */
  readonly parts?: readonly number[];
}

/** How one part came out of a layer; `not-made`: the layer adds nothing to it, and nothing was found at it. */
export interface PartVerdict {
  /** From 1; never a label of the program, which may be a name. */
  readonly part: number;
  readonly verdict: Verdict | "not-made";
}

/** What the network said, in numbers; null in a report where it gave no result. */
export interface NetworkEvidence {
  readonly modelDigest: Digest;
  /** Highest probability of each class inside the judged area. */
  readonly maxScore: { readonly missing: number; readonly thin: number; readonly extra: number };
  /** A known defect was planted in a copy of this frame: was it found? Null when this layer's turn had none. */
  readonly canary: { readonly planted: FindingClass; readonly found: boolean } | null;
}

/** Digests of everything the verdict depends on, so that it can be replayed to the same bytes. */
export interface EvidenceDigests {
  readonly frame: Digest;
  /** The last accepted frame this one was compared with. */
  readonly reference: Digest;
  readonly expected: Digest;
  readonly setup: Digest;
  readonly model: Digest;
  readonly limits: Digest;
}

/** How the frame lies on the machine. */
export interface RegistrationEvidence {
  readonly fiducials: number;
  readonly residual_px: number;
  readonly moved_mm: number;
  readonly scale_mm_per_px: number;
  readonly uncertainty_mm: number;
}

/** One measured property of the picture and the range it must keep. */
export interface GateMeasure {
  readonly name: string;
  readonly measured: number;
  readonly low: number;
  readonly high: number;
}

/** One thing found on a surface: its class is one of the process pack, and it lies in the picture's own millimetres. */
export interface SurfaceFound extends Omit<Finding, "class" | "by"> {
  readonly class: string;
  readonly by: "surface";
}

/** The same report of a surface: of a process whose layers are looked at more than once it says when. */
export interface SurfaceReport extends InspectionReport<SurfaceFound> {
  /** A phase of the process pack. */
  readonly phase: string;
}

/** Everything the inspector concluded from one frame. */
export interface InspectionReport<F = Finding> {
  readonly kind: "report";
  readonly attempt: string;
  readonly layer: number;
  readonly take: number;
  readonly receivedAt: EpochMs;
  readonly grade: Grade;
  readonly gateReasons: readonly string[];
  readonly gate: readonly GateMeasure[];
  readonly registration: RegistrationEvidence | null;
  readonly findings: readonly F[];
  readonly network: NetworkEvidence | null;
  readonly digests: EvidenceDigests;
  readonly verdict: Verdict;
  /** Never empty: why, in words a technician understands. */
  readonly reasons: readonly string[];
  /** Absent where parts are not told apart. */
  readonly parts?: readonly PartVerdict[];
  /** Where the layer should be, in the frame's own pixels, for the overlay; at most 64 outlines of 400 points. */
  readonly expectedOutline_px: readonly (readonly ImagePoint[])[];
  /** Milliseconds by stage; measured, hence no part of what a replay must repeat. */
  readonly stageMs: Readonly<Record<string, number>>;
}
