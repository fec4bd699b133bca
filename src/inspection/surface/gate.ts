/** The picture gate of the surface judge: is a frame evidence at all, against what the references show of camera and lamp? */
import type { PictureLimits } from "../../jobs/process-pack.ts";
import type { GateMeasure } from "../report.ts";
import { type Field, quantile } from "./field.ts";

/** How a picture looks, tile by tile (8 x 8 of them over the picture). */
export interface PictureLook {
  /** Mean brightness of each tile, in the camera's own units. */
  readonly means: Float64Array;
  /** Mean square of the discrete Laplacian over the square of the mean: falls with focus. */
  readonly sharpness: Float64Array;
  /** Share of pixels at the picture's own brightest value or at 0. */
  readonly clipped: number;
}

const tiles = 8;

/** Measures a brightness field at the working scale. */
export function lookOf(field: Field): PictureLook {
  const { width, height, data } = field;
  const means = new Float64Array(tiles * tiles);
  const sharpness = new Float64Array(tiles * tiles);
  let brightest = 1;
  for (let i = 0; i < data.length; i += 7) if (data[i]! > brightest) brightest = data[i]!;
  let clipped = 0;
  let looked = 0;
  for (let tile = 0; tile < tiles * tiles; tile++) {
    const y0 = Math.max(1, Math.floor((Math.floor(tile / tiles) * height) / tiles));
    const x0 = Math.max(1, Math.floor(((tile % tiles) * width) / tiles));
    let [sum, laplace, count] = [0, 0, 0];
    for (let y = y0; y < Math.min(height - 1, y0 + height / tiles); y += 2) {
      for (let i = y * width + x0; i < y * width + Math.min(width - 1, x0 + width / tiles); i += 2) {
        const v = data[i]!;
        sum += v;
        laplace += (data[i - 1]! + data[i + 1]! + data[i - width]! + data[i + width]! - 4 * v) ** 2;
        count++;
        if (v >= brightest || v === 0) clipped++;
      }
    }
    means[tile] = sum / count;
    sharpness[tile] = laplace / count / Math.max(1, (sum / count) ** 2);
    looked += count;
  }
  return { means, sharpness, clipped: clipped / looked };
}

/** What a frame is held against: the references' own look. */
export interface GateModel {
  readonly look: PictureLook;
  /** Lowest and highest sharpness of any reference, against their middle. */
  readonly leastSharpness: number;
  readonly mostSharpness: number;
  readonly mostClipped: number;
  /** How far the references' own brightness strays (logarithm), and how unevenly their light falls. */
  readonly mostStray: number;
  readonly mostUneven: number;
  /** Brightness that counts as usual, against the references': 1 unless the set's light is another. */
  readonly gain: number;
  /** How far a picture may differ and still be evidence, by the process pack. */
  readonly limits: PictureLimits;
}

/** Learns from the looks of the references (one or more). */
export function gateOf(looks: readonly PictureLook[], limits: PictureLimits): GateModel {
  const middle = (pick: (look: PictureLook) => Float64Array): Float64Array =>
    Float64Array.from({ length: tiles * tiles }, (_, t) =>
      quantile(
        Float64Array.from(looks, (l) => pick(l)[t]!),
        0.5,
      ),
    );
  const look = { means: middle((l) => l.means), sharpness: middle((l) => l.sharpness), clipped: 0 };
  return {
    look,
    mostStray: Math.max(...looks.map((l) => Math.abs(Math.log(ratio(l.means, look.means))))),
    mostUneven: Math.max(...looks.map((l) => unevenness(l.means, look.means))),
    leastSharpness: Math.min(...looks.map((l) => ratio(l.sharpness, look.sharpness))),
    mostSharpness: Math.max(...looks.map((l) => ratio(l.sharpness, look.sharpness))),
    mostClipped: Math.max(...looks.map((l) => l.clipped)),
    gain: 1,
    limits,
  };
}

function ratio(now: Float64Array, usual: Float64Array): number {
  return quantile(
    now.map((v, t) => v / Math.max(1e-9, usual[t]!)),
    0.5,
  );
}

/** By how much (logarithm) one side of the picture gained more light than the other, against the usual. */
function unevenness(now: Float64Array, usual: Float64Array): number {
  const change = now.map((v, t) => Math.log(Math.max(0.5, v) / Math.max(0.5, usual[t]!)));
  const third = (inside: (row: number, column: number) => boolean): number =>
    quantile(
      change.filter((_, t) => inside(Math.floor(t / tiles), t % tiles)),
      0.5,
    );
  const [low, high] = [3, tiles - 4];
  return Math.max(
    Math.abs(third((_, column) => column < low) - third((_, column) => column > high)),
    Math.abs(third((row) => row < low) - third((row) => row > high)),
  );
}

/** How far (logarithm) brightness may stray: three times as far as the references, within the pack's bounds. */
export function strayOf({ mostStray, limits }: Pick<GateModel, "mostStray" | "limits">): number {
  return Math.min(Math.max(3 * mostStray, limits.stray), -Math.log(limits.gainLeast));
}

/** Brightness of a look against the references'. */
export function gainOf(gate: GateModel, look: PictureLook): number {
  return ratio(look.means, gate.look.means);
}

/** What of a look is a number with a range, for the record. */
export function measuresOf(gate: GateModel, look: PictureLook): GateMeasure[] {
  const { limits } = gate;
  const sharpness = ratio(look.sharpness, gate.look.sharpness);
  const [least, most] = [Math.min(1, gate.leastSharpness), Math.max(1, gate.mostSharpness)];
  return [
    {
      name: "brightness",
      measured: gainOf(gate, look) / gate.gain,
      low: Math.exp(-strayOf(gate)),
      high: Math.exp(strayOf(gate)),
    },
    { name: "sharpness", measured: sharpness, low: limits.sharpness * least, high: limits.noise * most },
    { name: "clipped", measured: look.clipped, low: 0, high: gate.mostClipped + limits.clipped },
    {
      name: "uneven light",
      measured: unevenness(look.means, gate.look.means),
      low: 0,
      high: Math.max(limits.uneven, 3 * gate.mostUneven),
    },
  ];
}

/** Why a frame is no evidence, each in a sentence; empty where nothing speaks against it. */
export function refusals(gate: GateModel, look: PictureLook): string[] {
  const { limits } = gate;
  const gain = gainOf(gate, look) / gate.gain;
  const [darkest, brightest] = [Math.exp(-strayOf(gate)), Math.exp(strayOf(gate))];
  const uneven = unevenness(look.means, gate.look.means);
  const mostUneven = Math.max(limits.uneven, 3 * gate.mostUneven);
  const sharpness = ratio(look.sharpness, gate.look.sharpness) / Math.min(1, gate.leastSharpness);
  const reasons: string[] = [];
  const told = (value: number): string => value.toFixed(2);
  if (!(look.means.some((m) => m > 0) && look.sharpness.some((s) => s > 0))) return ["the picture is empty"];
  if (!(gain >= darkest)) {
    reasons.push(`the picture is too dark: ${told(gain)} of the usual brightness (at least ${told(darkest)})`);
  }
  if (gain > brightest) {
    reasons.push(`the picture is too bright: ${told(gain)} of the usual brightness (at most ${told(brightest)})`);
  }
  if (!(sharpness >= limits.sharpness)) {
    reasons.push(
      `the picture is out of focus or blurred: ${told(sharpness)} of the usual sharpness (at least ${limits.sharpness})`,
    );
  }
  // Noise is sharpness that no focus gives: four times as much is grain of twice the strength.
  const noise = ratio(look.sharpness, gate.look.sharpness) / Math.max(1, gate.mostSharpness);
  if (noise > limits.noise) {
    reasons.push(`the picture is too noisy: ${told(noise)} times the usual fine grain (at most ${limits.noise})`);
  }
  if (look.clipped > gate.mostClipped + limits.clipped) {
    reasons.push(`${told(look.clipped)} of the picture is pure black or white and shows nothing`);
  }
  if (uneven > mostUneven) {
    reasons.push(
      `the light comes from another side: by ${told(uneven)} (logarithm) more on one side than usual (at most ${told(mostUneven)})`,
    );
  }
  const covered = Array.from(look.means).filter((m, t) => m < limits.dark * gain * gate.gain * gate.look.means[t]!);
  if (covered.length > limits.darkShare * look.means.length) {
    reasons.push(`something dark covers ${told(covered.length / look.means.length)} of the picture`);
  }
  return reasons;
}
