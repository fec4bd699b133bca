/** Canonical JSON against RFC 8785 (JCS) and RFC 7493 (I-JSON). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssertionFailed } from "../../src/kernel/assert.ts";
import { canonical, canonicalBytes, parseCanonical } from "../../src/kernel/json.ts";
import { appendixB } from "../ledger/published.ts";

describe("RFC 8785 vectors", () => {
  test.each(appendixB)("appendix B: %s prints as %s", (bits, text) => {
    expect(canonical(Buffer.from(bits, "hex").readDoubleBE())).toBe(text);
  });

  test("appendix B: NaN and the infinities have no text", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => canonical(value)).toThrow(AssertionFailed);
    }
  });

  test("section 3.2.2: literals, numbers and string escapes", () => {
    const value = JSON.parse(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
        '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
    );
    expect(canonical(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test("section 3.2.3: members are sorted by UTF-16 code units", () => {
    const names = ["\u20ac", "\r", "\ufb33", "1", "\u{1f600}", "\u0080", "\u00f6"];
    const printed = canonical(Object.fromEntries(names.map((name) => [name, 0])));
    expect(Object.keys(JSON.parse(printed))).toEqual(["1", "\r", "\u0080", "\u00f6", "\u20ac", "\u{1f600}", "\ufb33"]);
    const order = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\u{1f600}", "\ufb33"].map((name) =>
      printed.indexOf(JSON.stringify(name)),
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });
});

describe("parseCanonical", () => {
  const refused = [
    '{"a":1,"a":2}',
    '{"b":1,"a":2}',
    '{ "a":1}',
    '{"a":1.0}',
    '{"a":9007199254740992}',
    '{"a":1e999}',
    '{"a":NaN}',
    '"\\ud800"',
    '"\\u0041"',
    '{"a":1}\n',
    "\ufeff{}",
    "",
    "{",
  ];
  test.each(refused)("refuses %j", (text) => {
    expect(parseCanonical(new TextEncoder().encode(text)).ok).toBe(false);
  });

  test("refuses bytes that are not UTF-8, and nesting without end", () => {
    expect(parseCanonical(Uint8Array.of(0x22, 0xff, 0x22)).ok).toBe(false);
    expect(parseCanonical(new TextEncoder().encode("[".repeat(200_000) + "]".repeat(200_000))).ok).toBe(false);
  });

  test("gives back every value that canonicalBytes prints", () => {
    const unsafe = (value: unknown): boolean =>
      typeof value === "number"
        ? Number.isInteger(value) && !Number.isSafeInteger(value)
        : typeof value === "object" && value !== null && Object.values(value).some(unsafe);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!unsafe(value));
        const bytes = canonicalBytes(value);
        const parsed = parseCanonical(bytes);
        expect(parsed.ok && canonical(parsed.value)).toBe(new TextDecoder().decode(bytes));
      }),
    );
  });
});

test("[F80] what is wrong with bytes is said without a word of theirs", () => {
  const foreign = fc.uint8Array({ maxLength: 40 }).filter((bytes) => !parseCanonical(bytes).ok);
  const fixed = /^(not JSON(: it is not UTF-8)?|not canonical JSON \(RFC 8785\).*|an integer beyond 2\^53 - 1 .*)$/;
  fc.assert(
    fc.property(fc.oneof(foreign, fc.constant(Uint8Array.of(0, 0x4d, 0x75, 0x73, 0x74, 0x65, 0x72))), (bytes) => {
      const parsed = parseCanonical(bytes);
      expect(parsed.ok ? "" : parsed.error).toMatch(fixed);
    }),
  );
});
