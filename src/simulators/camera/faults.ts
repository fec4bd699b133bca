/** What can go wrong with the camera itself, and how each fault bends the picture. */
import { err, ok, type Result } from "../../kernel/result.ts";
import type { CameraModel } from "./pinhole.ts";

/** A fault with its measure; the camera has at most one of each name. */
export type CameraFault =
  | { readonly name: "blind" }
  | { readonly name: "frozen"; readonly fresh: boolean }
  | { readonly name: "off" }
  | { readonly name: "slow"; readonly ms: number }
  | { readonly name: "moved"; readonly mm: number; readonly deg: number }
  | { readonly name: "dim"; readonly gain: number }
  | { readonly name: "wrong-exposure"; readonly factor: number }
  | { readonly name: "defocus"; readonly radius: number }
  | { readonly name: "occluded"; readonly x: number; readonly y: number; readonly r: number }
  | { readonly name: "lamp-gradient"; readonly amount: number }
  | { readonly name: "glare"; readonly strength: number }
  | { readonly name: "rolling-noise"; readonly amount: number };

/** All names, in the order of the type. */
export const faultNames: readonly CameraFault["name"][] = [
  "blind",
  "frozen",
  "off",
  "slow",
  "moved",
  "dim",
  "wrong-exposure",
  "defocus",
  "occluded",
  "lamp-gradient",
  "glare",
  "rolling-noise",
];

/** Reads a number member within limits, or its default when it is absent; NaN stands for "not acceptable". */
function measure(body: Record<string, unknown>, key: string, fallback: number, low: number, high: number): number {
  const value = body[key] ?? fallback;
  return typeof value === "number" && value >= low && value <= high ? value : Number.NaN;
}

/** Reads the body of POST /fault; every measure has a default. `x`, `y`, `r`, `fraction` are shares of the picture. */
export function readFault(body: unknown): Result<CameraFault, string> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return err("a fault is an object");
  const given = body as Record<string, unknown>;
  const name = faultNames.find((known) => known === given["name"]);
  if (name === undefined) return err(`name must be one of: ${faultNames.join(", ")}`);
  const fault = faultOf(name, given);
  const bad = Object.entries(fault).find(([, value]) => Number.isNaN(value));
  return bad === undefined ? ok(fault) : err(`${bad[0]} is not an acceptable number`);
}

function faultOf(name: CameraFault["name"], given: Record<string, unknown>): CameraFault {
  switch (name) {
    case "blind":
    case "off":
      return { name };
    case "frozen":
      return { name, fresh: given["fresh"] === true };
    case "slow":
      return { name, ms: measure(given, "ms", 5000, 0, 600_000) };
    case "moved":
      return { name, mm: measure(given, "mm", 2, -50, 50), deg: measure(given, "deg", 0.5, -20, 20) };
    case "dim":
      return { name, gain: measure(given, "gain", 0.5, 0, 4) };
    case "wrong-exposure":
      return { name, factor: measure(given, "factor", 3, 0.05, 20) };
    case "defocus":
      return { name, radius: measure(given, "radius", 5, 0.5, 60) };
    case "occluded": {
      const fraction = measure(given, "fraction", 0.05, 0.0005, 1);
      // A disc that covers this share of a 4:3 picture, measured in picture widths.
      const r = measure(given, "r", Math.sqrt((fraction * 0.75) / Math.PI), 0.005, 1);
      return { name, x: measure(given, "x", 0.55, 0, 1), y: measure(given, "y", 0.5, 0, 1), r };
    }
    case "lamp-gradient":
      return { name, amount: measure(given, "amount", 0.3, 0, 1) };
    case "glare":
      return { name, strength: measure(given, "strength", 1, 0, 10) };
    case "rolling-noise":
      return { name, amount: measure(given, "amount", 0.03, 0, 1) };
  }
}

/** How the faults bend one exposure; `still` is none at all. */
export interface Disturbance {
  /** Light on the scene, 1 is normal. */
  readonly gain: number;
  /** Exposure time, 1 is normal. */
  readonly exposure: number;
  /** Stray light, as a share of full scale. */
  readonly haze: number;
  /** Strength of moving row bands, as a share of full scale. */
  readonly rolling: number;
  /** Blur radius in pixels at a width of 1600; 0 is in focus. */
  readonly defocus: number;
  /** Light lost from left to right, 0..1. */
  readonly gradient: number;
  /** Strength of a reflection of the lamp. */
  readonly glare: number;
  /** A thing before the lens: centre and radius as shares of the width and height. */
  readonly occluder: { readonly x: number; readonly y: number; readonly r: number } | null;
}

/** A healthy camera. */
export const still: Disturbance = {
  gain: 1,
  exposure: 1,
  haze: 0,
  rolling: 0,
  defocus: 0,
  gradient: 0,
  glare: 0,
  occluder: null,
};

/** The disturbance that these faults add up to. */
export function disturbanceOf(faults: Iterable<CameraFault>): Disturbance {
  let sum = still;
  for (const fault of faults) {
    if (fault.name === "blind") sum = { ...sum, gain: 0.0002 };
    else if (fault.name === "dim") sum = { ...sum, gain: sum.gain * fault.gain };
    else if (fault.name === "wrong-exposure") sum = { ...sum, exposure: fault.factor };
    else if (fault.name === "defocus") sum = { ...sum, defocus: fault.radius };
    else if (fault.name === "lamp-gradient") sum = { ...sum, gradient: fault.amount };
    else if (fault.name === "glare") sum = { ...sum, glare: fault.strength };
    else if (fault.name === "rolling-noise") sum = { ...sum, rolling: fault.amount };
    else if (fault.name === "occluded") sum = { ...sum, occluder: { x: fault.x, y: fault.y, r: fault.r } };
  }
  return sum;
}

/** Per-pixel gain and added light for what is uneven across the picture, or null when nothing is. */
export function maskOf(
  camera: CameraModel,
  d: Disturbance,
): { readonly gain: Float32Array; readonly added: Float32Array } | null {
  if (d.gradient === 0 && d.glare === 0 && d.occluder === null) return null;
  const { width, height } = camera;
  const gain = new Float32Array(width * height);
  const added = new Float32Array(width * height);
  for (let v = 0, pixel = 0; v < height; v++) {
    for (let u = 0; u < width; u++, pixel++) {
      const x = u / width;
      const y = v / height;
      let keep = 1 - d.gradient * x;
      if (d.occluder !== null) keep *= 1 - cover(x - d.occluder.x, ((y - d.occluder.y) * height) / width, d.occluder.r);
      gain[pixel] = keep;
      if (d.glare > 0) added[pixel] = glow((x - 0.46) / 0.16, (y - 0.52) / 0.09) * d.glare * keep;
    }
  }
  return { gain, added };
}

/** 1 inside the disc, 0 outside, soft because what is close to the lens is out of focus. */
function cover(dx: number, dy: number, r: number): number {
  const inside = (r - Math.hypot(dx, dy)) / (0.15 * r + 0.004);
  return 0.985 * Math.max(0, Math.min(1, 0.5 + inside));
}

function glow(a: number, b: number): number {
  const r2 = a * a + b * b;
  return 0.9 * Math.exp(-1.5 * r2) + 0.12 * Math.exp(-0.25 * r2);
}
