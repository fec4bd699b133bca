/** Counts what a detector did on a set of frames: the figures that `inspect score` prints. */
import { areaUnderCurve, type Measured, type PixelCounts, percentile, pixelF1, shareOf } from "./measures.ts";

/** What became of one frame. */
export interface FrameOutcome {
  readonly frame: string;
  /** Why the picture is no evidence, a sentence each; empty where it is. */
  readonly refused: readonly string[];
  /** Excess over the limit that the references gave: above 1 the frame is held. Infinite where nothing could be judged. */
  readonly score: number;
  /** Held: beyond the limit, or refused. */
  readonly held: boolean;
  /** The label, or null where the set gives none. */
  readonly defective: boolean | null;
  readonly classes: readonly string[];
  /** Against the mask; null where there is none or the frame could not be judged. */
  readonly pixels: PixelCounts | null;
  /** Labelled pixels of each class, and how many of them were marked. */
  readonly pixelsByClass: Readonly<Record<string, { readonly labelled: number; readonly marked: number }>>;
  /** What was seen, strongest first, a phrase each. */
  readonly findings: readonly string[];
  /** Milliseconds by stage. */
  readonly stageMs: Readonly<Record<string, number>>;
}

/** A count with its share and the exact interval of the share. */
export interface Counted extends Measured {
  readonly hits: number;
  readonly all: number;
}

export interface ScoreReport {
  readonly frames: number;
  readonly defective: number;
  readonly clean: number;
  readonly unlabelled: number;
  readonly imageAuroc: Measured;
  readonly pixelF1: Measured;
  readonly pixelPrecision: number;
  readonly pixelRecall: number;
  readonly recall: Counted;
  readonly falseAlarms: Counted;
  /** Clean frames that were refused as pictures; they are among the false alarms. */
  readonly cleanRefused: Counted;
  readonly refused: readonly { readonly frame: string; readonly why: readonly string[] }[];
  readonly byClass: readonly {
    readonly class: string;
    readonly recall: Counted;
    readonly auroc: Measured;
    readonly pixelRecall: number | null;
  }[];
  readonly latencyMs: Readonly<Record<string, { readonly p50: number; readonly p95: number }>>;
}

/** Makes the report of a set's frames, in any order. */
export function tally(outcomes: readonly FrameOutcome[]): ScoreReport {
  const defective = outcomes.filter((o) => o.defective === true);
  const clean = outcomes.filter((o) => o.defective === false);
  const all = outcomes.flatMap((o) => (o.pixels === null ? [] : [o.pixels]));
  // Where no pixel is labelled at all, the set has no masks: nothing can be said of pixels.
  const pixels = all.some(({ both, missed }) => both + missed > 0) ? all : [];
  const total = (pick: (p: PixelCounts) => number): number => pixels.reduce((sum, p) => sum + pick(p), 0);
  const [both, marked, missed] = [total((p) => p.both), total((p) => p.marked), total((p) => p.missed)];
  return {
    frames: outcomes.length,
    defective: defective.length,
    clean: clean.length,
    unlabelled: outcomes.length - defective.length - clean.length,
    imageAuroc: aurocOf(clean, defective),
    pixelF1: pixelF1(pixels),
    pixelPrecision: both / (both + marked),
    pixelRecall: both / (both + missed),
    recall: counted(defective, (o) => o.held),
    falseAlarms: counted(clean, (o) => o.held),
    cleanRefused: counted(clean, (o) => o.refused.length > 0),
    refused: outcomes.filter((o) => o.refused.length > 0).map((o) => ({ frame: o.frame, why: o.refused })),
    byClass: classesOf(clean, defective),
    latencyMs: latency(outcomes),
  };
}

function aurocOf(clean: readonly FrameOutcome[], defective: readonly FrameOutcome[]): Measured {
  return areaUnderCurve(
    clean.map((o) => o.score),
    defective.map((o) => o.score),
  );
}

function counted(some: readonly FrameOutcome[], test: (o: FrameOutcome) => boolean): Counted {
  const hits = some.filter(test).length;
  return { hits, all: some.length, ...shareOf(hits, some.length) };
}

function classesOf(clean: readonly FrameOutcome[], defective: readonly FrameOutcome[]): ScoreReport["byClass"] {
  const names = [...new Set(defective.flatMap((o) => o.classes))].filter((name) => name !== "").sort();
  return names.map((name) => {
    const its = defective.filter((o) => o.classes.includes(name));
    const cells = its.flatMap((o) => o.pixelsByClass[name] ?? []);
    const labelled = cells.reduce((sum, c) => sum + c.labelled, 0);
    const marked = cells.reduce((sum, c) => sum + c.marked, 0);
    return {
      class: name,
      recall: counted(its, (o) => o.held),
      auroc: aurocOf(clean, its),
      pixelRecall: labelled === 0 ? null : marked / labelled,
    };
  });
}

function latency(outcomes: readonly FrameOutcome[]): ScoreReport["latencyMs"] {
  const stages = new Map<string, number[]>();
  for (const { stageMs } of outcomes) {
    for (const [stage, ms] of Object.entries(stageMs)) stages.set(stage, [...(stages.get(stage) ?? []), ms]);
  }
  return Object.fromEntries(
    [...stages].map(([stage, ms]) => [stage, { p50: percentile(ms, 0.5), p95: percentile(ms, 0.95) }]),
  );
}
