/** What goes wrong between a cell and central QA: a QA that lies, forks, restored images, poison, forged decisions; each with its sentence. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messageBytes } from "../../src/ledger/batch.ts";
import { type Decision, decisionBytes, decisionPayloadType } from "../../src/ledger/decision.ts";
import { printEnvelope, signPayload } from "../../src/ledger/dsse.ts";
import { createMemoryDisk, type MemoryDisk } from "../../src/ledger/memory.ts";
import type { Signer } from "../../src/ledger/signer.ts";
import { patience } from "../../src/sync/courier.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { ed25519Signer } from "../ledger/witness.ts";
import type { Lie } from "./central.ts";
import { createWorld, decider, isSettled, type World } from "./world.ts";

/** A world in which so many entries are with QA. */
async function settled(seed: number, entries: number): Promise<World> {
  const world = await createWorld(seed);
  await world.write(entries);
  expect(await world.run(() => isSettled(world))).toBe(true);
  return world;
}

const minutes = (n: number): number => n * 60_000;

/** The first `size` rows of a disk, as an older image holds them. */
function imageOf({ rows }: MemoryDisk, size: number): MemoryDisk {
  return { ...createMemoryDisk(origin), rows: rows.slice(0, size) };
}

describe("[F81] a central QA that lies", () => {
  const lies: [Lie, string][] = [
    ["signature", "receipt-note"],
    ["stranger", "receipt-note"],
    ["form", "receipt-note"],
    ["size", "receipt-size"],
    ["time", "receipt-time"],
  ];
  test.each(lies)(
    "is never believed (%s): nothing is counted, an alarm says why, and the truth is taken later",
    async (lie, code) => {
      const world = await settled(1, 10);
      world.central.lie = lie;
      await world.write(10);
      await world.run(() => false, minutes(10));
      expect(world.sync.status()).toMatchObject({ withQa: 11, head: 21, alarm: { code } });
      expect(world.ledger.cosigned().size).toBe(11);
      expect(world.alarms.map((alarm) => alarm.code)).toContain(code);
      expect(world.alarms[0]?.remedy).toMatch(/central QA|engineer/);
      world.central.lie = "none";
      world.central.disk.receipt = null;
      world.central.disk.entries.length = 11;
      await world.write(1);
      const back = await world.run(() => isSettled(world), minutes(60));
      expect(back).toBe(true);
      expect(world.sync.status().alarm).toBe(null);
      await world.stop();
    },
  );

  test("[F80] a central that has lost what it countersigned is an alarm; nothing counts less here, and it gets all of it again", async () => {
    const world = await settled(2, 20);
    world.central.disk.entries.length = 5;
    world.central.disk.receipt = null;
    await world.crash();
    await world.run(() => world.alarms.length > 0, minutes(1));
    expect(world.sync.status()).toMatchObject({ state: "syncing", withQa: 21, alarm: { code: "qa-behind" } });
    expect(world.sync.status().what).toBe(
      "Central QA says that it holds 5 entries; it has countersigned 21. They go to it again.",
    );
    expect(await world.run(() => isSettled(world), minutes(1))).toBe(true);
    expect(world.central.disk.entries).toHaveLength(22);
    expect(world.sync.status().alarm).toBe(null);
    await world.stop();
  });
});

describe("[F80][L7] two histories under one name", () => {
  test("[F96] a cell put back to an older image, its floor lost with it, is told by central's answer and frozen", async () => {
    const world = await settled(3, 40);
    world.disk = imageOf(world.disk, 25);
    await world.crash();
    await world.run(() => world.sync.status().state === "frozen", minutes(5));
    await world.run(() => world.sync.status().alarm?.proven === true, minutes(5));
    expect(world.sync.status()).toMatchObject({ state: "frozen", alarm: { code: "cell-behind", proven: true } });
    expect(world.sync.status().what).toBe(
      "Central QA holds 41 entries of this record, the cell has 26: the cell is an older image or a copy.",
    );
    const { sent } = world.network.counts;
    await world.write(30);
    await world.run(() => false, minutes(60));
    expect(world.network.counts.sent).toBe(sent);
    expect(world.central.disk.entries).toHaveLength(41);
    await world.stop();
  });

  test("a receipt that both keys bear out, over more than the cell has, is the same proof", async () => {
    const world = await settled(4, 40);
    const receipt = world.central.disk.receipt;
    const image = await createWorld(5, imageOf(world.disk, 10));
    image.network.far = null;
    await image.run(() => false, 1_000);
    image.network.say(messageBytes({ kind: "receipt", origin, ...receipt! }));
    await image.run(() => image.sync.status().state === "frozen", 1_000);
    // Of another installation's central it is none: the key decides.
    expect(image.sync.status()).toMatchObject({ state: "frozen", alarm: { code: "cell-behind" } });
    await world.stop();
    await image.stop();
  });

  test("a receipt that both keys bear out, over other entries than the cell's, is proof of another history", async () => {
    const world = await settled(20, 10);
    world.central.lie = "root";
    await world.write(3);
    await world.run(() => world.sync.status().state === "frozen", minutes(5));
    expect(world.sync.status()).toMatchObject({ state: "frozen", withQa: 11, alarm: { code: "fork", proven: true } });
    expect(world.ledger.cosigned().size).toBe(11);
    await world.stop();
  });

  test("other entries at a size that both have, and central's own word of a fork, freeze sync for good", async () => {
    const world = await settled(6, 10);
    world.disk = imageOf(world.disk, 5);
    const { central, network } = world;
    network.far = null;
    await world.crash();
    await world.write(20);
    network.far = (bytes) => central.hear(bytes);
    await world.run(() => world.sync.status().state === "frozen", minutes(10));
    expect(world.sync.status()).toMatchObject({ state: "frozen", alarm: { code: "fork" } });
    expect(world.sync.status().what).toContain("Central QA holds other entries than this cell among the first 11");

    const other = await settled(7, 10);
    other.central.frozen = true;
    await other.crash();
    await other.run(() => other.sync.status().state === "frozen", minutes(10));
    expect(other.sync.status().alarm?.proven).toBeUndefined();
    expect(other.sync.status().alarm).toMatchObject({ code: "fork", remedy: expect.stringContaining("Do not use") });
    other.central.frozen = false;
    await other.run(() => false, minutes(60));
    expect(other.sync.status().state).toBe("frozen");
    await world.stop();
    await other.stop();
  });

  test("two cells with one key and one record part ways: the second is forked at central and frozen", async () => {
    const world = await settled(8, 10);
    const clone = await createWorld(9, imageOf(world.disk, 11));
    const { central } = world;
    clone.network.far = (bytes) => central.hear(bytes);
    await clone.run(() => clone.sync.status().state === "with-qa", minutes(5));
    await clone.crash();
    await clone.write(5);
    await world.write(1);
    expect(await world.run(() => isSettled(world))).toBe(true);
    await clone.run(() => clone.sync.status().state === "frozen", minutes(10));
    expect(clone.sync.status()).toMatchObject({ state: "frozen", alarm: { code: "fork" } });
    await world.stop();
    await clone.stop();
  });
});

describe("[F79] the connection", () => {
  test("a session given to another controller stops sync, with an alarm, until the cell is started again", async () => {
    const world = await settled(10, 3);
    world.network.cut("taken-over");
    const { connects } = world.network.counts;
    await world.write(2);
    await world.run(() => false, minutes(600));
    expect(world.sync.status()).toMatchObject({ state: "stopped", withQa: 4, alarm: { code: "session-taken" } });
    expect(world.network.counts.connects).toBe(connects);
    await world.stop();
  });

  test("connections that die young are tried again ever more rarely, and are an alarm", async () => {
    const world = await createWorld(11);
    world.network.far = null;
    await world.write(3);
    let cuts = 0;
    for (let n = 0; n < 12; n++) {
      await world.run(() => world.network.counts.connects > cuts, minutes(10));
      await world.run(() => false, 1_000);
      world.network.cut();
      cuts = world.network.counts.connects;
    }
    expect(world.time.elapsed()).toBeGreaterThan(minutes(2));
    expect(world.alarms.map(({ code }) => code)).toEqual(["connection-unstable"]);
    world.crashCentral();
    expect(await world.run(() => isSettled(world))).toBe(true);
    expect(world.sync.status().alarm).toBe(null);
    await world.stop();
  });

  test("a broker that does not let the cell in is an alarm with its remedy", async () => {
    const world = await createWorld(12);
    world.network.reachable = false;
    world.network.why = "refused";
    await world.run(() => world.sync.status().alarm !== null, 1_000);
    expect(world.sync.status().alarm).toMatchObject({
      code: "broker-refuses",
      remedy: expect.stringContaining("certificate"),
    });
    await world.stop();
  });

  test("[L5] whatever bytes come, sync neither falls over nor counts anything", async () => {
    const world = await settled(13, 3);
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .record({
          kind: fc.constantFrom("at", "receipt", "conflict", "fork", "refused", "decision", "start"),
          origin: fc.constantFrom(origin, "elsewhere.example/cell-9"),
          size: fc.integer({ min: -1, max: 10 }),
          note: fc.string({ unit: "binary", maxLength: 80 }),
        })
        .map((value) => new TextEncoder().encode(JSON.stringify(value))),
    );
    await fc.assert(
      fc.asyncProperty(message, async (bytes) => {
        world.network.say(bytes);
        await world.run(() => false, 10);
        expect(world.sync.status().withQa).toBe(4);
        expect(world.fatal).toBe(null);
      }),
      { numRuns: 200 },
    );
    await world.stop();
  });
});

describe("[F80] an entry that central QA does not take", () => {
  test("is found by halving, named in an alarm, never skipped, and handed over when central takes it", async () => {
    const world = await createWorld(14);
    world.central.poison.add(37);
    await world.write(100);
    await world.run(() => world.sync.status().alarm !== null, minutes(5));
    await world.run(() => false, minutes(30));
    expect(world.sync.status()).toMatchObject({ withQa: 37, alarm: { code: "entry-refused" } });
    expect(world.sync.status().what).toBe("Central QA does not take entry 37: A body is malformed.");
    expect(world.central.disk.entries).toHaveLength(37);
    expect(world.alarms).toHaveLength(1);
    expect(world.network.counts.sent).toBeLessThan(150);
    world.central.poison.clear();
    expect(await world.run(() => isSettled(world))).toBe(true);
    expect(world.sync.status().alarm).toBe(null);
    await world.stop();
  });

  test("a refusal that comes twice, late, strikes no good entry", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 40 }), async (seed, poison) => {
        const world = await createWorld(seed);
        world.network.weather = { lose: 0.1, double: 0.9, delayMs: 2_000, mute: 0.1 };
        world.central.poison.add(poison);
        await world.write(40);
        await world.run(() => world.sync.status().alarm !== null, minutes(60));
        const named = world.alarms.filter(({ code }) => code === "entry-refused").map(({ what }) => what);
        expect(named).toEqual([`Central QA does not take entry ${poison}: A body is malformed.`]);
        expect(world.sync.status().withQa).toBeLessThanOrEqual(poison);
        await world.stop();
      }),
      { numRuns: 25 },
    );
  });

  test("an entry too large for a message is named, and stays", async () => {
    const world = await createWorld(15);
    await world.write(2);
    const { read } = world.ledger;
    // A ledger of the first release may hold bodies of up to 1 MiB.
    world.ledger.read = async function* (from) {
      for await (const one of read(from)) yield one.entry.seq === 2 ? { ...one, bodyText: "x".repeat(600_000) } : one;
    };
    await world.run(() => false, minutes(10));
    expect(world.sync.status()).toMatchObject({ withQa: 2, alarm: { code: "entry-too-large" } });
    expect(world.alarms).toHaveLength(1);
    expect(world.sync.status().what).toContain("Entry 2 is too large");
    await world.stop();
  });
});

describe("[F85][L5] decisions of central QA", () => {
  const issued: Decision = {
    format: "cellward-decision/1",
    id: "D-1",
    nonce: "n-1",
    origin,
    action: "hold",
    target: { kind: "cell", id: "cell-1" },
    reason: "record-doubt",
    issuedAt: "2026-01-01T00:00:00.000Z",
    expires: "2026-01-02T00:00:00.000Z",
  };

  async function envelope(content: unknown, signer: Signer = decider, type = decisionPayloadType): Promise<Uint8Array> {
    const payload = decisionBytes(content as Decision);
    const signature = await signPayload(type, payload, signer);
    const text = new TextDecoder().decode(printEnvelope({ payloadType: type, payload, signatures: [signature] }));
    return messageBytes({ kind: "decision", envelope: text });
  }

  test("one that the decision key has signed for this cell is handed on, once", async () => {
    const world = await settled(16, 3);
    for (let n = 0; n < 3; n++) world.network.say(await envelope(issued));
    await world.run(() => false, 100);
    expect(world.decisions).toEqual([issued]);
    expect(world.sync.status().alarm).toBe(null);
    await world.stop();
  });

  test("one that is forged, altered or for another cell is refused, with an alarm", async () => {
    const stranger = ed25519Signer(decider.key.name, 1);
    const bad: [string, Uint8Array][] = [
      ["has not signed", await envelope(issued, stranger)],
      ["is for elsewhere.example/cell-9", await envelope({ ...issued, origin: "elsewhere.example/cell-9" })],
      ["cannot be read", await envelope({ ...issued, action: "start" })],
      ["cannot be read", await envelope({ ...issued, command: "resume" })],
      ["is no decision but text/plain", await envelope(issued, decider, "text/plain")],
      ["no signed envelope", messageBytes({ kind: "decision", envelope: "{}" })],
    ];
    for (const [why, message] of bad) {
      const world = await settled(17, 3);
      world.network.say(message);
      await world.run(() => world.alarms.length > 0, 100);
      expect(world.decisions).toEqual([]);
      expect(world.alarms).toMatchObject([{ code: "decision-refused", what: expect.stringContaining(why) }]);
      await world.stop();
    }
  });

  test("[F30] one that comes late is never acted on, even where the cell's clock has gone back", async () => {
    const world = await settled(18, 3);
    await world.run(() => false, 2 * 24 * 3_600_000);
    world.time.step(-2 * 24 * 3_600_000);
    world.network.say(await envelope(issued));
    await world.run(() => false, 1_000);
    expect(world.decisions).toEqual([]);
    await world.stop();
  });

  test("a frozen cell still takes decisions", async () => {
    const world = await settled(19, 3);
    world.central.frozen = true;
    await world.run(() => world.sync.status().state === "frozen", 2 * patience.beatMs);
    world.network.say(await envelope(issued));
    await world.run(() => false, 100);
    expect(world.decisions).toEqual([issued]);
    await world.stop();
  });
});
