/** Sync in virtual time: whatever network, cell and central do, central gets each entry once, and `with QA` is never said too early. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../src/ledger/bytes.ts";
import { createMemoryDisk, verifyDisk } from "../../src/ledger/memory.ts";
import { draft, origin } from "../ledger/plain-drafts.ts";
import { fair } from "./network.ts";
import { createWorld, isSettled, type World } from "./world.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The entries that central holds are the cell's, each once and in order. */
function expectSame(world: World): void {
  const cell = world.disk.rows.map((row) => ({ entry: text(row.entry), body: text(row.body) }));
  expect(world.central.disk.entries).toEqual(cell);
}

/** What holds at every moment: nothing is said to be with QA that central has not stored and countersigned. */
function honest(world: World): true {
  const held = world.central.disk.receipt?.size ?? 0;
  expect(world.sync.status().withQa).toBeLessThanOrEqual(held);
  expect(world.ledger.cosigned().size).toBeLessThanOrEqual(held);
  return true;
}

describe("[F79][F80][F81] sync", () => {
  test("a record is handed over in order, countersigned, and known to be with QA", async () => {
    const world = await createWorld(1);
    expect(world.sync.status()).toMatchObject({ state: "connecting", withQa: 0 });
    await world.write(1000);
    expect(await world.run(() => isSettled(world))).toBe(true);
    expectSame(world);
    expect(world.alarms).toEqual([]);
    expect(world.sync.status()).toMatchObject({ withQa: 1001, oldestUnsyncedAt: null, alarm: null });
    expect(verifyDisk(world.disk)).toMatchObject({ cosigned: { size: 1001 } });
    await world.stop();
  });

  test("an entry is said to wait from the moment it is durable, before the courier has heard of it", async () => {
    const world = await createWorld(1);
    await world.write(1);
    await world.run(() => isSettled(world));
    const { size } = world.ledger.head();
    await world.ledger.append([draft("Noted")]);
    expect(world.sync.status()).toMatchObject({ state: "syncing", withQa: size, head: size + 1 });
    expect(world.sync.status().oldestUnsyncedAt).not.toBe(null);
    await world.stop();
  });

  test("entries written one by one go out within a second or so, a few at a time", async () => {
    const world = await createWorld(2);
    await world.write(1);
    await world.run(() => isSettled(world));
    const before = world.network.counts.sent;
    for (let n = 0; n < 10; n++) await world.write(1);
    const began = world.time.elapsed();
    expect(await world.run(() => isSettled(world))).toBe(true);
    expect(world.time.elapsed() - began).toBeLessThan(1_500);
    expect(world.network.counts.sent - before).toBe(1);
    await world.stop();
  });

  test("[F82] thirty days without a broker: everything stays here, nothing spins, and all of it goes over at the end", async () => {
    const world = await createWorld(3);
    world.network.reachable = false;
    await world.write(50);
    const day = 24 * 3_600_000;
    for (let n = 0; n < 30; n++) {
      await world.run(() => false, day);
      await world.write(20);
    }
    expect(world.sync.status()).toMatchObject({ state: "connecting", withQa: 0, head: 651 });
    expect(world.sync.status().what).toContain("651 entries wait in this cell");
    expect(world.sync.status().oldestUnsyncedAt).not.toBe(null);
    // Full jitter up to two minutes: about one try a minute.
    expect(world.network.counts.connects).toBeLessThan(30 * 24 * 60 * 1.2);
    expect(world.network.counts.connects).toBeGreaterThan(30 * 24 * 60 * 0.8);
    world.network.reachable = true;
    expect(await world.run(() => isSettled(world))).toBe(true);
    expectSame(world);
    await world.stop();
  });

  test("central QA away for a day: the broker is asked now and then, not flooded with records", async () => {
    const world = await createWorld(4);
    world.network.far = null;
    await world.write(1_200);
    await world.run(() => false, 24 * 3_600_000);
    expect(world.sync.status()).toMatchObject({ withQa: 0, alarm: null });
    expect(world.sync.status().what).toContain("Central QA does not answer");
    expect(world.network.counts.sent).toBeLessThan(1_500);
    world.crashCentral();
    expect(await world.run(() => isSettled(world))).toBe(true);
    expectSame(world);
    await world.stop();
  });

  test("the broker's window is kept", async () => {
    const world = await createWorld(5, createMemoryDisk(origin), 3);
    world.network.weather = { ...fair, mute: 1 };
    world.central.hear = async () => [];
    let answered = 0;
    const far = world.network.far;
    world.network.far = async (bytes) => {
      if (!text(bytes).includes('"kind":"hello"') || answered++ > 0) return [];
      return [
        utf8(
          `{"id":"${/"id":"([^"]+)"/.exec(text(bytes))?.[1]}","kind":"at","origin":"${origin}","root":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}`,
        ),
      ];
    };
    await world.write(5_000);
    await world.run(() => false, 20_000);
    expect(world.network.counts.sent).toBe(1 + 3);
    world.network.far = far;
    await world.stop();
  });

  test("large entries go in small batches, and each message keeps its bound", async () => {
    const world = await createWorld(6);
    let longest = 0;
    const { central } = world;
    world.network.far = (bytes) => {
      longest = Math.max(longest, bytes.length);
      return central.hear(bytes);
    };
    await world.write(12, 190 * 1024);
    expect(await world.run(() => isSettled(world))).toBe(true);
    expect(longest).toBeLessThanOrEqual(512 * 1024);
    expectSame(world);
    await world.stop();
  });

  test("losses, doubles, changed order, cut connections, crashes of both ends: central's record is the cell's, once", async () => {
    const chance = (most: number) => fc.double({ min: 0, max: most, noNaN: true });
    const weather = fc.record({
      lose: chance(0.5),
      double: chance(0.5),
      delayMs: fc.integer({ min: 1, max: 60_000 }),
      mute: chance(0.5),
    });
    const event = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant("write" as const), count: fc.integer({ min: 1, max: 700 }) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("weather" as const), weather }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constantFrom("cut" as const, "crash" as const, "crash-central" as const) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("broker-away" as const, "broker-back" as const) }) },
    );
    const story = fc.array(fc.tuple(fc.integer({ min: 1, max: 200_000 }), event), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.integer(), story, async (seed, events) => {
        const world = await createWorld(seed);
        world.network.weather = { lose: 0.2, double: 0.2, delayMs: 500, mute: 0.2 };
        for (const [forMs, one] of events) {
          if (one.kind === "write") await world.write(one.count);
          else if (one.kind === "weather") world.network.weather = one.weather;
          else if (one.kind === "cut") world.network.cut();
          else if (one.kind === "crash") await world.crash();
          else if (one.kind === "crash-central") world.crashCentral();
          else world.network.reachable = one.kind === "broker-back";
          await world.run(() => !honest(world), forMs);
        }
        world.network.weather = fair;
        world.network.reachable = true;
        await world.write(1);
        expect(await world.run(() => honest(world) && isSettled(world))).toBe(true);
        expectSame(world);
        expect(world.alarms.filter(({ code }) => code !== "connection-unstable")).toEqual([]);
        expect(world.fatal).toBe(null);
        await world.stop();
      }),
      { numRuns: 40 },
    );
  });
});
