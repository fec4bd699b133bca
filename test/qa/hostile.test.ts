/** Hostile words at central: read within bounds, set aside with their origin, counted where they are too many, and without effect on the record. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxMessageBytes, messageBytes, readDown, readUp } from "../../src/ledger/batch.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import { createIngest } from "../../src/qa/ingest.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { createCell, story } from "./cell.ts";
import { createCentral } from "./central.ts";

const long = maxMessageBytes;
const hostile: readonly (readonly [string, string, string])[] = [
  ["512 KiB of brackets", "[".repeat(long), "nested deeper"],
  ["a tower of brackets that is closed again", "[".repeat(long / 2) + "]".repeat(long / 2), "nested deeper"],
  ["a tower of objects", `${'{"a":'.repeat(80_000)}1${"}".repeat(80_000)}`, "nested deeper"],
  ["a hundred thousand members", `{${Array.from({ length: 50_000 }, (_, n) => `"k${n}":1`).join(",")}}`, ""],
  [
    "a hundred thousand entries that are none",
    `{"entries":[${"1,".repeat(200_000)}1],"kind":"batch"}`,
    "more than 256",
  ],
  ["a number beyond all", `{"from":1e400,"kind":"batch"}`, ""],
  ["a number of half a million digits", `{"from":${"9".repeat(long - 100)},"kind":"batch"}`, ""],
  ["an unsafe integer", `{"id":"q","kind":"hello","origin":"${origin}","size":9007199254740993}`, ""],
  ["the same member twice", `{"id":"q","kind":"hello","kind":"hello","origin":"${origin}","size":1}`, ""],
  ["a lone surrogate", `{"id":"\\ud800","kind":"hello","origin":"${origin}","size":1}`, ""],
  ["a text that never ends", `{"kind":"${"\\\\".repeat(200_000)}`, ""],
  ["nothing", "", ""],
  ["a member too many", `{"evil":1,"id":"q","kind":"hello","origin":"${origin}","size":1}`, ""],
  ["one byte too many", "x".repeat(long + 1), "longer than"],
];

describe("[F79][L7] the reader of messages", () => {
  test.each(hostile)("refuses %s in a sentence that quotes nothing of it", (_, text, why) => {
    const read = readUp(utf8(text));
    expect(read).toMatchObject({ ok: false, error: expect.stringContaining(why) });
    expect(read.ok ? "" : read.error.length).toBeLessThan(100);
  });

  test("never throws, whatever the bytes; what it takes, it prints back to the byte", () => {
    const good = messageBytes({ kind: "hello", origin, size: 12, id: "q1" });
    const spoiled = fc.tuple(fc.nat(good.length - 1), fc.uint8Array({ maxLength: 12 })).map(([at, bytes]) => {
      const copy = good.slice();
      copy.set(bytes.subarray(0, good.length - at), at);
      return copy;
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(utf8), spoiled), (bytes) => {
        for (const read of [readUp(bytes), readDown(bytes)]) {
          if (read.ok) expect(messageBytes(read.value)).toEqual(new Uint8Array(bytes));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("[F79][L7] central", () => {
  test("takes nothing of spoiled messages, answers in words or not at all, and goes on", async () => {
    const cell = createCell();
    cell.append(...story(8));
    const central = createCentral([cell]);
    await central.ingest.hear("cell-1", await cell.message(0, 4));
    const messages = [
      await cell.message(4),
      await cell.message(2, 6),
      messageBytes({ kind: "hello", origin, size: 9, id: "q" }),
    ];
    const change = fc.record({
      which: fc.nat(messages.length - 1),
      at: fc.nat(4_000),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ which, at, bytes }) => {
        const given = messages[which] ?? new Uint8Array();
        const copy = given.slice();
        copy.set(bytes.subarray(0, copy.length - (at % copy.length)), at % copy.length);
        if (Buffer.from(copy).equals(Buffer.from(given))) return;
        const { outcome } = await central.ingest.hear("cell-1", copy);
        expect(["taken", "fork"]).not.toContain(outcome);
      }),
      { numRuns: 300 },
    );
    expect((await central.store.log(origin)).size).toBe(4);
    expect((await central.ingest.hear("cell-1", await cell.message(4))).outcome).toBe("taken");
  });

  test("takes nothing of a message of which a body that is held already was changed on the way", async () => {
    const cell = createCell();
    cell.append(...story(8));
    const central = createCentral([cell]);
    await central.ingest.hear("cell-1", await cell.message(0, 4));
    const changed = Buffer.from(await cell.message(2, 6));
    const at = changed.indexOf('layer\\":3');
    expect(at).toBeGreaterThan(0);
    changed.write("L", at);
    const { outcome, answers } = await central.ingest.hear("cell-1", changed);
    expect([outcome, answers]).toEqual(["refused", [expect.objectContaining({ code: "body-changed" })]]);
    expect((await central.store.log(origin)).size).toBe(4);
  });

  test("writes down a bounded number of what one cell throws at it, and counts the rest to the message", async () => {
    const [cell, other] = [createCell(), createCell("cell-2", "hospital.example/cell-2")];
    const central = createCentral([cell, other]);
    const { ports } = central;
    let now = 1_700_000_000_000;
    const ingest = createIngest({ ...ports, now: () => now });
    for (let n = 0; n < 500; n++) await ingest.hear("cell-1", utf8(`junk ${n}`));
    for (let n = 0; n < 300; n++) await ingest.hear(`stranger-${n}`, utf8("junk"));
    ingest.passOver("cell-1", 1_000);
    await ingest.look("cell-1");
    const listed = await central.store.quarantined(5_000);
    expect(listed.filter((one) => one.cell === "cell-1")).toHaveLength(60);
    const junk = Array.from({ length: 440 }, (_, n) => `junk ${n + 60}`.length).reduce((a, b) => a + b);
    expect(await central.store.dropped()).toEqual([
      { cell: "(unregistered)", messages: 240, bytes: 240 * 4 },
      { cell: "cell-1", messages: 441, bytes: junk + 1_000 },
    ]);
    expect((await ingest.hear("cell-2", await other.message(0))).outcome).toBe("taken");
    now += 60_000;
    await ingest.hear("cell-1", utf8("junk of the next minute"));
    expect((await central.store.quarantined(1))[0]?.cell).toBe("cell-1");
  });
});
