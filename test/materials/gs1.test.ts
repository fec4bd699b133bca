/** GS1 element strings against published examples and against their own rules. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Gs1, gs1Bracketed, gs1Text, makeGs1, parseGs1 } from "../../src/materials/gs1.ts";
import { readGs1Date, writeGs1Date } from "../../src/materials/gs1-date.ts";
import { checkDigit, gtinWithCheckDigit } from "../../src/materials/gs1-element.ts";

const nothing = { madeOn: null, useBy: null, lot: null, serial: null };

/** Published examples: what is printed, what a scanner sends, what it says. */
const examples: readonly [source: string, bracketed: string, scanned: string, says: Partial<Gs1>][] = [
  [
    "GS1 DataMatrix Guideline, section 2.1",
    "(01)03453120000011(17)191125(10)ABCD1234",
    "]d201034531200000111719112510ABCD1234",
    { gtin: "03453120000011", useBy: "191125", lot: "ABCD1234" },
  ],
  [
    "GS1 DataMatrix Guideline, concatenation with a separator",
    "(01)09501101020917(17)190508(10)ABCD1234(21)10",
    "]d201095011010209171719050810ABCD1234\u001d2110",
    { gtin: "09501101020917", useBy: "190508", lot: "ABCD1234", serial: "10" },
  ],
  [
    "FDA, UDI formats by FDA-accredited issuing agency, version 1.3: GS1",
    "(01)51022222233336(11)141231(17)150707(10)A213B1(21)1234",
    "]d20151022222233336111412311715070710A213B1\u001d211234",
    { gtin: "51022222233336", madeOn: "141231", useBy: "150707", lot: "A213B1", serial: "1234" },
  ],
];

describe("[F46] published examples", () => {
  test.each(examples)("%s", (_source, bracketed, scanned, says) => {
    const read = parseGs1(scanned);
    expect(read).toEqual({ ok: true, value: { ...nothing, ...says } });
    expect(parseGs1(bracketed)).toEqual(read);
    if (!read.ok) return;
    expect(gs1Bracketed(read.value)).toBe(bracketed);
    expect(`]d2${gs1Text(read.value)}`).toBe(scanned);
  });

  test("check digits (GS1 General Specifications 7.9.1, and gs1.org on how to calculate one by hand)", () => {
    expect(checkDigit("629104150021")).toBe(3);
    expect(checkDigit("37610425002123456")).toBe(9);
    expect(checkDigit("0345312000001")).toBe(1);
    expect(gtinWithCheckDigit("0950110102091")).toEqual({ ok: true, value: "09501101020917" });
    expect(gtinWithCheckDigit("950110102091").ok).toBe(false);
  });

  test.each([
    ["990101", 2026, "1999-01-01"],
    ["760101", 2026, "2076-01-01"],
    ["770101", 2026, "1977-01-01"],
    ["000101", 2051, "2100-01-01"],
    ["010101", 2051, "2101-01-01"],
    ["020101", 2051, "2002-01-01"],
    ["280200", 2026, "2028-02-29"],
    ["270200", 2026, "2027-02-28"],
    ["260900", 2026, "2026-09-30"],
    ["000200", 2090, "2100-02-28"],
  ])("the century and the last day of the month: %s read in %d is %s (7.12, 3.4)", (text, year, date) => {
    expect(readGs1Date(text, year)).toEqual({ ok: true, value: date });
  });
});

describe("[F46] what scanners send", () => {
  const text = "010345312000001110ABCD1234\u001d2110";
  const read = parseGs1(text);

  test.each([
    ["a GS1 DataMatrix identifier", `]d2${text}`],
    ["a GS1-128 identifier", `]C1${text}`],
    ["a GS1 QR Code identifier", `]Q3${text}`],
    ["the first FNC1 as a separator", `\u001d${text}`],
    ["an end of line", `]d2${text}\r\n`],
    ["a separator that was not needed", `]d20103453120000011\u001d10ABCD1234\u001d2110\u001d`],
    ["another order", "]d22110\u001d10ABCD1234\u001d0103453120000011"],
  ])("with %s it is the same", (_what, sent) => {
    expect(read.ok).toBe(true);
    expect(parseGs1(sent)).toEqual(read);
  });

  test.each([
    ["", "The code is empty."],
    ["]d10103453120000011", "The code is not a GS1 code: the scanner calls its kind ]d1."],
    ["10LOT7", "The code has no GTIN (01): what it says does not say of what."],
    ["0103453120000012", 'In the GTIN (01), "03453120000012" has a wrong check digit: it would have to be 1.'],
    ["010345312", 'In the GTIN (01), "0345312" is not 14 digits.'],
    ["0100000000000000", 'In the GTIN (01), "00000000000000" is no number that was ever given.'],
    ["010345312000001117261301", 'In the expiration date (17), "261301" has month 13.'],
    ["010345312000001117260230", 'In the expiration date (17), "260230" has day 30 in a month of 28 days.'],
    ["0103453120000011112612", 'In the production date (11), "2612" is not six digits YYMMDD.'],
    ["010345312000001110A\u001d10A", "The code has the lot (10) twice."],
    ["010345312000001110\u001d2110", "There is nothing in the lot (10)."],
    [
      "010345312000001110ABCDEFGHIJKLMNOPQRSTUVWXYZ",
      'In the lot (10), "ABCDEFGHIJKLMNOPQRSTUVWXYZ" is 26 characters long, and 20 are allowed; a separator after it may be missing.',
    ],
    ["010345312000001110AB C", 'In the lot (10), "AB C" has the sign U+0020, which GS1 does not allow.'],
    ["010345312000001110Zäh", 'In the lot (10), "Zäh" has the sign ä (U+00E4), which GS1 does not allow.'],
    [
      "010345312000001130 5",
      'After the GTIN (01) stands "30", which is no application identifier that is used here (01, 11, 17, 10, 21).',
    ],
    [
      "https://example.org",
      'The code begins with "ht", which is no application identifier that is used here (01, 11, 17, 10, 21).',
    ],
    [
      "(3103)000189",
      'The code begins with "3103", which is no application identifier that is used here (01, 11, 17, 10, 21).',
    ],
    ["(01)03453120000011(x", 'The code cannot be read at "(x": an application identifier in brackets is missing.'],
    ["1".repeat(201), "The code is 201 characters long, and 200 are allowed."],
  ])("%j is refused in words", (sent, sentence) => {
    expect(parseGs1(sent)).toEqual({ ok: false, error: sentence });
  });
});

const sign82 = fc.constantFrom(
  ..."!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz",
);
const variable = fc.string({ unit: sign82, minLength: 1, maxLength: 20 });
const date = fc
  .date({ min: new Date("1977-01-01"), max: new Date("2076-12-31"), noInvalidDate: true })
  .map((each) => each.toISOString().slice(0, 10));
const gtin = fc
  .string({ unit: fc.constantFrom(..."0123456789"), minLength: 13, maxLength: 13 })
  .filter((digits) => /[1-9]/.test(digits))
  .map((digits) => `${digits}${checkDigit(digits)}`);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const yymmdd = date.map((each) => each.slice(2).replaceAll("-", ""));
const anyCode = fc.record({
  gtin,
  madeOn: maybe(yymmdd),
  useBy: maybe(yymmdd),
  lot: maybe(variable),
  serial: maybe(variable),
});

describe("[F46] properties", () => {
  test("what is written is read back, in both forms", () => {
    fc.assert(
      fc.property(anyCode, (parts) => {
        const code = makeGs1(parts);
        expect(code).toEqual({ ok: true, value: parts });
        expect(parseGs1(`]d2${gs1Text(parts)}`)).toEqual(code);
        expect(parseGs1(gs1Bracketed(parts))).toEqual(code);
      }),
    );
  });

  test("every single wrong digit of a GTIN is refused", () => {
    fc.assert(
      fc.property(gtin, fc.nat(13), fc.integer({ min: 1, max: 9 }), (right, place, by) => {
        const wrong = `${right.slice(0, place)}${(Number(right[place]) + by) % 10}${right.slice(place + 1)}`;
        expect(parseGs1(`01${wrong}`).ok).toBe(false);
        expect(parseGs1(`(01)${wrong}`).ok).toBe(false);
      }),
    );
  });

  test("dates are written and read back within the window of a hundred years", () => {
    fc.assert(
      fc.property(date, (each) => {
        const written = writeGs1Date(each);
        expect(written.ok && readGs1Date(written.value, 2026)).toEqual({ ok: true, value: each });
      }),
    );
  });

  test("any text is either a code that reads the same again, or refused in a sentence", () => {
    const pieces = fc.array(
      fc.oneof(fc.constantFrom("01", "10", "]d2", "\u001d", "(01)", "(10)", "03453120000011", "\\"), fc.string()),
    );
    fc.assert(
      fc.property(pieces, (all) => {
        const read = parseGs1(all.join(""));
        if (read.ok) expect(parseGs1(gs1Text(read.value))).toEqual(read);
        else expect(read.error).toMatch(/^[A-Z].*\.$/s);
      }),
    );
  });

  test.each(["2026-02-29", "2026-13-01", "2026-1-1", "26-01-01", ""])("%j is no date to write", (text) => {
    expect(writeGs1Date(text).ok).toBe(false);
  });
});
