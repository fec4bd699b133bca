/** Seeded randomness of the simulated camera: hashes, value noise and a generator, all repeatable. */

/** A 32-bit mixing of three integers, as a fraction 0 <= f < 1. */
export function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 4294967296;
}

/** Smooth noise in 0..1 over the plane with a cell of one unit. */
export function noise2(x: number, y: number, seed: number): number {
  const ix = Math.floor(x);
  const iy = Math.floor(y);
  const fx = smooth(x - ix);
  const fy = smooth(y - iy);
  const near = hash(ix, iy, seed) * (1 - fx) + hash(ix + 1, iy, seed) * fx;
  const far = hash(ix, iy + 1, seed) * (1 - fx) + hash(ix + 1, iy + 1, seed) * fx;
  return near * (1 - fy) + far * fy;
}

/** Smooth noise in 0..1 along a line with a cell of one unit. */
export function noise1(x: number, seed: number): number {
  const ix = Math.floor(x);
  const f = smooth(x - ix);
  return hash(ix, 77, seed) * (1 - f) + hash(ix + 1, 77, seed) * f;
}

function smooth(f: number): number {
  return f * f * (3 - 2 * f);
}

/** A generator of 32-bit unsigned integers (xorshift32) from a seed. */
export function generator(seed: number): () => number {
  let state = (Math.imul(seed | 0, 0x9e3779b1) ^ 0x5bd1e995) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** A table of `size` standard normal deviates (Box-Muller). */
export function gaussians(size: number, seed: number): Float32Array {
  const next = generator(seed);
  const table = new Float32Array(size);
  for (let i = 0; i < size; i += 2) {
    const radius = Math.sqrt(-2 * Math.log((next() + 1) / 4294967297));
    const angle = (2 * Math.PI * next()) / 4294967296;
    table[i] = radius * Math.cos(angle);
    if (i + 1 < size) table[i + 1] = radius * Math.sin(angle);
  }
  return table;
}

/** A small seeded generator (mulberry32): equal seeds give equal parts. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
