/** A printed layer beside its neighbours, on small drawn layers: strands that turn from layer to layer, and what does not belong. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layersOf } from "../../src/inspection/score/names.ts";
import { createBeside, learnBeside, type Neighbour, remembered } from "../../src/inspection/surface/beside.ts";
import { createArena, greatestAround } from "../../src/inspection/surface/field.ts";

const [width, height] = [160, 120];
const arena = createArena(width, height);
const middle = new Float32Array(width * height).fill(4);
const isPart = (x: number, y: number): boolean => x > 30 && x < 130 && y > 20 && y < 100;
const parts = Uint8Array.from(middle, (_, i) => (isPart(i % width, Math.floor(i / width)) ? 1 : 0));

/** Strands across or down by the layer's number, with a little noise; `mark` changes what it likes. */
function drawn(layer: number | null, mark: (x: number, y: number) => number = () => 0, turn = layer ?? 0): Neighbour {
  let seed = 7 + turn;
  const difference = middle.map((_, i) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const [x, y] = [i % width, Math.floor(i / width)];
    return 0.1 * Math.sin((turn % 2 === 0 ? x : y) * 1.3) + 0.02 * (seed / 2 ** 32 - 0.5) + mark(x, y);
  });
  return remembered(layer, difference, middle, parts);
}

const references = [2, 5, 8, 11, 14, 17].map((layer) => drawn(layer));
const model = learnBeside(references, arena);
if (model === null) throw new Error("the references tell no limit");
const most = (stray: Float32Array | null): number => stray?.reduce((far, v) => Math.max(far, Math.abs(v)), 0) ?? -1;
const spot = (by: number) => (x: number, y: number) => (Math.hypot(x - 80, y - 60) < 5 ? by : 0);

describe("a printed layer beside its neighbours", () => {
  it("[F51] is like them where it is good, and is not where something dark or bright lies on it", () => {
    const beside = createBeside(model, arena);
    for (const layer of [3, 9, 16]) expect(most(beside.stray(drawn(layer)))).toBeLessThan(1);
    expect(most(beside.stray(drawn(9, spot(-0.6))))).toBeGreaterThan(1);
    expect(most(beside.stray(drawn(9, spot(0.6))))).toBeGreaterThan(1);
    expect(beside.stray(drawn(9, spot(-0.6)))?.[60 * width + 80]).toBeLessThan(-1);
  });

  it("is not asked where it has no neighbours, and is asked again when good layers were kept", () => {
    const beside = createBeside(model, arena);
    expect(beside.stray(drawn(60, spot(-0.6)))).toBeNull();
    beside.keep(drawn(58));
    beside.keep(drawn(59));
    expect(most(beside.stray(drawn(60, spot(-0.6))))).toBeGreaterThan(1);
    expect(most(beside.stray(drawn(60)))).toBeLessThan(1);
  });

  it("is beside all references where its name tells no layer", () => {
    const beside = createBeside(model, arena);
    expect(most(beside.stray(drawn(null, spot(-0.6), 9)))).toBeGreaterThan(1);
    expect(most(beside.stray(drawn(null, undefined, 9)))).toBeLessThan(1);
  });

  it("needs four references that have neighbours", () => {
    expect(learnBeside(references.slice(0, 3), arena)).toBeNull();
  });
});

describe("its parts", () => {
  it("the greatest value around is the greatest of the square, cut off at the rim", () => {
    const side = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 6 }), fc.infiniteStream(fc.integer()), (w, h, r, stream) => {
        const data = Float32Array.from({ length: w * h }, () => (stream.next().value ?? 0) % 1000);
        const got = data.slice();
        greatestAround(got, createArena(w, h), r);
        for (let y = 0; y < h; y++) {
          for (let x = 0; x < w; x++) {
            let want = Number.NEGATIVE_INFINITY;
            for (let v = Math.max(0, y - r); v <= Math.min(h - 1, y + r); v++)
              for (let u = Math.max(0, x - r); u <= Math.min(w - 1, x + r); u++)
                want = Math.max(want, data[v * w + u]!);
            expect(got[y * w + x]).toBe(want);
          }
        }
      }),
    );
  });

  it("names tell layers where they count alike", () => {
    expect(layersOf(["layer_00012.jpg", "Layer_3.png", "good_7.jpg", "none.jpg"])).toEqual([12, 3, null, null]);
    expect(layersOf(["4.bmp", "17_left.bmp"])).toEqual([4, 17]);
    expect(layersOf(["plate.jpg", "layer_3.jpg"])).toEqual([null, null]);
  });
});
