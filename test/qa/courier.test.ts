/** The cell's own courier against central's own ingest, over a network that loses, doubles, delays and reorders. */
import { expect, onTestFinished, test } from "vitest";
import { messageBytes } from "../../src/ledger/batch.ts";
import { createMemoryDisk, simulatedSigner } from "../../src/ledger/memory.ts";
import { createIngest, type Ingest } from "../../src/qa/ingest.ts";
import type { RegisteredCell } from "../../src/qa/judge.ts";
import type { QaStore } from "../../src/qa/store.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { check, createWorld, isSettled, type World, witness } from "../sync/world.ts";
import { freshStore } from "./central.ts";

const cell: RegisteredCell = {
  id: "cell-1",
  title: "Cell 1",
  origin,
  keys: [simulatedSigner(origin).key],
  demonstration: false,
  silentAfterMs: 60_000,
  ancestors: [],
};

/** Puts central's own ingest at the far end; called again it is central after a restart. */
function serve(world: World, store: QaStore): Ingest {
  const ports = { store, cells: new Map([["cell-1", cell]]), witness, check, now: () => world.time.clock.now() };
  const ingest = createIngest(ports);
  world.network.far = async (bytes) => (await ingest.hear("cell-1", bytes)).answers.map(messageBytes);
  return ingest;
}

async function worldWith(seed: number): Promise<{ world: World; store: QaStore }> {
  const world = await createWorld(seed);
  const store = freshStore();
  serve(world, store);
  onTestFinished(() => world.stop());
  return { world, store };
}

/** Central holds exactly what the cell shows as with QA, each entry once, byte for byte. */
async function expectSame(world: World, store: QaStore): Promise<void> {
  const { withQa } = world.sync.status();
  const kept = await store.entries(origin, 0, 100_000);
  expect(kept.length).toBeGreaterThanOrEqual(withQa);
  expect(kept.map(({ entry }) => Buffer.from(entry).toString())).toEqual(
    world.disk.rows.slice(0, kept.length).map(({ entry }) => Buffer.from(entry).toString()),
  );
  expect((await store.log(origin)).receipt?.size ?? 0).toBeGreaterThanOrEqual(withQa);
  expect(world.fatal).toBeNull();
}

test.each([1, 2, 3, 4, 5, 6])(
  "[F79][F80] in bad weather (%i) everything arrives, once, and the cell knows it",
  async (seed) => {
    const { world, store } = await worldWith(seed);
    world.network.weather = { lose: 0.2, double: 0.3, delayMs: 400, mute: 0.2 };
    for (let round = 0; round < 4; round++) {
      await world.write(120);
      await world.run(() => false, 2_000);
      if (round % 2 === 0) await world.crash();
      else serve(world, store);
    }
    world.network.weather = { lose: 0.05, double: 0.1, delayMs: 50, mute: 0 };
    expect(await world.run(() => isSettled(world))).toBe(true);
    await expectSame(world, store);
    expect((await store.log(origin)).size).toBe(world.ledger.head().size);
    expect(await store.quarantined(10)).toEqual([]);
    expect(await store.forks()).toEqual([]);
    expect(world.alarms).toEqual([]);
  },
);

test("[F79] while central cannot write, nothing is with QA; afterwards all of it is", async () => {
  const { world, store } = await worldWith(7);
  const ailing = { ...store, settle: () => Promise.reject(new Error("the disk is full")) };
  const { network } = world;
  serve(world, ailing);
  const far = network.far;
  network.far = (bytes) => far?.(bytes).catch(() => []) ?? Promise.resolve([]);
  await world.write(30);
  await world.run(() => false, 600_000);
  expect(world.sync.status()).toMatchObject({ withQa: 0, head: 31 });
  serve(world, store);
  expect(await world.run(() => isSettled(world))).toBe(true);
  await expectSame(world, store);
});

test("[L7] an older image of the cell is told by what central holds, and freezes", async () => {
  const { world, store } = await worldWith(8);
  await world.write(20);
  expect(await world.run(() => isSettled(world))).toBe(true);
  world.disk = { ...createMemoryDisk(origin), rows: world.disk.rows.slice(0, 9) };
  await world.crash();
  await world.write(3);
  expect(await world.run(() => world.sync.status().state === "frozen", 600_000)).toBe(true);
  expect((await store.log(origin)).size).toBe(21);
});
