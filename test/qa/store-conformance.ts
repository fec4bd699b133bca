/** What every QaStore must do, whoever implements it. */
import { describe, expect, onTestFinished, test } from "vitest";
import { digestOf } from "../../src/kernel/hash.ts";
import type { Digest, JobId, PersonId } from "../../src/kernel/names.ts";
import { type Chain, emptyChain, type JobHeads, seal, textDraft } from "../../src/ledger/chain.ts";
import type { EntryDraft } from "../../src/ledger/entry.ts";
import { emptyFrontier, leafHash } from "../../src/ledger/tree.ts";
import { type NewEntry, type QaStore, type Settlement, StoreFailed, type Writing } from "../../src/qa/store.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";

/** One place that a store is kept in, opened as often as the suite likes. */
export interface StorePlace {
  open(): Promise<QaStore>;
  /** Runs a statement on the database beside the store; rejects where the database refuses it. */
  meddle(statement: string): Promise<unknown>;
}

/** Seals drafts onto a chain as the store is given them. */
export function sealed(chain: Chain, jobHeads: JobHeads, drafts: readonly EntryDraft[]) {
  let end = chain;
  const entries: NewEntry[] = [];
  for (const each of drafts) {
    const { chain: next, sealed: one } = seal(end, jobHeads, textDraft(each));
    const { seq, job, type, at } = one.entry;
    const digest = digestOf(one.entryBytes);
    const bytes = { entry: one.entryBytes, body: one.bodyBytes };
    entries.push({ seq, job, type, at, digest, leaf: leafHash(one.entryBytes), ...bytes });
    end = next;
  }
  return { chain: end, entries };
}

const nothing: Writing = { kind: "nothing" };
const just = <T>(value: T): Settlement<T> => ({ writing: nothing, value });
const whole = (from: number, to: number, jobs: readonly string[] = []) => ({ from, to, jobs: jobs as JobId[] });

/** Appends drafts at the end of what is held, as an ingest would. */
export async function append(store: QaStore, drafts: readonly EntryDraft[], at = 1_000): Promise<void> {
  const jobs = drafts.flatMap((each) => (each.job === null ? [] : [each.job]));
  const state = await store.log(origin);
  await store.settle(origin, whole(state.size, state.size, jobs), (held) => {
    const { chain, entries } = sealed(held.chain, new Map(held.jobHeads), drafts);
    const checkpoint = `checkpoint over ${chain.frontier.size}\n`;
    return { writing: { kind: "entries", entries, chain, checkpoint, at, spoiled: [] }, value: null };
  });
}

/** Declares the suite for one kind of store. */
export function storeConformance(
  name: string,
  makePlace: () => StorePlace | Promise<StorePlace>,
  more: (fresh: Fresh) => void,
): void {
  const fresh = async () => {
    const place = await makePlace();
    const store = await place.open();
    onTestFinished(() => store.close());
    return { place, store };
  };
  describe(`${name} is a QaStore`, () => {
    logs(fresh);
    lists(fresh);
    refusals(fresh);
    more(fresh);
  });
}

/** Makes a place and opens it; closed after the test. */
export type Fresh = () => Promise<{ place: StorePlace; store: QaStore }>;

function logs(fresh: Fresh): void {
  test("a log nobody has sent is empty", async () => {
    const { store } = await fresh();
    expect(await store.log(origin)).toMatchObject({ size: 0, newest: null, receipt: null, frozen: false });
    const held = await store.settle(origin, whole(0, 5), just);
    expect(held.chain).toEqual(emptyChain(origin));
    expect(held.base).toEqual(emptyFrontier);
    expect(await store.settle(origin, whole(1, 5), (found) => just(found.base))).toBeNull();
  });

  test("[F79] what was kept is read back to the byte, by place and by job, also after opening again", async () => {
    const { place, store } = await fresh();
    await append(store, [started(), draft("A", { text: "Grüße ✓" }, "J1"), draft("B", {}, "J2"), draft("C", {}, "J1")]);
    const again = await place.open();
    onTestFinished(() => again.close());
    const { chain, entries } = sealed(emptyChain(origin), new Map(), [
      started(),
      draft("A", { text: "Grüße ✓" }, "J1"),
      draft("B", {}, "J2"),
      draft("C", {}, "J1"),
    ]);
    const kept = entries.map((each) => ({ ...each, receivedAt: 1_000 }));
    expect(await again.entries(origin, 0, 100)).toEqual(kept);
    expect(await again.entries(origin, 1, 2)).toEqual(kept.slice(1, 3));
    expect(await again.jobEntries(origin, "J1" as JobId)).toEqual([kept[1], kept[3]]);
    expect(await again.jobEntries(origin, "J1" as JobId, 2, 5)).toEqual([kept[3]]);
    expect(await again.jobEntries(origin, "J1" as JobId, 0, 1)).toEqual([kept[1]]);
    expect(await again.entries("hospital.example/other", 0, 100)).toEqual([]);
    const held = await again.settle(origin, whole(2, 4, ["J1", "J3"]), just);
    expect(held.chain).toEqual(chain);
    expect(held.base?.size).toBe(2);
    expect(held.leaves).toEqual([entries[2]?.leaf, entries[3]?.leaf]);
    expect([...held.jobHeads]).toEqual([["J1", entries[3]?.digest]]);
    expect(held.checkpoint).toBe("checkpoint over 4\n");
  });

  test("the tree at any place between two heads is worked out", async () => {
    const { store } = await fresh();
    const drafts = [started(), ...Array.from({ length: 11 }, (_, n) => draft("A", { n }))];
    await append(store, drafts.slice(0, 5));
    await append(store, drafts.slice(5));
    for (let from = 0; from <= 12; from++) {
      const expected = sealed(emptyChain(origin), new Map(), drafts.slice(0, from)).chain.frontier;
      expect(await store.settle(origin, whole(from, from), (held) => just(held.base))).toEqual(expected);
    }
  });

  test("a cosignature is kept once, the first stands, and none is made below a larger one", async () => {
    const { store } = await fresh();
    await append(store, [started()]);
    await append(store, [draft("A")]);
    await append(store, [draft("A")]);
    expect(await store.keepCosigned(origin, 2, "first\n")).toEqual({ size: 2, note: "first\n" });
    expect(await store.keepCosigned(origin, 2, "second\n")).toEqual({ size: 2, note: "first\n" });
    expect(await store.keepCosigned(origin, 1, "smaller\n")).toEqual({ size: 2, note: "first\n" });
    expect(await store.log(origin)).toMatchObject({ size: 3, receipt: { size: 2, note: "first\n" } });
    expect(await store.heads(origin)).toEqual([
      { size: 1, checkpoint: "checkpoint over 1\n", cosigned: null },
      { size: 2, checkpoint: "checkpoint over 2\n", cosigned: "first\n" },
      { size: 3, checkpoint: "checkpoint over 3\n", cosigned: null },
    ]);
    await expect(store.keepCosigned(origin, 7, "no such head\n")).rejects.toThrow(StoreFailed);
  });

  test("[L7] nothing below what a cell has shown to be sworn to is cosigned, whoever asks for it", async () => {
    const { store } = await fresh();
    for (const entry of [started(), draft("A"), draft("A")]) await append(store, [entry]);
    await store.vouch(origin, { size: 3, note: "shown\n" });
    expect(await store.keepCosigned(origin, 2, "smaller\n")).toBeNull();
    expect((await store.log(origin)).receipt).toBeNull();
    expect(await store.keepCosigned(origin, 3, "again\n")).toEqual({ size: 3, note: "again\n" });
  });

  test("a judgement that throws leaves nothing, and the log is free again", async () => {
    const { store } = await fresh();
    const broken = store.settle(origin, whole(0, 0), () => {
      throw new Error("the judge fell ill");
    });
    await expect(broken).rejects.toThrow("the judge fell ill");
    await append(store, [started()]);
    expect((await store.log(origin)).size).toBe(1);
  });

  test("[F79] two instances that settle one log at once take turns, and every entry is held once", async () => {
    const { place, store } = await fresh();
    const other = await place.open();
    onTestFinished(() => other.close());
    await append(store, [started()]);
    const one = (which: QaStore, n: number) =>
      which.settle(origin, whole(0, 0), (held) => {
        const { chain, entries } = sealed(held.chain, new Map(), [draft("A", { n })]);
        return {
          writing: { kind: "entries", entries, chain, checkpoint: "c\n", at: n, spoiled: [] },
          value: chain.frontier.size,
        };
      });
    const sizes = await Promise.all(Array.from({ length: 24 }, (_, n) => one(n % 2 === 0 ? store : other, n)));
    expect(sizes.sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, n) => n + 2));
    const numbers = (await store.entries(origin, 0, 100)).map((each) => each.seq);
    expect(numbers).toEqual(Array.from({ length: 25 }, (_, n) => n));
  });
}

function lists(fresh: Fresh): void {
  test("a fork freezes its log, is kept as evidence, and is not kept twice", async () => {
    const { store } = await fresh();
    await append(store, [started()]);
    const fork = { origin, size: 1, held: "checkpoint over 1\n", other: "another\n", what: "Two histories.", at: 5 };
    const say = () => store.settle(origin, whole(0, 0), () => ({ writing: { kind: "fork", fork }, value: null }));
    await say();
    await say();
    expect(await store.forks()).toEqual([fork]);
    expect((await store.log(origin)).frozen).toBe(true);
    expect((await store.log("hospital.example/other")).frozen).toBe(false);
    expect(await store.settle(origin, whole(0, 0), (held) => just(held.frozen))).toBe(true);
  });

  test("what was not taken is listed by its digest, newest first", async () => {
    const { store } = await fresh();
    const bad = (n: number) => ({
      cell: "cell-1",
      seq: null,
      digest: String(n).repeat(64) as Digest,
      bytes: 10 + n,
      code: "batch-format",
      what: "It is no batch.",
      at: n,
    });
    for (const n of [1, 2, 1]) {
      const quarantined = bad(n);
      const message = Uint8Array.of(n, 0, 255);
      const writing: Writing = { kind: "quarantine", quarantined, message };
      await store.settle(origin, whole(0, 0), () => ({ writing, value: null }));
    }
    expect(await store.quarantined(10)).toEqual([bad(2), bad(1)]);
    expect(await store.quarantined(1)).toEqual([bad(2)]);
    expect(await store.quarantinedMessage("cell-1", bad(2).digest)).toEqual(Uint8Array.of(2, 0, 255));
    expect(await store.quarantinedMessage("cell-2", bad(2).digest)).toBeNull();
  });

  test("decisions and reviews are kept in order, a decision once", async () => {
    const { store } = await fresh();
    const decision = { id: "D-1", origin, envelope: "{}", person: "P-1" as PersonId, at: 10 };
    await store.keepDecision(decision);
    await store.keepDecision({ ...decision, envelope: "{ }" });
    await store.keepDecision({ ...decision, id: "D-0", person: null, at: 20 });
    expect(await store.decisions()).toEqual([decision, { ...decision, id: "D-0", person: null, at: 20 }]);
    const review = { item: "fork/x", person: "P-1" as PersonId, reason: "Called the cell.", at: 30 };
    await store.keepReview(review);
    expect(await store.reviews()).toEqual([review]);
  });

  test("the latest time counts at which a cell was heard", async () => {
    const { store } = await fresh();
    await store.heard("cell-1", 20);
    await store.heard("cell-1", 10);
    await store.heard("cell-2", 5);
    expect(await store.lastHeard()).toEqual(
      new Map([
        ["cell-1", 20],
        ["cell-2", 5],
      ]),
    );
  });
}

function refusals(fresh: Fresh): void {
  test("[L7] the database itself refuses to change or remove a record", async () => {
    const { place, store } = await fresh();
    await append(store, [started()]);
    await store.keepCosigned(origin, 1, "first\n");
    for (const statement of [
      "UPDATE entry SET type = 'Other'",
      "DELETE FROM entry",
      "UPDATE head SET checkpoint = ''",
      "DELETE FROM head",
      "UPDATE cosigned SET note = ''",
    ]) {
      await expect(place.meddle(statement)).rejects.toThrow("nothing at central QA is ever edited");
    }
    expect((await store.entries(origin, 0, 10)).length).toBe(1);
  });

  test("a number that is taken is never written over", async () => {
    const { store } = await fresh();
    await append(store, [started()]);
    const { chain, entries } = sealed(emptyChain(origin), new Map(), [started()]);
    const twice = store.settle(origin, whole(0, 0), () => ({
      writing: { kind: "entries", entries, chain, checkpoint: "c\n", at: 1, spoiled: [] },
      value: null,
    }));
    await expect(twice).rejects.toThrow(StoreFailed);
  });
}
