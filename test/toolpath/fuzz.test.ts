/** The guard against programs made to be dangerous, judged by a second reader; the long form is `npm run fuzz-guard`. */
import { describe, expect, it } from "vitest";
import { planToolpath } from "../../src/toolpath/plan.ts";
import { bytesOf, layered, projectFile } from "./bench.ts";
import { fuzzGuard, recipes } from "./fuzz/campaign.ts";
import { type Envelope, whatGoesWrong } from "./fuzz/firmware.ts";

const envelope: Envelope = {
  ...{
    bounds: [
      [0, 150],
      [0, 150],
      [0, 120],
    ],
    printable: [
      [2, 148],
      [2, 118],
      [0.05, 115],
    ],
    home: [0, 0, 0],
  },
  ...{ hotendMost: 230, bedMost: 70, feedMost: [9000, 1500, 3000], extrudeLeast_C: 180 },
};

describe("[F38] of programs made to be dangerous", () => {
  it("none passes that a second reader finds to leave the machine's limits", () => {
    const { unsafe, accepted, codes } = fuzzGuard(3000, 7);
    expect(accepted).toEqual([]);
    expect([unsafe, Object.keys(codes).length > 20]).toEqual([3000, true]);
  });

  it("the second reader finds good programs harmless, and is not blind", () => {
    for (const text of [
      layered(3),
      new TextDecoder().decode(projectFile("test/toolpath/corpus/good-absolute-e-wipe.gcode")),
    ]) {
      expect(whatGoesWrong(bytesOf(text), envelope)).toBeNull();
    }
    const after = (line: string) => whatGoesWrong(bytesOf(layered(1).replace("M107", `${line}\nM107`)), envelope);
    const wrong = [
      "G1 X151",
      "G1X-3",
      "G 1 X200",
      "G01 Y300",
      "N3 G1 Z-1*7",
      "G91\nG1 X140",
      "G92 X0\nG1 X140",
      "G20\nG1 X7",
    ];
    wrong.push(
      "M104 S300",
      "M0109 S999",
      "M302 P1",
      "T1",
      "G1 X1 X999",
      "G1 E1 F99999",
      "M84\nG1 X3",
      "G2 X20 Y20 I90",
      "\tM112x".trim(),
    );
    expect(wrong.filter((line) => after(line) === null)).toEqual([]);
  });

  it("good programs pass under every recipe of the campaign", () => {
    for (const by of recipes) expect(planToolpath(bytesOf(layered(3)), by).ok).toBe(true);
  });
});
