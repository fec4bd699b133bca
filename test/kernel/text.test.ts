/** Foreign text: whatever was written, what is kept of it can be shown and recorded. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalSize } from "../../src/kernel/json.ts";
import { clip, wellFormed } from "../../src/kernel/text.ts";

const anyText = fc.string({
  unit: fc.oneof(fc.string({ unit: "binary", minLength: 1, maxLength: 1 }), fc.constantFrom("\ud83d", "\ude00", "\0")),
});

it("[L1] a text is cut between characters, and what cannot be shown is a question mark", () => {
  expect(clip(`${"x".repeat(119)}\u{1f600}`, 120)).toBe("x".repeat(119));
  expect(clip("Gr\u00fc\u00dfe \u{1f600}", 120)).toBe("Gr\u00fc\u00dfe \u{1f600}");
  expect(clip("a\0b\u202ec\ud83d", 120)).toBe("a?b?c?");
  fc.assert(
    fc.property(anyText, fc.nat(20), (text, most) => {
      const cut = clip(text, most);
      expect(cut.length).toBeLessThanOrEqual(most);
      expect(cut.isWellFormed()).toBe(true);
    }),
  );
});

it("[L1] whatever texts a value holds, it can be recorded afterwards", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(canonicalSize(wellFormed({ list: [text, null, 1], deep: { text } }))).not.toBeNull();
    }),
  );
});
