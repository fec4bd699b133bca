/** The cell's signed word about itself: taken once and in order, and what it gives away: copies, old images, wrong clocks. */
import { describe, expect, onTestFinished, test } from "vitest";
import { messageBytes } from "../../src/ledger/batch.ts";
import { openCheckpoint } from "../../src/ledger/checkpoint.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { type CellStatus, openStatus, signStatus } from "../../src/ledger/status.ts";
import { createIngest } from "../../src/qa/ingest.ts";
import { createOffice } from "../../src/qa/office.ts";
import { cellBody, cellsBody } from "../../src/qa/pages/cells.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { type CellLog, createCell, freshSigner, story } from "./cell.ts";
import { createCentral, freshStore } from "./central.ts";

const now = 1_700_000_000_000;
const digest = "d".repeat(64);

const word: CellStatus = {
  boot: 1,
  counter: 1,
  instance: "i-1",
  at: now,
  clock: "synchronised",
  state: "running",
  job: "J1",
  gate: null,
  head: 5,
  withQa: 0,
  oldestUnsyncedAt: null,
  software: "0.3.0",
  softwareDigest: digest,
  configDigest: digest,
  modelDigest: null,
};

async function said(cell: CellLog, more: Partial<CellStatus> = {}): Promise<Uint8Array> {
  const log = cell.registered.origin;
  return messageBytes({ kind: "status", origin: log, note: await signStatus(log, { ...word, ...more }, cell.signer) });
}

async function centralWith(cell: CellLog) {
  const central = createCentral([cell]);
  const say = async (more: Partial<CellStatus> = {}) =>
    (await central.ingest.hear(cell.registered.id, await said(cell, more))).outcome;
  const kept = async () => (await central.store.statuses())[0];
  const alarms = async () => (await central.store.alarms(100)).map(({ code }) => code);
  return { ...central, say, kept, alarms };
}

describe("[F88] a cell's status", () => {
  test("is kept if the cell has signed it and it is newer; an old one that comes again changes nothing", async () => {
    const cell = createCell();
    const { say, kept, store, alarms } = await centralWith(cell);
    expect(await say()).toBe("status");
    expect(await store.lastHeard()).toEqual(new Map([["cell-1", now]]));
    expect(await say({ counter: 3, state: "held" })).toBe("status");
    await say({ counter: 2 });
    await say({ counter: 3 });
    expect(await kept()).toMatchObject({ boot: 1, counter: 3 });
    await say({ boot: 2, counter: 1, instance: "i-2", at: now + 1 });
    expect(await kept()).toMatchObject({ boot: 2, counter: 1 });
    // The first start's last word, delayed on the way.
    await say({ counter: 4 });
    expect(await kept()).toMatchObject({ boot: 2 });
    expect(await alarms()).toEqual([]);
  });

  test("is set aside where another key has signed it, or it is of another log", async () => {
    const cell = createCell();
    const { ingest, store, kept } = await centralWith(cell);
    const stranger = { ...cell, signer: freshSigner(origin) };
    expect((await ingest.hear("cell-1", await said(stranger))).outcome).toBe("refused");
    const other = createCell("cell-1", "clinic.example/cell-9");
    expect((await ingest.hear("cell-1", await said(other))).outcome).toBe("refused");
    expect(await kept()).toBeUndefined();
    expect(await store.lastHeard()).toEqual(new Map());
    expect((await store.quarantined(10)).map(({ code }) => code)).toEqual(["status", "status"]);
  });

  test("can never be taken for a checkpoint, nor a checkpoint for a status", async () => {
    const cell = createCell();
    const note = await signStatus(origin, word, cell.signer);
    expect(openCheckpoint(note, origin, [cell.signer.key], checkSignature).ok).toBe(false);
    const { checkpoint } = await cell.batch(0);
    expect(openStatus(checkpoint, origin, [cell.signer.key], checkSignature).ok).toBe(false);
    const ended = { ...cell.signer.key, effect: { until: 4 } };
    expect(openStatus(note, origin, [ended], checkSignature).ok).toBe(false);
  });
});

describe("[F80][L7] what a status gives away is an alarm, once, with what to do", () => {
  test("fewer entries than were handed over: an older image", async () => {
    const cell = createCell();
    cell.append(...story(9));
    const { say, alarms, ingest, store } = await centralWith(cell);
    await ingest.hear("cell-1", await cell.message(0));
    await say({ head: 10, withQa: 10 });
    expect(await alarms()).toEqual([]);
    // What was written after the word was signed may come before it: the same start proves nothing.
    await say({ boot: 0, counter: 9, head: 7, withQa: 7 });
    expect(await alarms()).toEqual([]);
    await say({ boot: 2, counter: 1, instance: "i-2", head: 7, withQa: 7 });
    await say({ boot: 2, counter: 2, instance: "i-2", head: 7, withQa: 7 });
    expect(await alarms()).toEqual(["rollback"]);
    const office = createOffice({ store, cells: [cell.registered], now: () => now, breathe: async () => undefined });
    const { items } = await office.look();
    const item = items.find(({ what }) => what.startsWith("ROLLBACK"));
    expect(item).toMatchObject({ risk: 1, cell: "cell-1", review: null });
    expect(item?.remedy).toContain("Call the site");
    expect(item?.proposal).toMatchObject({ action: "hold", target: { kind: "cell" } });
  });

  test("two computers with one key: the same start twice, or an older start after a younger", async () => {
    const { say, alarms, kept } = await centralWith(createCell());
    await say();
    await say({ counter: 2, instance: "i-other" });
    await say({ counter: 3, instance: "i-other" });
    expect(await alarms()).toEqual(["clone"]);
    expect(await kept()).toMatchObject({ counter: 1 });
    await say({ boot: 4, counter: 1, instance: "i-4", at: now + 1_000 });
    await say({ boot: 3, counter: 9, instance: "i-3", at: now + 2_000 });
    expect(await alarms()).toEqual(["clone", "clone"]);
  });

  test("a clock that is far off is told when it begins, not for every status", async () => {
    const { say, alarms } = await centralWith(createCell());
    await say({ at: now - 4 * 60_000 });
    expect(await alarms()).toEqual([]);
    for (const counter of [2, 3, 4]) await say({ counter, at: now + 3_600_000 });
    expect(await alarms()).toEqual(["clock"]);
    await say({ counter: 5 });
    await say({ counter: 6, at: now - 86_400_000 });
    expect(await alarms()).toEqual(["clock", "clock"]);
  });

  test("entries that do not come while later ones do: a gap, when it has stayed for a minute", async () => {
    const cell = createCell();
    cell.append(...story(29));
    const { ports, store } = createCentral([cell]);
    let time = now;
    const ingest = createIngest({ ...ports, now: () => time });
    const late = await cell.message(20);
    await ingest.hear("cell-1", await cell.message(0, 10));
    for (const wait of [0, 30_000, 29_000]) {
      time += wait;
      expect((await ingest.hear("cell-1", late)).outcome).toBe("conflict");
    }
    expect(await store.alarms(10)).toEqual([]);
    time += 2_000;
    await ingest.hear("cell-1", late);
    await ingest.hear("cell-1", late);
    expect(await store.alarms(10)).toEqual([expect.objectContaining({ code: "gap", id: "gap/cell-1/10" })]);
    expect((await store.alarms(10))[0]?.what).toContain("Entries 10 to 19 do not come");
    await ingest.hear("cell-1", await cell.message(10));
    time += 120_000;
    cell.append(...story(20));
    await ingest.hear("cell-1", await cell.message(45));
    expect((await store.alarms(10)).length).toBe(1);
  });

  test("receipts over more than central holds: central has lost something", async () => {
    const { say, alarms } = await centralWith(createCell());
    await say({ head: 50, withQa: 40 });
    expect(await alarms()).toEqual(["lost"]);
  });
});

test("[F88] of 200 cells each shows what it is at, and one that falls silent is unknown, never what it last was", async () => {
  const cells = Array.from({ length: 200 }, (_, n) => {
    const cell = createCell(`cell-${n}`, `fleet.example/cell-${n}`);
    return { ...cell, registered: { ...cell.registered, title: `Cell ${String(n).padStart(3, "0")}` } };
  });
  const store = freshStore();
  let time = now;
  const registered = cells.map((cell) => cell.registered);
  const ingest = createIngest({
    store,
    cells: new Map(registered.map((cell) => [cell.id, cell])),
    witness: freshSigner("qa.example/witness", 4),
    check: checkSignature,
    now: () => time,
  });
  const speak = async (some: readonly CellLog[], counter: number) => {
    for (const cell of some) {
      const state = cell.registered.id === "cell-7" ? "held" : "running";
      const more = { counter, state, at: time - 2_000, head: 9, withQa: 5, oldestUnsyncedAt: time - 92_000 } as const;
      await ingest.hear(cell.registered.id, await said(cell, more));
    }
  };
  await speak(cells, 1);
  const office = createOffice({ store, cells: registered, now: () => time, breathe: async () => undefined });
  const pages = async () => {
    const state = await office.look();
    return [1, 2, 3, 4].map((page) => cellsBody(state, String(page)).html);
  };
  const before = await pages();
  expect(before[0]).toContain("● Held");
  expect(before[0]).toContain("2 min, 4 wait".replace("2 min", "90 s"));
  expect(before[0]).toContain("2 s behind, synchronised");
  expect(before.join("").match(/Running, job J1/g)).toHaveLength(199);
  time += cells[0]!.registered.silentAfterMs + 10_000;
  await speak(cells.slice(0, 7), 2);
  const after = (await pages()).join("");
  expect(after.match(/Running, job J1/g)).toHaveLength(7);
  // State, oldest record, clock and software of each of the others.
  expect(after.match(/\? Unknown/g)).toHaveLength(193 * 4);
  expect(after).not.toContain("● Held");
  expect(after).toContain("193 unknown");
  onTestFinished(() => undefined);
});

test("[F88] what a cell was at is never shown as what it is at: where its records come and its word does not, it is unknown", async () => {
  const cell = createCell();
  const central = createCentral([cell]);
  let time = now;
  const ingest = createIngest({ ...central.ports, now: () => time });
  const office = createOffice({
    store: central.store,
    cells: [cell.registered],
    now: () => time,
    breathe: async () => undefined,
  });
  const shown = async () => {
    const state = await office.look();
    const whole = cellsBody(state, undefined).html + state.cells.map((each) => cellBody(each, time, undefined).html);
    return { whole, items: state.items.map(({ id }) => id.split("/")[0]) };
  };
  const say = async (counter: number) =>
    ingest.hear("cell-1", await said(cell, { counter, state: "ready", job: null, at: time }));
  const handOver = async () => {
    const from = cell.texts.length;
    cell.append(...story(1));
    await ingest.hear("cell-1", await cell.message(from));
  };
  await ingest.hear("cell-1", await cell.message(0));
  await say(1);
  expect((await shown()).whole).toContain("Ready");
  time += 3 * 60_000;
  await handOver();
  expect((await shown()).whole).toContain("Ready");
  for (let minute = 0; minute < 3; minute += 1) {
    time += 60_000;
    await handOver();
    const { whole, items } = await shown();
    expect(whole).not.toContain("Ready");
    expect(whole).not.toContain("synchronised");
    expect(whole).toContain("1 unknown");
    expect(whole.match(/\? Unknown/g)).toHaveLength(8);
    expect(items).toContain("mute");
  }
  await say(2);
  const { whole, items } = await shown();
  expect([whole.includes("Ready"), items.includes("mute")]).toEqual([true, false]);
});
