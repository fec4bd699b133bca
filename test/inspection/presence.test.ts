/** Part that is told from powder by its roughness alone, as much melted metal is: what is missing is found, what is there is not. */
import { describe, expect, it } from "vitest";
import { createArena } from "../../src/inspection/surface/field.ts";
import { type KnownLayer, learnPresence, missingIn } from "../../src/inspection/surface/presence.ts";

const [width, height] = [320, 240];
const arena = createArena(width, height);

/** Pseudo-random numbers from 0 to 1 (xorshift, Marsaglia 2003). */
function chance(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Two bars and a disc in powder; within `hole` px of (90, 90), which lies in a bar, powder lies where part should be. */
function layer(seed: number, rough: number, hole = 0): KnownLayer {
  const draw = chance(seed);
  const parts = new Uint8Array(width * height);
  const data = new Float32Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const isPart =
      (x > 60 && x < 120 && y > 40 && y < 200) ||
      (x > 160 && x < 200 && y > 60 && y < 180) ||
      Math.hypot(x - 260, y - 120) < 30;
    parts[i] = isPart ? 1 : 0;
    const melted = isPart && Math.hypot(x - 90, y - 90) >= hole;
    data[i] = 120 * (1 + (melted ? rough : 0.04) * (2 * draw() - 1));
  }
  return { field: { width, height, data }, parts };
}

describe("[F58] part that is told from powder by roughness alone", () => {
  const good = [1, 2, 3, 4, 5].map((seed) => layer(seed, 0.12));
  const model = learnPresence(good, arena);

  it("is there on a good layer", () => {
    expect(Math.max(...missingIn(model!, layer(6, 0.12), arena))).toBeLessThan(1);
  });

  it("is missing where powder lies in its place, and nowhere else", () => {
    const over = missingIn(model!, layer(7, 0.12, 14), arena);
    expect(over[90 * width + 90]).toBeGreaterThan(1);
    const elsewhere = over.filter((v, i) => v > 1 && Math.hypot((i % width) - 90, Math.floor(i / width) - 90) > 26);
    expect(elsewhere.length).toBe(0);
  });

  it("cannot be told where it looks as powder does, and nothing is said then", () => {
    expect(
      learnPresence(
        [1, 2, 3].map((seed) => layer(seed, 0.04)),
        arena,
      ),
    ).toBeNull();
  });
});
