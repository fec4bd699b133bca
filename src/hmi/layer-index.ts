/** Where each layer of an attempt stands in the ledger and how it came out: a few numbers a layer, so that any of them is opened by two looks. */
import type { Event } from "../jobs/event.ts";
import type { LayerMark } from "./api-layers.ts";

/** Position 0 is layer 1. */
export interface LayerIndex {
  /** Number of the entry that says that the layer was made. */
  readonly made: readonly number[];
  /** Number of the entry of the picture that counts; `noEntry` where none was taken. */
  readonly captured: readonly number[];
  /** And of its report. */
  readonly inspected: readonly number[];
  /** How many findings the report names in the ledger. */
  readonly found: readonly number[];
  readonly marks: readonly LayerMark[];
  /** Layers that a person found bad though they had passed. */
  readonly bad: readonly number[];
}

/** The same while it grows. */
export interface GrowingIndex extends LayerIndex {
  readonly made: number[];
  readonly captured: number[];
  readonly inspected: number[];
  readonly found: number[];
  readonly marks: LayerMark[];
  readonly bad: number[];
}

export const noEntry = -1;

/** An index with no layer in it, or a copy of another. */
export function createIndex(from: LayerIndex | null = null): GrowingIndex {
  return {
    made: [...(from?.made ?? [])],
    captured: [...(from?.captured ?? [])],
    inspected: [...(from?.inspected ?? [])],
    found: [...(from?.found ?? [])],
    marks: [...(from?.marks ?? [])],
    bad: [...(from?.bad ?? [])],
  };
}

/** Takes what an entry says of a layer; one that says nothing changes nothing. */
export function noteLayer(index: GrowingIndex, event: Event, seq: number): void {
  switch (event.type) {
    case "LayerDone":
      put(index, event.layer, "w");
      index.made[event.layer - 1] = seq;
      return;
    case "RetakeOrdered":
      return put(index, event.layer, "w");
    case "LayerCaptured":
      put(index, event.layer, "w");
      index.captured[event.layer - 1] = seq;
      index.inspected[event.layer - 1] = noEntry;
      index.found[event.layer - 1] = 0;
      return;
    case "LayerInspected":
      put(index, event.layer, event.report.verdict === "blind" ? "b" : "w");
      index.inspected[event.layer - 1] = seq;
      index.found[event.layer - 1] = event.report.findings.length;
      return;
    case "CaptureFailed":
    case "InspectionFailed":
      return put(index, event.layer, "b");
    case "LayerDecided":
      return put(index, event.layer, decidedMarks[event.verdict]);
    case "HoldRaised":
      if (event.cause === "blind" && event.layer !== null) put(index, event.layer, "b");
      return;
    case "LayerFoundBad":
      index.bad.push(event.layer);
      return;
    default:
  }
}

const decidedMarks = { pass: "p", tolerated: "t", fail: "f" } as const;

/** A person has accepted a failed layer as it is; one that had passed, and was found bad afterwards, has passed still. */
export function concede(index: GrowingIndex, layer: number): void {
  if (index.marks[layer - 1] === "f") put(index, layer, "c");
}

function put(index: GrowingIndex, layer: number, mark: LayerMark): void {
  while (index.marks.length < layer) {
    index.made.push(noEntry);
    index.captured.push(noEntry);
    index.inspected.push(noEntry);
    index.found.push(0);
    index.marks.push("o");
  }
  index.marks[layer - 1] = mark;
}

/** The highest layer with a picture; 0 where there is none. */
export function highestPictured({ captured }: LayerIndex): number {
  let layer = captured.length;
  while (layer > 0 && captured[layer - 1] === noEntry) layer -= 1;
  return layer;
}
