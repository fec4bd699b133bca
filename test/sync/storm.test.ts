/** The short form of the storm; the long one is `npm run sync-storm -- --long`. */
import { expect, onTestFinished, test } from "vitest";
import { freshFolder } from "../qa/central.ts";
import { storm } from "./storm.ts";

test("[F79][F80] over a storm of real programs nothing is lost and nothing is doubled", async () => {
  const options = { root: freshFolder(), seed: 5, waiting: 1_000, speed: 40, later: onTestFinished };
  const counted = await storm({
    ...options,
    events: [
      "nothing comes from the broker",
      "central is killed",
      "a second controller has the certificate",
      "central loses one row in twenty",
      "the cell is killed",
    ],
    say: () => undefined,
  });
  expect(counted).toMatchObject({ lost: 0, doubled: 0 });
  expect(counted.records).toBeGreaterThan(1_000);
  expect(counted.takenAway).toBeGreaterThan(0);
  // Nothing of this is another history, and nobody has to do anything about it.
  expect(Object.keys(counted.alarms).filter((code) => code !== "connection-unstable" && code !== "qa-behind")).toEqual(
    [],
  );
});
