/** The family of tags, and the plate on paper: every tag is found on the printed sheet, at its place. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findTags } from "../../../src/inspection/calibration/find-tags.ts";
import { cornersOf, layPlate, type PlateLayout, papers } from "../../../src/inspection/calibration/plate.ts";
import {
  distance,
  leastDistance,
  mostErrors,
  readCode,
  tagFamily,
  turned,
} from "../../../src/inspection/calibration/tags.ts";
import { platePdf } from "../../../src/inspection/io/plate-pdf.ts";
import { drawPages } from "../../../src/simulators/scanner/io/scan-pdf.ts";

function layoutOf(size: keyof typeof papers): PlateLayout {
  const layout = layPlate(...papers[size]!);
  if (!layout.ok) throw new Error(layout.error);
  return layout.value;
}

describe("the family of tags", () => {
  const family = tagFamily(90);

  it("[F58] has no two tags that a camera could take for each other, in any turn", () => {
    for (const [k, code] of family.entries()) {
      let turn = code;
      for (let quarter = 0; quarter < 4; quarter++) {
        for (const other of family.slice(k + (quarter === 0 ? 1 : 0))) {
          expect(distance(turn, other)).toBeGreaterThanOrEqual(leastDistance);
        }
        turn = turned(turn);
      }
      expect(turn).toEqual(code);
    }
  });

  it("[F58] reads a tag with a few wrong cells in any turn, and never as another", () => {
    const wrong = fc.uniqueArray(fc.integer({ min: 0, max: 35 }), { maxLength: leastDistance - mostErrors - 1 });
    fc.assert(
      fc.property(fc.nat(89), fc.nat(3), wrong, (id, turns, cells) => {
        let code = family[id]!;
        for (let k = 0; k < turns; k++) code = turned(code);
        const read = readCode(
          code.map((bit, k) => (cells.includes(k) ? 1 - bit : bit)),
          family,
        );
        if (cells.length <= mostErrors) expect(read).toEqual({ id, turns, errors: cells.length });
        else expect(read).toBeNull();
      }),
    );
  });

  it("is the same whatever was asked for before", () => {
    expect(tagFamily(10)).toEqual(family.slice(0, 10));
  });
});

describe("the plate", () => {
  it.each(["a5", "a4"] as const)("[F58] of %s is printed with every tag at its place", async (size) => {
    const layout = layoutOf(size);
    const family = tagFamily(layout.tags.length);
    const pdf = await platePdf(layout, family);
    expect(await platePdf(layout, family)).toEqual(pdf);
    const [page] = await drawPages(pdf, 120);
    const tags = findTags({ width: page!.width, height: page!.height, data: page!.grey }, family);
    expect(tags.map(({ id }) => id)).toEqual(layout.tags.map((_, id) => id));
    for (const { id, corners } of tags) {
      for (const [k, { x, y }] of cornersOf(layout, id).entries()) {
        const scale = page!.width / layout.width_mm;
        const [u, v] = [x + layout.width_mm / 2, layout.height_mm / 2 - y].map((mm) => mm * scale - 0.5);
        expect(Math.hypot(corners[k]!.x - u!, corners[k]!.y - v!)).toBeLessThan(0.6);
      }
    }
  });

  it("[L8] that would be too small or too large is refused in words", () => {
    expect(layPlate(40, 40)).toMatchObject({ ok: false, error: expect.stringContaining("no room") });
    expect(layPlate(9999, 9999)).toMatchObject({ ok: false, error: expect.stringContaining("larger than a PDF") });
    expect(layPlate(4000, 150)).toMatchObject({ ok: false, error: expect.stringContaining("more than") });
  });
});
