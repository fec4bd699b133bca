/** What every QaStore must do beside the records: the index over what was made with what, and the watch over cells. */
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { createTraceIndex, keyOf, type ThingKey, unitKey, usesIn } from "../../src/jobs/trace.ts";
import { membersOf } from "../../src/kernel/members.ts";
import type { EntryDraft } from "../../src/ledger/entry.ts";
import { type Alarm, mostAlarms } from "../../src/qa/watch.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";
import { append, type Fresh } from "./store-conformance.ts";

const lot = (name: string): ThingKey => keyOf({ kind: "lot", origin: null, name });
const model = "a".repeat(64);

/** A start, a tree of lots six deep, and two devices of which one has the youngest lot in it. */
export function tracedStory(): EntryDraft[] {
  const attempt = (job: string, unit: number, material: string) =>
    draft(
      "AttemptStarted",
      {
        job,
        unit,
        attempt: `A-${job}-${unit}`,
        operation: "print",
        equipment: "printer-1",
        person: "P-1",
        materials: [{ lot: material }],
        machine: { vendor: "Prusa", model: "MK4", serial: "SN-7", firmware: "5.1.2" },
        simulated: false,
      },
      job,
      1,
    );
  const received = (name: string, parents: readonly string[]) =>
    draft("LotReceived", { lot: name, parents: [...parents], person: "P-9" }, null, 1);
  return [
    started(),
    draft("CellBooted", { boot: "b", versions: { software: "0.3.0", modelDigest: model } }, null, 1),
    ...[5, 4, 3, 2, 1].map((n) => received(`L${n}`, [`L${n + 1}`])),
    received("L0", ["L1", "X1"]),
    draft("JobOrderAccepted", { job: "J1", order: { recipe: "b".repeat(64), lineage: { design: "D-1" } } }, "J1", 1),
    attempt("J1", 1, "L0"),
    attempt("J1", 2, "Z9"),
    draft("ResultsJudged", { job: "J1", attempt: "A-J1-2", results: [{ characteristic: "d", gauge: "G-4" }] }, "J1", 1),
    draft("UnitReleased", { job: "J1", unit: 1, approval: { person: "P-2" } }, "J1", 1),
  ];
}

/** Declares the suite. */
export function moreConformance(fresh: Fresh): void {
  traces(fresh);
  rebuilding(fresh);
  watch(fresh);
}

function traces(fresh: Fresh): void {
  test("[F45] a thing is found by how its records spell it, capitals aside, and by nothing else", async () => {
    const { store } = await fresh();
    await append(store, tracedStory());
    expect(await store.spelledLike("lot - l6", "lot", 10)).toEqual(["lot - L6"]);
    expect(await store.spelledLike("machine - sn-7", "machine", 10)).toEqual(["machine - SN-7"]);
    expect(await store.spelledLike(unitKey(origin, "j1", 1), "unit", 10)).toEqual([unitKey(origin, "J1", 1)]);
    expect(await store.spelledLike("lot - L_", "lot", 10)).toEqual([]);
    expect(await store.spelledLike("lot - L66", "lot", 10)).toEqual([]);
  });

  test("[F41][F45] what devices were made with is found both ways, through six lots that were blended from others", async () => {
    const { store } = await fresh();
    await append(store, tracedStory());
    const units = async (key: ThingKey) => (await store.wholesOf(key, "unit", null, 10)).keys;
    const [one, two] = [unitKey(origin, "J1", 1), unitKey(origin, "J1", 2)];
    for (const name of ["L0", "L1", "L6", "X1"]) expect(await units(lot(name)), name).toEqual([one]);
    expect(await units(lot("Z9"))).toEqual([two]);
    const everywhere = [
      keyOf({ kind: "machine", origin: null, name: "SN-7" }),
      keyOf({ kind: "firmware", origin: null, name: "5.1.2" }),
      keyOf({ kind: "recipe", origin: null, name: "b".repeat(64) }),
      keyOf({ kind: "model", origin: null, name: model }),
      keyOf({ kind: "operator", origin, name: "P-1" }),
      keyOf({ kind: "equipment", origin, name: "printer-1" }),
    ];
    for (const key of everywhere) expect(await units(key), key).toEqual([one, two]);
    expect(await units(keyOf({ kind: "gauge", origin: null, name: "G-4" }))).toEqual([two]);
    expect(await units(keyOf({ kind: "operator", origin, name: "P-2" }))).toEqual([one]);
    // Who took a lot in had no hand on a device.
    expect(await units(keyOf({ kind: "operator", origin, name: "P-9" }))).toEqual([]);
    const parts = await store.partsOf(one, 100);
    expect(parts).toEqual([...parts].sort());
    expect(parts).toEqual(expect.arrayContaining([lot("L6"), lot("X1"), ...everywhere]));
    expect(parts).not.toContain(lot("Z9"));
    expect(await store.directPartsOf([one, two], ["outcome", "lot"])).toEqual(
      expect.arrayContaining([
        { whole: one, part: keyOf({ kind: "outcome", origin: null, name: "released" }) },
        { whole: two, part: lot("Z9") },
      ]),
    );
  });

  test("a long list is handed out page by page, with its whole number, and a ring of lots ends", async () => {
    const { store } = await fresh();
    const made = Array.from({ length: 25 }, (_, n) =>
      draft("AttemptStarted", { unit: n + 1, attempt: `A${n}`, materials: [{ lot: "L1" }] }, "J1"),
    );
    await append(store, [
      started(),
      ...made,
      draft("LotReceived", { lot: "L1", parents: ["L2"] }),
      draft("LotReceived", { lot: "L2", parents: ["L1"] }),
    ]);
    const found: ThingKey[] = [];
    for (let after: ThingKey | null = null; ; ) {
      const page = await store.wholesOf(lot("L2"), "unit", after, 10);
      expect(page.total).toBe(25);
      found.push(...page.keys);
      after = page.keys.at(-1) ?? null;
      if (page.keys.length < 10) break;
    }
    expect(found).toEqual(made.map((_, n) => unitKey(origin, "J1", n + 1)).sort());
    expect(await store.wholesOf(lot("L2"), "unit", found.at(-1) ?? null, 10)).toEqual({ keys: [], total: 25 });
    expect(await store.wholesOf(lot("never"), "unit", null, 10)).toEqual({ keys: [], total: 0 });
    expect(await store.partsOf(lot("L1"), 10)).toEqual([lot("L2")]);
  });

  test("[F45] whatever lots are made of what, the store finds what a walk in memory finds", async () => {
    const { store } = await fresh();
    const names = fc.constantFrom("a", "b", "c", "d", "e", "f");
    const blend = fc.record({ lot: names, parents: fc.array(names, { maxLength: 3 }) });
    const memory = createTraceIndex();
    await fc.assert(
      fc.asyncProperty(fc.array(blend, { minLength: 1, maxLength: 4 }), names, async (blends, asked) => {
        const { size } = await store.log(origin);
        const job = `J${size}`;
        const drafts = [
          ...blends.map((body) => draft("LotReceived", body)),
          draft("AttemptStarted", { unit: 1, attempt: `A${size}`, materials: [{ lot: asked }] }, job),
        ];
        await append(store, size === 0 ? [started(), ...drafts] : drafts);
        for (const each of drafts) memory.add(usesIn(origin, each, membersOf(each.body) ?? {}));
        for (const name of ["a", "b", "c", "d", "e", "f"]) {
          const { keys, total } = await store.wholesOf(lot(name), "unit", null, 1_000);
          expect(keys).toEqual(memory.wholesOf(lot(name), "unit"));
          expect(total).toBe(keys.length);
        }
        const unit = unitKey(origin, job, 1);
        expect(await store.partsOf(unit, 1_000)).toEqual(memory.partsOf(unit));
      }),
      { numRuns: 15 },
    );
  });
}

function rebuilding(fresh: Fresh): void {
  test("[F45][L2] the index is made again from the entries: emptied, or never there, it comes back the same", async () => {
    const { place, store } = await fresh();
    await append(store, tracedStory());
    const size = tracedStory().length;
    const look = async () => [
      await store.wholesOf(lot("L6"), "unit", null, 10),
      await store.partsOf(unitKey(origin, "J1", 1), 100),
    ];
    const before = await look();
    expect(await store.indexed()).toEqual([{ origin, size, of: size }]);
    await store.forgetIndex(origin);
    expect(await store.indexed()).toEqual([{ origin, size: 0, of: size }]);
    expect((await store.wholesOf(lot("L6"), "unit", null, 10)).total).toBe(0);
    // What comes meanwhile is left for the one who brings the index up to date.
    await append(store, [draft("UnitReleased", { job: "J1", unit: 2 }, "J1", 1)]);
    expect(await store.indexed()).toEqual([{ origin, size: 0, of: size + 1 }]);
    for (let at = 0; at <= size; ) {
      const reached = (await store.indexMore(origin, 4)).size;
      expect(reached).toBeGreaterThan(at);
      at = reached;
    }
    expect(await look()).toEqual(before);
    await place.meddle("DELETE FROM made_with");
    await place.meddle("DELETE FROM indexed");
    expect((await store.indexMore(origin, 1_000)).size).toBe(size + 1);
    expect(await look()).toEqual(before);
  });
}

function watch(fresh: Fresh): void {
  const status = { origin, boot: 1, counter: 2, note: "a status\n", receivedAt: 10 };
  const alarm = (n: number): Alarm => ({ id: `clock/${n}`, cell: "cell-1", code: "clock", what: "It is off.", at: n });

  test("[F88] of each cell the newest status is kept, and whoever judges the next one sees it", async () => {
    const { store } = await fresh();
    await append(store, [started(), draft("A", {}, null, 0)]);
    const first = await store.settleStatus(origin, (before, held) => ({ status, alarms: [], value: { before, held } }));
    expect(first).toEqual({ before: null, held: expect.objectContaining({ size: 2, boot: 0 }) });
    const next = { ...status, counter: 3, receivedAt: 20 };
    await store.settleStatus(origin, (before) => {
      expect(before).toEqual(status);
      return { status: next, alarms: [], value: null };
    });
    await store.settleStatus(origin, () => ({ status: null, alarms: [], value: null }));
    expect(await store.statuses()).toEqual([next]);
  });

  test("[L7] an alarm is kept once, with its words, and the database refuses to change or remove it", async () => {
    const { place, store } = await fresh();
    await store.raise(alarm(1));
    await store.raise({ ...alarm(1), what: "Another word." });
    await store.settleStatus(origin, () => ({ status, alarms: [alarm(2), alarm(1)], value: null }));
    expect(await store.alarms(10)).toEqual([alarm(2), alarm(1)]);
    expect(await store.alarms(1)).toEqual([alarm(2)]);
    for (const statement of ["UPDATE alarm SET what = ''", "DELETE FROM alarm"]) {
      await expect(place.meddle(statement)).rejects.toThrow("nothing at central QA is ever edited");
    }
  });

  test("no cell can fill the store with alarms", async () => {
    const { place, store } = await fresh();
    const rows = Array.from({ length: mostAlarms }, (_, n) => `('x/${n}', 'cell-1', 'clock', 'x', ${n})`);
    await place.meddle(`INSERT INTO alarm VALUES ${rows.join(", ")}`);
    await store.raise(alarm(5_000));
    expect((await store.alarms(2_000)).length).toBe(mostAlarms);
    await store.raise({ ...alarm(5_001), cell: "cell-2" });
    expect((await store.alarms(1))[0]?.cell).toBe("cell-2");
  });

  test("two that open a fresh store at once both get it", async () => {
    const { place } = await fresh();
    const opened = await Promise.all([place.open(), place.open()]);
    for (const store of opened) onTestFinished(() => store.close());
    expect(await Promise.all(opened.map((store) => store.alarms(1)))).toEqual([[], []]);
  });
}
