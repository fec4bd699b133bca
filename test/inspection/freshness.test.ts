/** Which frames can be evidence of a layer at all. */
import { expect, test } from "vitest";
import { type FrameTimes, staleness } from "../../src/inspection/freshness.ts";
import { digestOf } from "../../src/kernel/hash.ts";

const digest = digestOf(new Uint8Array([1]));
const other = digestOf(new Uint8Array([2]));
const good: FrameTimes = {
  digest,
  markedAt: 10_000,
  requestedAt: 10_050,
  receivedAt: 10_400,
  exposureStart: 10_100,
  plan: { layer: 7 },
};
const below = { layer: 6, digest: other };

test("a frame asked for and exposed after the mark is evidence [F51]", () => {
  expect(staleness(good, below, new Set(), false)).toBeNull();
});

test("a frame without an exposure time is none, unless the set-up says that the camera has none [F51][L3]", () => {
  const undated = { ...good, exposureStart: null };
  expect(staleness(undated, below, new Set(), false)).toMatch(/does not say when/);
  expect(staleness(undated, below, new Set(), true)).toBeNull();
});

test.each([
  ["repeats an earlier frame", {}, below, [digest]],
  ["repeats the reference", {}, { layer: 6, digest }, []],
  ["asked for before the mark", { requestedAt: 9_000 }, below, []],
  ["received before it was asked for", { receivedAt: 10_000 }, below, []],
  ["exposed before the mark", { exposureStart: 9_000 }, below, []],
  ["exposed in the future", { exposureStart: 99_000 }, below, []],
  ["without a time", { markedAt: Number.NaN }, below, []],
  ["over a layer that was never accepted", {}, { layer: 5, digest: other }, []],
] as const)("a frame %s is no evidence, and says why [F51][F55][L3]", (_, change, reference, seen) => {
  expect(staleness({ ...good, ...change }, reference, new Set(seen), true)).toMatch(/\w+ \w+/);
});
