/** Every fault of the serial printer is noticed within its bound, in words, in virtual time. */
import { expect, test } from "vitest";
import { earlyRows, faultRows, strike } from "./fault-rows.ts";

test.each([
  ...faultRows.map((row) => [row.fault, row, false] as const),
  ...earlyRows.map((row) => [row.fault, row, true] as const),
])("[F25][F31][L8] %s: noticed in time, and said in words", (_, row, early) => {
  const { code, noticedMs, sentence } = strike(row, early);
  expect(code).toBe(row.code);
  expect(noticedMs).toBeLessThanOrEqual(row.boundMs);
  expect(sentence).toMatch(/^[A-Z].{10,}\.$/);
});
