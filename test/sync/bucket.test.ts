/** The bound on bytes a second: never exceeded by more than a second's worth and one message, and never in the way for longer. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMemoryDisk } from "../../src/ledger/memory.ts";
import { emptied, filled, fullBucket, openAt } from "../../src/sync/bucket.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { createWorld, isSettled } from "./world.ts";

describe("[F83] the bucket", () => {
  test("whoever sends as soon as it is open keeps the rate, whatever the sizes", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 600_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 1_000_000 }), sizes, (rate, messages) => {
        let bucket = fullBucket(rate, 0);
        let now = 0;
        let sent = 0;
        for (const size of messages) {
          bucket = filled(bucket, now);
          const open = openAt(bucket);
          if (open !== null) {
            // It opens when it says, and not before.
            expect(openAt(filled(bucket, open - 2)) === null).toBe(false);
            now = open;
            bucket = filled(bucket, now);
            expect(openAt(bucket)).toBeNull();
          }
          bucket = emptied(bucket, size);
          sent += size;
          expect(sent).toBeLessThanOrEqual((rate * now) / 1_000 + rate + size + rate / 100);
        }
      }),
    );
  });

  test("without a rate it is always open; a clock that goes back fills nothing", () => {
    expect(openAt(emptied(fullBucket(null, 0), 1e9))).toBeNull();
    const empty = emptied(fullBucket(1_000, 10_000), 5_000);
    expect(filled(empty, 5_000)).toEqual(empty);
    expect(filled(empty, 1e12).bytes).toBe(1_000);
  });
});

test("[F83] sync keeps its bound over a long backlog, and uses it", async () => {
  const rate = 20_000;
  const world = await createWorld(1, createMemoryDisk(origin), 20, rate);
  let bytes = 0;
  const { far } = world.network;
  world.network.far = async (message) => {
    bytes += message.length;
    expect(bytes).toBeLessThanOrEqual((rate * world.time.elapsed()) / 1_000 + rate + 2 * 512 * 1024);
    return (await far?.(message)) ?? [];
  };
  await world.write(3_000);
  expect(world.sync.recordsWait()).toBe(true);
  expect(await world.run(() => isSettled(world), 3_600_000)).toBe(true);
  expect(world.time.elapsed()).toBeLessThan((bytes / rate) * 1_000 * 1.2 + 10_000);
  expect(world.alarms).toEqual([]);
  expect(world.sync.recordsWait()).toBe(false);
  await world.stop();
});
