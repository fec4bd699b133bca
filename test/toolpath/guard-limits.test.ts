/** Each limit of the guard exactly at its edge and one step beyond it. */
import { describe, expect, it } from "vitest";
import { checkText, createGuard } from "../../src/toolpath/guard.ts";
import { recipe } from "./bench.ts";

/** The last line's refusal on a hot, homed machine at X60 Y60 Z0.2; all lines before it must pass. */
function last(lines: string) {
  const guard = createGuard(recipe.guard, true);
  const setup = ["M140 S60", "M190 S60", "M109 S205", "G28", "M83", "G1 X60 Y60 Z0.2 F1000"];
  const all = [...setup, ...lines.split("|")];
  return all
    .map((line, k) => {
      const refusal = checkText(guard, line, k + 1, "program");
      if (refusal !== null && k < all.length - 1) throw new Error(`${line}: ${refusal.what}`);
      return refusal;
    })
    .at(-1);
}

describe("[F38] limits at their edge", () => {
  it.each([
    ["where a bead ends", "G1 X140|G1 X148 E0.1", "G1 X140|G1 X148.001 E0.1", "outside-printable"],
    ["where a bead ends, left", "G1 X9|G1 X2 E0.1", "G1 X9|G1 X1.999 E0.1", "outside-printable"],
    ["where a bead ends, back", "G1 Y110|G1 Y118 E0.1", "G1 Y110|G1 Y118.001 E0.1", "outside-printable"],
    ["where a bead ends, front", "G1 Y9|G1 Y2 E0.1", "G1 Y9|G1 Y1.999 E0.1", "outside-printable"],
    ["where a bead begins", "G1 X148|G1 X140 E0.1", "G1 X148.001|G1 X140 E0.1", "outside-printable"],
    ["where a bead begins, left", "G1 X2|G1 X9 E0.1", "G1 X1.999|G1 X9 E0.1", "outside-printable"],
    ["where a bead begins, back", "G1 Y118|G1 Y110 E0.1", "G1 Y118.001|G1 Y110 E0.1", "outside-printable"],
    ["where a bead begins, front", "G1 Y2|G1 Y9 E0.1", "G1 Y1.999|G1 Y9 E0.1", "outside-printable"],
    ["how low a bead lies", "G1 Z0.05|G1 X61 E0.01", "G1 Z0.049|G1 X61 E0.01", "outside-printable"],
    ["how high a bead lies", "G1 Z115|G1 X61 E0.01", "G1 Z115.001|G1 X61 E0.01", "outside-printable"],
    ["how thick a bead is", "G1 X70 E1.671", "G1 X70 E1.672", "extrusion-too-thick"],
    ["how fast plastic flows", "G1 X70 E0.34 F9000", "G1 X70 E0.342 F9000", "flow-too-high"],
    ["how far filament is pulled", "G1 E-2", "G1 E-2.001", "retraction-too-long"],
    ["how far it is pulled in steps", "G1 E-1|G1 X70 E-1", "G1 E-1|G1 X70 E-1.001", "retraction-too-long"],
    ["how much is pushed out", "G1 E5", "G1 E5.001", "prime-too-long"],
    ["how much beyond a retraction", "G1 E-1|G1 E6", "G1 E-1|G1 E6.001", "prime-too-long"],
    ["how fast filament moves", "G1 E-1 F3000", "G1 E-1 F3000.1", "feed-range"],
    [
      "how cold material is printed",
      "M104 S195|G1 X61 E0.01",
      "M104 S194.9|G1 X61 E0.01",
      "wrong-material-temperature",
    ],
    ["how hot material is printed", "M104 S215|G1 X61 E0.01", "M104 S215.1|G1 X61 E0.01", "wrong-material-temperature"],
    ["how cold the bed is", "M140 S50|G1 X61 E0.01", "M140 S49.9|G1 X61 E0.01", "wrong-material-temperature"],
    ["how hot the bed is", "M140 S65|G1 X61 E0.01", "M140 S65.1|G1 X61 E0.01", "wrong-material-temperature"],
    ["how cold filament moves", "M104 S180|G1 E-1", "M104 S179.9|G1 E-1", "cold-extrusion"],
    ["what was waited for", "M104 S0|M109 S180|G1 E-1", "M104 S0|M109 S179|M104 S205|G1 E-1", "cold-extrusion"],
    ["priming by the material's window", "M104 S190|G1 E1", "M104 S190|G1 X61 E0.01", "wrong-material-temperature"],
    ["a pulling move by it", "M104 S190|G1 X61 E-1", "M104 S190|G1 X61 E0.01", "wrong-material-temperature"],
    ["the first level", "G1 X61 E0.01|G1 Z0", "G1 Z0.4|G1 X61 E0.01|G1 Z0.3", "below-print"],
    [
      "travel at the height of the print",
      "G1 Z0.4|G1 X61 E0.01|G1 Z0.4 X0",
      "G1 Z0.4|G1 X61 E0.01|G1 Z0.399 X0",
      "below-print",
    ],
    [
      "a new layer may be primed anew",
      "G1 E5|G1 X61 E0.01|G1 Z0.4|G1 X62 E0.01|G1 E5",
      "G1 X61 E0.01|G1 E3|G1 X62 E0.01|G1 E3",
      "prime-too-long",
    ],
  ])("%s", (_, within, beyond, code) => {
    expect(last(within)).toBeNull();
    expect(last(beyond)?.code).toBe(code);
  });

  it.each([
    ["G1 X150.5", "The line moves to X150.5 Y60 Z0.2, which is outside the machine's working space."],
    ["G1 X61 F9001", "The line moves at 9001 mm/min, faster than the 9000 mm/min that the recipe allows."],
    ["G1 X60.1 E3", "The line lays 72.158 mm3 on each millimetre, more than 0.4."],
    ["M104 S-20", "The line sets the hotend to -20 degrees."],
    ["M500", "M500 would read or change the machine's stored settings."],
  ])("%s is refused in words", (line, what) => {
    expect(last(line)).toMatchObject({ line: 7, excerpt: line, what });
  });

  it("names unprintable bytes and long lines without repeating them", () => {
    expect(last("G1 X1\x01")?.excerpt).toBe("G1 X1?");
    expect(last(`M104 S1 ${" ".repeat(90)}`)?.excerpt).toBe(`M104 S1 ${" ".repeat(52)}...`);
  });
});
