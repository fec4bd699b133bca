/** When the cell says its word about itself: soon after a change, once for many, and every minute without any. */
import { expect, test } from "vitest";
import type { UpMessage } from "../../src/ledger/batch.ts";
import { readStatus } from "../../src/ledger/status.ts";
import { startTelling, tellingTimes } from "../../src/sync/telling.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { ed25519Signer } from "../ledger/witness.ts";

/** A clock whose time moves when the test says so. */
function handClock() {
  let at = 0;
  const due = new Map<number, { at: number; fire: () => void }>();
  let next = 0;
  return {
    now: () => 1_700_000_000_000 + at,
    monotonic: () => at,
    after(delay: number, fire: () => void) {
      const id = next++;
      due.set(id, { at: at + delay, fire });
      return () => void due.delete(id);
    },
    async pass(time: number) {
      for (const end = at + time; at < end; at = Math.min(end, at + 1_000)) {
        for (const [id, one] of [...due]) {
          if (one.at > at || !due.delete(id)) continue;
          one.fire();
          // Signing takes a few turns of the loop.
          for (let turns = 0; turns < 20; turns++) await Promise.resolve();
        }
      }
    },
  };
}

test("[F88] a word is said after the start, soon after changes, and every minute; each is signed and one further", async () => {
  const clock = handClock();
  const said: UpMessage[] = [];
  const telling = startTelling({
    origin,
    signer: ed25519Signer(origin, 1),
    clock,
    instance: "i-1",
    word: () => ({
      ...{
        boot: 1,
        clock: "unknown",
        state: "idle",
        job: null,
        gate: null,
        head: 1,
        withQa: 1,
        oldestUnsyncedAt: null,
      },
      ...{ software: "1", softwareDigest: "a".repeat(64), configDigest: "a".repeat(64), modelDigest: null },
    }),
    say: (message) => void said.push(message),
    onProblem: (problem) => expect.fail(String(problem)),
  });
  await clock.pass(tellingTimes.gatherMs + 1_000);
  expect(said.length).toBe(1);
  for (let n = 0; n < 50; n++) telling.changed();
  await clock.pass(tellingTimes.gatherMs + 1_000);
  expect(said.length).toBe(2);
  await clock.pass(3 * tellingTimes.beatMs);
  expect(said.length).toBe(5);
  const counters = said.map((message) => {
    if (message.kind !== "status") throw new Error("a status was expected");
    const read = readStatus(message.note.slice(0, message.note.lastIndexOf("\n\n") + 1), origin);
    if (!read.ok) throw new Error(read.error);
    return read.value.counter;
  });
  expect(counters).toEqual([1, 2, 3, 4, 5]);
  telling.stop();
  telling.changed();
  await clock.pass(5 * tellingTimes.beatMs);
  expect(said.length).toBe(5);
});
