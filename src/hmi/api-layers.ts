/** What the page and the server say to each other about the layers of a build: all of them at a glance, and its findings in space; types only. */
import type { LayerValues } from "../equipment/layer-values.ts";
import type { Finding } from "../jobs/report.ts";
import type { LogLine } from "./api.ts";

/** p passed, t tolerated by the recipe, c conceded, f failed, b not seen, w made and not judged yet, o not made. */
export type LayerMark = "p" | "t" | "c" | "f" | "b" | "w" | "o";

/** What a person did about a layer, or what the cell did with it. */
export interface LayerDeed extends LogLine {
  readonly layer: number;
}

/** What the values of the machines did while a layer was made; null in records of before, and where nothing was watched. */
export interface LayerValuesView {
  readonly attempt: string;
  readonly layer: number;
  readonly values: LayerValues | null;
}

/** How one value went over a build; a number each bin, null where nothing was heard. */
export interface Trend {
  /** As in `LayerValue`. */
  readonly reading: string;
  readonly unit: string;
  readonly min: readonly (number | null)[];
  readonly mean: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  /** Bins, from 0 on, with a layer in which it was not heard for too long, or had no good value. */
  readonly gaps: readonly number[];
}

/** How the values of the machines went over a build, in bins of layers. */
export interface TrendsView {
  readonly attempt: string;
  /** Layers in a bin; the last bin may hold fewer. */
  readonly layersPerBin: number;
  readonly bins: number;
  /** Layers that were made and whose values are not in the bins, as there are too many. */
  readonly leftOut: number;
  readonly values: readonly Trend[];
}

/** All layers of one build. */
export interface LayersView {
  readonly attempt: string;
  readonly job: string;
  /** The step's title. */
  readonly step: string;
  readonly startedAt: number;
  readonly simulated: boolean;
  readonly planned: number;
  /** One mark a layer that was begun, from layer 1 on. */
  readonly marks: string;
  /** The highest layer with a picture; 0 where there is none. */
  readonly pictured: number;
  /** Layers whose report names findings, and how many. */
  readonly found: readonly (readonly [layer: number, count: number])[];
  /** Layers that a person found bad though they had passed. */
  readonly bad: readonly number[];
  readonly deeds: readonly LayerDeed[];
}

/** A finding with the layer in which it lies. */
export interface PlacedFinding extends Finding {
  readonly layer: number;
  readonly mark: LayerMark;
}

/** The findings of a build, from the lowest layer up. */
export interface FindingsView {
  readonly attempt: string;
  readonly planned: number;
  readonly findings: readonly PlacedFinding[];
  /** Findings in the ledger that are not in this list: of layers that came out better. */
  readonly leftOut: number;
}

/** Other builds of the same program, the newest first. */
export interface AlikeView {
  readonly attempt: string;
  readonly others: readonly LayersView[];
}
