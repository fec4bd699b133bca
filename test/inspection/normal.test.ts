/** Quantiles of the normal distribution beside values of tables. */
import { expect, it } from "vitest";
import { normalQuantile } from "../../src/inspection/normal.ts";

it.each([
  [0.5, 0],
  [0.8413447460685429, 1],
  [0.95, 1.6448536269514722],
  [0.975, 1.959963984540054],
  [0.999, 3.090232306167813],
  [0.9999683287581669, 4],
  [1e-6, -4.753424308822899],
])("of %d is %d", (share, value) => {
  expect(normalQuantile(share)).toBeCloseTo(value, 7);
  expect(normalQuantile(1 - share)).toBeCloseTo(-value, 6);
});
