/** What a label says, and that no word of it is ever cut off. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Pathway } from "../../src/jobs/pathway.ts";
import { type LabelFacts, labelContent } from "../../src/labels/label.ts";
import { type LabelFont, layoutLabel, usualSize } from "../../src/labels/layout.ts";
import { contentOf, usualFacts } from "./facts.ts";

describe("[F46] the content of a label", () => {
  test("names device, patient's pseudonym, side, lot, serial number, dates and maker, and carries them in its code", () => {
    expect(contentOf()).toEqual({
      warnings: [],
      title: "Surgical drill guide, distal femur",
      lines: [
        "For PSN-7Q4K-12, side: LEFT",
        "Lot J-2026-0042, serial number J-2026-0042-1",
        "Made on 2026-11-25, use by 2027-11-25",
        "Custom-made device. Medical device. For this patient only. Not sterile. Sterilise before use. The code identifies this device; it is no UDI.",
        "Made by Cell 1, Example Hospital, Example Street 1, Exampletown",
      ],
      element: "0109501101020917112611251727112510J-2026-0042\u001d21J-2026-0042-1",
      bracketed: "(01)09501101020917(11)261125(17)271125(10)J-2026-0042(21)J-2026-0042-1",
      madeOn: "2026-11-25",
    });
    expect(contentOf({ useBy: null }).element).toBe("01095011010209171126112510J-2026-0042\u001d21J-2026-0042-1");
  });

  test.each<[Pathway, string[], string]>([
    [
      "eu-custom-made",
      [],
      "Custom-made device. Medical device. For this patient only. Not sterile. Sterilise before use. The code identifies this device; it is no UDI.",
    ],
    [
      "eu-in-house",
      [],
      "In-house device, MDR Article 5(5). Only for use in the institution that made it. Not sterile. Sterilise before use. The code identifies this device; it is no UDI.",
    ],
    ["us-patient-matched", [], "Patient-matched device. Rx only. Not sterile. Sterilise before use."],
    [
      "gb-in-house",
      [],
      "In-house device, Great Britain. Only for use in the institution that made it. Not sterile. Sterilise before use. The code identifies this device; it is no UDI.",
    ],
    [
      "sg-custom-made",
      [],
      "Custom-made medical device. For the sole use of this patient. Not sterile. Sterilise before use. The code identifies this device; it is no UDI.",
    ],
    ["model-only", ["MODEL - NOT FOR USE ON A PATIENT"], "The code identifies this device; it is no UDI."],
    [
      "demonstration",
      ["DEMONSTRATION - NOT FOR HUMAN USE"],
      "Not sterile. Sterilise before use. The code identifies this device; it is no UDI.",
    ],
  ])("[F77] by pathway: %s", (pathway, warnings, words) => {
    expect(contentOf({ pathway })).toMatchObject({ warnings });
    expect(contentOf({ pathway }).lines[3]).toBe(words);
  });

  test("a simulated device says so whatever its pathway", () => {
    expect(contentOf({ simulated: true }).warnings).toEqual(["SIMULATED - NOT FOR HUMAN USE"]);
    expect(contentOf({ simulated: true, pathway: "demonstration" }).warnings).toEqual([
      "SIMULATED - NOT FOR HUMAN USE",
      "DEMONSTRATION - NOT FOR HUMAN USE",
    ]);
  });

  test.each<[Partial<LabelFacts>, string]>([
    [{ title: " " }, "The device's title is empty."],
    [{ title: "x".repeat(201) }, "The device's title is 201 characters long, and 200 are allowed on a label."],
    [{ title: "guide\u202etfel" }, "The device's title has the sign U+202E, which cannot be seen."],
    [{ pseudonym: "A\nB" }, "The pseudonym has the sign U+000A, which cannot be seen."],
    [{ cellTitle: "" }, "The cell's title is empty."],
    [{ gtin: "09501101020918" }, 'In the GTIN (01), "09501101020918" has a wrong check digit: it would have to be 7.'],
    [{ serial: "Ä1" }, 'In the serial number (21), "Ä1" has the sign Ä (U+00C4), which GS1 does not allow.'],
    [{ lot: "" }, "There is nothing in the lot (10)."],
    [{ madeOn: "2026-02-30" }, 'The date of manufacture "2026-02-30" has day 30 in month 2.'],
    [{ useBy: "soon" }, 'The use-by date "soon" is no date in the form 2026-03-31.'],
    [{ useBy: "2026-11-24" }, "The device would be past its use-by date 2026-11-24 when it was made, on 2026-11-25."],
  ])("%j is refused in words", (changes, sentence) => {
    expect(labelContent({ ...usualFacts, ...changes })).toEqual({ ok: false, error: sentence });
  });
});

/** Every letter 0.6 of its size wide; all signs but those of Chinese script. */
const plainFont: LabelFont = {
  has: (code) => code < 0x3000,
  width_mm: (text, size_pt) => (text.length * size_pt * 0.6 * 25.4) / 72,
};

describe("[F46] the layout of a label", () => {
  test("whatever the texts, all of them stand on the label inside its edges and beside its code, or it is refused", () => {
    const word = fc.string({ unit: fc.constantFrom(..."abcdeXYZ"), minLength: 1, maxLength: 30 });
    const title = fc.array(word, { minLength: 1, maxLength: 20 }).map((all) => all.join(" ").slice(0, 200));
    fc.assert(
      fc.property(
        title,
        word,
        fc.boolean(),
        fc.integer({ min: 18, max: 32 }),
        (text, pseudonym, simulated, modules) => {
          const content = contentOf({ title: text.trim(), pseudonym, simulated });
          const layout = layoutLabel(content, usualSize, modules, plainFont);
          if (!layout.ok) {
            expect(layout.error).toMatch(/^The label's text does not fit/);
            return;
          }
          const words = (all: readonly string[]): string => all.join("").replaceAll(" ", "");
          const whole = words([...content.warnings, content.title, ...content.lines, content.bracketed]);
          expect(words(layout.value.texts.map((each) => each.text))).toBe(whole);
          const code = layout.value.code;
          const edge_mm = (modules + 1) * usualSize.module_mm;
          for (const placed of layout.value.texts) {
            const right_mm = placed.x_mm + plainFont.width_mm(placed.text, placed.size_pt, placed.bold);
            const bottom_mm = placed.y_mm + (placed.size_pt * 25.4) / 72;
            expect(right_mm).toBeLessThanOrEqual(usualSize.width_mm - 2 + 1e-9);
            expect(bottom_mm).toBeLessThanOrEqual(usualSize.height_mm - 2 + 1e-9);
            expect(placed.size_pt).toBeGreaterThanOrEqual(5);
            const apart =
              placed.x_mm >= code.x_mm + edge_mm || placed.y_mm >= code.y_mm + edge_mm || bottom_mm <= code.y_mm;
            expect(apart).toBe(true);
          }
        },
      ),
    );
  });

  test("a text too long for the smallest letters is refused, and so is a sign that the font lacks", () => {
    const long = contentOf({ title: "guide ".repeat(33).trim(), cellTitle: "street ".repeat(17).trim() });
    expect(layoutLabel(long, usualSize, 24, plainFont)).toEqual({
      ok: false,
      error: `The label's text does not fit even in small letters. The longest part is "${long.title}": shorten it.`,
    });
    expect(layoutLabel(contentOf({ pseudonym: "王小明" }), usualSize, 24, plainFont)).toEqual({
      ok: false,
      error: "The label's font has no sign 王 (U+738B): write the text in other letters.",
    });
  });

  test("a label too small for its code or its warning is refused", () => {
    const small = { ...usualSize, height_mm: 20 };
    expect(layoutLabel(contentOf(), small, 32, plainFont)).toEqual({
      ok: false,
      error: "A code of 15.2 mm does not fit on a label of 20 mm.",
    });
    const narrow = { ...usualSize, width_mm: 30 };
    expect(layoutLabel(contentOf({ simulated: true }), narrow, 24, plainFont)).toEqual({
      ok: false,
      error: 'The label is too narrow for "SIMULATED - NOT FOR HUMAN USE" in large letters.',
    });
    expect(layoutLabel(contentOf(), { ...usualSize, width_mm: 20 }, 24, plainFont)).toMatchObject({ ok: false });
  });
});
