/** Residual channels: views of what differs from the reference, each made for one way a surface goes wrong. */
import { type Arena, boxMean, quantile, thinned } from "./field.ts";

/** Each channel in the order in which it is made; sizes are pixels of the working scale. */
export const channelNames = ["point", "blob", "area", "streak down", "streak across", "texture"] as const;
export type ChannelName = (typeof channelNames)[number];

/** Buffers of the arena that the channels are made in; 0 and 1 are the filters'. */
const made = 2;
const aside = 3;

/**
 * Makes every channel of a difference (logarithms, light taken out) and hands it on with its place in `channelNames`;
 * the array is made over for the next one. The difference is not changed.
 */
export function eachChannel(
  arena: Arena,
  difference: Float32Array,
  take: (c: number, values: Float32Array) => void,
): void {
  const out = arena.buffer(made);
  const other = arena.buffer(aside);
  boxMean(arena, difference, out, 1, 1);
  take(0, out);
  boxMean(arena, difference, out, 4, 4);
  take(1, out);
  boxMean(arena, difference, out, 16, 16);
  take(2, out);
  streak(arena, difference, out, other, false);
  take(3, out);
  streak(arena, difference, out, other, true);
  take(4, out);
  texture(arena, difference, out);
  take(5, out);
}

/** Means along a line of 49 pixels and 3 wide, less the mean of the same line's surroundings of 25. */
function streak(arena: Arena, from: Float32Array, out: Float32Array, other: Float32Array, across: boolean): void {
  const along = 24;
  boxMean(arena, from, out, across ? along : 1, across ? 1 : along);
  boxMean(arena, out, other, across ? 0 : 12, across ? 12 : 0);
  for (let i = 0; i < out.length; i++) out[i]! -= other[i]!;
}

/** Logarithm of the local grain, less its middle over the picture, so that focus and noise fall out. */
function texture(arena: Arena, from: Float32Array, out: Float32Array): void {
  boxMean(arena, from, out, 1, 1);
  for (let i = 0; i < out.length; i++) out[i] = Math.abs(from[i]! - out[i]!);
  boxMean(arena, out, out, 8, 8);
  for (let i = 0; i < out.length; i++) out[i] = Math.log(out[i]! + 0.001);
  const middle = quantile(thinned(out, 20_000), 0.5);
  for (let i = 0; i < out.length; i++) out[i]! -= middle;
}
