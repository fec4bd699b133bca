/** From one decoded frame to a report, in two pure halves around the network: prepare its input, conclude from its output. */
import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";
import { type CanaryPlan, canaryPlan } from "./canary.ts";
import { extraFindings, shiftFindings, unchangedFindings } from "./comparison.ts";
import { type ExpectedLayer, expectLayer, type LayerPlan } from "./expected.ts";
import type { Place } from "./findings.ts";
import { type Sighted, staleness } from "./freshness.ts";
import { type GateResult, gate } from "./gate.ts";
import { type Grid, warp } from "./grid.ts";
import type { Lens } from "./lens.ts";
import type { InspectionLimits } from "./limits.ts";
import { readMarker, staleMark } from "./marker.ts";
import type { Parts } from "./parts.ts";
import type { Picture } from "./picture.ts";
import type { StepOutcome } from "./policy.ts";
import { type Registration, register } from "./registration.ts";
import type { Finding } from "./report.ts";
import { type Change, changeOf, strangeness, type Views } from "./residual.ts";
import type { CameraSetup } from "./setup.ts";
import { addEdges, noEdges, shiftOf } from "./shift.ts";
import { inputOf } from "./tensor.ts";
import { plateGrid, tilesOf } from "./tiles.ts";

/** A frame that was accepted, or the empty plate: what the next layer is compared with. */
export interface Accepted {
  readonly digest: Digest;
  readonly layer: number;
  readonly top_mm: number;
  readonly picture: Picture;
  readonly lens: Lens;
  readonly gain: number;
}

/** Parts of the build as a layer sees them. */
export interface LayerParts {
  readonly all: Parts;
  readonly made: ReadonlySet<number>;
}

/** The frame to be judged and what it claims to be. */
export interface Subject {
  readonly attempt: string;
  readonly take: number;
  readonly plan: LayerPlan;
  /** The layer below; null under layer 1. */
  readonly planBefore: LayerPlan | null;
  /** The build's parts, and those that this layer adds to; null where they are not told apart. */
  readonly parts: LayerParts | null;
  readonly digest: Digest;
  readonly picture: Picture;
  readonly markedAt: EpochMs;
  readonly receivedAt: EpochMs;
  /** Null where the camera does not say. */
  readonly exposureStart: EpochMs | null;
  readonly requestedAt: EpochMs;
}

/** Everything that stays the same during a build. */
export interface Rules {
  readonly setup: CameraSetup;
  readonly limits: InspectionLimits;
}

/** One tile ready for the network. */
export interface PreparedTile {
  readonly place: Place;
  readonly expected: ExpectedLayer;
  readonly change: Change;
  readonly input: Float32Array;
  readonly canary: CanaryPlan | null;
}

/** What is known of a frame before the network speaks; `tiles` is empty where the frame is no evidence. */
export interface Prepared {
  readonly subject: Subject;
  readonly reference: Accepted;
  readonly gate: GateResult;
  readonly registration: Registration | null;
  readonly outcomes: { readonly fresh: StepOutcome; readonly gate: StepOutcome; readonly registration?: StepOutcome };
  readonly tiles: readonly PreparedTile[];
  readonly findings: readonly Finding[];
  /** Cells of the plate or of the layer that the frame does not show. */
  readonly unseen: number;
  readonly stageMs: Readonly<Record<string, number>>;
}

/** Runs the steps before the network; `lap` reads a monotonic clock, for the stage times only. */
export function prepare(
  subject: Subject,
  reference: Accepted,
  seen: Sighted,
  rules: Rules,
  lap: () => number,
): Prepared {
  return prepareBy(subject, reference, rules, lap, (registration) => {
    const { setup } = rules;
    return staleness(subject, reference, seen, setup.exposureUnknown) ?? markStale(subject, registration, setup);
  });
}

/** The same for a picture that no machine has marked, and whose freshness was asked before. */
export function prepareUnmarked(subject: Subject, reference: Accepted, rules: Rules, lap: () => number): Prepared {
  return prepareBy(subject, reference, rules, lap, () => null);
}

function prepareBy(
  subject: Subject,
  reference: Accepted,
  rules: Rules,
  lap: () => number,
  whyStale: (registration: Registration | null) => string | null,
): Prepared {
  const clock = stopwatch(lap);
  const checked = gate(subject.picture, rules.setup, reference.picture);
  clock.mark("gate");
  const registration = checked.grade === "unusable" ? null : register(subject.picture, rules.setup);
  clock.mark("registration");
  const stale = whyStale(registration);
  const base = {
    subject,
    reference,
    gate: checked,
    registration,
    outcomes: {
      fresh: outcome(stale),
      gate: outcome(checked.grade === "good" ? null : checked.reasons.join("; ")),
      ...(registration === null ? {} : { registration: outcome(registration.ok ? null : registration.reason) }),
    },
  };
  if (registration === null || !registration.ok || stale !== null || checked.grade !== "good") {
    return { ...base, tiles: [], findings: [], unseen: 0, stageMs: clock.laps };
  }
  const now = { picture: subject.picture, lens: registration.lens, gain: checked.gain };
  const compared = compare(subject, now, reference, rules, clock);
  return { ...base, ...compared, stageMs: clock.laps };
}

function outcome(why: string | null): StepOutcome {
  return why === null ? { ok: true } : { ok: false, why };
}

function markStale(subject: Subject, registration: Registration | null, setup: CameraSetup): string | null {
  if (registration === null || !registration.ok) return null;
  const reading = readMarker(subject.picture, registration.lens, setup, subject.plan.top_mm);
  return staleMark(reading, subject.attempt, subject.plan.layer, setup);
}

type Look = Pick<Accepted, "picture" | "lens" | "gain">;

function compare(subject: Subject, now: Look, reference: Accepted, rules: Rules, clock: Stopwatch) {
  const { plan, planBefore } = subject;
  const plate = { grid: plateGrid(rules.setup), lens: now.lens, z_mm: plan.top_mm };
  const plateExpected = expectLayer(plan, plate.grid);
  clock.mark("expected");
  const plateViews = viewsOf(now, reference, plate.grid, plan.top_mm, false);
  let unseen = hideUnseen(plateViews, null);
  clock.mark("warp");
  const plateResidual = strangeness(plateViews, plateExpected);
  const findings = extraFindings(plateResidual, plateExpected, plate, rules.limits);
  clock.mark("residual");
  const edges = noEdges();
  const tiles = tilesOf(plan).map((grid): PreparedTile => {
    const place = { grid, lens: now.lens, z_mm: plan.top_mm };
    const expected = expectLayer(plan, grid);
    const before = planBefore === null ? null : expectLayer(planBefore, grid);
    clock.mark("expected");
    const views = viewsOf(now, reference, grid, plan.top_mm, true);
    unseen += hideUnseen(views, expected.footprint);
    clock.mark("warp");
    const change = changeOf(views, expected);
    if (before !== null) addEdges(edges, views, expected, before);
    clock.mark("residual");
    const input = inputOf(views, expected, before);
    const canary = canaryPlan(plan.layer, rules.limits.canaryEvery, expected);
    clock.mark("tensor");
    return { place, expected, change, input, canary };
  });
  const shift = planBefore === null ? { dx_mm: null, dy_mm: null } : shiftOf(edges, tiles[0]!.place.grid.step_mm);
  findings.push(...unchangedFindings(tiles, rules.limits));
  findings.push(...shiftFindings(shift, plateExpected, plate, rules.limits));
  clock.mark("residual");
  return unseen === 0 ? { tiles, findings, unseen } : { tiles: [], findings: [], unseen };
}

/** Both frames on one grid, at commissioning brightness; without `beneath` that view repeats `before`. */
export function viewsOf(now: Look, reference: Accepted, grid: Grid, top_mm: number, beneath: boolean): Views {
  const before = atGain(warp(reference.picture, reference.lens, grid, top_mm), reference.gain);
  return {
    now: atGain(warp(now.picture, now.lens, grid, top_mm), now.gain),
    before,
    beneath: beneath ? atGain(warp(reference.picture, reference.lens, grid, reference.top_mm), reference.gain) : before,
  };
}

function atGain(values: Float32Array, gain: number): Float32Array {
  for (let i = 0; i < values.length; i++) values[i] = values[i]! / gain;
  return values;
}

/**
 * Counts the cells that lie outside either frame, of those marked (all where `marked` is null), and blackens every such
 * cell, because the filters would carry what is not a number across the whole grid.
 */
function hideUnseen(views: Views, marked: Uint8Array | null): number {
  let unseen = 0;
  for (let i = 0; i < views.now.length; i++) {
    if (!Number.isNaN(views.now[i]! + views.before[i]! + views.beneath[i]!)) continue;
    if (marked === null || marked[i] === 1) unseen++;
    views.now[i] = 0;
    views.before[i] = 0;
    views.beneath[i] = 0;
  }
  return unseen;
}

interface Stopwatch {
  readonly laps: Record<string, number>;
  mark(stage: string): void;
}

function stopwatch(lap: () => number): Stopwatch {
  const laps: Record<string, number> = {};
  let last = lap();
  return {
    laps,
    mark(stage) {
      const now = lap();
      laps[stage] = (laps[stage] ?? 0) + now - last;
      last = now;
    },
  };
}
