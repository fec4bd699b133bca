/** The resolver of scanned texts: every text gets a sentence, and what it is decides where it may go (R10). */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expiryOf, nameOfScanned, resolveScan, type Scanned, type Wanted, wrongCode } from "../../src/hmi/scan.ts";
import { type Gs1, separator } from "../../src/materials/gs1.ts";
import { hmac } from "./bench.ts";
import { createFakeCell, job, materials } from "./fake-cell.ts";
import { packages, tag, useByOf, wholeRoute } from "./walk.ts";

const [pla] = materials;
const cell = createFakeCell(hmac);
await cell.prepare({ route: wholeRoute });
/** The cell after a part got its tag, without the way there. */
const state = { ...cell.state(), tags: { [tag]: `${job}/1` } };
const deviceGtin = "09506000134352";

const examples: readonly (readonly [string, Scanned["kind"], string])[] = [
  [`JOB:${job}`, "job", `the code of the job sheet ${job}`],
  ["JOB:J-1", "job", "the code of the job sheet J-1, which is not here"],
  [packages.pla, "package", "a package of PLA filament 1.75 mm, lot PLA-77"],
  [`01${pla.gtin}`, "package", "a package of PLA filament 1.75 mm"],
  [`(01)${pla.gtin}(10)PLA-77`, "package", "a package of PLA filament 1.75 mm, lot PLA-77"],
  [`]d201${deviceGtin}10${job}${separator}211`, "label", `the label of copy 1 of order ${job}`],
  [
    `01${deviceGtin}10J-1${separator}211`,
    "foreign",
    `a code with the number ${deviceGtin}, which this cell neither uses nor makes`,
  ],
  [tag, "tag", `the tag of copy 1 of order ${job}`],
  [`]C0${tag}`, "tag", `the tag of copy 1 of order ${job}`],
  ["TAG-0008", "free", "the code TAG-0008, which nothing here bears yet"],
  ["constructor", "free", "the code constructor, which nothing here bears yet"],
  ["Mrs Schmidt", "unreadable", "no code that is used here"],
  ["", "unreadable", "no code that is used here"],
];

describe("a scanned text", () => {
  it.each(examples)("[F92] %j is %s", (text, kind, name) => {
    const scanned = resolveScan(state, text);
    expect([scanned.kind, nameOfScanned(scanned)]).toEqual([kind, name]);
  });

  it("[F48][F92] is refused by every screen that waits for another kind, with what it is and what to scan", () => {
    const right: Readonly<Record<Wanted, readonly string[]>> = {
      package: [packages.pla, `01${pla.gtin}`, `(01)${pla.gtin}(10)PLA-77`],
      tag: [tag, `]C0${tag}`],
      label: [`]d201${deviceGtin}10${job}${separator}211`],
      container: [],
    };
    const shared: Readonly<Record<string, readonly Wanted[]>> = {
      free: ["tag", "container"],
      foreign: ["package", "label"],
    };
    for (const wanted of ["package", "tag", "label", "container"] as const) {
      for (const [text, kind] of examples) {
        const problem = wrongCode(resolveScan(state, text), wanted);
        const fits = right[wanted].includes(text) || (shared[kind]?.includes(wanted) ?? false);
        expect([text, wanted, problem === null]).toEqual([text, wanted, fits]);
        if (problem)
          expect([problem.code, problem.what.startsWith("This is "), problem.remedy?.startsWith("Scan the")]).toEqual([
            "wrong-code",
            true,
            true,
          ]);
      }
    }
  });

  it("[F92] whatever it is, has one kind and one sentence, and nothing is thrown", () => {
    const sign = fc.constantFrom(..."]dC0JOB:(01)(17)-.TAG 0123456789", separator, "\u0000", "é");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 220 }),
          fc.array(sign, { maxLength: 60 }).map((all) => all.join("")),
        ),
        (text) => {
          expect(nameOfScanned(resolveScan(state, text)).length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("a day of expiry", () => {
  const at = Date.UTC(2026, 5, 1);
  const code = (useBy: string | null): Gs1 => ({ gtin: pla.gtin, useBy, lot: null, serial: null, madeOn: null });

  it("[F39] lasts to the end of its day, of its month where no day is named, in the century that the year tells", () => {
    expect(expiryOf(code("260630"), at)).toBe(Date.UTC(2026, 5, 30, 23, 59, 59, 999));
    expect(expiryOf(code("280200"), at)).toBe(Date.UTC(2028, 1, 29, 23, 59, 59, 999));
    expect(expiryOf(code("990101"), at)).toBe(Date.UTC(1999, 0, 1, 23, 59, 59, 999));
    expect(expiryOf(code(useByOf(2031)), at)).toBe(Date.UTC(2031, 11, 31, 23, 59, 59, 999));
  });

  it("[F39] that is none, or of no year that has it, is none", () => {
    expect(expiryOf(code(null), at)).toBeNull();
    expect(expiryOf(code("270229"), at)).toBeNull();
  });
});
