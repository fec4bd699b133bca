/** The printer's own copy: every line of the program in its order, a pause before the first layer and after each, nothing else. */
import { expect, test } from "vitest";
import { prepare } from "../../../src/drivers/marlin/prepare.ts";
import { makeCopy } from "../../../src/drivers/moonraker/copy.ts";
import { digestOf } from "../../../src/kernel/hash.ts";
import type { AttemptId } from "../../../src/kernel/names.ts";
import { bytesOf, layered, recipe } from "../../toolpath/bench.ts";

test("[F3][F26] holds the program whole, stops where each pause ends, and asks nothing", () => {
  const bytes = bytesOf(layered(4));
  const plan = prepare({ digest: digestOf(bytes), bytes, recipe });
  if (!plan.ok) throw new Error(plan.error.what);
  const copy = makeCopy(plan.value, "A1" as AttemptId);
  if (!copy.ok) throw new Error(copy.error.what);
  const text = new TextDecoder().decode(copy.value.bytes);
  const lines = text.trimEnd().split("\n");
  expect(copy.value.execution.program).toBe(digestOf(bytes));
  expect(copy.value.stops.map(({ layer }) => layer)).toEqual([0, 1, 2, 3, 4]);
  for (const { end } of copy.value.stops) expect(text.slice(0, end)).toMatch(/\nPAUSE\n$/);
  expect(lines.filter((line) => line === "PAUSE")).toHaveLength(5);
  expect(lines.filter((line) => /^M(105|114|118|110|115|155)\b/.test(line))).toEqual([]);
  const ordered = new TextDecoder().decode(bytes).trimEnd().split("\n");
  let at = 0;
  for (const line of lines) if (line === ordered[at]) at++;
  expect(at).toBe(ordered.length);
  expect(lines.slice(-3)).toEqual(["M104 S0", "M140 S0", "M107"]);
});
