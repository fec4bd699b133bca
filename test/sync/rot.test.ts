/** Entries that have rotted in the cell: an alarm that names them, and everything goes on that does not rest on them. */
import { describe, expect, test } from "vitest";
import { messageBytes } from "../../src/ledger/batch.ts";
import { utf8 } from "../../src/ledger/bytes.ts";
import type { Row } from "../../src/ledger/chain-check.ts";
import { draft, origin } from "../ledger/plain-drafts.ts";
import { createWorld, isSettled, type World } from "./world.ts";

const minutes = (n: number): number => n * 60_000;

/** The body of an entry is another one on the disk; the returned function puts it back. */
function rotBody(world: World, seq: number, body: string): () => void {
  const { rows } = world.disk;
  const before = rows[seq] as Row;
  rows[seq] = { ...before, body: utf8(body) };
  return () => {
    rows[seq] = before;
  };
}

describe("[F67][F82][L1] sync of a record that has rotted", () => {
  test.each(["{}", "no JSON text"])(
    "hands over what stands before a rotted body (%s), names it, and goes on when it is mended",
    async (body) => {
      const world = await createWorld(1);
      await world.write(10);
      expect(await world.run(() => isSettled(world))).toBe(true);
      await world.ledger.append(Array.from({ length: 30 }, (_, n) => draft("Noted", { n }, "J1")));
      const mend = rotBody(world, 20, body);
      world.sync.headMoved();
      await world.run(() => false, minutes(10));
      expect(world.fatal).toBe(null);
      expect(world.sync.status()).toMatchObject({ withQa: 20, alarm: { code: "record-damaged" } });
      expect(world.sync.status().what).toContain("entry 20");
      expect(world.damage[0]).toMatchObject({ code: "ledger-broken", seq: 20, rule: "body-changed" });
      mend();
      expect(await world.run(() => isSettled(world))).toBe(true);
      expect(world.sync.status().alarm).toBe(null);
      await world.stop();
    },
  );

  test("what central QA has lost and this cell cannot give back holds up no new record", async () => {
    const world = await createWorld(2);
    await world.write(40);
    expect(await world.run(() => isSettled(world))).toBe(true);
    rotBody(world, 5, "{}");
    const { size, root } = world.ledger.head();
    world.network.say(messageBytes({ kind: "want", origin, from: 0, to: 20, size, root }));
    await world.run(() => world.sync.status().alarm !== null, minutes(1));
    expect(world.sync.status().alarm).toMatchObject({ code: "record-damaged" });
    expect(world.sync.status().what).toContain("entry 5");
    await world.write(10);
    expect(await world.run(() => isSettled(world))).toBe(true);
    expect(world.fatal).toBe(null);
    await world.stop();
  });
});
