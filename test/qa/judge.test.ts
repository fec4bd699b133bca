/** The judgement of a batch: what is taken, what is refused, and what proves two histories. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Batch, messageBytes, readUp } from "../../src/ledger/batch.ts";
import { emptyChain } from "../../src/ledger/chain.ts";
import { formatCheckpoint } from "../../src/ledger/checkpoint.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { signNote } from "../../src/ledger/note.ts";
import { emptyFrontier, grow, leafHash, rootOf } from "../../src/ledger/tree.ts";
import { judgeBatch, reachOf, type Verdict } from "../../src/qa/judge.ts";
import type { Held } from "../../src/qa/store.ts";
import { draft, origin } from "../ledger/plain-drafts.ts";
import { type CellLog, createCell, freshSigner, story } from "./cell.ts";

const emptyHeld: Held = {
  chain: emptyChain(origin),
  base: emptyFrontier,
  leaves: [],
  jobHeads: new Map(),
  unread: new Set(),
  checkpoint: null,
  vouched: null,
  frozen: false,
};

/** What central holds after it has taken the cell's first `size` entries, as far as a batch touches it. */
async function holding(cell: CellLog, size: number, batch: Batch): Promise<Held> {
  const { from, to, jobs } = reachOf(batch);
  const leaves = cell.texts.map(({ entry }) => leafHash(Buffer.from(entry)));
  const tree = (end: number) => leaves.slice(0, end).reduce((edge, leaf) => grow(edge, leaf), emptyFrontier);
  const first = size === 0 ? null : judge(emptyHeld, await cell.batch(0, size), cell);
  if (first !== null && first.kind !== "taken") throw new Error("a true cell's first batch is taken");
  const taken = first?.entries ?? [];
  const heads = new Map(taken.flatMap(({ job, digest }) => (job === null ? [] : ([[job, digest]] as const))));
  return {
    chain: first?.chain ?? emptyChain(origin),
    base: from <= size ? tree(from) : null,
    leaves: leaves.slice(from, Math.min(to, size)),
    jobHeads: new Map([...heads].filter(([job]) => jobs.includes(job))),
    unread: new Set(),
    checkpoint: null,
    vouched: null,
    frozen: false,
  };
}

function judge(held: Held, batch: Batch, cell: CellLog): Verdict {
  return judgeBatch(held, batch, cell.registered, checkSignature);
}

/** A cell of a start and twelve layers. */
function twelve(): CellLog {
  const cell = createCell();
  cell.append(...story(12));
  return cell;
}

async function verdictOn(cell: CellLog, held: number, batch: Batch): Promise<Verdict> {
  return judge(await holding(cell, held, batch), batch, cell);
}

describe("a true cell", () => {
  test("[F79] every way of cutting its log into two batches is taken, and leads to the same chain", async () => {
    const cell = twelve();
    const whole = await verdictOn(cell, 0, await cell.batch(0));
    for (let cut = 1; cut < 13; cut++) {
      const second = await verdictOn(cell, cut, await cell.batch(cut));
      expect(second).toMatchObject({ kind: "taken", chain: whole.kind === "taken" ? whole.chain : null });
      expect(second.kind === "taken" && second.entries.map(({ seq }) => seq)).toEqual(
        Array.from({ length: 13 - cut }, (_, n) => cut + n),
      );
    }
  });

  test("[F79] what comes again is known; what overlaps brings only what is new", async () => {
    const cell = twelve();
    expect(await verdictOn(cell, 13, await cell.batch(0))).toEqual({ kind: "known" });
    expect(await verdictOn(cell, 13, await cell.batch(4, 9))).toEqual({ kind: "known" });
    const overlapping = await verdictOn(cell, 7, await cell.batch(3));
    expect(overlapping.kind === "taken" && overlapping.entries.map(({ seq }) => seq)).toEqual([7, 8, 9, 10, 11, 12]);
  });

  test("[F80] a batch from further on is a conflict with the size held", async () => {
    const cell = twelve();
    expect(await verdictOn(cell, 4, await cell.batch(6))).toEqual({ kind: "conflict", size: 4 });
  });
});

describe("a batch that cannot be", () => {
  const wrong: readonly (readonly [string, (batch: Batch, cell: CellLog) => Batch | Promise<Batch>, string])[] = [
    ["of another log", (batch) => ({ ...batch, origin: "hospital.example/cell-2" }), "origin"],
    ["under a stranger's signature", async (_, cell) => ({ ...(await strange(cell)) }), "checkpoint"],
    [
      "under a checkpoint of another size",
      async (batch, cell) => ({ ...batch, checkpoint: (await cell.batch(5, 12)).checkpoint }),
      "checkpoint",
    ],
    ["with an entry left out", (batch) => ({ ...batch, entries: batch.entries.slice(1) }), "checkpoint"],
    ["with two entries exchanged", (batch) => ({ ...batch, entries: swapped(batch.entries) }), "differs"],
    [
      "with an entry of its own making",
      (batch) => ({ ...batch, entries: changed(batch.entries, '"layer":9', '"layer":8') }),
      "body-changed",
    ],
    ["with another time in an entry", (batch) => ({ ...batch, entries: changedEntry(batch.entries) }), "differs"],
    ["without its proof", (batch) => ({ ...batch, proof: [] }), "proof"],
    ["with a proof too long", (batch) => ({ ...batch, proof: [...batch.proof, batch.proof[0] ?? ""] }), "proof"],
  ];

  test.each(wrong)("%s is refused", async (_, spoil, code) => {
    const cell = twelve();
    const batch = await spoil(await cell.batch(5), cell);
    expect(await verdictOn(cell, 5, batch)).toMatchObject({ kind: "refused", code });
  });

  test("from the first entry, with a proof that nobody needs, is refused", async () => {
    const cell = twelve();
    const batch = { ...(await cell.batch(0)), proof: (await cell.batch(5)).proof };
    expect(await verdictOn(cell, 0, batch)).toMatchObject({ kind: "refused", code: "proof" });
  });

  test("[L7] each byte of a small batch changed is refused, or is not even a message", async () => {
    const cell = createCell();
    cell.append(...story(3));
    const bytes = messageBytes(await cell.batch(2));
    const outcomes = new Map<string, number>();
    for (let at = 0; at < bytes.length; at++) {
      const spoiled = bytes.slice();
      spoiled[at] = (spoiled[at] ?? 0) ^ 1;
      const outcome = await verdictOf(cell, 2, spoiled);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes.keys()].filter((kind) => kind === "taken" || kind === "known" || kind === "fork")).toEqual([]);
    expect(outcomes.get("refused") ?? 0).toBeGreaterThan(500);
  });

  test("[L7] batches spoiled at random are never taken as something else", async () => {
    const cell = twelve();
    const bytes = messageBytes(await cell.batch(5));
    const spoil = fc.record({ at: fc.nat(bytes.length - 1), by: fc.integer({ min: 1, max: 255 }), cut: fc.nat(40) });
    await fc.assert(
      fc.asyncProperty(spoil, async ({ at, by, cut }) => {
        const spoiled = Buffer.from(bytes.subarray(0, cut === 0 ? at : bytes.length));
        if (cut > 0) spoiled[at] = (spoiled[at] ?? 0) ^ by;
        expect(["refused", "not-a-message", "conflict"]).toContain(await verdictOf(cell, 5, spoiled));
      }),
      { numRuns: 300 },
    );
  });
});

describe("[L7] two histories under one key", () => {
  test("other entries in the same place, whatever the batch covers", async () => {
    for (const [held, from, to] of [
      [13, 8, 13],
      [13, 3, 11],
      [13, 0, 13],
      [9, 6, 13],
      [9, 0, 13],
    ] as const) {
      const cell = twelve();
      const other = cell.clone(7);
      other.append(...story(6, "J2"));
      const batch = await other.batch(from, to);
      const verdict = judge(await holding(cell, held, batch), batch, cell);
      expect(verdict, `${held} held, ${from} to ${to}`).toMatchObject({ kind: "fork" });
    }
  });

  test("the first entry that differs is named where it is in the batch", async () => {
    const cell = twelve();
    const other = cell.clone(7);
    other.append(...story(6, "J2"));
    const batch = await other.batch(5);
    expect(judge(await holding(cell, 13, batch), batch, cell)).toMatchObject({ kind: "fork", size: 7 });
    const longer = cell.clone(7);
    longer.append(...story(8, "J2"));
    const over = await longer.batch(5);
    expect(judge(await holding(cell, 13, over), over, cell)).toMatchObject({ kind: "fork", size: 7 });
  });

  test("the cell's own proof shows that its tree does not begin with what is held", async () => {
    const cell = twelve();
    const other = cell.clone(3);
    other.append(...story(12, "J2"));
    const batch = await other.batch(11);
    expect(judge(await holding(cell, 11, batch), batch, cell)).toMatchObject({ kind: "fork", size: 11 });
  });

  test("where the proof cannot show it (the size held is a power of two) it is refused, and nothing is taken", async () => {
    const cell = twelve();
    const other = cell.clone(3);
    other.append(...story(12, "J2"));
    const batch = await other.batch(8);
    expect(judge(await holding(cell, 8, batch), batch, cell)).toMatchObject({ kind: "refused", code: "differs" });
  });

  test("entries that do not follow, under the cell's own signature", async () => {
    const cell = createCell();
    const liar = cell.clone(1);
    liar.append(draft("A", {}, "J1"));
    const texts = liar.texts.map((each) => ({ ...each }));
    // The cell signs an entry whose number is not its place.
    const last = texts[1];
    if (last) last.entry = last.entry.replace('"seq":1', '"seq":7');
    const batch = await signedOver(liar, texts);
    expect(judge(await holding(cell, 0, batch), batch, liar)).toMatchObject({ kind: "fork", size: 1 });
  });

  test("a frozen log takes nothing more, not even what is true", async () => {
    const cell = twelve();
    const batch = await cell.batch(5);
    const held = { ...(await holding(cell, 5, batch)), frozen: true };
    expect(judge(held, batch, cell)).toMatchObject({ kind: "fork", size: 5 });
  });
});

async function strange(cell: CellLog): Promise<Batch> {
  const batch = await cell.batch(5);

  const text = batch.checkpoint.slice(0, batch.checkpoint.indexOf("\n\n") + 1);
  return { ...batch, checkpoint: await signNote(text, freshSigner(origin)) };
}

async function signedOver(cell: CellLog, texts: readonly { entry: string; body: string }[]): Promise<Batch> {
  const edge = texts.reduce((sofar, { entry }) => grow(sofar, leafHash(Buffer.from(entry))), emptyFrontier);
  const text = formatCheckpoint({ origin, size: texts.length, root: rootOf(edge) });
  const checkpoint = await signNote(text, cell.signer);
  return { kind: "batch", origin, from: 0, entries: [...texts], checkpoint, proof: [] };
}

function swapped<T>(items: readonly T[]): T[] {
  const [first, second, ...rest] = items;
  return [second!, first!, ...rest];
}

function changed(entries: Batch["entries"], from: string, to: string): Batch["entries"] {
  return entries.map((each) => ({ ...each, body: each.body.replace(from, to) }));
}

function changedEntry(entries: Batch["entries"]): Batch["entries"] {
  return entries.map((each, n) => (n === 2 ? { ...each, entry: each.entry.replace('"mono":5', '"mono":6') } : each));
}

/** What becomes of bytes that came while central holds the first `size` entries. */
async function verdictOf(cell: CellLog, size: number, bytes: Uint8Array): Promise<string> {
  const message = readUp(bytes);
  if (!message.ok || message.value.kind !== "batch") return "not-a-message";
  return (await verdictOn(cell, size, message.value)).kind;
}
