/** Judges one filament frame whose parts are known: the bed around them, and they themselves, each by its own limits. */
import { farthest } from "./align.ts";
import { createBeside, type Neighbour, remembered } from "./beside.ts";
import { type ChannelName, channelNames, eachChannel } from "./channels.ts";
import { besideLeads, grown, type SurfaceVerdict } from "./judge.ts";
import { prepare } from "./prepare.ts";
import { type PrintedLayer, type PrintedModel, spreadsAt, viewOf } from "./printed.ts";

export interface PrintedJudge {
  /** Judges a frame whose `parts` are where its expected picture says. */
  judge(layer: PrintedLayer, lap?: () => void): SurfaceVerdict;
  /** The frame judged last was found good: the next ones are compared with it, too. */
  keep(): void;
}

/** Of the arena; those below serve the views and channels. */
const bedBuffer = 9;

interface Maps {
  readonly excess: Float32Array;
  readonly growing: Float32Array;
  readonly leading: Int8Array;
}

/** Makes a judge that keeps its buffers between frames; channels that nobody asks for find nothing. */
export function createPrintedJudge(model: PrintedModel, isAsked: (channel: ChannelName) => boolean): PrintedJudge {
  const size = model.width * model.height;
  const inside = new Uint8Array(size);
  const maps: Maps = { excess: new Float32Array(size), growing: new Float32Array(size), leading: new Int8Array(size) };
  const mask = new Uint8Array(size);
  const beside = model.beside === null ? null : createBeside(model.beside, model.arena);
  let last: Neighbour | null = null;
  return {
    judge(layer, lap) {
      const prepared = prepare(model.arena, layer.field, model, inside, lap);
      lap?.();
      last = remembered(layer.layer, prepared.difference, model.middle, layer.parts);
      const bed = model.arena.buffer(bedBuffer);
      bed.set(prepared.difference);
      for (const map of Object.values(maps)) map.fill(0);
      const scores = byKind(model, layer, bed, { inside, isAsked }, maps);
      const stray = beside?.stray(last) ?? null;
      if (stray !== null) scores.push(addStray(stray, maps));
      const findings = grown(model, { ...maps, mask });
      const moved_px = farthest(prepared.aligned.motion);
      const { excess } = maps;
      return { score: Math.max(...scores), scores, excess, mask, findings, missing: null, moved_px, prepared };
    },
    keep() {
      if (last !== null) beside?.keep(last);
    },
  };
}

/** Adds bed and part, each by every channel, to the maps and returns the largest excess of each channel. */
function byKind(
  model: PrintedModel,
  layer: PrintedLayer,
  bed: Float32Array,
  { inside, isAsked }: { readonly inside: Uint8Array; readonly isAsked: (channel: ChannelName) => boolean },
  { excess, growing, leading }: Maps,
): number[] {
  const scores = new Array<number>(model.kinds[0]!.length).fill(0);
  for (const kind of [0, 1] as const) {
    const { difference, zone } = viewOf(model, layer, bed, kind);
    eachChannel(model.arena, difference, (c, values) => {
      if (!isAsked(channelNames[c]!)) return;
      const { limit, grow } = model.kinds[kind]![c]!;
      for (let i = 0; i < zone.length; i++) {
        if (zone[i] === 0 || inside[i] === 0) continue;
        const z = spreadsAt(model, model.kinds[kind]![c]!, kind, c, values[i]!, i);
        const far = Math.abs(z);
        if (far / limit > scores[c]!) scores[c] = far / limit;
        if (far < grow) continue;
        if (far / limit > excess[i]!) {
          excess[i] = far / limit;
          leading[i] = z > 0 ? c + 1 : -(c + 1);
        }
        growing[i] = Math.max(growing[i]!, far / grow);
      }
    });
  }
  return scores;
}

/** What strays from the neighbours grows into what strays half as far: a strand's edges are less bright than its back. */
const strayGrows = 0.5;

/** Adds what strays from the layer's neighbours, in limits, and returns the largest. */
function addStray(stray: Float32Array, { excess, growing, leading }: Maps): number {
  let most = 0;
  for (let i = 0; i < stray.length; i++) {
    const far = Math.abs(stray[i]!);
    most = Math.max(most, far);
    if (far < strayGrows) continue;
    growing[i] = Math.max(growing[i]!, far / strayGrows);
    if (far <= excess[i]!) continue;
    excess[i] = far;
    leading[i] = stray[i]! > 0 ? besideLeads : -besideLeads;
  }
  return most;
}
