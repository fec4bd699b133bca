/** Which part of the picture is the surface that is built on: the rest is machine, and may look as it likes. */
import { type Component, components } from "../components.ts";
import { type Arena, boxMean } from "./field.ts";
import { lightOf, withoutLight } from "./light.ts";

/** Darker than the even light by this (logarithm of brightness) is machine, not powder. */
const dark = 0.6;
/** A surface that covers less of the picture than this was not recognised. */
const leastShare = 0.3;

/**
 * The powder's surface in a reference (logarithm of brightness): the largest even piece with its holes filled, less a
 * rim of 1.6 % of the width, at the picture's border too. All of the picture where no such piece stands out. 1 is surface.
 */
export function powderRegion(middle: Float32Array, arena: Arena): Uint8Array {
  const { width, height } = arena;
  const smooth = arena.buffer(2);
  boxMean(arena, middle, smooth, 4, 4);
  withoutLight(smooth, width, height, lightOf(smooth, width, height));
  const even = Uint8Array.from(smooth, (v) => (v > -dark ? 1 : 0));
  const none: Component = { area: 0, left: 0, top: 0, right: 0, bottom: 0, pixels: new Int32Array(0) };
  const largest = components(even, width, height, 1).reduce((a, b) => (b.area > a.area ? b : a), none);
  const surface = new Uint8Array(even.length);
  if (largest.area < leastShare * even.length) return withoutRim(surface.fill(1), arena);
  for (const i of largest.pixels) surface[i] = 1;
  const outside = surface.map((v) => 1 - v);
  for (const hole of components(outside, width, height, 1)) {
    const atRim = hole.left === 0 || hole.top === 0 || hole.right === width || hole.bottom === height;
    if (!atRim) for (const i of hole.pixels) surface[i] = 1;
  }
  return withoutRim(surface, arena);
}

/** Takes off what lies within 1.6 % of the width of the border or of anything that is not surface. */
function withoutRim(surface: Uint8Array, arena: Arena): Uint8Array {
  const { width, height } = arena;
  const r = Math.max(2, Math.round(width / 60));
  const share = arena.buffer(2);
  share.set(surface);
  boxMean(arena, share, share, r, r);
  return surface.map((_, i) => {
    const x = i % width;
    const y = (i - x) / width;
    const inner = x >= r && y >= r && x < width - r && y < height - r;
    return inner && share[i]! > 0.999 ? 1 : 0;
  });
}
