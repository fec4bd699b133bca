/** Lets light fall on the surfaces: lamp with shadow, sky with occlusion, highlights along and across strands. */
import { type GBuffer, material, type Rect } from "./gbuffer.ts";
import type { Filament, Light } from "./look.ts";
import type { Vec3 } from "./pinhole.ts";
import { type HeightGrid, lampSeen, skySeen } from "./shadow.ts";

/** Everything that shading a pixel needs. */
export interface Stage {
  readonly g: GBuffer;
  readonly grid: HeightGrid;
  readonly light: Light;
  readonly filament: Filament;
}

/** Reflectance at tone 160 and strength of the highlight, by material. */
const surfaces: readonly { readonly colour: Vec3; readonly gloss: number; readonly wrap: number }[] = [
  { colour: [0.035, 0.036, 0.04], gloss: 0.02, wrap: 0 },
  { colour: [0.078, 0.077, 0.079], gloss: 0.1, wrap: 0 },
  { colour: [0.15, 0.155, 0.165], gloss: 0.12, wrap: 0 },
  { colour: [0.76, 0.76, 0.74], gloss: 0.02, wrap: 0 },
  { colour: [0.07, 0.07, 0.075], gloss: 0.04, wrap: 0 },
  { colour: [0, 0, 0], gloss: 0, wrap: 0.22 },
  { colour: [0.16, 0.15, 0.14], gloss: 0.9, wrap: 0 },
];

const angles = Array.from({ length: 256 }, (_, step) => (step * Math.PI) / 256);
const cosines = Float64Array.from(angles, Math.cos);
const sines = Float64Array.from(angles, Math.sin);

/** Writes linear radiance (three a pixel) for the pixels of `rect`. */
export function shade(stage: Stage, rect: Rect, out: Float32Array): void {
  const { width } = stage.g.camera;
  for (let v = rect.v0; v < rect.v1; v++) {
    for (let pixel = v * width + rect.u0, end = v * width + rect.u1; pixel < end; pixel++)
      shadePixel(stage, pixel, out);
  }
}

/** Light at one pixel, kept here so that no object is made for each of millions. */
const sum = new Float64Array(3);
/** Lamp and sky seen from a pixel's first sample; samples at nearly its height share them. */
const seen = { z: 0, kind: -1, nx: 0, ny: 0, lamp: 0, sky: 0 };

function shadePixel(stage: Stage, pixel: number, out: Float32Array): void {
  const { g } = stage;
  const samples = isPlain(g, pixel) ? 1 : g.offsets.length;
  sum.fill(0);
  seen.kind = -1;
  for (let sample = 0; sample < samples; sample++) shadeSample(stage, pixel, sample * g.size + pixel);
  for (let channel = 0; channel < 3; channel++) out[3 * pixel + channel] = sum[channel]! / samples;
}

/** True when all samples see the bare plane z = 0, which is drawn at the pixels' centres. */
function isPlain(g: GBuffer, pixel: number): boolean {
  if (g.material[pixel]! >= material.post) return false;
  for (let at = pixel; at < g.z.length; at += g.size) if (g.z[at]! !== 0) return false;
  return true;
}

function shadeSample(stage: Stage, pixel: number, at: number): void {
  const { g, light, filament } = stage;
  const { centre } = g.rays;
  const rx = g.rays.rx[pixel]!;
  const ry = g.rays.ry[pixel]!;
  const z = g.z[at]!;
  const x = centre[0] + (centre[2] - z) * rx;
  const y = centre[1] + (centre[2] - z) * ry;
  const kind = g.material[at]!;
  const plastic = kind === material.filament;
  // Light scatters inside plastic, so that its grooves look shallower than they are.
  const soften = plastic ? 0.8 : 1;
  const nx = (g.nx[at]! / 127) * soften;
  const ny = (g.ny[at]! / 127) * soften;
  const nz = Math.sqrt(Math.max(0, 1 - nx * nx - ny * ny));
  let lx = light.lamp[0] - x;
  let ly = light.lamp[1] - y;
  let lz = light.lamp[2] - z;
  const far2 = lx * lx + ly * ly + lz * lz;
  const far = Math.sqrt(far2);
  lx /= far;
  ly /= far;
  lz /= far;
  const surface = surfaces[kind]!;
  const facing = Math.max(0, (nx * lx + ny * ly + nz * lz + surface.wrap) / (1 + surface.wrap));
  lookAround(stage, pixel, x, y, z, kind, nx, ny, light.radius / far);
  const strength = (90000 / far2) * seen.lamp;
  const direct = facing * strength;
  const sky = seen.sky * (0.55 + 0.45 * nz);
  const gloss = plastic ? filament.gloss : surface.gloss;
  const shine = gloss * strength * highlight(g.tangent[at]!, nx, ny, nz, lx, ly, lz, rx, ry, plastic);
  const tone = g.tone[at]! / 160;
  const cover = plastic && filament.clearDepth > 0 ? 1 - Math.exp(-z / filament.clearDepth) : 1;
  for (let channel = 0; channel < 3; channel++) {
    const full = plastic ? filament.colour[channel]! : surface.colour[channel]!;
    const albedo = (full * cover + 0.06 * (1 - cover)) * tone;
    sum[channel]! +=
      albedo * (direct * light.colour[channel]! + sky * light.ambient[channel]!) + shine * light.colour[channel]!;
  }
}

/** Brings `seen` up to date unless the last sample saw about the same. */
function lookAround(
  stage: Stage,
  pixel: number,
  x: number,
  y: number,
  z: number,
  kind: number,
  nx: number,
  ny: number,
  softness: number,
): void {
  const near = Math.abs(z - seen.z) < 0.12 && Math.abs(nx - seen.nx) + Math.abs(ny - seen.ny) < 0.7;
  if (seen.kind === kind && near) return;
  seen.kind = kind;
  seen.z = z;
  seen.nx = nx;
  seen.ny = ny;
  // Upright walls look for the lamp from in front of themselves, clear of the map's cells that they stand in.
  const dither = (Math.imul(pixel, 0x9e3779b1) >>> 16) / 65536;
  seen.lamp = lampSeen(stage.grid, x + 0.35 * nx, y + 0.35 * ny, z, stage.light.lamp, softness, dither);
  seen.sky = skySeen(stage.grid, x, y, z);
}

/** Blinn's lobe about the normal, and for strands Kajiya and Kay's about the fibre. */
function highlight(
  turn: number,
  nx: number,
  ny: number,
  nz: number,
  lx: number,
  ly: number,
  lz: number,
  rx: number,
  ry: number,
  plastic: boolean,
): number {
  const back = 1 / Math.sqrt(1 + rx * rx + ry * ry);
  let hx = lx - rx * back;
  let hy = ly - ry * back;
  let hz = lz + back;
  const length = 1 / Math.sqrt(hx * hx + hy * hy + hz * hz);
  hx *= length;
  hy *= length;
  hz *= length;
  const onNormal = Math.max(0, nx * hx + ny * hy + nz * hz);
  let lobe = onNormal * onNormal;
  lobe *= lobe;
  lobe *= lobe;
  lobe *= lobe;
  if (!plastic) return lobe * lobe;
  lobe *= lobe;
  const along = cosines[turn]! * hx + sines[turn]! * hy;
  let fibre = 1 - along * along;
  fibre *= fibre;
  fibre *= fibre;
  fibre *= fibre;
  fibre *= fibre;
  return 0.75 * lobe + 0.3 * fibre * Math.max(0, nz);
}
