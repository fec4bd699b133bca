/** Central loses records, or is restored from an older copy: it gets them again from the cell by itself, and swears to nothing smaller. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Fill, messageBytes, readUp } from "../../src/ledger/batch.ts";
import { createMemoryDisk, simulatedSigner } from "../../src/ledger/memory.ts";
import { emptyFrontier, grow, leafHash } from "../../src/ledger/tree.ts";
import { createIngest, type Ingest } from "../../src/qa/ingest.ts";
import { openSqliteStore, storeFile } from "../../src/qa/io/sqlite.ts";
import type { RegisteredCell } from "../../src/qa/judge.ts";
import { provedBy } from "../../src/qa/mend.ts";
import type { QaStore } from "../../src/qa/store.ts";
import { verifyHeld } from "../../src/qa/verify.ts";
import { composeFill } from "../../src/sync/compose.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { seeded } from "../simulation/time.ts";
import { check, createWorld, isSettled, type World, witness } from "../sync/world.ts";
import { freshFolder } from "./central.ts";

const cell: RegisteredCell = {
  ...{
    id: "cell-1",
    title: "Cell 1",
    origin,
    keys: [simulatedSigner(origin).key],
    demonstration: false,
    ancestors: [],
  },
  silentAfterMs: 60_000,
};

interface Place {
  readonly world: World;
  readonly path: string;
  store: QaStore;
  ingest: Ingest;
}

/** A cell in virtual time whose records lie in a real file at central. */
async function placeWith(entries: number): Promise<Place> {
  const world = await createWorld(1);
  const path = join(freshFolder(), storeFile);
  const place = { world, path } as Place;
  open(place);
  onTestFinished(() => Promise.all([world.stop(), place.store.close()]).then(() => undefined));
  await world.write(entries);
  expect(await world.run(() => isSettled(world))).toBe(true);
  return place;
}

/** Central starts on what the file holds. */
function open(place: Place): void {
  const { world, path } = place;
  place.store = openSqliteStore(path);
  const ports = { store: place.store, cells: new Map([["cell-1", cell]]), witness, check };
  place.ingest = createIngest({ ...ports, now: () => world.time.clock.now() });
  const { ingest } = place;
  world.network.far = async (bytes) => (await ingest.hear("cell-1", bytes)).answers.map(messageBytes);
}

/** Does to the file what no software of this house can do to it. */
async function damage(place: Place, act: (db: Database.Database) => void): Promise<void> {
  await place.store.close();
  const db = new Database(place.path);
  db.pragma("foreign_keys = OFF");
  const triggers = db
    .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    .all();
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  act(db);
  for (const { sql } of triggers) db.exec(sql);
  db.close();
  open(place);
}

function drop(db: Database.Database, table: string, key: string, lost: (key: number) => boolean): number {
  const keys = db
    .prepare<[], { key: number }>(`SELECT ${key} AS key FROM ${table}`)
    .all()
    .filter((row) => lost(row.key));
  for (const row of keys) db.prepare(`DELETE FROM ${table} WHERE ${key} = ?`).run(row.key);
  return keys.length;
}

/** What central's own timer does, as long as it finds something. */
async function heals(place: Place): Promise<boolean> {
  const { world } = place;
  for (let round = 0; round < 200; round++) {
    const wants = await place.ingest.look("cell-1");
    for (const want of wants) world.network.say(messageBytes(want));
    await world.run(() => false, 5_000);
    const { size } = await place.store.log(origin);
    if ((await place.store.missing(origin, { from: 0, to: size }, 1)).length === 0) return true;
  }
  return false;
}

async function expectWhole({ world, store }: Place): Promise<void> {
  const report = await verifyHeld(store, cell, { witnesses: [witness.key], check });
  expect(report).toMatchObject({ ok: true, findings: [], frozen: false, entries: world.ledger.head().size });
  const kept = await store.entries(origin, 0, 100_000);
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  expect(kept.map(({ entry, body }) => text(entry) + text(body))).toEqual(
    world.disk.rows.map(({ entry, body }) => text(entry) + text(body)),
  );
  expect(world.sync.status()).toMatchObject({ state: "with-qa", alarm: null });
}

describe("[F80] rows that central has lost", () => {
  test("one in twenty at random, of entries, heads and cosignatures: it heals, without a person", async () => {
    const place = await placeWith(3_000);
    const random = seeded(7);
    let lost = 0;
    await damage(place, (db) => {
      for (const [table, key] of [
        ["entry", "seq"],
        ["head", "size"],
        ["cosigned", "size"],
      ] as const) {
        lost += drop(db, table, key, () => random() < 0.05);
      }
    });
    expect(lost).toBeGreaterThan(100);
    await place.world.write(10);
    expect(await heals(place)).toBe(true);
    expect(await place.world.run(() => isSettled(place.world))).toBe(true);
    await expectWhole(place);
  });

  test("the newest head and all after a row: the cell hands it over again, and no fork is seen", async () => {
    const place = await placeWith(600);
    await damage(place, (db) => {
      for (const table of ["head", "cosigned"]) drop(db, table, "size", (size) => size > 300);
      drop(db, "entry", "seq", (seq) => seq === 256 || seq > 590);
    });
    await place.world.crash();
    await place.world.write(3);
    expect(await heals(place)).toBe(true);
    expect(await place.world.run(() => isSettled(place.world))).toBe(true);
    expect(await place.store.forks()).toEqual([]);
    await expectWhole(place);
  });

  test("the last row of a job that goes on is no proof of another history", async () => {
    const place = await placeWith(20);
    await damage(place, (db) => drop(db, "entry", "seq", (seq) => seq === 20));
    await place.world.write(5);
    await place.world.run(() => false, 20_000);
    expect(await place.store.forks()).toEqual([]);
    expect(await heals(place)).toBe(true);
    expect(await place.world.run(() => isSettled(place.world))).toBe(true);
    await expectWhole(place);
  });
});

describe("[F80][F81] a central that was restored from an older copy", () => {
  test("takes again what it has lost, and cosigns nothing below what the cell still holds its word for", async () => {
    const place = await placeWith(700);
    const old = `${place.path}.old`;
    await place.store.close();
    copyFileSync(place.path, old);
    open(place);
    await place.world.write(900);
    expect(await place.world.run(() => isSettled(place.world))).toBe(true);
    const sworn = place.world.sync.status().withQa;
    await damage(place, () => undefined);
    await place.store.close();
    copyFileSync(old, place.path);
    open(place);
    place.world.network.cut();
    await place.world.run(() => place.world.alarms.some(({ code }) => code === "qa-behind"), 300_000);
    await place.world.write(300);
    const smaller: number[] = [];
    const { far } = place.world.network;
    place.world.network.far = async (bytes) => {
      const answers = (await far?.(bytes)) ?? [];
      const db = new Database(place.path, { readonly: true });
      const rows = db.prepare<[], { size: number }>("SELECT size FROM cosigned WHERE size > 701").all();
      db.close();
      smaller.push(...rows.map(({ size }) => size).filter((size) => size < sworn));
      return answers;
    };
    expect(await place.world.run(() => isSettled(place.world))).toBe(true);
    expect(smaller).toEqual([]);
    await expectWhole(place);
  });

  test("[L7] a cell that then hands over another history than central had sworn to is a fork", async () => {
    const place = await placeWith(300);
    const [receipt] = place.world.disk.cosignatures.slice(-1);
    const other = await createWorld(5, { ...createMemoryDisk(origin), rows: place.world.disk.rows.slice(0, 100) });
    await other.write(400);
    // The other history shows the word that central gave for the first.
    await damage(place, (db) => {
      for (const table of ["head", "cosigned"]) drop(db, table, "size", () => true);
      drop(db, "entry", "seq", () => true);
    });
    const hello = { kind: "hello", origin, size: 501, id: "q1", receipt: receipt?.note ?? "" } as const;
    await place.ingest.hear("cell-1", messageBytes(hello));
    const { ingest } = place;
    other.network.far = async (bytes) => (await ingest.hear("cell-1", bytes)).answers.map(messageBytes);
    await other.run(() => other.sync.status().state === "frozen", 600_000);
    expect(await place.store.forks()).toMatchObject([{ what: expect.stringContaining("central has cosigned") }]);
    expect((await place.store.log(origin)).receipt).toBeNull();
    await other.stop();
  });
});

describe("[L7] a fill", () => {
  test("proves its place in the tree, whatever is asked for; and whatever is changed in it, it proves nothing", async () => {
    const world = await createWorld(3);
    await world.write(40);
    const { ledger } = world;
    const { size } = ledger.head();
    const leaves = world.disk.rows.map(({ entry }) => leafHash(entry));
    const tree = (end: number) => leaves.slice(0, end).reduce(grow, emptyFrontier);
    const range = fc.tuple(fc.nat(size - 1), fc.nat(20), fc.nat(size));
    await fc.assert(
      fc.asyncProperty(range, async ([from, count, more]) => {
        const to = Math.min(size, from + 1 + count);
        const over = Math.min(size, to + more);
        const bytes = await composeFill(ledger, { from, to, size: over });
        const read = readUp(bytes);
        const fill = read.ok ? (read.value as Fill) : null;
        if (fill === null) throw new Error("a fill is a message");
        expect(provedBy(tree(over), fill)?.map(({ seq }) => seq)).toEqual(
          Array.from({ length: to - from }, (_, n) => from + n),
        );
        const wrong: Fill[] = [
          { ...fill, from: from + 1 },
          { ...fill, entries: fill.entries.map((one) => ({ ...one, body: `${one.body} ` })) },
          {
            ...fill,
            entries: fill.entries.map((one) => ({ ...one, entry: one.entry.replace('"mono":', '"mono":1') })),
          },
          { ...fill, edge: [...fill.edge, fill.edge[0] ?? `${"A".repeat(43)}=`] },
          { ...fill, proof: [...fill.proof, `${"A".repeat(43)}=`] },
          ...(fill.proof.length > 0 ? [{ ...fill, proof: fill.proof.slice(1) }] : []),
          ...(fill.entries.length > 1 ? [{ ...fill, entries: fill.entries.slice(1) }] : []),
        ];
        for (const each of wrong) expect(provedBy(tree(over), each)).toBeNull();
        if (over < size) expect(provedBy(tree(over + 1), fill)).toBeNull();
      }),
      { numRuns: 100 },
    );
    await world.stop();
  });
});
