/** Entries that the cell has signed and nobody can read: kept to the byte, marked, never interpreted, and nothing stops behind them. */
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/kernel/hash.ts";
import { messageBytes } from "../../src/ledger/batch.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { createOffice } from "../../src/qa/office.ts";
import { verifyHeld } from "../../src/qa/verify.ts";
import { draft, origin } from "../ledger/plain-drafts.ts";
import { type CellLog, createCell, story } from "./cell.ts";
import { type Central, createCentral } from "./central.ts";

/** The text of the last entry as a newer software would write it: one member more. */
function newer(cell: CellLog): string {
  return `${cell.texts.at(-1)?.entry.slice(0, -1)},"w":2}`;
}

const poisons: readonly (readonly [string, string, (cell: CellLog) => void])[] = [
  ["an entry of another format", "entry-format", (cell) => cell.spoil(newer(cell), '{"a":1}')],
  ["an entry that is no JSON", "entry-format", (cell) => cell.spoil("\u0000[[[[ not an entry", "neither is this")],
  ["an entry of 100 KiB", "entry-format", (cell) => cell.spoil("x".repeat(100 * 1024), "{}")],
  ["a body that is no JSON", "body-format", (cell) => cell.spoilBody(draft("Noted", {}, "J1"), "not a body")],
  ["a body in another form", "body-format", (cell) => cell.spoilBody(draft("Noted", {}, "J1"), '{ "a": 1 }')],
  ["a body of brackets", "body-format", (cell) => cell.spoilBody(draft("Noted", {}, "J1"), "[".repeat(150_000))],
];

function items(central: Central, cells: readonly CellLog[]) {
  const ports = { store: central.store, cells: cells.map(({ registered }) => registered) };
  const breathe = () => new Promise<void>((done) => setImmediate(done));
  return createOffice({ ...ports, now: () => 1_700_000_000_000, breathe }).look();
}

describe("[F79][L3] a poison entry", () => {
  test.each(poisons)(
    "(%s) is stored and cosigned as it is, and so is all that comes behind it",
    async (_, rule, spoil) => {
      const cell = createCell();
      cell.append(...story(3));
      spoil(cell);
      cell.append(...story(4, "J2"));
      const central = createCentral([cell]);
      const first = await central.ingest.hear("cell-1", await cell.message(0, 5));
      expect(first).toMatchObject({ outcome: "taken", stored: 5, answers: [{ kind: "receipt", size: 5 }] });
      const rest = await central.ingest.hear("cell-1", await cell.message(5));
      expect(rest).toMatchObject({ outcome: "taken", stored: 4, answers: [{ kind: "receipt", size: 9 }] });
      const kept = await central.store.entries(origin, 0, 100);
      const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
      expect(kept.map(({ entry, body }) => ({ entry: text(entry), body: text(body) }))).toEqual(cell.texts);
      const digest = digestOf(utf8(cell.texts[4]?.entry ?? ""));
      expect(await central.store.quarantined(10)).toMatchObject([{ cell: "cell-1", seq: 4, code: rule, digest }]);
      const { items: all } = await items(central, [cell]);
      expect(all.find(({ id }) => id.startsWith("unread/"))).toMatchObject({
        risk: 1,
        what: expect.stringContaining("4"),
      });
      const judges = { witnesses: [central.witness.key], check: checkSignature };
      expect(await verifyHeld(central.store, cell.registered, judges)).toMatchObject({
        ok: true,
        entries: 9,
        cosigned: 9,
      });
    },
  );

  test("the record of its job never counts as complete, before it and behind it", async () => {
    for (const spoil of [
      (cell: CellLog) => cell.spoilBody(draft("Noted", {}, "J1"), "{"),
      // The job of what cannot be read shows in what links to it.
      (cell: CellLog) => {
        const before = cell.clone(cell.texts.length);
        before.append(draft("Noted", { secret: true }, "J1"));
        const text = before.texts.at(-1)?.entry.replace('"v":1', '"v":2') ?? "";
        cell.spoil(text, "{}");
        cell.rememberJob("J1", digestOf(utf8(text)));
      },
    ]) {
      const cell = createCell();
      cell.append(...story(2));
      spoil(cell);
      cell.append(draft("UnitReleased", { unit: 1 }, "J1"));
      const central = createCentral([cell]);
      for (const [from, to] of [
        [0, 4],
        [4, 5],
      ]) {
        const { outcome } = await central.ingest.hear("cell-1", await cell.message(from ?? 0, to));
        expect(outcome).toBe("taken");
      }
      const found = (await items(central, [cell])).items.find(({ id }) => id.startsWith("incomplete/"));
      expect(found).toMatchObject({ risk: 1, job: "J1", details: [expect.stringContaining("cannot be read")] });
    }
  });

  test("many of them are listed up to a bound, counted honestly beyond it, and all of them stored", async () => {
    const cell = createCell();
    for (let n = 0; n < 1_100; n++) cell.spoil(`poison ${n}`, "{}");
    const central = createCentral([cell]);
    for (let from = 0; from < 1_101; from += 256) {
      await central.ingest.hear("cell-1", await cell.message(from, Math.min(1_101, from + 256)));
    }
    expect((await central.store.log(origin)).receipt?.size).toBe(1_101);
    const listed = await central.store.quarantined(5_000);
    expect(listed).toHaveLength(1_000);
    const bytes = Array.from({ length: 100 }, (_, n) => `poison ${n + 1_000}{}`.length).reduce((a, b) => a + b);
    expect(await central.store.dropped()).toEqual([{ cell: "cell-1", messages: 100, bytes }]);
  });
});

describe("[F79] what a carrier has spoiled", () => {
  test("is refused and kept aside, and the same entries are taken when they come whole; other cells go on", async () => {
    const [cell, other] = [createCell(), createCell("cell-2", "hospital.example/cell-2")];
    cell.append(...story(6));
    const central = createCentral([cell, other]);
    const whole = await cell.batch(0);
    const spoiled = { ...whole, entries: whole.entries.map((one, n) => (n === 3 ? { ...one, body: "{}" } : one)) };
    const { outcome, answers } = await central.ingest.hear("cell-1", messageBytes(spoiled));
    expect([outcome, answers]).toMatchObject(["refused", [{ kind: "refused", code: "body-changed", from: 0, to: 7 }]]);
    expect(await central.store.quarantined(10)).toMatchObject([{ seq: null, code: "body-changed" }]);
    expect((await central.ingest.hear("cell-2", await other.message(0))).outcome).toBe("taken");
    expect((await central.ingest.hear("cell-1", messageBytes(whole))).outcome).toBe("taken");
  });
});
