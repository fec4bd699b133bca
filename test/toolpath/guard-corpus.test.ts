/** Every program of the corpus is refused at its line with its own code, and the good ones are accepted. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { accepted, layered, projectFile, recipeWith, refused } from "./bench.ts";
import { corpus } from "./corpus.ts";

const folder = new URL("corpus/", import.meta.url);

describe("[F38] the guard refuses", () => {
  it("knows at least sixty bad programs", () => {
    expect(corpus.length).toBeGreaterThanOrEqual(60);
  });
  it.each(corpus)("$name: $code", ({ code, line, text }) => {
    const [found] = refused(text);
    expect({ code: found?.code, line: found?.line }).toEqual({ code, line });
    expect(found?.what).toMatch(/^[A-Z].*\.$/);
    expect(found?.remedy).toMatch(/^[A-Z].*\.$/);
  });
  const sliced: Record<string, string> = {
    "bad-firmware-retraction.gcode": "firmware-retract",
    "bad-into-the-parking.gcode": "outside-printable",
    "bad-limits-emitted.gcode": "calibration",
    "bad-off-the-bed.gcode": "out-of-bounds",
    "bad-one-after-another.gcode": "below-print",
    "bad-two-hundred-and-forty.gcode": "temperature-high",
    "bad-vase.gcode": "rising-extrusion",
  };
  it.each(Object.entries(sliced))("%s of PrusaSlicer: %s", (file, code) => {
    expect(refused(projectFile(`test/toolpath/corpus/${file}`))[0]?.code).toBe(code);
  });
  it("collects refusals and stops at twenty", () => {
    const text = layered(3).replaceAll("G1 F1800", "M500\nM501\nM502\nM503\nM504\nM92\nM206\nM112");
    expect(refused(text)).toHaveLength(20);
    expect(refused(text).map((r) => r.line)).toEqual(
      refused(text)
        .map((r) => r.line)
        .toSorted((a, b) => a - b),
    );
  });
  it("counts lines and layers", () => {
    expect(refused(layered(3), recipeWith({ lines_max: 20 })).map((r) => r.code)).toEqual(["too-many-lines"]);
    expect(refused(layered(3), recipeWith({ layers_max: 2 })).at(-1)?.code).toBe("too-many-layers");
  });
  it("measures the line on the wire without its comment", () => {
    const long = layered(1).replace("G1 F1800", `G1 F1800${" ".repeat(80)}X60`);
    expect(refused(long)[0]?.code).toBe("wire-line-too-long");
    expect(accepted(layered(1).replace("G1 F1800", `G1 F1800 ;${"x".repeat(200)}`)).layers).toHaveLength(1);
  });
});

describe("[F38] the guard accepts", () => {
  it.each(readdirSync(folder).filter((file) => file.startsWith("good-")))("%s of PrusaSlicer", (file) => {
    expect(accepted(projectFile(`test/toolpath/corpus/${file}`)).layers.length).toBeGreaterThan(5);
  });
  it("words without spaces, blank lines, no newline at the end", () => {
    const text = `${layered(2)
      .replaceAll(/G1 X(\d+) Y(\d+)/g, "G1X$1Y$2")
      .replaceAll("\nG1 F1800", "\n\n ; x\nG1F1800")
      .trimEnd()}`;
    expect(accepted(text).layers).toHaveLength(2);
  });
  it("what the profile allows: inches and renamed origins, followed into the same millimetres", () => {
    const by = recipeWith({ inches: true, originShift: true, commands: ["G20", ...recipeWith({}).guard.commands] });
    const text = layered(2).replace("G92 E0", "G1 X50.8 Y25.4 F1000\nG20\nG92 X0 Y1 E0\nG21");
    // After this, logical X60 is machine X110.8 and logical Y60 stays.
    expect(accepted(text, by).box.min).toEqual([110.8, 60, 0]);
    expect(refused(text.replaceAll("X80", "X100"), by)[0]?.code).toBe("out-of-bounds");
  });
  it("homing undoes a renamed origin", () => {
    const by = recipeWith({ originShift: true });
    const text = layered(1).replace("G92 E0", "G92 X100\nG28\nG92 E0");
    expect(accepted(text, by).box.min[0]).toBe(60);
  });
});
