/** The capture contract: which frames can be evidence of a layer at all, before anything in them is looked at. */
import type { Digest } from "../kernel/names.ts";
import type { EpochMs } from "../kernel/units.ts";

/** Digests of every frame received in this build so far. */
export type Sighted = ReadonlySet<Digest>;

/** The times of a frame and of the layer it is meant to show. */
export interface FrameTimes {
  readonly digest: Digest;
  readonly markedAt: EpochMs;
  readonly requestedAt: EpochMs;
  readonly receivedAt: EpochMs;
  readonly exposureStart: EpochMs | null;
  readonly plan: { readonly layer: number };
}

/** A camera's clock may differ from the cell's by this much before its exposure times stop being proof. */
const clockTolerance_ms = 250;

/**
 * Why this frame cannot be evidence of its layer, or null: it must have been asked for and exposed after the layer's
 * mark, must not repeat any earlier frame of the build, and the layer below must be the one last accepted. A frame
 * without an exposure time is none, unless the camera's set-up says `exposureUnknown`.
 */
export function staleness(
  frame: FrameTimes,
  reference: { readonly layer: number; readonly digest: Digest },
  seen: Sighted,
  exposureUnknown: boolean,
): string | null {
  const times = [frame.markedAt, frame.requestedAt, frame.receivedAt];
  if (!times.every(Number.isFinite)) return "the frame or the layer's mark has no time";
  if (seen.has(frame.digest) || frame.digest === reference.digest) {
    return "the camera delivered the very same picture as before: it is frozen";
  }
  if (frame.requestedAt < frame.markedAt) return "the picture was asked for before the layer was complete";
  if (frame.receivedAt < frame.requestedAt) return "the picture came before it was asked for: the clock jumped";
  if (frame.exposureStart === null) {
    if (!exposureUnknown) return "the camera does not say when the picture was exposed";
  } else {
    if (!(frame.exposureStart >= frame.markedAt - clockTolerance_ms)) {
      return "the picture was exposed before the layer was complete";
    }
    if (!(frame.exposureStart <= frame.receivedAt + clockTolerance_ms)) {
      return "the picture claims to be exposed after it was received: the camera's clock is wrong";
    }
  }
  if (reference.layer !== frame.plan.layer - 1) {
    return `the layer below (${frame.plan.layer - 1}) has no accepted picture to compare with`;
  }
  return null;
}
