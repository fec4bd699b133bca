/** What a process pack may say: each member in its place, and nothing that contradicts itself. */
import { describe, expect, it } from "vitest";
import { packDigest, readPack, recipeClasses, recipeLimits } from "../../src/jobs/process-pack.ts";
import { type Edits, edited, judgeOf, packOf, packs } from "../packs.ts";

const changed = (process: string, edits: Edits) => readPack(edited(packOf(process), edits));
/** The judge of powder's first phase, and those of filament's. */
const first = "phases.0.judges.0";
const [streak, hopping, ...others] = judgeOf("powder-bed", "surface").classes;
const paths = judgeOf("filament", "toolpath").classes;

/** A name, the pack, what is changed of it, and the words with which it is refused. */
const wrong: [string, string, Edits, string][] = [
  ["of another format", "filament", { format: "2" }, "wrong at format"],
  ["with a member that is not known", "filament", { colour: "red" }, "wrong at its top"],
  ["without a phase", "filament", { phases: [] }, "wrong at phases"],
  ["with one phase twice", "powder-bed", { "phases.1.id": "recoated" }, "phases.1.id: another phase"],
  [
    "with a default beyond its ends",
    "powder-bed",
    { [`${first}.limits.excess.default`]: 9 },
    "excess.default: it lies",
  ],
  ["with ends the wrong way round", "powder-bed", { [`${first}.limits.excess.least`]: 9 }, "limits.excess"],
  [
    "with a limit that is not there",
    "powder-bed",
    { [`${first}.classes.0.limit`]: "no_mm2" },
    "there is no limit no_mm2",
  ],
  [
    "without the one limit of every surface",
    "powder-bed",
    { [`${first}.limits.excess`]: undefined },
    "limits: a surface",
  ],
  [
    "with a limit without a number",
    "powder-bed",
    { [`${first}.limits.excess.default`]: null },
    "limits.excess.default",
  ],
  ["with one class twice", "powder-bed", { [`${first}.classes.5`]: streak }, "classes.5: another class"],
  ["with a detector in two classes", "powder-bed", { [`${first}.classes.2.detectors.1`]: "streak down" }, "is told as"],
  [
    "with a detector that there is not",
    "powder-bed",
    { [`${first}.classes.2.detectors.1`]: "smell" },
    "classes.2.detectors",
  ],
  [
    "missing part under powder",
    "powder-bed",
    { [`${first}.classes.2.detectors.1`]: "part" },
    "only where parts are levelled",
  ],
  [
    "that hides what is found",
    "filament",
    { [`${first}.classes`]: paths.slice(0, -1) },
    "finds shift in mm by shift_mm, and no",
  ],
  [
    "with what is never found",
    "filament",
    { [`${first}.classes.6`]: { ...paths[0], class: "rust" } },
    "classes.6: the judge",
  ],
  [
    "that warns by itself",
    "filament",
    { [`${first}.classes.0.reaction.default`]: "warn" },
    "only a recipe can log or warn",
  ],
  ["milder than it allows", "filament", { [`${first}.classes.0.reaction.softest`]: "abort" }, "reaction.softest"],
  [
    "with two judges of a kind",
    "filament",
    { "phases.0.judges.1": judgeOf("filament", "toolpath") },
    "judges.1: a phase has",
  ],
];

describe("a process pack", () => {
  it("[F53] comes with the program for filament and for powder beds, each with its phases in order", () => {
    expect(packs.map(({ process, phases }) => [process, ...phases.map(({ id }) => id)])).toEqual([
      ["filament", "printed"],
      ["powder-bed", "recoated", "fused"],
    ]);
    expect(new Set(packs.map(packDigest)).size).toBe(2);
    expect([streak?.lines, hopping?.lines, others.length]).toEqual(["columns", "rows", 3]);
  });

  it("has a digest that does not depend on how its file is written", () => {
    const pack = packOf("powder-bed");
    const turned = JSON.stringify(Object.fromEntries(Object.entries(pack).reverse()), null, 7);
    const read = readPack(new TextEncoder().encode(turned));
    expect(read.ok && packDigest(read.value)).toBe(packDigest(pack));
  });

  it.each(wrong)("[F53] %s is refused with the place", (_, process, edits, words) => {
    expect(changed(process, {}).ok).toBe(true);
    expect(changed(process, edits)).toMatchObject({ ok: false, error: expect.stringContaining(words) });
  });

  it("is refused where it is no JSON", () => {
    expect(readPack(new TextEncoder().encode("{"))).toEqual({ ok: false, error: "The process pack is not JSON." });
  });

  it("[F56] names limits of surfaces by their phase, and takes the strictest phase for reactions", () => {
    expect([...recipeLimits(packOf("filament")).keys()]).toContain("thin_mm2");
    expect([...recipeLimits(packOf("powder-bed")).keys()]).toEqual(
      expect.arrayContaining(["recoated.excess", "recoated.streak_mm2", "fused.missing-part_mm2"]),
    );
    const patch = recipeClasses(packOf("powder-bed")).find((each) => each.class === "patch");
    expect(patch).toEqual({ class: "patch", unit: "mm2", default: "hold", softest: "hold" });
  });
});
