/** What nobody has signed stops nothing: an unsigned or forged fork, an answer of another size or root. The signed ones do. */
import { describe, expect, test } from "vitest";
import { messageBytes, readUp } from "../../src/ledger/batch.ts";
import { isSignedFork, signFork } from "../../src/ledger/fork.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { ed25519Signer } from "../ledger/witness.ts";
import { check, createWorld, decider, isSettled, type World } from "./world.ts";

const minutes = (n: number): number => n * 60_000;

async function settled(seed: number): Promise<World> {
  const world = await createWorld(seed);
  await world.write(10);
  expect(await world.run(() => isSettled(world))).toBe(true);
  return world;
}

/** The world is told so for a while; then central answers again, and all is well. */
async function survives(world: World): Promise<void> {
  await world.run(() => false, minutes(10));
  expect(world.sync.status()).toMatchObject({ alarm: { code: "unproven" } });
  expect(world.sync.status().state).not.toBe("frozen");
  expect(world.alarms.every(({ code, proven }) => code === "unproven" && proven === undefined)).toBe(true);
}

describe("[F81][L7] a word that nobody has signed", () => {
  test("of a fork is an alarm and a later try; the cell is not stopped", async () => {
    const world = await settled(1);
    Object.assign(world.central, { frozen: true, signs: false });
    await world.crash();
    await survives(world);
    world.central.frozen = false;
    await world.write(5);
    expect(await world.run(() => isSettled(world))).toBe(true);
    expect(world.sync.status().alarm).toBe(null);
    await world.stop();
  });

  test("of another size, or of another root, is the same", async () => {
    for (const lie of [
      { size: 900, root: "0".repeat(64) },
      { size: 3, root: "0".repeat(64) },
    ]) {
      const world = await settled(2);
      const { far } = world.network;
      world.network.far = async (bytes) => {
        const read = readUp(bytes);
        if (!read.ok || read.value.kind !== "hello") return [];
        return [messageBytes({ kind: "at", origin, ...lie, id: read.value.id })];
      };
      await world.crash();
      await survives(world);
      world.network.far = far;
      expect(await world.run(() => isSettled(world))).toBe(true);
      expect(world.sync.status().alarm).toBe(null);
      await world.stop();
    }
  });

  test("signed by central's key it stops the cell; by another's, of another log, or changed, it does not", async () => {
    const envelope = await signFork(origin, decider);
    expect(isSignedFork(envelope, origin, [decider.key], check)).toBe(true);
    const stranger = ed25519Signer("qa.hospital.example/decisions", 1);
    for (const [text, log] of [
      [await signFork(origin, stranger), origin],
      [await signFork("hospital.example/other", decider), origin],
      [envelope, "hospital.example/other"],
      [envelope.replace('"payload":"', '"payload":"AAAA'), origin],
      ["{}", origin],
      [undefined, origin],
    ] as const) {
      expect(isSignedFork(text, log, [decider.key], check)).toBe(false);
    }
    const world = await settled(3);
    world.network.say(messageBytes({ kind: "fork", origin, size: 3, what: "So.", envelope }));
    await world.run(() => world.sync.status().state === "frozen", minutes(1));
    expect(world.sync.status()).toMatchObject({ state: "frozen", alarm: { code: "fork" } });
    await world.stop();
  });
});
