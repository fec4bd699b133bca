/** The layers of a build as the screens show them: one opened by its entries alone, all at a glance, findings in space. */
import type { LayerValues } from "../equipment/layer-values.ts";
import type { Recorded } from "../jobs/controller.ts";
import type { LayerReport } from "../jobs/report.ts";
import { firstCamera, type TakenBy } from "../jobs/views.ts";
import { assert } from "../kernel/assert.ts";
import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import type { FindingsView, LayerMark, LayersView, PlacedFinding, TrendsView } from "./api-layers.ts";
import type { AttemptRecord, BuildFacts } from "./journal.ts";
import { highestPictured, type LayerIndex, noEntry } from "./layer-index.ts";
import { type Looks, logLine } from "./looks.ts";
import type { HmiPorts } from "./ports.ts";
import { trendsOf } from "./trends.ts";

type History = HmiPorts["history"];

/** A layer's picture with its report, as far as there is one. */
export interface LayerRecord {
  readonly layer: number;
  readonly take: number;
  readonly frame: Digest;
  readonly receivedAt: EpochMs;
  readonly report: LayerReport | null;
  /** Every camera's picture, where several looked; empty where one did. */
  readonly views: readonly TakenBy[];
}

/** Reads a layer: two entries, however many layers there are. Null where none of its pictures is known. */
export async function readLayer(history: History, index: LayerIndex, layer: number): Promise<LayerRecord | null> {
  const [captured, inspected] = [index.captured[layer - 1] ?? noEntry, index.inspected[layer - 1] ?? noEntry];
  if (captured === noEntry) return null;
  const { event } = await entryAt(history, captured);
  assert(event.type === "LayerCaptured" && event.layer === layer, `entry ${captured} is of the picture of ${layer}`);
  const { take, frame, receivedAt, camera = firstCamera, views: others = [] } = event;
  const views = others.length === 0 ? [] : [{ camera, frame }, ...others];
  const report = inspected === noEntry ? null : await reportAt(history, inspected);
  return { layer, take, frame, receivedAt, report, views };
}

/** Reads what the values did while a layer was made: one entry. Null where that was not written down. */
export async function readValues(history: History, index: LayerIndex, layer: number): Promise<LayerValues | null> {
  const made = index.made[layer - 1] ?? noEntry;
  if (made === noEntry) return null;
  const { event } = await entryAt(history, made);
  assert(event.type === "LayerDone" && event.layer === layer, `entry ${made} is of the end of layer ${layer}`);
  return event.values ?? null;
}

/** Layers whose values are read for the course of a build: of more, every second or every nth. */
export const mostRows = 2_400;

/** Reads how the values went over a build: one entry a layer. */
export async function trendsView(history: History, attempt: string, { layers }: AttemptRecord): Promise<TrendsView> {
  const every = Math.max(1, Math.ceil(layers.made.length / mostRows));
  const rows: (LayerValues | null)[] = [];
  let leftOut = 0;
  for (const [at, seq] of layers.made.entries()) {
    const isRead = seq !== noEntry && at % every === 0;
    if (seq !== noEntry && !isRead) leftOut += 1;
    rows.push(isRead ? await readValues(history, layers, at + 1) : null);
  }
  return { attempt, leftOut, ...trendsOf(rows) };
}

async function reportAt(history: History, seq: number): Promise<LayerReport> {
  const { event } = await entryAt(history, seq);
  assert(event.type === "LayerInspected", `entry ${seq} is a report`);
  return event.report;
}

async function entryAt(history: History, seq: number): Promise<Recorded> {
  for await (const entry of history(seq, seq + 1)) return entry;
  throw new Error(`entry ${seq} is not there`);
}

/** All layers of a build at a glance; nothing is read for it. */
export function layersView(
  attempt: string,
  build: BuildFacts,
  { layers, deeds }: AttemptRecord,
  looks: Looks,
): LayersView {
  const { job, step, startedAt, simulated, planned } = build;
  return {
    ...{ attempt, job, step, startedAt, simulated, planned },
    marks: layers.marks.join(""),
    pictured: highestPictured(layers),
    found: layers.found.flatMap((count, at) => (count > 0 ? [[at + 1, count] as const] : [])),
    bad: layers.bad,
    deeds: deeds.flatMap((deed) => (deed.layer === null ? [] : [{ ...logLine(deed, looks), layer: deed.layer }])),
  };
}

/** Reports that are read for one picture of a build, and findings that it shows: more than either is no picture any more. */
export const mostReports = 200;
export const mostFindings = 600;

/** What came out worst is shown first; among equals the lowest layer. */
const urgency: readonly LayerMark[] = ["f", "b", "w", "c", "t", "p", "o"];

/** The findings of a build, read from the reports of at most `mostReports` layers, the worst ones. */
export async function findingsView(
  history: History,
  attempt: string,
  build: BuildFacts,
  { layers }: AttemptRecord,
): Promise<FindingsView> {
  const all = layers.found.reduce((sum, count) => sum + count, 0);
  const chosen = layers.found
    .flatMap((count, at) => (count > 0 ? [{ layer: at + 1, mark: layers.marks[at] ?? "o" }] : []))
    .sort((a, b) => urgency.indexOf(a.mark) - urgency.indexOf(b.mark) || a.layer - b.layer)
    .slice(0, mostReports);
  const findings: PlacedFinding[] = [];
  for (const { layer, mark } of chosen) {
    const seq = layers.inspected[layer - 1] ?? noEntry;
    if (seq === noEntry || findings.length >= mostFindings) continue;
    const { findings: named } = await reportAt(history, seq);
    findings.push(...named.map((each) => ({ ...each, layer, mark })));
  }
  const shown = findings.slice(0, mostFindings).sort((a, b) => a.layer - b.layer);
  return { attempt, planned: build.planned, findings: shown, leftOut: all - shown.length };
}
