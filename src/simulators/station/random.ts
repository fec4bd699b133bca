/** Seeded noise of the simulated station: the same seed gives the same forces, temperatures and readings. */

/** A source of repeatable noise. */
export interface Noise {
  /** 0 <= u < 1. */
  uniform(): number;
  /** Standard normal deviate. */
  normal(): number;
}

/** Noise from a 32-bit seed (mulberry32 steps, Box-Muller for the normal deviates). */
export function noiseFrom(seed: number): Noise {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

/** A seed for something that has a name: the same part behaves alike each time it is measured. */
export function seedOf(name: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const unit of name) hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193);
  return hash >>> 0;
}
