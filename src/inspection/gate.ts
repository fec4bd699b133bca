/** The picture gate: is this frame evidence at all? Fixed physical limits, judged before anything on the plate is. */
import { type BoxStatistics, correlation, median, type Picture, statistics } from "./picture.ts";
import type { GateMeasure, Grade } from "./report.ts";
import type { CameraSetup, StaticZone } from "./setup.ts";

/** A zone whose brightness spreads by less than this shows no structure to recognise. */
const structured = 20;

/** What the gate concluded; `gain` is the frame's brightness against commissioning. */
export interface GateResult {
  readonly grade: Grade;
  readonly reasons: readonly string[];
  readonly measures: readonly GateMeasure[];
  readonly gain: number;
  /** Brightness noise of this frame's static zones (standard deviation). */
  readonly noise: number;
}

/**
 * Judges brightness, evenness of the light, focus, noise, clipping and the look of the static zones against what the
 * set-up recorded. `before` is the last accepted frame: a frame that repeats its noise is a frozen camera's.
 */
export function gate(picture: Picture, setup: CameraSetup, before: Picture | null): GateResult {
  const limits = setup.limits;
  if (picture.width !== setup.width_px || picture.height !== setup.height_px) {
    return refused(
      `the picture is ${picture.width} x ${picture.height} pixels, the camera was commissioned at ${setup.width_px} x ${setup.height_px}`,
    );
  }
  const zones = setup.zones.map((zone) => ({ zone, now: statistics(picture, zone.box) }));
  const ratios = zones.map(({ zone, now }) => now.mean / zone.mean);
  const gain = median(ratios);
  const noise = median(zones.map(({ now }) => now.noise));
  const measures: GateMeasure[] = [
    within("gain", gain, limits.gainUsable),
    within("darkest zone", Math.min(...ratios) / gain, [limits.unevenUsable[0], 9]),
    within("brightest zone", Math.max(...ratios) / gain, [0, limits.unevenUsable[1]]),
    within("sharpness", median(zones.map(sharpnessRatio(gain))), [limits.sharpnessUsable, 9]),
    within("noise", median(zones.map(({ zone, now }) => now.noise / zone.noise)), limits.noiseUsable),
    within("clipped share", Math.max(...zones.map(({ now }) => now.clipped)), [0, limits.clippedUsable]),
    within(
      "zone likeness",
      Math.min(...zones.filter(({ zone }) => zone.spread > structured).map(({ zone }) => likeness(picture, zone))),
      [limits.zoneCorrelationUsable, 1.001],
    ),
    ...(before === null
      ? []
      : [within("freshness", freshness(picture, before, setup, noise), [limits.freshnessUsable, 99])]),
  ];
  return { ...grade(measures, setup), measures, gain, noise };
}

function grade(measures: readonly GateMeasure[], setup: CameraSetup): { grade: Grade; reasons: string[] } {
  const outside = measures.filter((m) => !(m.measured >= m.low && m.measured <= m.high));
  if (outside.length > 0) return { grade: "unusable", reasons: outside.map(inWords) };
  const limits = setup.limits;
  const soft = [
    within("gain", measured(measures, "gain"), limits.gainGood),
    within("sharpness", measured(measures, "sharpness"), [limits.sharpnessGood, 9]),
    within("darkest zone", measured(measures, "darkest zone"), [limits.unevenGood[0], 9]),
    within("brightest zone", measured(measures, "brightest zone"), [0, limits.unevenGood[1]]),
  ].filter((m) => !(m.measured >= m.low && m.measured <= m.high));
  return { grade: soft.length > 0 ? "degraded" : "good", reasons: soft.map(inWords) };
}

const meaning: Readonly<Record<string, readonly [low: string, high: string]>> = {
  gain: [
    "the picture is too dark: lamp weak, or the camera is covered",
    "the picture is too bright: stray light or a wrong exposure",
  ],
  "darkest zone": ["one part of the picture is dark: something stands before the camera or a lamp is out", ""],
  "brightest zone": ["", "one part of the picture is too bright: a reflection or stray light"],
  sharpness: ["the picture is out of focus or the lens is dirty", ""],
  noise: [
    "the picture has no natural noise: it is not a fresh exposure",
    "the picture is too noisy: light too weak or the sensor is failing",
  ],
  "clipped share": ["", "parts of the picture are pure black or white and show nothing"],
  "zone likeness": ["a part of the machine that never changes looks different: covered, or the camera has moved", ""],
  freshness: ["the picture repeats the one before: the camera is frozen", ""],
};

function inWords(m: GateMeasure): string {
  const words = meaning[m.name] ?? [m.name, m.name];
  const text = m.measured > m.high ? words[1] : words[0];
  const limit = m.measured > m.high ? `at most ${m.high}` : `at least ${m.low}`;
  const value = Number.isFinite(m.measured) ? m.measured.toFixed(2) : "not measurable";
  return `${text} (${m.name} ${value}, must be ${limit})`;
}

function within(name: string, value: number, [low, high]: readonly [number, number]): GateMeasure {
  // JSON has no NaN; a value that could not be measured is written as one that no limit accepts.
  return { name, measured: Number.isFinite(value) ? value : -1e9, low, high };
}

function measured(measures: readonly GateMeasure[], name: string): number {
  return measures.find((m) => m.name === name)?.measured ?? Number.NaN;
}

function refused(reason: string): GateResult {
  return { grade: "unusable", reasons: [reason], measures: [], gain: Number.NaN, noise: Number.NaN };
}

const sharpnessRatio =
  (gain: number) =>
  ({ zone, now }: { readonly zone: StaticZone; readonly now: BoxStatistics }): number => {
    // The Laplacian of pure noise is 20 times its variance; what is left is the scene's own edges.
    const edges = (s: { readonly sharpness: number; readonly noise: number }): number =>
      Math.max(0, s.sharpness - 20 * s.noise * s.noise);
    return Math.sqrt(edges(now) / Math.max(1e-6, edges(zone))) / gain;
  };

/** Means of the 8 x 8 cells of a box, row by row: what a set-up keeps of a static zone. */
export function cellsOf(picture: Picture, box: StaticZone["box"]): number[] {
  const [w, h] = [box.right - box.left, box.bottom - box.top];
  return Array.from({ length: 64 }, (_, i) => {
    const [left, top] = [Math.floor(((i % 8) * w) / 8), Math.floor((Math.floor(i / 8) * h) / 8)];
    const [right, bottom] = [Math.floor((((i % 8) + 1) * w) / 8), Math.floor(((Math.floor(i / 8) + 1) * h) / 8)];
    let sum = 0;
    for (let y = box.top + top; y < box.top + bottom; y++) {
      for (let x = box.left + left; x < box.left + right; x++) sum += picture.data[y * picture.width + x] ?? 0;
    }
    return sum / Math.max(1, (right - left) * (bottom - top));
  });
}

function likeness(picture: Picture, zone: StaticZone): number {
  return correlation(cellsOf(picture, zone.box), zone.cells);
}

function freshness(picture: Picture, before: Picture, setup: CameraSetup, noise: number): number {
  const shares = setup.zones.map(({ box }) => {
    let [sum, count] = [0, 0];
    for (let y = box.top; y < box.bottom; y += 2) {
      for (let x = box.left; x < box.right; x++) {
        const at = y * picture.width + x;
        sum += Math.abs((picture.data[at] ?? 0) - (before.data[at] ?? 0));
        count++;
      }
    }
    // The mean absolute difference of two draws with the same normal noise is 2 / sqrt(pi) times its deviation.
    return sum / count / Math.max(0.05, (2 / Math.sqrt(Math.PI)) * noise);
  });
  return median(shares);
}
