/** Judges one frame against the look of its camera's good frames: where it differs, how far beyond the limits, and how. */
import { components } from "../components.ts";
import { farthest } from "./align.ts";
import { type ChannelName, channelNames, eachChannel } from "./channels.ts";
import type { Field } from "./field.ts";
import { type SurfaceModel, toSpreads } from "./learn.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { missingIn, type PresenceModel } from "./presence.ts";

/** One piece of surface that is not like the references. Pixels are of the working scale. */
export interface SurfaceFinding {
  readonly channel: ChannelName | "part" | "beside";
  /** Brighter or darker than usual; for texture rougher or smoother; for part it is missing; beside its neighbours brighter or darker. */
  readonly sign: 1 | -1;
  readonly area_px: number;
  readonly box: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
  /** Largest excess: 1 stands at the limit. */
  readonly excess: number;
}

/** What became of one frame. `excess` and `mask` live until the next frame is judged. */
export interface SurfaceVerdict {
  /** Largest excess of the picture over its limits: above 1 it is held. */
  readonly score: number;
  /** By channel, in the order of `channelNames`, and of missing part. */
  readonly scores: readonly number[];
  /** Excess over the limit at every pixel of the working scale, in the reference's place. */
  readonly excess: Float32Array;
  /** 1 where the surface is not like the references. */
  readonly mask: Uint8Array;
  readonly findings: readonly SurfaceFinding[];
  /** How much part is missing at every pixel, in limits, whatever else leads there; null where nobody asked. */
  readonly missing: Float32Array | null;
  /** The largest way, in working pixels, that registration moved a corner. */
  readonly moved_px: number;
  readonly prepared: Prepared;
}

/** Reach of each channel's smoothing in pixels: what lies within it of something much stronger is only its halo. */
const halo = [1, 4, 16, 0, 0, 8] as const;
const mostFindings = 50;

/**
 * Judges a frame; `parts` sorts its pixels where its parts were flattened, so that melt is measured as melt. `came` is the frame
 * before that, in which part can be missing.
 */
export type SurfaceJudge = (
  frame: Field,
  lap?: () => void,
  parts?: Uint8Array | null,
  came?: Field | null,
) => SurfaceVerdict;

/** Makes a judge that keeps its buffers between frames; channels that nobody asks for find nothing. */
export function createSurfaceJudge(
  model: SurfaceModel,
  presence: PresenceModel | null,
  isAsked: (channel: ChannelName) => boolean,
): SurfaceJudge {
  const size = model.width * model.height;
  const inside = new Uint8Array(size);
  const excess = new Float32Array(size);
  const growing = new Float32Array(size);
  const leading = new Int8Array(size);
  const mask = new Uint8Array(size);
  return (frame, lap, parts = null, came = null) => {
    const prepared = prepare(model.arena, frame, model, inside, lap);
    lap?.();
    excess.fill(0);
    growing.fill(0);
    leading.fill(0);
    const scores: number[] = [];
    eachChannel(model.arena, prepared.difference, (c, values) => {
      scores.push(isAsked(channelNames[c]!) ? add(model, c, values, { excess, growing, leading, parts }) : 0);
    });
    const isTold = presence !== null && parts !== null && came !== null;
    const missing = isTold ? missingIn(presence, { field: came, parts }, model.arena) : null;
    if (missing !== null) scores.push(addMissing(missing, model.region, { excess, growing, leading, parts }));
    const findings = grown(model, { excess, growing, leading, mask });
    const moved_px = farthest(prepared.aligned.motion);
    return { score: Math.max(...scores), scores, excess, mask, findings, missing, moved_px, prepared };
  };
}

interface Maps {
  readonly excess: Float32Array;
  readonly growing: Float32Array;
  /** Place of the leading channel plus one, negative where it lies below the usual. */
  readonly leading: Int8Array;
  readonly parts: Uint8Array | null;
}

/** Adds one channel to the maps and returns its largest excess. */
function add(model: SurfaceModel, c: number, values: Float32Array, maps: Maps): number {
  const { limit, grow: least } = model.channels[c]!;
  toSpreads(values, model.channels[c]!, model.region, maps.parts);
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > most) most = size;
  }
  if (most < least) return most / limit;
  const peaks = most > limit && halo[c]! > 1 ? peaksOf(values, model.width, model.height, halo[c]!) : null;
  for (let i = 0; i < values.length; i++) {
    const z = values[i]!;
    const size = Math.abs(z);
    if (size < least || (peaks !== null && size < 0.7 * peaks.at(i))) continue;
    const over = size / limit;
    if (over > maps.excess[i]!) {
      maps.excess[i] = over;
      maps.leading[i] = z > 0 ? c + 1 : -(c + 1);
    }
    if (size / least > maps.growing[i]!) maps.growing[i] = size / least;
  }
  return most / limit;
}

/** Missing part grows into what is less like part than three quarters of the limit. */
const missingGrows = 0.75;
const missingLeads = channelNames.length + 1;
/** What leads where a layer strays from its neighbours. */
export const besideLeads = channelNames.length + 2;

/** Adds what is missing of the part to the maps and returns its largest excess. */
function addMissing(over: Float32Array, region: Uint8Array, { excess, growing, leading }: Maps): number {
  let most = 0;
  for (let i = 0; i < over.length; i++) {
    const its = region[i] === 0 ? 0 : over[i]!;
    most = Math.max(most, its);
    if (its < missingGrows) continue;
    growing[i] = Math.max(growing[i]!, its / missingGrows);
    if (its <= excess[i]!) continue;
    excess[i] = its;
    leading[i] = -missingLeads;
  }
  return most;
}

/** Largest size within about `reach` pixels of a pixel, kept for blocks of 4 x 4. */
function peaksOf(values: Float32Array, width: number, height: number, reach: number): { at(i: number): number } {
  const across = Math.ceil(width / 4);
  const down = Math.ceil(height / 4);
  const blocks = new Float32Array(across * down);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y >> 2) * across + (x >> 2);
      const size = Math.abs(values[y * width + x]!);
      if (size > blocks[at]!) blocks[at] = size;
    }
  }
  const r = Math.max(1, Math.round(reach / 4));
  const rows = widest(blocks, across, down, r, 1, across);
  const wide = widest(rows, down, across, r, across, 1);
  return {
    at(i) {
      const x = i % width;
      return wide[(((i - x) / width) >> 2) * across + (x >> 2)]!;
    },
  };
}

function widest(
  from: Float32Array,
  length: number,
  lines: number,
  r: number,
  step: number,
  between: number,
): Float32Array {
  const out = new Float32Array(from.length);
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < length; i++) {
      let most = 0;
      for (let k = Math.max(0, i - r); k <= Math.min(length - 1, i + r); k++) {
        most = Math.max(most, from[line * between + k * step]!);
      }
      out[line * between + i * step] = most;
    }
  }
  return out;
}

/** Grows what is beyond the limit into what touches it and is unusual; writes the mask and tells the pieces. */
export function grown(
  { width, height }: { readonly width: number; readonly height: number },
  { excess, growing, leading, mask }: Omit<Maps, "parts"> & { readonly mask: Uint8Array },
): SurfaceFinding[] {
  mask.fill(0);
  const unusual = mask.map((_, i) => (growing[i]! >= 1 ? 1 : 0));
  const findings: SurfaceFinding[] = [];
  for (const piece of components(unusual, width, height, 2)) {
    let most = 0;
    let lead = 0;
    for (const i of piece.pixels) {
      if (excess[i]! > most) [most, lead] = [excess[i]!, leading[i]!];
    }
    if (most <= 1) continue;
    for (const i of piece.pixels) mask[i] = 1;
    const { left, top, right, bottom } = piece;
    const channel = channelNames[Math.abs(lead) - 1] ?? (Math.abs(lead) === besideLeads ? "beside" : "part");
    findings.push({
      channel,
      sign: lead > 0 ? 1 : -1,
      area_px: piece.area,
      box: { left, top, right, bottom },
      excess: most,
    });
  }
  return findings.sort((a, b) => b.excess - a.excess).slice(0, mostFindings);
}
