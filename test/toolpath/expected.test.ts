/** Strands, masks, distances and islands against geometry worked out by other means. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createExpectedLayers, ROLE_VALUES } from "../../src/toolpath/expected.ts";
import { roleOf } from "../../src/toolpath/marks.ts";
import { distanceTo, type Grid, islandsOf, raise, rasterise } from "../../src/toolpath/raster.ts";
import { beadWidth, createStrandReader, type Strand } from "../../src/toolpath/strands.ts";
import { accepted, bytesOf, program, projectFile, recipe, square } from "./bench.ts";

const small: Grid = { originX_mm: 0, originY_mm: 0, pitch_mm: 0.5, width_px: 24, height_px: 20 };

/** Distance from a point to a strand's centre line. */
function apart(x: number, y: number, s: Strand): number {
  const [dx, dy] = [s.x1 - s.x0, s.y1 - s.y0];
  const length2 = dx * dx + dy * dy;
  const t = length2 === 0 ? 0 : Math.min(1, Math.max(0, ((x - s.x0) * dx + (y - s.y0) * dy) / length2));
  return Math.hypot(x - s.x0 - t * dx, y - s.y0 - t * dy);
}

const coordinate = fc.integer({ min: -30, max: 150 }).map((n) => n / 10 + 0.013);
const strand = fc.record({
  x0: coordinate,
  y0: coordinate,
  x1: coordinate,
  y1: coordinate,
  width_mm: fc.integer({ min: 1, max: 40 }).map((n) => n / 10),
  height_mm: fc.constant(0.2),
  role: fc.constant("wall" as const),
});

describe("[F58] masks", () => {
  it("are set exactly where a pixel's centre lies on a strand", () => {
    fc.assert(
      fc.property(fc.array(strand, { maxLength: 3 }), (strands) => {
        const mask = rasterise(strands, small);
        for (let at = 0; at < mask.length; at += 1) {
          const x = ((at % 24) + 0.5) * 0.5;
          const y = (Math.floor(at / 24) + 0.5) * 0.5;
          const slack = Math.min(...strands.map((s) => apart(x, y, s) - s.width_mm / 2), Number.POSITIVE_INFINITY);
          if (Math.abs(slack) > 1e-9) expect(mask[at]).toBe(slack < 0 ? 1 : 0);
        }
      }),
    );
  });
  it("measure distances like a search over all pixels", () => {
    const pixels = fc.uint8Array({ minLength: 99, maxLength: 99, max: 1 });
    const grid: Grid = { ...small, width_px: 11, height_px: 9 };
    fc.assert(
      fc.property(pixels, fc.nat(40), (dense, keep) => {
        const mask = dense.map((v, k) => (k % (keep + 1) === 0 ? v : 0));
        const set = [...mask.keys()].filter((k) => mask[k] === 1);
        const distance = distanceTo(mask, grid);
        for (let at = 0; at < mask.length; at += 1) {
          const all = set.map((k) => Math.hypot((k % 11) - (at % 11), Math.floor(k / 11) - Math.floor(at / 11)) * 0.5);
          const nearest = Math.min(...all, Number.POSITIVE_INFINITY);
          if (nearest === Number.POSITIVE_INFINITY) expect(distance[at]).toBe(nearest);
          else expect(distance[at]).toBeCloseTo(nearest, 5);
        }
      }),
    );
  });
  it("have islands, joined over corners", () => {
    const mask = Uint8Array.from([1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1]);
    const { labels, count } = islandsOf(mask, { ...small, width_px: 4, height_px: 3 });
    expect([count, [...labels]]).toEqual([3, [1, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 3]]);
  });
  it("have islands that reach every edge and do not wrap around it", () => {
    const mask = Uint8Array.from([0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1]);
    const { labels, count } = islandsOf(mask, { ...small, width_px: 3, height_px: 4 });
    expect([count, [...labels]]).toEqual([3, [0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 3, 3]]);
    expect(islandsOf(new Uint8Array(12).fill(1), { ...small, width_px: 3, height_px: 4 }).labels).toEqual(
      new Int32Array(12).fill(1),
    );
  });
  it("raise what is printed and never lower it", () => {
    const heights = Float32Array.from([0, 1, 3]);
    raise(heights, Uint8Array.from([1, 1, 1]), 2);
    raise(heights, Uint8Array.from([0, 0, 0]), 9);
    expect([...heights]).toEqual([2, 2, 3]);
  });
});

describe("[F58] strands", () => {
  it("have the width whose bead holds the extruded volume", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.21, max: 2, noNaN: true }), (width) => {
        const area = 0.2 * (width - 0.2) + (Math.PI * 0.2 ** 2) / 4;
        expect(beadWidth(area, 0.2)).toBeCloseTo(width, 9);
      }),
    );
    expect(beadWidth(0, 0.2)).toBeCloseTo(0.2 - Math.PI * 0.05, 9);
  });
  it("carry the slicer's roles, and their order is the program's", () => {
    const text = program(";TYPE:External perimeter", ...square(0.2), ";TYPE:Support material", ...square(0.4));
    const plan = accepted(text);
    const reader = createStrandReader(bytesOf(text), plan, recipe.guard);
    expect(reader.strands(2).map((s) => s.role)).toEqual(Array(4).fill("support"));
    expect(reader.strands(1).map((s) => [s.x1, s.y1])).toEqual([
      [80, 60],
      [80, 80],
      [60, 80],
      [60, 60],
    ]);
    expect(reader.strands(1)[0]!.role).toBe("wall");
    expect(() => reader.strands(3)).toThrow(/layer of this program/);
  });
  it.each([
    ["External perimeter", "wall"],
    ["Perimeter", "wall"],
    ["Overhang perimeter", "overhang"],
    ["Overhang wall", "overhang"],
    ["Internal infill", "infill"],
    ["Solid infill", "solid"],
    ["Top solid infill", "solid"],
    ["Bridge infill", "bridge"],
    ["Internal Bridge", "bridge"],
    ["Support material interface", "support"],
    ["Skirt/Brim", "skirt"],
    ["Custom", "custom"],
    ["WALL-OUTER", "wall"],
    ["WALL-INNER", "wall"],
    ["SKIN", "solid"],
    ["FILL", "infill"],
    ["SUPPORT", "support"],
    ["SKIRT", "skirt"],
    ["Outer wall", "wall"],
    ["Bottom surface", "solid"],
    ["Sparse infill", "infill"],
    ["something else", "unknown"],
  ])("%s is %s", (text, role) => {
    expect(roleOf(text)).toBe(role);
  });
});

describe("[F58] expected layers of the example", () => {
  const bytes = projectFile("config/examples/drill-guide/drill-guide.gcode");
  const plan = accepted(bytes);
  const grid: Grid = { originX_mm: 45, originY_mm: 52, pitch_mm: 0.25, width_px: 240, height_px: 160 };
  const at = (x: number, y: number): number => Math.floor((y - 52) / 0.25) * 240 + Math.floor((x - 45) / 0.25);

  it("hold the volume that the program extrudes", () => {
    const reader = createStrandReader(bytes, plan, recipe.guard);
    for (const layer of [2, 31, 62]) {
      const volume = reader.strands(layer).reduce((sum, s) => {
        const h = s.height_mm;
        return sum + Math.hypot(s.x1 - s.x0, s.y1 - s.y0) * (h * (s.width_mm - h) + (Math.PI * h * h) / 4);
      }, 0);
      expect(volume / plan.layers[layer - 1]!.extruded_mm3).toBeCloseTo(1, 2);
    }
  });
  it("leave the sleeve seats open and close the collars around them", () => {
    const { footprint } = createExpectedLayers(bytes, plan, recipe.guard, grid).layer(55);
    for (const [x, y] of [
      [63, 73.5],
      [87, 71],
    ] as const) {
      expect([
        footprint[at(x, y)],
        footprint[at(x + 2, y)],
        footprint[at(x + 2.9, y)],
        footprint[at(x - 5, y)],
      ]).toEqual([0, 0, 1, 1]);
    }
    expect(islandsOf(footprint, grid).count).toBe(2);
  });
  it("know what is below, and are the same whatever the order of asking", () => {
    const layers = createExpectedLayers(bytes, plan, recipe.guard, grid);
    const fifth = layers.layer(5);
    expect(Math.max(...fifth.below)).toBeCloseTo(0.8, 6);
    expect(Math.max(...layers.layer(1).below)).toBe(0);
    expect(layers.layer(5)).toEqual(fifth);
    expect(fifth.roles.includes(ROLE_VALUES.support)).toBe(true);
  });
});
