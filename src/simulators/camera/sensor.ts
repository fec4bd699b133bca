/** Turns light into pixels: exposure, white balance, shot and read noise, tone curve. */
import type { Disturbance } from "./faults.ts";
import type { Sensor } from "./look.ts";
import { gaussians, generator } from "./random.ts";

const levels = 4096;
const noiseSize = 1 << 17;

/** Tables that belong to one sensor. */
export interface SensorTables {
  readonly sensor: Sensor;
  /** Standard deviation of the noise at a level, in levels. */
  readonly sigma: Float32Array;
  /** Output value of a level. */
  readonly curve: Uint8Array;
  readonly noise: Float32Array;
}

/** Prepares the tables; `seed` fixes the noise. */
export function sensorTables(sensor: Sensor, seed: number): SensorTables {
  const sigma = new Float32Array(levels);
  const curve = new Uint8Array(levels);
  for (let level = 0; level < levels; level++) {
    const share = level / (levels - 1);
    const electrons = share * sensor.fullWell;
    sigma[level] = (Math.sqrt(electrons + sensor.readNoise ** 2) / sensor.fullWell) * (levels - 1);
    // Highlights roll off as camera firmware does it, instead of clipping at once.
    const rolled = share < 0.8 ? share : 0.8 + 0.2 * (1 - (1 - (share - 0.8) / 0.2) ** 1.3);
    curve[level] = Math.round(255 * toned(rolled, sensor.gamma));
  }
  return { sensor, sigma, curve, noise: gaussians(noiseSize, seed ^ 0x51f3) };
}

/** A power law with a straight toe, so that noise in the dark is not blown up. */
function toned(share: number, gamma: number): number {
  const toe = 0.012;
  return share < toe ? (share / toe) * toe ** (1 / gamma) : share ** (1 / gamma);
}

/** Exposes `light` (three floats a pixel) to 8-bit RGB; `frame` numbers the exposure, so that noise is fresh each time. */
export function expose(
  tables: SensorTables,
  light: Float32Array,
  width: number,
  frame: number,
  seed: number,
  disturbance: Disturbance,
  mask: { readonly gain: Float32Array; readonly added: Float32Array } | null,
): Uint8Array {
  const { sensor } = tables;
  const rgb = new Uint8Array(light.length);
  const next = generator(seed * 7919 + frame * 104729 + 1);
  const scale = sensor.exposure * disturbance.exposure * disturbance.gain * (levels - 1);
  const offset = sensor.black * (levels - 1) + disturbance.haze * (levels - 1);
  const rows = light.length / 3 / width;
  const banding = disturbance.rolling * (levels - 1);
  const phase = (next() / 4294967296) * 2 * Math.PI;
  for (let v = 0; v < rows; v++) {
    const band =
      banding === 0 ? 0 : banding * Math.sin(phase + v * 0.11) + 0.4 * banding * Math.sin(3 * phase + v * 0.7);
    // Each row reads the table from a place of its own.
    const start = next() % (noiseSize - 3 * width);
    exposeRow(tables, light, rgb, v * width, width, scale, offset + band, start, mask);
  }
  return rgb;
}

function exposeRow(
  { sensor, sigma, curve, noise }: SensorTables,
  light: Float32Array,
  rgb: Uint8Array,
  first: number,
  width: number,
  scale: number,
  offset: number,
  start: number,
  mask: { readonly gain: Float32Array; readonly added: Float32Array } | null,
): void {
  const [wr, wg, wb] = sensor.whiteBalance;
  const red = wr * scale;
  const green = wg * scale;
  const blue = wb * scale;
  const top = levels - 1;
  const value = (level: number, deviate: number): number => {
    const clean = level < 0 ? 0 : Math.min(level, top);
    const noisy = clean + sigma[clean | 0]! * deviate;
    return curve[noisy < 0 ? 0 : noisy > top ? top : noisy | 0]!;
  };
  let i = 3 * first;
  let at = start;
  for (let pixel = first; pixel < first + width; pixel++, i += 3, at += 3) {
    const own = mask === null ? 1 : mask.gain[pixel]!;
    const added = mask === null ? offset : offset + mask.added[pixel]! * top;
    rgb[i] = value(light[i]! * red * own + added, noise[at]!);
    rgb[i + 1] = value(light[i + 1]! * green * own + added, noise[at + 1]!);
    rgb[i + 2] = value(light[i + 2]! * blue * own + added, noise[at + 2]!);
  }
}
