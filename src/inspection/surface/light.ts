/** Light: the smooth part of the difference between two pictures, which says nothing about the surface. */
import { solve } from "../linear.ts";
import { quantile } from "./field.ts";

/** Tiles across and down over which the light is looked at, and samples a side of each. */
const tiles = 20;
const samples = 8;

/** Second order in x and y from -1 to 1: 1, x, y, x x, x y, y y; of the logarithm of brightness. */
export type Light = readonly number[];

export const sameLight: Light = [0, 0, 0, 0, 0, 0];

/**
 * The smooth light in a difference of logarithms, `width` by `height` values. Tiles that do not follow it (defects, new
 * geometry) lose their say (Tukey's biweight), so that up to about a third of the picture may differ.
 */
export function lightOf(difference: Float32Array, width: number, height: number): Light {
  const points = tileMedians(difference, width, height);
  let light: number[] = [
    quantile(
      Float64Array.from(points, (p) => p.value),
      0.5,
    ),
    0,
    0,
    0,
    0,
    0,
  ];
  for (const [terms, rounds] of [
    [3, 4],
    [6, 6],
  ] as const) {
    for (let round = 0; round < rounds; round++) light = refit(points, light, terms);
  }
  return light;
}

interface TilePoint {
  readonly basis: readonly number[];
  readonly value: number;
}

function tileMedians(difference: Float32Array, width: number, height: number): TilePoint[] {
  const points: TilePoint[] = [];
  const values = new Float64Array(samples * samples);
  for (let row = 0; row < tiles; row++) {
    for (let column = 0; column < tiles; column++) {
      for (let j = 0; j < samples; j++) {
        const y = Math.floor(((row + (j + 0.5) / samples) / tiles) * height);
        for (let i = 0; i < samples; i++) {
          const x = Math.floor(((column + (i + 0.5) / samples) / tiles) * width);
          values[j * samples + i] = difference[y * width + x]!;
        }
      }
      const x = (2 * (column + 0.5)) / tiles - 1;
      const y = (2 * (row + 0.5)) / tiles - 1;
      points.push({ basis: basisAt(x, y), value: quantile(values, 0.5) });
    }
  }
  return points;
}

function basisAt(x: number, y: number): number[] {
  return [1, x, y, x * x, x * y, y * y];
}

function refit(points: readonly TilePoint[], light: readonly number[], terms: number): number[] {
  const rests = Float64Array.from(points, (p) => Math.abs(p.value - dot(p.basis, light)));
  // A floor of 0.2 % of brightness: even light must not make every tile an outlier.
  const scale = 4.7 * Math.max(0.002, 1.4826 * quantile(rests.slice(), 0.5));
  const a = Array.from({ length: terms }, () => new Array<number>(terms).fill(0));
  const b = new Array<number>(terms).fill(0);
  points.forEach((p, k) => {
    const u = rests[k]! / scale;
    if (u >= 1) return;
    const weight = (1 - u * u) ** 2;
    for (let i = 0; i < terms; i++) {
      b[i]! += weight * p.basis[i]! * p.value;
      for (let j = 0; j < terms; j++) a[i]![j]! += weight * p.basis[i]! * p.basis[j]!;
    }
  });
  const found = solve(a, b);
  return found === null ? [...light] : [...found, ...new Array<number>(6 - terms).fill(0)];
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Takes the light out of a difference, in place. */
export function withoutLight(difference: Float32Array, width: number, height: number, light: Light): void {
  const [c, cx, cy, cxx, cxy, cyy] = light as [number, number, number, number, number, number];
  for (let row = 0; row < height; row++) {
    const y = (2 * (row + 0.5)) / height - 1;
    const base = c + cy * y + cyy * y * y;
    const slope = cx + cxy * y;
    const start = row * width;
    for (let column = 0; column < width; column++) {
      const x = (2 * (column + 0.5)) / width - 1;
      difference[start + column]! -= base + x * (slope + cxx * x);
    }
  }
}
