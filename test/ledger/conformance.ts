/** What every Ledger must do, whoever implements it. */
import { describe, expect, test } from "vitest";
import { AssertionFailed } from "../../src/kernel/assert.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import { canonical } from "../../src/kernel/json.ts";
import { fromHex, utf8 } from "../../src/ledger/bytes.ts";
import { emptyChain, headOf } from "../../src/ledger/chain.ts";
import { type Checkpoint, openCheckpoint } from "../../src/ledger/checkpoint.ts";
import { cosign } from "../../src/ledger/cosignature.ts";
import { entryText, genesisDigest, parseEntry } from "../../src/ledger/entry.ts";
import { type Ledger, LedgerFailed, type Recorded } from "../../src/ledger/ledger.ts";
import { consistencyProof, rootAt, type Tree, treeOf } from "../../src/ledger/proofs.ts";
import type { SignatureCheck, VerifyingKey } from "../../src/ledger/signer.ts";
import { emptyFrontier, grow, leafHash, rootOf } from "../../src/ledger/tree.ts";
import { draft, origin, started } from "./plain-drafts.ts";
import { ed25519Signer } from "./witness.ts";

/** Central QA, whose countersignatures a place counts. */
export const witness = ed25519Signer("qa.hospital.example", 4);

/** One place that a ledger is kept in, opened as often as the suite likes. */
export interface Place {
  open(): Promise<Ledger>;
  readonly key: VerifyingKey;
  readonly check: SignatureCheck;
}

/** All entries of a ledger. */
export async function all(ledger: Ledger, from = 0): Promise<Recorded[]> {
  const found: Recorded[] = [];
  for await (const one of ledger.read(from)) found.push(one);
  return found;
}

/** Declares the suite for one kind of ledger. */
export function ledgerConformance(name: string, makePlace: () => Promise<Place>): void {
  describe(`${name} is a Ledger`, () => {
    test("a new one is empty and has the root of no leaves", async () => {
      const ledger = await (await makePlace()).open();
      expect(ledger.head()).toEqual(headOf(emptyChain(origin)));
      expect(await all(ledger)).toEqual([]);
    });

    test("[F67] entries are numbered, linked and hashed as the format says", async () => {
      const ledger = await (await makePlace()).open();
      const entries = await ledger.append([
        started(),
        draft("JobAccepted", { n: 1 }, "J1"),
        draft("JobAccepted", {}, "J2"),
      ]);
      const more = await ledger.append([draft("LayerAccepted", { layer: 1, z: 0.2 }, "J1")]);
      const written = [...entries, ...more];
      expect(written.map((entry) => entry.seq)).toEqual([0, 1, 2, 3]);
      const digests = written.map((entry) => digestOf(utf8(entryText(entry))));
      expect(written.map((entry) => entry.prev)).toEqual([genesisDigest(origin), ...digests.slice(0, 3)]);
      expect(written.map((entry) => entry.jobPrev)).toEqual([null, null, null, digests[1]]);
      expect(written[3]?.bodyDigest).toBe(digestOf(utf8('{"layer":1,"z":0.2}')));
      const frontier = written.reduce((edge, entry) => grow(edge, leafHash(utf8(entryText(entry)))), emptyFrontier);
      expect(ledger.head()).toEqual({ size: 4, root: Buffer.from(rootOf(frontier)).toString("hex") });
    });

    test("what was appended is read back as it was hashed, from any entry on", async () => {
      const ledger = await (await makePlace()).open();
      const body = { text: "Grüße ✓ \u2028", list: [1, 1.5e-9, null, true], nested: { b: 1, a: 2 } };
      const entries = await ledger.append([started(), draft("Noted", body)]);
      const read = await all(ledger);
      expect(read.map((one) => one.entry)).toEqual(entries);
      expect(read[1]?.body).toEqual(body);
      expect(read[1]?.bodyText).toBe(canonical(body));
      expect(parseEntry(read[1]?.entryText ?? "")).toEqual(entries[1]);
      expect((await all(ledger, 1)).map((one) => one.entry.seq)).toEqual([1]);
      expect(await all(ledger, 2)).toEqual([]);
      const upTo = async (from: number, to: number): Promise<number[]> => {
        const found: number[] = [];
        for await (const { entry } of ledger.read(from, to)) found.push(entry.seq);
        return found;
      };
      expect([await upTo(0, 1), await upTo(1, 9), await upTo(1, 1)]).toEqual([[0], [1], []]);
    });

    test("appends made at once keep their order and stay whole", async () => {
      const ledger = await (await makePlace()).open();
      await ledger.append([started()]);
      const groups = await Promise.all(
        Array.from({ length: 60 }, (_, n) => ledger.append([draft("A", { n }, "J1"), draft("B", { n }, "J1")])),
      );
      expect(groups.flat().map((entry) => entry.seq)).toEqual(Array.from({ length: 120 }, (_, n) => n + 1));
      const read = await all(ledger, 1);
      expect(read.map((one) => one.body["n"])).toEqual(Array.from({ length: 120 }, (_, n) => Math.floor(n / 2)));
    });

    restarts(makePlace);
    checkpoints(makePlace);
    cosignatures(makePlace);
    refusals(makePlace);
  });
}

function restarts(makePlace: () => Promise<Place>): void {
  test("opened again it goes on where it was", async () => {
    const place = await makePlace();
    const first = await place.open();
    await first.append([started(), draft("A", {}, "J1")]);
    const head = first.head();
    await first.close();
    const second = await place.open();
    expect(second.head()).toEqual(head);
    const [, next] = await second.append([started(1), draft("B", {}, "J1", 1)]);
    const before = (await all(second))[1];
    expect(next?.jobPrev).toBe(digestOf(utf8(before?.entryText ?? "")));
  });
}

function checkpoints(makePlace: () => Promise<Place>): void {
  test("[F67] a checkpoint is the head under a signature that verifies, and the same one while nothing moves", async () => {
    const place = await makePlace();
    const ledger = await place.open();
    await ledger.append([started(), draft("A")]);
    const note = await ledger.checkpoint();
    const opened = openCheckpoint(note, origin, [place.key], place.check);
    const { size, root } = ledger.head();
    const expected: Checkpoint = { origin, size, root: fromHex(root) ?? new Uint8Array() };
    expect(opened).toEqual({ ok: true, value: expected });
    expect(await ledger.checkpoint()).toBe(note);
    await ledger.append([draft("B")]);
    expect(await ledger.checkpoint()).not.toBe(note);
  });
}

/** A ledger of `size` entries with the tree over them. */
async function grown(place: Place, size: number): Promise<{ ledger: Ledger; tree: Tree }> {
  const ledger = await place.open();
  await ledger.append([started()]);
  for (let from = 1; from < size; from += 200) {
    const drafts = Array.from({ length: Math.min(200, size - from) }, (_, n) => draft("A", { n: from + n }, "J1"));
    await ledger.append(drafts);
  }
  const leaves = (await all(ledger)).map(({ entryText: text }) => leafHash(utf8(text)));
  return { ledger, tree: treeOf(new Uint8Array(Buffer.concat(leaves))) };
}

function cosignatures(makePlace: () => Promise<Place>): void {
  test("[F80] head, checkpoint and consistency proof are had at every size, those between the marks too", async () => {
    const place = await makePlace();
    const { ledger, tree } = await grown(place, 600);
    const sizes = [1, 2, 7, 255, 256, 257, 300, 511, 512, 513, 599, 600];
    expect(await ledger.headAt(0)).toEqual(headOf(emptyChain(origin)));
    for (const size of sizes) {
      const root = rootAt(tree, size);
      expect(await ledger.headAt(size)).toEqual({ size, root: Buffer.from(root).toString("hex") });
      const note = await ledger.checkpointAt(size);
      expect(openCheckpoint(note, origin, [place.key], place.check)).toEqual({
        ok: true,
        value: { origin, size, root },
      });
      for (const to of sizes.filter((one) => one >= size)) {
        const proof = await ledger.proofBetween(size, to);
        expect(proof).toEqual(consistencyProof(tree, size, to));
      }
    }
    for (const size of [-1, 601, 0.5]) await expect(ledger.headAt(size)).rejects.toThrow(AssertionFailed);
    await expect(ledger.checkpointAt(601)).rejects.toThrow(AssertionFailed);
    expect(await ledger.checkpointAt(600)).toBe(await ledger.checkpoint());
  });

  test("[F79] a checkpoint is over the size that was asked for, also while the record grows", async () => {
    const place = await makePlace();
    const ledger = await place.open();
    await ledger.append([started()]);
    for (let size = 1; size <= 12; size++) {
      const [waiting, asked] = [ledger.checkpoint(), ledger.checkpointAt(size)];
      await ledger.append([draft(`grown-${size}`)]);
      await waiting;
      const opened = openCheckpoint(await asked, origin, [place.key], place.check);
      expect(opened.ok && opened.value.size).toBe(size);
    }
  });

  test("[F79][F81] what is cosigned is kept over a start, never falls, and is over this log alone", async () => {
    const place = await makePlace();
    const ledger = await place.open();
    const none = headOf(emptyChain(origin));
    expect(ledger.cosigned()).toEqual(none);
    await ledger.append([started(), draft("A"), draft("B"), draft("C")]);
    const cosigned = async (size: number) => cosign(await ledger.checkpointAt(size), witness, 1_790_000_000);
    const [two, three] = [await cosigned(2), await cosigned(3)];
    await Promise.all([ledger.putCosignature(3, three), ledger.putCosignature(3, three)]);
    expect(ledger.cosigned()).toEqual(await ledger.headAt(3));
    await ledger.putCosignature(2, two);
    expect(ledger.cosigned().size).toBe(3);
    await expect(ledger.putCosignature(4, three)).rejects.toThrow(AssertionFailed);
    const foreign = three.replace(`${origin}\n`, "elsewhere.example/cell-9\n");
    await expect(ledger.putCosignature(3, foreign)).rejects.toThrow(AssertionFailed);
    await ledger.close();
    const again = await place.open();
    expect(again.cosigned()).toEqual(await again.headAt(3));
  });
}

function refusals(makePlace: () => Promise<Place>): void {
  test("an earlier start, or a start whose first entry is a job's, is a defect of the caller", async () => {
    const ledger = await (await makePlace()).open();
    await ledger.append([started(3)]);
    await expect(ledger.append([draft("A", {}, "J1", 4)])).rejects.toThrow("the first entry of a start");
    const other = await (await makePlace()).open();
    await other.append([started(3)]);
    await expect(other.append([draft("A", {}, null, 2)])).rejects.toThrow("never falls");
  });

  test("a draft that does not fit the format is refused and leaves nothing", async () => {
    const ledger = await (await makePlace()).open();
    await ledger.append([started()]);
    for (const bad of [
      draft("has space"),
      draft("A", {}, "../etc"),
      { ...draft("A"), at: 1.5 },
      { ...draft("A"), mono: -1 },
      draft("A", { x: Number.NaN }),
      draft("A", { x: "\ud800" }),
      draft("A", { list: [{ measured: 1e21 }] }),
      draft("A", { x: "y".repeat(192 * 1024) }),
      draft("A", { x: "ü".repeat(100 * 1024) }),
    ]) {
      await expect(ledger.append([bad])).rejects.toThrow(AssertionFailed);
    }
    expect(ledger.head().size).toBe(1);
  });

  test("closed, it refuses everything", async () => {
    const ledger = await (await makePlace()).open();
    await ledger.append([started()]);
    await ledger.close();
    await expect(ledger.append([draft("A")])).rejects.toThrow(LedgerFailed);
    await expect(ledger.checkpoint()).rejects.toThrow(LedgerFailed);
    await expect(all(ledger)).rejects.toThrow(LedgerFailed);
  });
}
