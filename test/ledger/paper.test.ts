/** Text on paper: runs, breaks, and signs that a font lacks. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runsOf, shownText, wrapAnywhere, wrapWords } from "../../src/ledger/paper.ts";

const wide = (text: string): number => text.length;

describe("[F71] text on paper", () => {
  test.each([
    ["signed by محمد أحمد (P-1)", ["signed by ", "محمد أحمد", " (P-1)"]],
    ["שלום עולם", ["", "שלום עולם"]],
    ["Cell 7: عبد-الله 12 ميل", ["Cell 7: ", "عبد-الله", " 12 ", "ميل"]],
    ["٣٤ قسم", ["٣٤ ", "قسم"]],
    ["plain", ["plain"]],
  ])("%s: words from right to left stand together, digits and brackets where they were typed", (line, runs) => {
    const found = runsOf(line);
    expect(found.map((run) => run.text)).toEqual(runs.filter((text) => text !== ""));
    for (const run of found) expect(run.rightToLeft).toBe(/[\u0590-\u065f\u0670-\u06ef]/.test(run.text));
  });

  test("signs that are lacking or cannot be seen stand as their numbers", () => {
    const has = (code: number): boolean => code < 0x1000;
    expect(shownText("Wu 王\u202e\n\u200d!", has)).toEqual({
      text: "Wu [U+738B][U+202E][U+000A][U+200D]!",
      lacking: ["王", "\u202e", "\n", "\u200d"],
    });
    expect(shownText("Żółć", has)).toEqual({ text: "Żółć", lacking: [] });
  });

  test("lines are no wider than they may be, and nothing is lost or torn apart", () => {
    const text = fc
      .array(fc.string({ unit: fc.constantFrom("a", "é", "e\u0301", "👩‍⚕️", "-"), minLength: 1, maxLength: 60 }))
      .map((words) => words.join(" "));
    fc.assert(
      fc.property(text, fc.integer({ min: 6, max: 40 }), (whole, width) => {
        const lines = wrapAnywhere(whole, width, wide);
        expect(lines.join("").replaceAll(" ", "")).toBe(whole.replaceAll(" ", ""));
        for (const line of lines) {
          expect(wide(line)).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/^(\u0301|\u200d|\ufe0f)/);
        }
        const words = wrapWords(whole, width, wide);
        if (words !== null) expect(words.join(" ")).toBe(whole);
      }),
    );
  });

  test("letters that are wider together than alone still fit", () => {
    const kerned = (text: string): number => text.length + (text.length > 1 ? 1 : 0);
    for (const line of wrapAnywhere("abcdefghijkl", 5, kerned)) expect(kerned(line)).toBeLessThanOrEqual(5);
  });
});
