/** Parts of fused layers that no expected picture tells: by their brightness, where that is of two kinds; what is new is no part. */
import { describe, expect, it } from "vitest";
import { createArena, type Field } from "../../src/inspection/surface/field.ts";
import { guessed, known, ratioUntold } from "../../src/inspection/surface/parts.ts";
import { seededRandom } from "../../src/kernel/random.ts";

const [width, height] = [240, 180];
const arena = createArena(width, height);
const random = seededRandom(8);

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly r: number;
}

/** Powder in a light that falls to one side, with discs of part so many times as bright. */
function layer(discs: readonly Disc[], times: number, grain = 4): Field {
  const data = new Float32Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const part = discs.some((disc) => Math.hypot(x - disc.x, y - disc.y) < disc.r);
    data[i] = (110 + 0.12 * x) * (part ? times : 1) + grain * (random() + random() - 1);
  }
  return { width, height, data };
}
const discs: readonly Disc[] = [
  { x: 60, y: 60, r: 22 },
  { x: 160, y: 110, r: 30 },
];

describe("[F62] parts of fused layers without an expected picture", () => {
  it.each([1.6, 1.2, 0.7])("%d times as bright as the powder are told by it", (times) => {
    const ratio = ratioUntold([layer(discs, times), layer(discs, times)], arena);
    expect(ratio! / times).toBeGreaterThan(0.93);
    expect(ratio! / times).toBeLessThan(1.07);
    const parts = guessed(layer(discs, times), ratio!, arena);
    const share = parts.reduce((sum, v) => sum + (v === 1 ? 1 : 0), 0) / (Math.PI * (22 ** 2 + 30 ** 2));
    // The rim of either is neither.
    expect(share).toBeGreaterThan(0.6);
    expect(share).toBeLessThan(1.05);
  });

  it("are not told where powder alone is seen, where both are alike, and where the grain is as strong as they are", () => {
    expect(ratioUntold([layer([], 1)], arena)).toBeNull();
    expect(ratioUntold([layer(discs, 1.03)], arena)).toBeNull();
    expect(ratioUntold([layer(discs, 1.1, 60)], arena)).toBeNull();
  });

  it("are those that were there before: what is new is strange until somebody says that it is part", () => {
    const fresh = { x: 60, y: 140, r: 14 };
    const before = guessed(layer(discs, 1.5), 1.5, arena);
    const now = guessed(layer([...discs, fresh], 1.5), 1.5, arena);
    const kept = known(now, [before], arena);
    const at = ({ x, y }: Disc) => y * width + x;
    expect([now[at(fresh)], kept[at(fresh)]]).toEqual([1, 0]);
    for (const disc of discs) expect(kept[at(disc)]).toBe(1);
    // A part that grows goes on being one.
    const grown = guessed(layer([{ ...discs[0]!, r: 26 }, discs[1]!], 1.5), 1.5, arena);
    expect(known(grown, [before], arena)).toEqual(grown);
  });
});
