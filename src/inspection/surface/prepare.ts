/** Brings a frame into the reference's place and light, and takes the difference. */
import { type Aligned, align, type Landmarks, warp } from "./align.ts";
import { type Arena, type Field, logarithm } from "./field.ts";
import { type Light, lightOf, withoutLight } from "./light.ts";

/** Buffers of the arena that are used here; the channels have 2 and 3. */
const own = 4;
export const differenceBuffer = 5;

/** Differences beyond this (logarithm: a factor of about 4.5) say no more than this. */
const mostDifference = 1.5;

/** What a frame is compared with. */
export interface Baseline {
  /** Logarithm of brightness, light included. */
  readonly middle: Float32Array;
  readonly landmarks: Landmarks;
  /** Added to brightness before the logarithm, so that black and its noise stay finite. */
  readonly floor: number;
}

/** A frame in the reference's place. `difference` lives in the arena until the next frame. */
export interface Prepared {
  /** Logarithm of the frame's brightness less the reference's, light taken out; 0 where the frame shows nothing. */
  readonly difference: Float32Array;
  readonly inside: Uint8Array;
  readonly light: Light;
  readonly aligned: Aligned;
}

/** Registers a frame (brightness at the working scale), evens its light and subtracts the reference. */
export function prepare(arena: Arena, frame: Field, base: Baseline, inside: Uint8Array, lap?: () => void): Prepared {
  const { width, height } = arena;
  const log = arena.buffer(own);
  const difference = arena.buffer(differenceBuffer);
  logarithm(frame.data, log, base.floor);
  subtract(log, base.middle, difference);
  withoutLight(log, width, height, lightOf(difference, width, height));
  lap?.();
  const aligned = align(base.landmarks, { width, height, data: log }, arena);
  lap?.();
  warp({ width, height, data: log }, aligned.motion, difference, inside);
  subtract(difference, base.middle, difference);
  const light = lightOf(difference, width, height);
  withoutLight(difference, width, height, light);
  bounded(difference, inside);
  return { difference, inside, light, aligned };
}

function subtract(a: Float32Array, b: Float32Array, to: Float32Array): void {
  for (let i = 0; i < to.length; i++) to[i] = a[i]! - b[i]!;
}

/** Clamps in place, and clears what the frame does not show. */
export function bounded(difference: Float32Array, inside: Uint8Array): void {
  for (let i = 0; i < difference.length; i++) {
    const d = difference[i]!;
    difference[i] = inside[i] === 0 ? 0 : Math.max(-mostDifference, Math.min(mostDifference, d));
  }
}
