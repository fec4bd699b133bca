/** What the inspection of one layer says to the core: facts first, the verdict with its reasons. */
import type { Digest } from "../kernel/names.ts";

/** Whether the picture can carry a judgement at all. */
export type PictureGrade = "good" | "degraded" | "unusable";

/** The verdict on a layer. `blind` is a defect of the eye: nobody can say anything about the layer. */
export type Verdict = "pass" | "fail" | "blind";

/** One thing found in a layer, with its measured value beside the limit it broke. */
export interface Finding {
  /** Kebab-case class, e.g. `missing-material`, `extra-material`, `layer-shift`, `strand`. */
  readonly class: string;
  /** Bounding box in bed millimetres. */
  readonly box: { readonly x_mm: number; readonly y_mm: number; readonly w_mm: number; readonly h_mm: number };
  readonly measured: number;
  readonly limit: number;
  readonly unit: string;
  /** Model score 0..1, or null where no network was asked. */
  readonly score: number | null;
  /** Parts of the build that it concerns, from 1; absent where the recipe does not tell them apart. */
  readonly parts?: readonly number[];
  /** The camera that saw it; absent where the cell's first camera alone looks. */
  readonly camera?: string;
}

/** How one part of the build came out of a layer; `not-made`: the layer adds nothing to it, and nothing was found at it. */
export interface PartVerdict {
  readonly part: number;
  readonly verdict: Verdict | "not-made";
}

/** The parts that failed, from 1 up; none where parts are not told apart. */
export function failedParts({ parts }: Pick<LayerReport, "parts">): readonly number[] {
  return (parts ?? []).flatMap(({ part, verdict }) => (verdict === "fail" ? [part] : []));
}

/** Findings that an entry holds at most. */
export const mostFindings = 16;

/** The part of one camera's inspection report that stands in the ledger; pictures, contours and timings are artifacts. */
export interface OwnReport {
  readonly grade: PictureGrade;
  readonly verdict: Verdict;
  /** Plain sentences: why not pass, or why the picture is worth nothing. */
  readonly reasons: readonly string[];
  /** At most `mostFindings`; the evidence artifact has them all. */
  readonly findings: readonly Finding[];
  /** Absent where the recipe does not tell parts apart. */
  readonly parts?: readonly PartVerdict[];
  /** Expanded uncertainty (k = 2) of a place in this picture; absent where it could not be placed, and in records of before. */
  readonly uncertainty_mm?: number;
  /** What was judged by what: every digest a replay of this verdict needs. `model` is null where no network answered. */
  readonly digests: {
    readonly frame: Digest;
    readonly expected: Digest;
    readonly setup: Digest;
    readonly limits: Digest;
    readonly model: Digest | null;
  };
  /** Digest of the full report (contours, stage times, boxes in the picture) in the artifact store. */
  readonly evidence: Digest;
}

/** What one of several cameras saw. */
export interface ViewReport extends OwnReport {
  readonly camera: string;
}

/** What was seen of a layer. */
export interface LayerReport extends OwnReport {
  /**
   * Where several cameras look at a layer: the report of each, in the cell's order. Everything above is then what they
   * come to together, and its digests are those of the first. Absent where the cell's first camera alone looks.
   */
  readonly views?: readonly ViewReport[];
}
