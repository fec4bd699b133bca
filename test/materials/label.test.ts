/** Labels compared with what was scanned, and accounted for. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accountForLabels, type LabelMove } from "../../src/materials/label-account.ts";
import { labelAgrees } from "../../src/materials/label-agreement.ts";

describe("[F47] a label scanned back", () => {
  const issued = "01095011010209171126112510J-2026-0042\u001d21J-2026-0042-1";

  test("agrees in whatever form it was scanned", () => {
    const said = { gtin: "09501101020917", madeOn: "261125", useBy: null, lot: "J-2026-0042", serial: "J-2026-0042-1" };
    expect(labelAgrees(issued, `]d2${issued}`)).toEqual({ ok: true, value: said });
    expect(labelAgrees(issued, "(01)09501101020917(11)261125(10)J-2026-0042(21)J-2026-0042-1")).toEqual({
      ok: true,
      value: said,
    });
  });

  test.each([
    [
      "of another copy",
      issued.replace("0042-1", "0042-2"),
      'This is another label: the serial number (21) is "J-2026-0042-2", printed was "J-2026-0042-1".',
    ],
    [
      "of another order",
      issued.replaceAll("0042", "0043"),
      'This is another label: the lot (10) is "J-2026-0043", printed was "J-2026-0042"; the serial number (21) is "J-2026-0043-1", printed was "J-2026-0042-1".',
    ],
    [
      "without serial number and with a use-by date",
      "01095011010209171126112517271125" + "10J-2026-0042",
      'This is another label: the expiration date (17) is "271125", printed was absent; the serial number (21) is absent, printed was "J-2026-0042-1".',
    ],
    [
      "that is no GS1 code",
      "PART-7",
      'The scanned code is not this label\'s. The code begins with "PA", which is no application identifier that is used here (01, 11, 17, 10, 21).',
    ],
  ])("%s is told in words", (_what, scanned, sentence) => {
    expect(labelAgrees(issued, scanned)).toEqual({ ok: false, error: sentence });
  });
});

describe("[F47] issued = applied + voided", () => {
  const move = (what: LabelMove["what"], label: string, unit = 1): LabelMove => ({ what, label, unit });

  test("a first label, and one printed again after the first was spoiled", () => {
    expect(accountForLabels([move("issued", "L1"), move("applied", "L1")], 1)).toEqual({
      issued: 1,
      applied: 1,
      voided: 0,
      problems: [],
    });
    const again = [move("issued", "L1"), move("applied", "L1"), move("voided", "L1"), move("issued", "L2")];
    expect(accountForLabels([...again, move("applied", "L2")], 1)).toEqual({
      issued: 2,
      applied: 1,
      voided: 1,
      problems: [],
    });
  });

  test.each<[string, LabelMove[], string[]]>([
    ["nothing was printed", [], ["Copy 1 bears no label."]],
    [
      "one lies about",
      [move("issued", "L1"), move("issued", "L2"), move("applied", "L2")],
      ["Label L1 of copy 1 was issued and is neither applied nor voided."],
    ],
    [
      "two are on the device",
      [move("issued", "L1"), move("issued", "L2"), move("applied", "L1"), move("applied", "L2")],
      ["Copy 1 bears 2 labels: L1, L2."],
    ],
    [
      "one from nowhere",
      [move("applied", "L9")],
      ["Label L9 was applied for copy 1, for which it was never issued.", "Copy 1 bears no label."],
    ],
    [
      "a voided one is used",
      [move("issued", "L1"), move("voided", "L1"), move("applied", "L1")],
      ["Label L1 of copy 1 was applied after it had been voided.", "Copy 1 bears no label."],
    ],
    [
      "the same one twice",
      [move("issued", "L1"), move("issued", "L1"), move("applied", "L1"), move("applied", "L1")],
      ["Label L1 of copy 1 was issued twice.", "Label L1 of copy 1 was applied twice."],
    ],
    [
      "swapped with the other copy's",
      [move("issued", "L1", 1), move("issued", "L2", 2), move("applied", "L2", 1), move("applied", "L1", 2)],
      [
        "Label L2 was issued for copy 2 and applied to copy 1.",
        "Label L2 was applied for copy 1, for which it was never issued.",
        "Label L1 was issued for copy 1 and applied to copy 2.",
        "Label L1 of copy 1 was issued and is neither applied nor voided.",
        "Copy 1 bears no label.",
      ],
    ],
  ])("%s", (_what, moves, problems) => {
    expect(accountForLabels(moves, 1).problems).toEqual(problems);
  });

  test("whatever happens, an account without problems adds up", () => {
    const any = fc.array(
      fc.record({
        what: fc.constantFrom<LabelMove["what"]>("issued", "applied", "voided"),
        label: fc.constantFrom("L1", "L2", "L3"),
        unit: fc.constantFrom(1, 2),
      }),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(any, (moves) => {
        const account = accountForLabels(moves, 1);
        const issues = moves.filter((each) => each.unit === 1 && each.what === "issued").length;
        if (account.problems.length > 0) return;
        expect(account).toMatchObject({ issued: issues, applied: 1, voided: issues - 1 });
      }),
    );
  });
});
