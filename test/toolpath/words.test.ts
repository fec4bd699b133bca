/** One line of G-code is read exactly or refused: tables and properties of the parser. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bit, commandKey, commandName, emptyWords, parseLine, slot } from "../../src/toolpath/words.ts";

function read(text: string) {
  const words = emptyWords();
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const problem = parseLine(bytes, 0, bytes.length, words);
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].filter((letter) => (words.present & bit(letter)) !== 0);
  const values = letters.map((letter) => [
    letter,
    (words.valued & bit(letter)) !== 0 ? words.values[slot(letter)] : null,
  ]);
  return problem ?? { command: words.command === 0 ? "" : commandName(words.command), ...Object.fromEntries(values) };
}

describe("[F38] a line of G-code", () => {
  it.each([
    ["G1 X1 Y-2.5 E.05", { command: "G1", X: 1, Y: -2.5, E: 0.05 }],
    ["G1X1Y-2.5 E.05", { command: "G1", X: 1, Y: -2.5, E: 0.05 }],
    ["G1E.05X1", { command: "G1", X: 1, E: 0.05 }],
    ["G1X1Y-2.5E.05", "exponent"],
    ["  G28 X Y0 ", { command: "G28", X: null, Y: 0 }],
    ["G0 X5. Y-.5", { command: "G0", X: 5, Y: -0.5 }],
    ["G1 X-0", { command: "G1", X: 0 }],
    ["G1 X0.123456789", { command: "G1", X: 0.123456789 }],
    ["M104 S205;M500", { command: "M104", S: 205 }],
    ["G1 X1 E2", { command: "G1", X: 1, E: 2 }],
    ["T0", { command: "T0" }],
    ["M118 A1 layer:7", { command: "M118" }],
    ["", { command: "" }],
    ["   ; G1 X9", { command: "" }],
    [";(x) *7 g1", { command: "" }],
    ["G1 X1E2", "exponent"],
    ["G1 X1.E2", "exponent"],
    ["G1 X1234567890", "malformed-number"],
    ["G1 X0.1234567891", "malformed-number"],
    ["G1 X12345678.12345678", "malformed-number"],
    ["M117 say *7", "inline-checksum"],
    ["M118 (x)", "malformed-line"],
    ["G1.5 X2", "malformed-line"],
    ["G4096", "malformed-line"],
    ["G00", "malformed-line"],
    ["X10", "malformed-line"],
    ["~", "malformed-line"],
    ["G1 X1 ~", "malformed-line"],
  ])("%j", (text, result) => {
    expect(read(text)).toEqual(result);
  });

  it("reads what it prints: numbers are those of parseFloat", () => {
    const number = fc
      .tuple(fc.boolean(), fc.nat(999_999_999), fc.stringMatching(/^[0-9]{0,6}$/))
      .map(([minus, whole, decimals]) => `${minus ? "-" : ""}${whole}${decimals === "" ? "" : `.${decimals}`}`);
    const words = fc.uniqueArray(fc.tuple(fc.constantFrom(..."XYZFSPR"), number), { selector: ([letter]) => letter });
    fc.assert(
      fc.property(
        fc.constantFrom("G0", "G1", "M104"),
        words,
        fc.constantFrom(" ", "", "  "),
        (command, list, space) => {
          const text = command + list.map(([letter, value]) => space + letter + value).join("");
          const values = list.map(([letter, value]) => [letter, Number.parseFloat(value) + 0]);
          expect(read(text)).toEqual({ command, ...Object.fromEntries(values) });
        },
      ),
    );
  });

  it("never throws, never reads past the end, never yields NaN or infinity", () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    const likely = fc.string({ unit: fc.constantFrom(..."GMTXYZE0123456789.-+ ;()*Ne"), maxLength: 30 });
    const line = fc.oneof(
      bytes,
      likely.map((text) => Uint8Array.from(text, (c) => c.charCodeAt(0))),
    );
    fc.assert(
      fc.property(line, fc.uint8Array({ maxLength: 5 }), (content, rest) => {
        const words = emptyWords();
        const problem = parseLine(content, 0, content.length, words);
        const again = emptyWords();
        const more = Uint8Array.from([...content, ...rest]);
        expect(parseLine(more, 0, content.length, again)).toBe(problem);
        expect(words.values.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("names commands", () => {
    fc.assert(
      fc.property(fc.constantFrom("G", "M", "T"), fc.nat(4095), (letter, number) => {
        expect(commandName(commandKey(`${letter}${number}`))).toBe(`${letter}${number}`);
      }),
    );
  });
});
