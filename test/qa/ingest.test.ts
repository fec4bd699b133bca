/** Central QA's end of the sync, message by message: what is stored, what is cosigned, what is answered. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type DownMessage, messageBytes } from "../../src/ledger/batch.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { openCheckpoint } from "../../src/ledger/checkpoint.ts";
import { openCosignatures } from "../../src/ledger/cosignature.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { createIngest } from "../../src/qa/ingest.ts";
import { openPostgresStore } from "../../src/qa/io/postgres.ts";
import { openSqliteStore, storeFile } from "../../src/qa/io/sqlite.ts";
import { type QaStore, StoreFailed } from "../../src/qa/store.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { type CellLog, createCell, story } from "./cell.ts";
import { type Central, createCentral, freshFolder, freshStore } from "./central.ts";
import { startPostgres, type ThrowAway } from "./postgres.ts";

let server: ThrowAway;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const hello = (size: number, log = origin) => messageBytes({ kind: "hello", origin: log, size, id: "q1" });

function twelve(): CellLog {
  const cell = createCell();
  cell.append(...story(12));
  return cell;
}

/** The receipt among the answers, after it was checked as a cell checks it. */
function receiptIn(answers: readonly DownMessage[], cell: CellLog, central: Central): number {
  const receipt = answers.find((each) => each.kind === "receipt");
  if (receipt?.kind !== "receipt") throw new Error(`no receipt in ${JSON.stringify(answers)}`);
  const opened = openCheckpoint(receipt.note, cell.registered.origin, [cell.signer.key], checkSignature);
  expect(opened).toMatchObject({ ok: true, value: { size: receipt.size } });
  const cosigned = openCosignatures(receipt.note, [central.witness.key], checkSignature);
  expect(cosigned.ok && cosigned.value.length).toBe(1);
  return receipt.size;
}

describe("a true cell", () => {
  test("[F81] is answered by a receipt that both keys bear out, and again the same when it sends again", async () => {
    const cell = twelve();
    const central = createCentral([cell]);
    const first = await central.ingest.hear("cell-1", await cell.message(0, 8));
    expect(first).toMatchObject({ outcome: "taken", stored: 8 });
    expect(receiptIn(first.answers, cell, central)).toBe(8);
    const again = await central.ingest.hear("cell-1", await cell.message(0, 8));
    expect(again).toMatchObject({ outcome: "known", stored: 0 });
    expect(again.answers).toEqual(first.answers);
    expect(receiptIn((await central.ingest.hear("cell-1", await cell.message(8))).answers, cell, central)).toBe(13);
    expect((await central.store.entries(origin, 0, 100)).map(({ seq }) => seq)).toEqual(
      Array.from({ length: 13 }, (_, n) => n),
    );
  });

  test("[F80] lost and late batches heal by what central says it holds", async () => {
    const cell = twelve();
    const central = createCentral([cell]);
    const answers = async (from: number, to?: number) =>
      (await central.ingest.hear("cell-1", await cell.message(from, to))).answers;
    await answers(0, 4);
    expect(await answers(9, 12)).toEqual([{ kind: "conflict", origin, size: 4 }]);
    await answers(4, 9);
    await answers(0, 4);
    expect(receiptIn(await answers(9), cell, central)).toBe(13);
  });

  test("[F80] hello is told where central stands, with its receipt", async () => {
    const cell = twelve();
    const central = createCentral([cell]);
    const none = await central.ingest.hear("cell-1", hello(13));
    expect(none.answers).toMatchObject([{ kind: "at", size: 0, id: "q1" }]);
    expect(none.answers[0]).toHaveProperty("root", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    await central.ingest.hear("cell-1", await cell.message(0));
    const { answers, claims } = await central.ingest.hear("cell-1", hello(13));
    expect(claims).toBe(13);
    expect(answers).toMatchObject([{ kind: "at", size: 13 }, { kind: "receipt" }]);
    expect(receiptIn(answers, cell, central)).toBe(13);
  });
});

describe("[L7] persist, then cosign, then answer", () => {
  test("after a crash between storing and cosigning the receipt comes at the next start, or at the next word", async () => {
    const cell = twelve();
    const path = join(freshFolder(), storeFile);
    const store = openSqliteStore(path);
    const before = createCentral([cell], {
      ...store,
      keepCosigned: () => Promise.reject(new StoreFailed("POWER_CUT")),
    });
    await expect(before.ingest.hear("cell-1", await cell.message(0))).rejects.toThrow(StoreFailed);
    await store.close();
    const again = openSqliteStore(path);
    onTestFinished(() => again.close());
    expect(await again.log(origin)).toMatchObject({ size: 13, receipt: null });
    const central = createCentral([cell], again);
    await central.ingest.catchUp();
    expect((await again.log(origin)).receipt?.size).toBe(13);
    expect(receiptIn((await central.ingest.hear("cell-1", hello(13))).answers, cell, central)).toBe(13);
  });

  test("what the store could not keep is answered by nothing", async () => {
    const cell = twelve();
    const store = { ...freshStore(), settle: () => Promise.reject(new StoreFailed("SQLITE_FULL")) };
    const central = createCentral([cell], store as QaStore);
    await expect(central.ingest.hear("cell-1", await cell.message(0))).rejects.toThrow(StoreFailed);
    expect((await store.log(origin)).size).toBe(0);
  });
});

describe("what is not taken", () => {
  test("[L7] poison is kept aside with its reason and holds up nobody", async () => {
    const [cell, other] = [twelve(), createCell("cell-2", "hospital.example/cell-2")];
    const central = createCentral([cell, other]);
    const batch = await cell.batch(0);
    const bad = messageBytes({ ...batch, entries: batch.entries.map((each) => ({ ...each, body: "{}" })) });
    const answer = await central.ingest.hear("cell-1", bad);
    expect(answer.answers).toMatchObject([{ kind: "refused", from: 0, code: "body-changed" }]);
    const words = utf8('{"kind":"start","machine":"printer-1"}');
    expect((await central.ingest.hear("cell-1", words)).answers).toEqual([]);
    expect(await central.store.quarantined(10)).toMatchObject([
      { cell: "cell-1", code: "not-a-message", bytes: words.length },
      { cell: "cell-1", code: "body-changed", bytes: bad.length },
    ]);
    const [, kept] = await central.store.quarantined(10);
    if (kept === undefined) throw new Error("the batch is kept aside");
    expect(await central.store.quarantinedMessage("cell-1", kept.digest)).toEqual(bad);
    expect((await central.ingest.hear("cell-2", await other.message(0))).outcome).toBe("taken");
    expect((await central.ingest.hear("cell-1", await cell.message(0))).outcome).toBe("taken");
  });

  test("a cell that is not registered is answered by nothing, and nothing of it is stored", async () => {
    const cell = twelve();
    const central = createCentral([cell]);
    expect(await central.ingest.hear("cell-9", await cell.message(0))).toMatchObject({
      outcome: "unknown-cell",
      answers: [],
    });
    expect(await central.store.entries(origin, 0, 10)).toEqual([]);
    expect(await central.store.quarantined(10)).toMatchObject([{ cell: "(unregistered)", code: "unknown-cell" }]);
    for (let n = 0; n < 210; n++) await central.ingest.hear(`ghost-${n}`, utf8(`message ${n}`));
    const listed = await central.store.quarantined(1_000);
    expect(listed).toHaveLength(60);
    for (const { cell: name, digest } of listed) {
      expect(await central.store.quarantinedMessage(name, digest)).toBeNull();
    }
  });

  test("one cell cannot speak for another, even with the other's own words", async () => {
    const [cell, other] = [twelve(), createCell("cell-2", "hospital.example/cell-2")];
    const central = createCentral([cell, other]);
    const stolen = await central.ingest.hear("cell-2", await cell.message(0));
    expect(stolen.answers).toMatchObject([{ kind: "refused", code: "origin" }]);
    expect((await central.ingest.hear("cell-2", hello(1))).answers).toEqual([]);
    expect((await central.store.log(origin)).size).toBe(0);
  });

  test("[L7] a fork freezes that log alone, and both checkpoints are kept as evidence", async () => {
    const [cell, other] = [twelve(), createCell("cell-2", "hospital.example/cell-2")];
    const central = createCentral([cell, other]);
    await central.ingest.hear("cell-1", await cell.message(0));
    const clone = cell.clone(7);
    clone.append(...story(3, "J2"));
    const answer = await central.ingest.hear("cell-1", await clone.message(5));
    expect(answer.answers).toMatchObject([{ kind: "fork" }]);
    const [fork, ...more] = await central.store.forks();
    expect(more).toEqual([]);
    for (const [note, size] of [
      [fork?.held, 13],
      [fork?.other, 10],
    ] as const) {
      const opened = openCheckpoint(note ?? "", origin, [cell.signer.key], checkSignature);
      expect(opened).toMatchObject({ ok: true, value: { size } });
    }
    cell.append(...story(1));
    expect((await central.ingest.hear("cell-1", await cell.message(13))).answers).toMatchObject([{ kind: "fork" }]);
    expect((await central.ingest.hear("cell-1", hello(14))).answers).toMatchObject([{ kind: "fork" }]);
    expect(await central.store.forks()).toHaveLength(1);
    expect((await central.store.log(origin)).receipt?.size).toBe(13);
    expect((await central.ingest.hear("cell-2", await other.message(0))).outcome).toBe("taken");
  });

  test("lines that others wrote under a checkpoint are neither kept nor cosigned", async () => {
    const cell = twelve();
    const central = createCentral([cell]);
    const batch = await cell.batch(0);
    const line = batch.checkpoint.slice(batch.checkpoint.indexOf("\n\n") + 2);
    const foreign = line.replace(origin, "someone.example").repeat(14);
    const { answers } = await central.ingest.hear(
      "cell-1",
      messageBytes({ ...batch, checkpoint: batch.checkpoint + foreign }),
    );
    const receipt = answers.find((each) => each.kind === "receipt");
    expect(receipt?.kind === "receipt" && receipt.note).not.toContain("someone.example");
    expect(receiptIn(answers, cell, central)).toBe(13);
  });
});

describe("[F79] two instances on one store", () => {
  const places: readonly (readonly [string, () => Promise<() => Promise<QaStore>>])[] = [
    [
      "SQLite",
      async () => {
        const path = join(freshFolder(), storeFile);
        return async () => openSqliteStore(path);
      },
    ],
    [
      "PostgreSQL",
      async () => {
        const url = server.freshDatabase();
        return () => openPostgresStore(url);
      },
    ],
  ];

  test.each(places)(
    "on %s, racing over the same batches, hold every entry once and never two roots",
    async (_, place) => {
      const open = await place();
      const stores = [await open(), await open()];
      onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));
      const cell = twelve();
      cell.append(...story(50, "J2"));
      const size = cell.texts.length;
      const [first, second] = stores.map((store) => createCentral([cell], store));
      if (!first || !second) throw new Error("two stores make two centrals");
      // Both are one central: they sign with the same key.
      const twin = { ...second, ingest: createIngest({ ...second.ports, witness: first.witness }) };
      const cuts = Array.from({ length: Math.ceil(size / 7) }, (_each, n) => n * 7);
      const batches = await Promise.all(cuts.map((from) => cell.message(from, Math.min(size, from + 7))));
      for (let round = 0; round < cuts.length; round++) {
        const sent = batches.slice(round, round + 3);
        await Promise.all([first, twin].flatMap(({ ingest }) => sent.map((bytes) => ingest.hear("cell-1", bytes))));
      }
      expect((await stores[0]?.entries(origin, 0, 1_000))?.map(({ seq }) => seq)).toEqual(
        Array.from({ length: size }, (_each, n) => n),
      );
      expect(await stores[1]?.forks()).toEqual([]);
      expect(await stores[1]?.quarantined(10)).toEqual([]);
      const { answers } = await twin.ingest.hear("cell-1", hello(size));
      expect(receiptIn(answers, cell, first)).toBe(size);
    },
  );
});

describe("central whose key was replaced and whose store is lost", () => {
  /** Central's word for 13 entries under its old key, and central with a new one and nothing in its store. */
  async function replaced(until: number) {
    const cell = twelve();
    const before = createCentral([cell]);
    const { answers } = await before.ingest.hear("cell-1", await cell.message(0));
    const receipt = answers.find((each) => each.kind === "receipt");
    if (receipt?.kind !== "receipt") throw new Error("no receipt");
    const after = createCentral([cell]);
    const witnesses = [{ ...before.witness.key, effect: { until } }, after.witness.key];
    const ingest = createIngest({ ...after.ports, witnesses });
    const shown = messageBytes({ kind: "hello", origin, size: 13, id: "q1", receipt: receipt.note });
    await ingest.hear("cell-1", shown);
    return { cell, store: after.store, ingest };
  }
  const replacedAt = 1_700_000_000;

  test("[F81][L7] goes by what the old key swore to in its time: it swears to nothing smaller, and another history is a fork", async () => {
    const { cell, store, ingest } = await replaced(replacedAt);
    expect((await store.log(origin)).vouched).toMatchObject({ size: 13 });
    const other = cell.clone(5);
    other.append(...story(3, "J2"));
    const { answers } = await ingest.hear("cell-1", await other.message(0));
    expect(answers).toEqual([{ kind: "kept", origin, size: 8 }]);
    other.append(...story(8, "J2"));
    expect(await ingest.hear("cell-1", await other.message(8))).toMatchObject({ outcome: "fork" });
    expect(await store.log(origin)).toMatchObject({ frozen: true, receipt: null });
  });

  test("[L7] a line of the old key from after its end is no reason to believe anything", async () => {
    const { store } = await replaced(replacedAt - 1);
    expect((await store.log(origin)).vouched).toBeNull();
  });
});
