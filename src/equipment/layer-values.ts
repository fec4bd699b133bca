/** What the values of machines did while a layer was made: bounded sums over time, cut at the layers' own markers. */
import type { EpochMs, Milliseconds, Seconds } from "../kernel/units.ts";
import type { Telemetry } from "./machine.ts";

/** One value over one layer; what was heard while the attempt was on hold is not in it. */
export interface LayerValue {
  /** `hotend`, `hotend-set-point`, `bed`, `bed-set-point`, or the name of a reading; of a machine beside, after its name and a slash. */
  readonly reading: string;
  readonly unit: string;
  readonly samples: number;
  /** Null where not one sample was heard. */
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
  /** Standard deviation of the samples. */
  readonly deviation: number | null;
  /** The longest time without a sample, from the layer's begin to its end. */
  readonly unheard_s: Seconds;
  /** It was not heard for so long that nobody can say what it did meanwhile. */
  readonly gap: boolean;
  /** Samples that came with a time before that of an earlier one; absent where none did. */
  readonly disordered?: number;
  /** Times when the machine said that it had no good value, or told one that is not finite; absent where none. Such are no samples. */
  readonly bad?: number;
}

/** All values over one layer. */
export interface LayerValues {
  /** The end of the layer before, or the begin of the work. */
  readonly from: EpochMs;
  /** The layer's marker. */
  readonly to: EpochMs;
  readonly held_s: Seconds;
  readonly values: readonly LayerValue[];
  /** Values beyond the most that are kept; absent where there are none. */
  readonly leftOut?: number;
}

/** A value that has a row in every layer, also where it is never heard. */
export interface Expected {
  readonly reading: string;
  readonly unit: string;
}

/** A sample of one value. */
export interface Sample extends Expected {
  /** Null: the machine said that it had no good one. */
  readonly value: number | null;
  readonly at: EpochMs;
}

/** More values a layer are counted, and not kept. */
export const mostValues = 32;
/** A value that was not heard for longer than this has a gap; drivers tell steady values again with every sign of life. */
export const mostSilent_s = 10;
/** Samples this young may still belong to the next layer when a layer's end is told. */
const settled: Milliseconds = 5000;
/** What is larger no sensor tells: it counts as not heard, because sums over it are no numbers and no record can hold them. */
const mostValue = 1e100;
/** Samples that are kept apart until they are that old; with more, the oldest is taken as settled. */
const mostYoung = 4096;

/** The numbers that a machine tells, as samples; `prefix` stands before their names. Text and yes or no are none. */
export function samplesOf({ at, hotend, bed, readings = [] }: Telemetry, prefix = ""): Sample[] {
  const heaters = [
    ["hotend", hotend?.actual],
    ["hotend-set-point", hotend?.target],
    ["bed", bed?.actual],
    ["bed-set-point", bed?.target],
  ] as const;
  const said = [
    ...heaters.map(([reading, value]) => ({ reading, unit: "°C", value })),
    ...readings.map(({ name, unit, value, bad }) => ({ reading: name, unit, value: bad ? Number.NaN : value })),
  ];
  return said.flatMap(({ reading, unit, value }) => {
    if (typeof value !== "number") return [];
    const isTold = Math.abs(value) <= mostValue;
    return [
      { reading: (prefix + reading).toWellFormed(), unit: unit.toWellFormed(), value: isTold ? value : null, at },
    ];
  });
}

/** The course of one attempt, layer after layer. */
export interface LayerCourse {
  hear(samples: readonly Sample[]): void;
  /** The attempt waits: what comes until it goes on belongs to no layer. */
  hold(at: EpochMs): void;
  goOn(at: EpochMs): void;
  /** The layer ended at `at`; samples after that belong to the next one. */
  close(at: EpochMs): LayerValues;
}

interface Sums {
  readonly unit: string;
  n: number;
  mean: number;
  /** Sum of squared deviations (Welford, Technometrics 4, 1962). */
  squares: number;
  min: number;
  max: number;
  last: EpochMs;
  silent: Milliseconds;
  disordered: number;
  bad: number;
}

/**
 * Begins at `from`. A value that is expected, or was heard in an earlier layer, and is not heard has a row that says so.
 */
export function createLayerCourse(from: EpochMs, expected: readonly Expected[] = []): LayerCourse {
  const nameOf = ({ reading, unit }: Expected) => `${reading}\n${unit}`;
  const known = new Map(expected.slice(0, mostValues).map((each) => [nameOf(each), newSums(each.unit, from)]));
  const tooMany = expected.slice(mostValues).map(nameOf);
  let young: Sample[] = [];
  let began = from;
  let heldSince: EpochMs | null = null;
  let held: Milliseconds = 0;
  let strangers = new Set(tooMany);
  let latest = Number.NEGATIVE_INFINITY;

  const settle = (isOld: (sample: Sample) => boolean): void => {
    const old = young.filter(isOld);
    young = young.filter((sample) => !isOld(sample));
    for (const sample of old) fold(sample);
  };

  function fold(sample: Sample): void {
    const { unit, value, at } = sample;
    const name = nameOf(sample);
    const sums = known.get(name) ?? newSums(unit, began);
    if (!known.has(name)) {
      if (known.size >= mostValues) return void strangers.add(name);
      known.set(name, sums);
    }
    if (value === null) return void sums.bad++;
    if (at < sums.last) {
      sums.disordered++;
      // The clock was set back: silence is counted by the new time from here on.
      if (at < sums.last - settled) sums.last = at;
    } else {
      sums.silent = Math.max(sums.silent, at - sums.last);
      sums.last = at;
    }
    sums.n++;
    const off = value - sums.mean;
    sums.mean += off / sums.n;
    sums.squares += off * (value - sums.mean);
    sums.min = Math.min(sums.min, value);
    sums.max = Math.max(sums.max, value);
  }

  return {
    hear(samples) {
      if (heldSince !== null) return;
      const newest = samples.reduce((most, { at }) => Math.max(most, at), Number.NEGATIVE_INFINITY);
      // Where the clock was set back, what came before that can be of no later layer.
      if (newest < latest - settled) settle(() => true);
      latest = newest;
      young.push(...samples);
      settle(({ at }) => at < newest - settled);
      if (young.length > mostYoung) {
        const spare = new Set(young.slice(0, young.length - mostYoung));
        settle((sample) => spare.has(sample));
      }
    },
    hold(at) {
      if (heldSince !== null) return;
      settle(() => true);
      for (const sums of known.values()) sums.silent = Math.max(sums.silent, at - sums.last);
      heldSince = at;
    },
    goOn(at) {
      if (heldSince === null) return;
      held += Math.max(0, at - heldSince);
      heldSince = null;
      for (const sums of known.values()) sums.last = Math.max(sums.last, at);
    },
    close(at) {
      settle((sample) => sample.at <= at);
      const end = heldSince ?? at;
      const values = [...known].map(([name, sums]) => rowOf(name.slice(0, name.indexOf("\n")), sums, end));
      const waited = held + (heldSince === null ? 0 : Math.max(0, at - heldSince));
      const row = { from: began, to: at, held_s: seconds(waited), values };
      const leftOut = strangers.size;
      for (const [name, { unit }] of known) known.set(name, newSums(unit, at));
      [began, held, strangers] = [at, 0, new Set(tooMany)];
      if (heldSince !== null) heldSince = at;
      return leftOut > 0 ? { ...row, leftOut } : row;
    },
  };
}

function newSums(unit: string, last: EpochMs): Sums {
  const [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return { unit, n: 0, mean: 0, squares: 0, min, max, last, silent: 0, disordered: 0, bad: 0 };
}

function rowOf(reading: string, sums: Sums, end: EpochMs): LayerValue {
  const { unit, n, disordered, bad } = sums;
  const silent = Math.max(sums.silent, end - sums.last, 0);
  return {
    ...{ reading, unit, samples: n },
    min: n === 0 ? null : rounded(sums.min),
    mean: n === 0 ? null : rounded(sums.mean),
    max: n === 0 ? null : rounded(sums.max),
    deviation: n === 0 ? null : rounded(Math.sqrt(Math.max(0, sums.squares / n))),
    unheard_s: seconds(silent),
    gap: n === 0 || silent > mostSilent_s * 1000,
    ...(disordered > 0 && { disordered }),
    ...(bad > 0 && { bad }),
  };
}

function seconds(ms: Milliseconds): Seconds {
  return Math.round(ms) / 1000;
}

/** To seven digits: more a sensor does not tell, and a record need not hold. */
function rounded(value: number): number {
  return Number(value.toPrecision(7));
}
