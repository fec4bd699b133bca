/** What an operation of the station is: something that goes on in small steps of time, and ends with results or a fault. */
import type { Noise } from "./random.ts";

/** What the station's sensors show; operations move it. */
export interface Plant {
  force_N: number;
  stroke_mm: number;
  dryer_C: number;
  washer_C: number;
}

/** Temperature of the room, and of everything that was off for long. */
export const room_C = 21;

/** A plant that has stood still over night. */
export function restingPlant(): Plant {
  return { force_N: 0, stroke_mm: 0, dryer_C: room_C, washer_C: room_C };
}

/** One thing that an operation found out. A curve is a flat list of pairs: stroke in mm, force in N. */
export interface Finding {
  readonly id: string;
  readonly value: number | readonly number[];
  readonly unit: "C" | "s" | "N" | "mm" | "mm,N";
}

/** Alarms that the station knows. */
export type AlarmName = "door-open" | "press-overforce" | "dryer-overtemperature" | "detergent-low";

/** Where an operation stands after a step. */
export type Progress =
  | { readonly kind: "going" }
  | { readonly kind: "done"; readonly findings: readonly Finding[] }
  | { readonly kind: "failed"; readonly why: string; readonly alarm: AlarmName; readonly findings: readonly Finding[] };

/** How the station and this part depart from the drawing; faults change it. */
export interface Conditions {
  /** Multiplies the friction between sleeve and seat; 1 for a good print. */
  readonly friction: number;
  /** Kelvin by which the dryer runs away over its set value. */
  readonly dryerRunaway_K: number;
  /** Millimetres by which a gauge reads wrong, by the measurement's name. */
  readonly gaugeOffset_mm: Readonly<Record<string, number>>;
}

/** A running operation. */
export interface Run {
  /** Goes on by `dt_s` seconds (at most 0.1) and moves the plant. */
  advance(dt_s: number): Progress;
}

/** What every operation is made from. */
export interface Setting {
  readonly plant: Plant;
  /** Asked at each step: a fault can come in the middle. */
  conditions(): Conditions;
  readonly noise: Noise;
  /** Noise that belongs to the part: the same each time. */
  readonly part: Noise;
}

export const going: Progress = { kind: "going" };
