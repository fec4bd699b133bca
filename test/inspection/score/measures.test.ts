/** Figures of a scored set against values from tables and from counting by hand. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare, inFramesPlace } from "../../../src/inspection/score/compare.ts";
import { readLabels } from "../../../src/inspection/score/labels.ts";
import { areaUnderCurve, interval, percentile, pixelF1 } from "../../../src/inspection/score/measures.ts";
import { matched, natural } from "../../../src/inspection/score/names.ts";
import { readDescription } from "../../../src/inspection/score/set.ts";
import { packs } from "../../packs.ts";

describe("the measures of a detector", () => {
  it("[F62] an exact interval is that of the tables: 0 of 299 is at most 1.23 %, 50 of 100 is 39.8 to 60.2 %", () => {
    expect(interval(0, 299)[1]).toBeCloseTo(0.01226, 4);
    expect(interval(50, 100)[0]).toBeCloseTo(0.3983, 3);
    expect(interval(50, 100)[1]).toBeCloseTo(0.6017, 3);
    expect(interval(10, 10)).toEqual([expect.closeTo(0.6915, 3), 1]);
  });

  it("[F62] the area under the curve counts pairs, and its interval does not close at 1", () => {
    expect(areaUnderCurve([1, 2, 3], [4, 5]).value).toBe(1);
    expect(areaUnderCurve([1, 2, 3], [4, 5]).low).toBeLessThan(0.9);
    expect(areaUnderCurve([1, 3], [2, 3]).value).toBe(0.625);
    expect(areaUnderCurve([], [1]).value).toBeNaN();
  });

  it("[F62] the area under the curve of swapped sides is what is left of 1", () => {
    const scores = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(scores, scores, (a, b) => {
        expect(areaUnderCurve(a, b).value + areaUnderCurve(b, a).value).toBeCloseTo(1);
      }),
    );
  });

  it("[F62] pixel F1 is that of all pixels together, and the same on every run", () => {
    const frames = [
      { both: 8, marked: 2, missed: 0 },
      { both: 0, marked: 0, missed: 6 },
    ];
    expect(pixelF1(frames).value).toBeCloseTo(16 / 24);
    expect(pixelF1(frames)).toEqual(pixelF1(frames));
    expect(percentile([4, 1, 3, 2], 0.5)).toBe(3);
  });

  it("[F62] a mask of another size than the mark is compared at its own pixels", () => {
    const mask = { width: 4, height: 4, data: Uint8Array.from([1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 2, 2, 0, 0, 2, 2]) };
    const marked = { width: 2, height: 2, data: Uint8Array.from([1, 1, 0, 0]) };
    const { pixels, byClass } = compare(mask, marked);
    expect(pixels).toEqual({ both: 4, marked: 4, missed: 4 });
    expect(byClass[1]).toEqual({ labelled: 4, marked: 4 });
    expect(byClass[2]).toEqual({ labelled: 4, marked: 0 });
  });

  it("[F62] what was marked in the reference's place is brought back by the way the frame was moved", () => {
    const data = new Uint8Array(25);
    data[12] = 1;
    const back = inFramesPlace({ width: 5, height: 5, data }, [1, 0, 0, 0, 0, 0]);
    expect([...back.data].indexOf(1)).toBe(13);
  });
});

describe("the files of a set", () => {
  it.each([
    ["frame,defective,class\nlayer_1.jpg,1,streak\nlayer_2.jpg,0,\n", true],
    ["\uFEFFfile;label\r\nlayer_1;bad\r\nlayer_2;good\r\n", true],
    ["image\tanomaly\nlayer_1\ttrue\nlayer_2\tfalse\n", true],
    ["frame,defective\nlayer_1,1\nlayer_1,0\n", false],
    ["frame,defective\nlayer_1,perhaps\n", false],
    ["a,b\n1,2\n", false],
    ["", false],
  ])("[F62] labels %j are read: %s", (text, isRead) => {
    const labels = readLabels(text);
    expect(labels.ok).toBe(isRead);
    if (labels.ok) expect([...labels.value.values()].map(({ defective }) => defective)).toEqual([true, false]);
  });

  it("[F62] layers come in the order of their numbers, and masks are found by name, word or order", () => {
    expect(["layer_10.png", "layer_2.png", "Layer_1.png"].sort(natural)).toEqual([
      "Layer_1.png",
      "layer_2.png",
      "layer_10.png",
    ]);
    expect(matched(["a.jpg", "b.jpg"], ["b.png"])).toEqual([null, "b.png"]);
    expect(matched(["a.jpg", "b.jpg"], ["a_mask.png", "GT b.png"])).toEqual(["a_mask.png", "GT b.png"]);
    expect(matched(["a.jpg", "b.jpg"], ["2.png", "1.png"])).toEqual(["1.png", "2.png"]);
    expect(matched(["a.jpg", "b.jpg"], ["1.png"])).toEqual([null, null]);
  });

  it.each([
    [
      { process: "powder-bed", phase: "recoated", mm_per_pixel: 0.1 },
      { phase: "recoated", mmPerPixel: 0.1 },
    ],
    [
      { process: "L-PBF", Phase: "after melting", "mm per pixel": 0.2 },
      { phase: "fused", mmPerPixel: 0.2 },
    ],
    [
      { process: "FDM" },
      { process: "filament", phase: "printed", mmPerPixel: null, notes: ['"FDM" is taken for filament.'] },
    ],
    [
      { process: "powder-bed", phase: "fused", expected: { registered: false }, Registred: true },
      { expectedRegistered: false, notes: ["set.toml says Registred, of which nothing is known here."] },
    ],
    [
      { process: "powder-bed" },
      {
        expectedRegistered: null,
        notes: ["set.toml does not say the phase: the layers are taken for recoated powder."],
      },
    ],
  ])("[F62] a set described as %j is understood", (table, expected) => {
    expect(readDescription(table, packs)).toMatchObject({ ok: true, value: { description: expected } });
  });

  it.each([
    {},
    { process: "baking" },
    { process: "laser and filament" },
    { process: "powder-bed", mm_per_pixel: -1 },
    { process: "powder-bed", registered: "perhaps" },
    null,
  ])("[F62] a set described as %j is refused with a reason", (table) => {
    expect(readDescription(table, packs)).toMatchObject({ ok: false, error: expect.stringMatching(/./) });
  });
});
