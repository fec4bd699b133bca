/** Several instances of central QA on one PostgreSQL: whatever they are sent at once, one history, and never an oath that falls back. */
import { setTimeout as pause } from "node:timers/promises";
import postgres from "postgres";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { DownMessage } from "../../src/ledger/batch.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { createIngest, type Heard } from "../../src/qa/ingest.ts";
import { openPostgresStore } from "../../src/qa/io/postgres.ts";
import type { Held, QaStore, Receipt } from "../../src/qa/store.ts";
import { verifyHeld } from "../../src/qa/verify.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";
import { seeded } from "../simulation/time.ts";
import { type CellLog, createCell, freshSigner, story } from "./cell.ts";
import { startPostgres, type ThrowAway } from "./postgres.ts";
import { append } from "./store-conformance.ts";

let server: ThrowAway;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** A second door to a database, for what the store itself does not say. */
function door(url: string): postgres.Sql {
  const { pathname, searchParams } = new URL(url);
  const options = { host: searchParams.get("host") ?? "", database: pathname.slice(1), username: "cellward" };
  return postgres({ ...options, max: 6, onnotice: () => undefined });
}

interface Instances {
  readonly stores: readonly [QaStore, QaStore];
  /** Says a message to one of the two. */
  hear(which: 0 | 1, bytes: Uint8Array): Promise<Heard>;
  readonly witness: ReturnType<typeof freshSigner>;
  /** Sizes in the order in which their cosignatures became durable. */
  sworn(): Promise<number[]>;
  close(): Promise<void>;
}

/** Two instances with pools of their own on one fresh database; `spoil` makes a wrong program of a right store. */
async function twoInstances(
  cell: CellLog,
  spoil: (store: QaStore, sql: postgres.Sql) => QaStore = (store) => store,
): Promise<Instances> {
  const url = server.freshDatabase();
  const opened = await Promise.all([openPostgresStore(url), openPostgresStore(url)]);
  const sql = door(url);
  await sql.unsafe(`
    CREATE TABLE sworn (id bigint GENERATED ALWAYS AS IDENTITY, size bigint, at timestamptz DEFAULT clock_timestamp());
    CREATE FUNCTION note_sworn() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO sworn (size) VALUES (NEW.size); RETURN NEW; END';
    CREATE TRIGGER cosigned_noted AFTER INSERT ON cosigned FOR EACH ROW EXECUTE FUNCTION note_sworn();`);
  const witness = freshSigner("qa.example/witness", 4);
  const stores = [spoil(opened[0] as QaStore, sql), spoil(opened[1] as QaStore, sql)] as const;
  const ingests = stores.map((store) =>
    createIngest({
      store,
      cells: new Map([[cell.registered.id, cell.registered]]),
      witness,
      check: checkSignature,
      now: () => 1_700_000_000_000,
    }),
  );
  return {
    stores,
    witness,
    hear: (which, bytes) => (ingests[which] as (typeof ingests)[0]).hear(cell.registered.id, bytes),
    sworn: async () =>
      (await sql<{ size: string }[]>`SELECT size FROM sworn ORDER BY at, id`).map(({ size }) => Number(size)),
    close: async () => void (await Promise.all([...opened.map((store) => store.close()), sql.end()])),
  };
}

const receiptsIn = (heard: readonly Heard[]) =>
  heard.flatMap(({ answers }) =>
    answers.filter((each): each is Extract<DownMessage, { kind: "receipt" }> => each.kind === "receipt"),
  );

/** What must hold whatever came in whichever order; throws what does not. */
async function judge({ stores, sworn, witness }: Instances, cell: CellLog, heard: readonly Heard[]): Promise<void> {
  const order = await sworn();
  expect(order, "sizes are cosigned in rising order").toEqual([...order].sort((a, b) => a - b));
  expect(new Set(order).size, "one cosignature a size").toBe(order.length);
  const notes = new Map<number, string>();
  for (const { size, note } of receiptsIn(heard)) {
    expect(notes.get(size) ?? note, `one receipt over ${size}`).toBe(note);
    notes.set(size, note);
  }
  const report = await verifyHeld(stores[0], cell.registered, { witnesses: [witness.key], check: checkSignature });
  expect(report.findings).toEqual([]);
}

/** Every batch of the log to both instances at once, several times, in an order of its own. */
async function hammer(instances: Instances, cell: CellLog, other: CellLog | null): Promise<Heard[]> {
  const total = cell.texts.length;
  const said: Promise<Heard>[] = [];
  for (let from = 0; from < total; from += 5) {
    const to = Math.min(total, from + 5);
    const message = await cell.message(from, to);
    const wide = await cell.message(Math.max(0, from - 3), to);
    const forked = other === null || to > other.texts.length ? message : await other.message(from, to);
    for (const [which, bytes] of [
      [0, message],
      [1, forked],
      [1, message],
      [0, wide],
      [0, forked],
      [1, wide],
    ] as const) {
      said.push(instances.hear(which, bytes));
    }
    if (from % 15 === 10) await Promise.all(said);
  }
  return Promise.all(said);
}

test("[F79][F81] two instances that are sent the same batches at once hold every entry once, and their oaths only rise", async () => {
  const cell = createCell();
  cell.append(...story(39));
  const instances = await twoInstances(cell);
  onTestFinished(instances.close);
  const heard = await hammer(instances, cell, null);
  await judge(instances, cell, heard);
  expect(heard.reduce((sum, { stored }) => sum + stored, 0)).toBe(40);
  expect(await instances.stores[1].log(origin)).toMatchObject({ size: 40, frozen: false, receipt: { size: 40 } });
  expect(await instances.stores[0].indexed()).toEqual([{ origin, size: 40, of: 40 }]);
});

test("[F80][L7] of two histories that come at once to two instances one is held, the other is proof, and the log freezes", async () => {
  for (let round = 0; round < 2; round++) {
    const cell = createCell();
    cell.append(...story(24));
    const clone = cell.clone(12);
    clone.append(...story(13, "J9"));
    const instances = await twoInstances(cell);
    const heard = await hammer(instances, cell, clone);
    const { frozen, size } = await instances.stores[0].log(origin);
    expect(frozen).toBe(true);
    expect((await instances.stores[1].forks()).length).toBeGreaterThan(0);
    expect(heard.some(({ outcome }) => outcome === "fork")).toBe(true);
    // Whichever came first is whole, as far as it was taken: nothing of the other is mixed in.
    const held = (await instances.stores[0].entries(origin, 0, 100)).map(({ entry }) => Buffer.from(entry).toString());
    const own = [cell, clone].map(({ texts }) => texts.slice(0, size).map(({ entry }) => entry));
    expect(own).toContainEqual(held);
    await judge(instances, cell, heard);
    await instances.close();
  }
});

/** The wrong program: it looks, judges, and writes what it then thought, without the log's lock between. */
function checksOutsideTheLock(store: QaStore): QaStore {
  return {
    ...store,
    async settle(name, reach, decide) {
      const held = await store.settle<Held>(name, reach, (found) => ({ writing: { kind: "nothing" }, value: found }));
      return store.settle(name, reach, () => decide(held));
    },
  };
}

/** The wrong program: it asks what was sworn, and swears without the log's lock. */
function swearsOutsideTheLock(store: QaStore, sql: postgres.Sql): QaStore {
  const chance = seeded(1);
  return {
    ...store,
    async keepCosigned(name, size, note) {
      const { receipt } = await store.log(name);
      if (receipt !== null && receipt.size >= size) return receipt;
      const sworn: Receipt = { size, note };
      // As a slow way to the database would: between the look and the oath others come.
      await pause(chance() * 20);
      // The gap that the lock closes, held open so that the race is met in every run.
      await sql`SELECT pg_sleep(${chance() / 50}::float8)`;
      await sql`INSERT INTO cosigned ${sql({ origin: name, size, note })} ON CONFLICT DO NOTHING`;
      return sworn;
    },
  };
}

test("the race convicts a program that checks outside the row's lock", async () => {
  const cell = createCell();
  cell.append(...story(39));
  const instances = await twoInstances(cell, checksOutsideTheLock);
  onTestFinished(instances.close);
  const wrong = async () => judge(instances, cell, await hammer(instances, cell, null));
  await expect(wrong()).rejects.toThrow();
});

/** Both instances are about to swear to every head at once, in no order. */
async function swearAtOnce({ stores, sworn }: Instances): Promise<number[]> {
  for (let n = 0; n < 12; n++) await append(stores[0], [n === 0 ? started() : draft("A", { n })]);
  const sizes = Array.from({ length: 24 }, (_, n) => ((n * 7) % 12) + 1);
  const swear = (size: number, index: number) =>
    stores[index % 2 === 0 ? 0 : 1].keepCosigned(origin, size, `an oath over ${size}\n`);
  await Promise.all(sizes.map(swear));
  return sworn();
}

test("[F81] two instances that would swear to every size at once swear in rising order, and the race convicts one that does not lock", async () => {
  const rises = (order: readonly number[]) => order.every((size, n) => n === 0 || size > (order[n - 1] ?? 0));
  const right = await twoInstances(createCell());
  onTestFinished(right.close);
  const order = await swearAtOnce(right);
  expect(rises(order), String(order)).toBe(true);
  expect(order.at(-1)).toBe(12);
  const wrong = await twoInstances(createCell(), swearsOutsideTheLock);
  onTestFinished(wrong.close);
  expect(rises(await swearAtOnce(wrong))).toBe(false);
});
