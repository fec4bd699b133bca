/** Layers, segments and the order's expectations: what is sent when, and whether it is the ordered program. */
import { describe, expect, it } from "vitest";
import { linesOf, wireText } from "../../src/toolpath/lines.ts";
import { accepted, bytesOf, END, layered, program, projectFile, recipe, recipeWith, refused, square } from "./bench.ts";

/** Text of a segment. */
function cut(text: string, segment: { start: number; end: number; firstLine: number }): string[] {
  return [...linesOf(bytesOf(text), segment)].map(({ text: line }) => line);
}

describe("[F51] the layer table", () => {
  it("cuts the program into preamble, layers and postamble that are the program again", () => {
    const text = layered(3);
    const plan = accepted(text);
    const parts = [plan.preamble, ...plan.layers, plan.postamble];
    expect(parts.flatMap((part) => cut(text, part))).toEqual(text.trimEnd().split("\n"));
    expect(parts.map((part) => part.lastLine - part.firstLine + 1)).toEqual(
      parts.map((part) => cut(text, part).length),
    );
    expect(cut(text, plan.layers[0]!)[0]).toBe("G1 X80 Y60 E0.7");
    expect(cut(text, plan.layers[1]!)[0]).toBe("G1 Z0.4 F1200");
  });
  it("knows heights, boxes, volume and time", () => {
    const plan = accepted(layered(3));
    expect(plan.layers.map((l) => [l.layer, l.z_mm, l.height_mm])).toEqual([
      [1, 0.2, 0.2],
      [2, 0.4, 0.2],
      [3, 0.6, 0.2],
    ]);
    expect(plan.box).toEqual({ min: [60, 60, 0], max: [80, 80, 0.6] });
    expect(plan.layers[1]!.box).toEqual({ min: [60, 60, 0.2], max: [80, 80, 0.4] });
    expect(plan.layers[0]!.extruded_mm3).toBeCloseTo(2.8 * Math.PI * 0.875 ** 2, 6);
    expect(plan.extruded_mm3).toBeCloseTo(3 * 2.8 * Math.PI * 0.875 ** 2, 6);
    expect(plan.layers[0]!.seconds).toBeCloseTo(80 / 30, 6);
    expect(plan.layers[1]!.seconds).toBeCloseTo(80 / 30 + 0.01, 6);
  });
  it("puts the mark after the wipe and the retraction of the layer, and before anything else", () => {
    const tail = ["; wipe", "G1 X62 Y62 E-0.3 F2100", "M106 S10", "G1 E-0.5", "G1 F100"];
    const text = program(...square(0.2), ...tail, "G1 X70 Y70 F6000", "G1 E0.8 F2100", ...square(0.4));
    const plan = accepted(text);
    expect(cut(text, plan.layers[0]!).at(-1)).toBe("G1 E-0.5");
    expect(cut(text, plan.layers[1]!).slice(0, 2)).toEqual(["G1 F100", "G1 X70 Y70 F6000"]);
    expect(cut(text, plan.layers[1]!).at(-1)).toBe(END[0]);
  });
  it("takes a z-hop for a hop and a purge line at the first height for part of layer 1", () => {
    const hop = ["G1 Z1 F1200", "G1 X60 Y60 F6000", "G1 Z0.2 F1200", "G1 X65 E0.2 F1800"];
    const purge = ["G1 Z0.2 F1200", "G1 X20 Y6 F6000", "G1 X60 E2 F900"];
    const plan = accepted(
      program(...purge, ";LAYER_CHANGE", ";Z:0.2", ...square(0.2), ...hop, ";LAYER_CHANGE", ...square(0.4)),
    );
    expect(plan.layers).toHaveLength(2);
    expect(plan.layers[0]!.box.min).toEqual([20, 6, 0]);
  });
  it.each([0.005, 0.012, 0.031])(
    "takes a support's top that lies %d mm higher and has its own mark into the part's layer",
    (rise) => {
      const z = Number((0.4 + rise).toFixed(3));
      const at = (height: number) => [";LAYER_CHANGE", `;Z:${height}`, ...square(height)];
      const plan = accepted(program(...at(0.2), ...at(0.4), ...at(z), ...at(0.6)));
      expect(plan.layers.map((l) => l.z_mm)).toEqual([0.2, z, 0.6]);
      expect(plan.layers[1]!.box.max[2]).toBe(z);
      expect(plan.layers[1]!.extruded_mm3).toBeCloseTo(2 * plan.layers[0]!.extruded_mm3, 6);
    },
  );
  it("takes nothing in that is a layer of its own, that lies lower, or that climbs by small steps", () => {
    const at = (height: number) => [";LAYER_CHANGE", `;Z:${height}`, ...square(height)];
    const coarse = recipeWith({ layerHeight_mm: { min: 0.1, max: 0.3 } });
    expect(refused(program(...at(0.2), ...at(0.4), ...at(0.443)), coarse).map((one) => one.code)).toContain(
      "layer-height",
    );
    expect(refused(program(...at(0.2), ...at(0.42), ...at(0.4))).map((one) => one.code)).toContain("layer-order");
    expect(
      refused(program(...at(0.2), ...at(0.4), ...at(0.42), ...at(0.443)), coarse).map((one) => one.code),
    ).toContain("layer-height");
    expect(refused(program(...at(0.2), ...at(0.4), ...square(0.42))).map((one) => one.code)).toContain(
      "layer-marks-disagree",
    );
  });
  it.each([0.15, 0.3])("keeps a purge line at another height (%d mm) out of the layers", (z) => {
    const purge = [`G1 Z${z} F1200`, "G1 X20 Y6 F6000", "G1 X60 E2 F900"];
    const text = program(...purge, ";LAYER_CHANGE", ";Z:0.2", ...square(0.2), ";LAYER_CHANGE", ...square(0.4));
    const plan = accepted(text);
    expect(plan.layers.map((l) => l.z_mm)).toEqual([0.2, 0.4]);
    expect(cut(text, plan.preamble)).toContain("G1 X60 E2 F900");
  });
  it("counts by height where headers lie: Cura's placeholders and marks from zero", () => {
    const head = [";FLAVOR:Marlin", ";LAYER_COUNT:999", ";MINX:2.14748e+06"];
    const text = program(
      ...head,
      ";LAYER:0",
      ";TYPE:SKIRT",
      ...square(0.2),
      ";LAYER:1",
      ...square(0.4),
      ";LAYER:2",
      ...square(0.6),
    );
    expect(accepted(text).layers).toHaveLength(3);
  });
  it("accepts absolute extrusion with resets", () => {
    const body = [0.2, 0.4].flatMap((z) => [
      "G92 E0",
      ...square(z).map((l, k) => l.replace("E0.7", `E${((k - 3) * 0.7 + 0.7).toFixed(2)}`)),
    ]);
    const text = program(...body)
      .replace("M83", "M82")
      .replace("G1 E-0.8 F2100", "G1 E2 F2100");
    expect(accepted(text).extruded_mm3).toBeCloseTo(accepted(layered(2)).extruded_mm3, 6);
  });
  it("lets one object follow another only where no layer is awaited", () => {
    const two = program(...square(0.2), ...square(0.4), "G1 Z2 F1200", "G1 X95 Y60 F6000");
    expect(refused(`${two}`.replace("M107", "G1 Z0.2"))[0]?.code).toBe("below-print");
    expect(accepted(two.replace("M107", "G1 Z0.2"), { ...recipe, gate: { lag: 3 } }).layers).toHaveLength(2);
  });
});

describe("[F38] layer heights", () => {
  it.each([
    [[0.35], null],
    [[0.36], "Layer 1 is 0.36 mm high; the recipe allows 0.04 to 0.35 mm."],
    [[0.2, 0.5], null],
    [[0.2, 0.51], "Layer 2 is 0.31 mm high; the recipe allows 0.04 to 0.3 mm."],
    [[0.2, 0.24], null],
    [[0.2, 0.23], "Layer 2 is 0.03 mm high; the recipe allows 0.04 to 0.3 mm."],
  ])("%j: %s", (heights, what) => {
    const text = program(...heights.flatMap((z) => square(z)));
    if (what === null) expect(accepted(text).layers).toHaveLength(heights.length);
    else expect(refused(text)[0]).toMatchObject({ code: "layer-height", what });
  });
});

describe("[F38] the order", () => {
  const box_mm = { min: [60, 60, 0], max: [80, 80, 0.6], tolerance: 0.01 } as const;
  it("is met", () => {
    const { extruded_mm3, seconds, layers } = accepted(layered(3), recipe, { layers: 3, box_mm });
    expect(layers).toHaveLength(3);
    const material_mm3 = { min: extruded_mm3 - 1, max: extruded_mm3 + 1 };
    const motion_s = { min: seconds - 1, max: seconds + 1 };
    expect(accepted(layered(3), recipe, { layers: 3, box_mm, material_mm3, motion_s }).layers).toHaveLength(3);
  });
  it.each([
    ["layer-count", { layers: 4 }],
    ["bounding-box", { box_mm: { ...box_mm, max: [80, 80.02, 0.6] as const } }],
    ["bounding-box", { box_mm: { ...box_mm, min: [60, 60, 0.02] as const } }],
    ["material-volume", { material_mm3: { min: 1000, max: 2000 } }],
    ["material-volume", { material_mm3: { min: 0, max: 1 } }],
    ["motion-time", { motion_s: { min: 3600, max: 7200 } }],
    ["wrong-material-temperature", { printing_C: { hotend: { min: 210, max: 230 }, bed: { min: 0, max: 100 } } }],
    ["wrong-material-temperature", { printing_C: { hotend: { min: 200, max: 230 }, bed: { min: 61, max: 100 } } }],
  ])("is not met: %s", (code, order) => {
    expect(refused(layered(3), recipe, order)[0]?.code).toBe(code);
  });
  it("knows the sliced example by its 62 layers", () => {
    const plan = accepted(projectFile("config/examples/drill-guide/drill-guide.gcode"), recipe, { layers: 62 });
    expect(plan.layers.map((l) => l.z_mm)).toEqual(Array.from({ length: 62 }, (_, k) => (k + 1) / 5));
    expect(plan.box.max[1]).toBeLessThan(118);
  });
});

it("[F25] what goes to the machine is the code without its comment", () => {
  expect(["G1 X1 ; to the edge", " ;x", "", "  M400  "].map(wireText)).toEqual(["G1 X1", "", "", "M400"]);
});

it("[F38] limits that name a command nobody follows are no limits", () => {
  expect(() => recipeWith({}) && accepted(layered(1), recipeWith({ commands: ["G1"] }))).toThrow(/command-not-allowed/);
});
