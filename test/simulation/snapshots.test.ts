/** A kept fold is a cache: on any history of the simulator, from any place in it, kept and then replayed is the same as replayed. */
import { expect, test } from "vitest";
import { createJournal, type JournalMemory } from "../../src/hmi/journal.ts";
import type { Event } from "../../src/jobs/event.ts";
import { evolve } from "../../src/jobs/evolve.ts";
import { emptyState, type State } from "../../src/jobs/state.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import { keepFold, readKept } from "../../src/ledger/kept.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { type MemoryDisk, openMemoryLedger } from "../../src/ledger/memory.ts";
import { runSeed } from "./run.ts";
import { seeded } from "./time.ts";

interface Folds {
  readonly state: State;
  readonly journal: JournalMemory;
}

const nothing: Folds = { state: emptyState, journal: createJournal().memory() };

async function fold(ledger: Ledger, from: Folds, to: number): Promise<Folds> {
  let { state } = from;
  const journal = createJournal(from.journal);
  for await (const { entry, body } of ledger.read(state.clock.entries, to)) {
    const event = { type: entry.type, ...body } as unknown as Event;
    state = evolve(state, event, entry.at);
    journal.take({ seq: entry.seq, at: entry.at, event });
    if (event.type === "HoldRaised") marksAgree({ state, journal: journal.memory() });
  }
  return { state, journal: journal.memory() };
}

/** What the page shows of each layer is what the core decided about it. */
function marksAgree({ state, journal }: Folds): void {
  const marks = new Map<string, string>(journal.attempts.map(([id, { layers }]) => [id, layers.marks]));
  for (const { attempts } of Object.values(state.jobs)) {
    for (const { id, verdicts, looks } of attempts) {
      const told = `${verdicts}${looks[0]?.step === "blind" ? "b" : ""}`;
      if (marks.has(id)) expect(marks.get(id)?.slice(0, told.length), id).toBe(told);
    }
  }
}

/** Caches that hold a text, as a disk would. */
function memoryCaches() {
  const texts = new Map<string, string>();
  return {
    texts,
    read: async (name: string): Promise<unknown> => JSON.parse(texts.get(name) ?? "null"),
    write: async (name: string, json: string) => void texts.set(name, json),
  };
}

test.each([3, 11, 27, 40, 58, 71])(
  "[L2] seed %i: from a kept fold the tail leads to the very same state and journal",
  async (seed) => {
    let disk: MemoryDisk | null = null;
    const outcome = await runSeed(seed, (end) => {
      disk = end;
    });
    expect(outcome.accusations).toEqual([]);
    if (disk === null) throw new Error("the seed came to its end");
    const ledger = openMemoryLedger(disk);
    const { size } = ledger.head();
    const whole = await fold(ledger, nothing, size);
    const random = seeded(seed);
    for (const at of [0, size, ...Array.from({ length: 6 }, () => Math.floor(random() * size))]) {
      const caches = memoryCaches();
      const half = await fold(ledger, nothing, at);
      marksAgree(half);
      await keepFold(caches, "folds", ledger, { size: at, value: half });
      const kept = await readKept(caches, "folds", ledger);
      expect(kept?.size).toBe(at);
      const again = await fold(ledger, kept?.value as Folds, size);
      expect(again).toStrictEqual(whole);
      expect(digestOfValue(again)).toBe(digestOfValue(whole));
    }
  },
);

test("[L2] a kept fold over other entries, more entries, or no fold at all is none", async () => {
  let disk: MemoryDisk | null = null;
  await runSeed(3, (end) => {
    disk = end;
  });
  if (disk === null) throw new Error("the seed came to its end");
  const ledger = openMemoryLedger(disk);
  const { size } = ledger.head();
  const caches = memoryCaches();
  await keepFold(caches, "folds", ledger, { size, value: 1 });
  const good = caches.texts.get("folds") ?? "";
  expect(await readKept(caches, "folds", ledger)).toEqual({ size, value: 1 });
  const { root } = await ledger.headAt(size - 1);
  const wrong = [
    good.replace(`"size":${size}`, `"size":${size + 1}`),
    good.replace(`"size":${size}`, `"size":${size - 1}`),
    good.replace(`"size":${size}`, `"size":-1`),
    good.replace(`"size":${size}`, `"size":"x"`),
    good.replace(ledger.head().root, root),
    "[]",
    "7",
    "null",
  ];
  for (const text of wrong) {
    caches.texts.set("folds", text);
    expect(await readKept(caches, "folds", ledger)).toBe(null);
  }
});
