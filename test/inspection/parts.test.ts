/** Parts of a build: told apart by labels or islands, findings attributed to them, and a build of two through the whole inspector. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LayerPlan } from "../../src/inspection/expected.ts";
import { loadNetwork } from "../../src/inspection/io/network.ts";
import { drillGuideLimits } from "../../src/inspection/limits.ts";
import {
  concerned,
  mostParts,
  type PartStrand,
  type Parts,
  partsMade,
  partsOf,
  touches,
  verdictsByPart,
} from "../../src/inspection/parts.ts";
import type { InspectionReport } from "../../src/inspection/report.ts";
import { jpegOf } from "../../src/simulators/camera/io/jpeg.ts";
import { beadsOf } from "../../src/simulators/camera/print-faults.ts";
import { planToolpath } from "../../src/toolpath/plan.ts";
import { createStrandReader } from "../../src/toolpath/strands.ts";
import { bytesOf, program, recipe, recipeWith } from "../toolpath/bench.ts";
import { commissioned, createBench } from "./bench.ts";
import { openGuide } from "./drill-guide.ts";

const plate = { x0_mm: 0, y0_mm: 0, x1_mm: 150, y1_mm: 140 };

/** A filled square as strands along x. */
function block(x: number, y: number, side: number, object: number | null = null, role = "wall"): PartStrand[] {
  return Array.from({ length: Math.round(side / 0.45) }, (_, n) => {
    const at = y + 0.45 * n;
    return { x0: x, y0: at, x1: x + side, y1: at, width_mm: 0.45, role, object };
  });
}

const at = (x_mm: number, y_mm: number, side = 1) => ({
  class: "missing" as const,
  region: { x_mm, y_mm, w_mm: side, h_mm: side },
});
const parts = (layers: readonly (readonly PartStrand[])[]): Parts => partsOf(layers, plate) ?? expect.fail("no parts");

describe("[F54] parts", () => {
  it("are told apart by the program's labels, however near they lie, and by nothing else then", () => {
    const all = parts([[...block(20, 20, 10, 2), ...block(31, 20, 10, 1), ...block(60, 60, 10), ...block(5, 5, 5, 7)]]);
    expect(all.labelled).toBe(true);
    expect(all.regions.map(({ part }) => part)).toEqual([1, 2, 7]);
    expect(concerned(all, at(25, 25), 0)).toEqual([2]);
    expect(concerned(all, at(30.2, 25, 0.2), 0.5)).toEqual([1, 2]);
    expect([...partsMade(all, block(31, 20, 10, 1))]).toEqual([1]);
  });

  it("are islands of all layers laid on each other where there are no labels: what joins higher up is one part", () => {
    const apart = [block(20, 20, 10), block(50, 20, 10), block(20, 60, 10)];
    expect(parts([apart.flat()]).regions.map(({ box }) => [Math.round(box.x_mm), Math.round(box.y_mm)])).toEqual([
      [20, 20],
      [50, 20],
      [20, 60],
    ]);
    const bridge = Array.from({ length: 20 }, (_, n) => ({ ...block(25, 24, 1)[0]!, x0: 25, x1: 55, y0: 22 + n / 4 }));
    expect(parts([apart.flat(), bridge]).regions).toHaveLength(2);
    const skirt = block(5, 5, 140, null, "skirt");
    expect(parts([[...skirt, ...apart.flat()]]).regions).toHaveLength(3);
    expect([...partsMade(parts([apart.flat()]), apart[1]!)]).toEqual([2]);
  });

  it("are not told apart where there are none, or too many", () => {
    expect(partsOf([[]], plate)).toBeNull();
    const many = Array.from({ length: mostParts + 1 }, (_, n) => block(2 * (n % 60), 4 * Math.floor(n / 60), 1, n + 1));
    expect(partsOf(many, plate)).toBeNull();
  });

  it("each finding concerns at least one: what lies at none, and what is said of the whole layer, concerns all", () => {
    const all = parts([[...block(20, 20, 10, 1), ...block(60, 20, 10, 2)]]);
    expect(concerned(all, at(100, 100), 2)).toEqual([1, 2]);
    expect(concerned(all, { ...at(22, 22), class: "shift" }, 0)).toEqual([1, 2]);
    expect(concerned(all, { ...at(22, 22), class: "unchanged" }, 0)).toEqual([1, 2]);
    expect(concerned(all, at(Number.NaN, 22), 0)).toEqual([1, 2]);
    const box = fc.record({
      x: fc.double({ min: -20, max: 170, noNaN: true }),
      y: fc.double({ min: -20, max: 160, noNaN: true }),
    });
    fc.assert(
      fc.property(
        box,
        fc.double({ min: 0, max: 40, noNaN: true }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (p, side, margin) => {
          const said = concerned(all, at(p.x, p.y, side), margin);
          expect(said.length).toBeGreaterThan(0);
          // More margin never takes a part away, unless it had concerned all for want of any.
          const wider = concerned(all, at(p.x, p.y, side), margin + 1);
          if (said.length < 2) for (const part of said) expect(wider).toContain(part);
          // A box over the middle of a part touches it, whatever the margin.
          for (const { region, part } of [
            { region: all.regions[0]!, part: 1 },
            { region: all.regions[1]!, part: 2 },
          ]) {
            const middle = { x: region.box.x_mm + region.box.w_mm / 2, y: region.box.y_mm + region.box.h_mm / 2 };
            const inside = p.x <= middle.x && middle.x <= p.x + side && p.y <= middle.y && middle.y <= p.y + side;
            if (inside)
              expect([touches(region, at(p.x, p.y, side).region, margin), said.includes(part)]).toEqual([true, true]);
          }
        },
      ),
    );
  });

  it("[L3] are blind where their layer is; one that a finding concerns never passes", () => {
    const all = parts([[...block(20, 20, 10, 1), ...block(60, 20, 10, 2), ...block(90, 20, 10, 3)]]);
    const said = (verdict: InspectionReport["verdict"], failing: number[]) =>
      verdictsByPart(all, new Set([1, 2]), verdict, new Set(failing)).map((each) => each.verdict);
    expect(said("blind", [1])).toEqual(["blind", "blind", "blind"]);
    expect(said("fail", [1, 3])).toEqual(["fail", "pass", "fail"]);
    expect(said("pass", [])).toEqual(["pass", "pass", "not-made"]);
  });
});

describe("[F54] labels of slicers", () => {
  const square = (x: number, z: number) => [
    `G1 Z${z} F1200`,
    `G1 X${x} Y60 F6000`,
    "G1 F1800",
    `G1 X${x + 20} Y60 E0.7`,
    `G1 X${x + 20} Y80 E0.7`,
    `G1 X${x} Y80 E0.7`,
    `G1 X${x} Y60 E0.7`,
  ];
  const prusa = (name: string, lines: string[]) => [
    `; printing object ${name} id:0 copy 0`,
    ...lines,
    `; stop printing object ${name} id:0 copy 0`,
  ];
  const cura = (name: string, lines: string[]) => [`;MESH:${name}`, ...lines, ";MESH:NONMESH"];
  const firmware = (name: string, lines: string[]) => [`M486 S${name.length % 7}`, ...lines, "M486 S-1"];
  const listed = recipeWith({ commands: [...recipe.guard.commands, "M486"] });
  const objectsIn = (lines: string[], layer: number) => {
    const bytes = bytesOf(program(...lines));
    const plan = planToolpath(bytes, listed);
    if (!plan.ok) throw new Error(plan.error[0]?.what);
    const reader = createStrandReader(bytes, plan.value, recipe.guard);
    return [...new Set(reader.strands(layer).map(({ object }) => object))];
  };

  it.each([
    ["PrusaSlicer's comments", prusa],
    ["Cura's comments", cura],
    ["M486", firmware],
    ["PrusaSlicer's comments and M486 together", (name: string, lines: string[]) => prusa(name, firmware(name, lines))],
  ])("%s number the objects in the order in which they come, whichever layer is asked for", (_, label) => {
    const long = `${"a long name of a file ".repeat(9)}.stl`;
    const lines = [
      ...[...label("b.stl", square(20, 0.2)), ...label(long, square(60, 0.2))],
      ...[...label(long, square(60, 0.4)), ...label("b.stl", square(20, 0.4)), ...square(100, 0.4)],
    ];
    expect(objectsIn(lines, 2)).toEqual([2, 1, null]);
    expect(objectsIn(lines, 1)).toEqual([1, 2]);
  });

  it("no program leaves an object out by itself, and none has a label that its recipe does not allow", () => {
    const codes = (line: string, by = listed) => {
      const plan = planToolpath(bytesOf(program(line, ...square(20, 0.2))), by);
      return plan.ok ? null : plan.error[0]?.code;
    };
    expect(["M486 P1", "M486 U1", "M486 C", "M486 S0 P1", "M486"].map((line) => codes(line) === null)).toEqual(
      Array(5).fill(false),
    );
    expect([codes("M486 T2"), codes("M486 S0")]).toEqual([null, null]);
    expect(codes("M486 S0", recipe)).toBe("command-not-allowed");
  });

  it("a program without labels has none", () => {
    expect(objectsIn([...square(20, 0.2), ...square(60, 0.4)], 2)).toEqual([null]);
  });
});

describe("[F54] a build of two parts", async () => {
  const loaded = await loadNetwork(new URL("../../models/manifest.json", import.meta.url).pathname);
  if (!loaded.ok) throw new Error(loaded.error.what);
  const infer = (input: Float32Array) => loaded.value.run(input);
  const bench = createBench({ seed: 33 });
  const { setup } = commissioned(bench);
  // The lines of a layer lie across those of the one below, as slicers lay them.
  const solid = (x: number, y: number, side: number, z: number) => [
    `G1 Z${z} F1200`,
    ...Array.from({ length: Math.round(side / 0.45) }, (_, n) => {
      const at = (0.45 * n).toFixed(3);
      const [from, to] = n % 2 === 0 ? [0, side] : [side, 0];
      const along = (far: number) => (z > 0.3 ? `X${x + Number(at)} Y${y + far}` : `X${x + far} Y${y + Number(at)}`);
      // A bead of 0.45 mm by 0.2 mm.
      return [`G1 ${along(from)} F6000`, "G1 F1800", `G1 ${along(to)} E${(side * 0.03382).toFixed(5)}`];
    }).flat(),
  ];
  const layer = (z: number) => [
    ...["; printing object one id:0 copy 0", ...solid(55, 60, 14, z), "; stop printing object one id:0 copy 0"],
    ...["; printing object two id:1 copy 0", ...solid(85, 60, 14, z), "; stop printing object two id:1 copy 0"],
  ];
  const made = bytesOf(program(...layer(0.2), ...layer(0.4)));
  const plan = planToolpath(made, recipe);
  if (!plan.ok) throw new Error(plan.error[0]?.what);
  const reader = createStrandReader(made, plan.value, recipe.guard);
  const plans = plan.value.layers.map(({ layer: number, z_mm, height_mm }): LayerPlan => {
    const strands = reader.strands(number).map(({ x0, y0, x1, y1, width_mm }) => ({ x0, y0, x1, y1, width: width_mm }));
    return { layer: number, top_mm: z_mm, height_mm, strands };
  });
  const empty = await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
  const first = await jpegOf(bench.shoot({ plan: plans[0]!, beads: beadsOf(plans[0]!) }));
  const times = { take: 1, markedAt: 1, requestedAt: 2, receivedAt: 3, exposureStart: null };

  async function judged(beads: ReturnType<typeof beadsOf>, limits = { ...drillGuideLimits, parts: { margin_mm: 1 } }) {
    const frame = await jpegOf(
      bench.shoot({ plan: plans[1]!, beads: [...beadsOf(plans[0]!), ...beads], replace: true }),
    );
    const build = await openGuide(setup, empty, infer, {
      ...{ program: made, recipe, limits, accepted: { layer: 1, frame: first } },
    });
    if (!build.ok) throw new Error(build.error.what);
    const report = await build.value.inspect({ attempt: "A1", layer: 2, frame, ...times });
    return report.ok ? report.value : expect.fail(report.error.what);
  }
  const isOfTwo = ({ x0 }: { readonly x0: number }) => x0 > 80;
  const whole = beadsOf(plans[1]!);
  const hole = beadsOf({
    ...plans[1]!,
    strands: plans[1]!.strands.filter((s) => !(isOfTwo(s) && s.x0 > 88 && s.x0 < 93)),
  });

  it("that are whole: both pass", async () => {
    const report = await judged(whole);
    expect([report.verdict, report.reasons]).toEqual(["pass", ["Seen, fresh and within every limit of the recipe."]]);
    expect(report.parts).toEqual([
      { part: 1, verdict: "pass" },
      { part: 2, verdict: "pass" },
    ]);
  });

  it("of which one has a hole: that one fails, and the other passes", async () => {
    const report = await judged(hole);
    expect(report.verdict).toBe("fail");
    expect(report.parts).toEqual([
      { part: 1, verdict: "pass" },
      { part: 2, verdict: "fail" },
    ]);
    expect(report.findings.map(({ parts: of }) => of)).toEqual(report.findings.map(() => [2]));
  });

  it("[F53] whose recipe does not tell them apart: the report has the same bytes as before", async () => {
    const report = await judged(hole, drillGuideLimits as never);
    expect(report).not.toHaveProperty("parts");
    for (const each of report.findings) expect(each).not.toHaveProperty("parts");
  });
});
