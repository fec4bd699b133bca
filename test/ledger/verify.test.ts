/** Properties of the format and of its verification, in memory: whatever is changed anywhere is found. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical } from "../../src/kernel/json.ts";
import type { Digest, JobId, PersonId } from "../../src/kernel/names.ts";
import { sameBytes } from "../../src/ledger/bytes.ts";
import type { Row } from "../../src/ledger/chain-check.ts";
import { type Entry, entryText, maxEntryBytes, parseEntry } from "../../src/ledger/entry.ts";
import {
  createMemoryDisk,
  type MemoryDisk,
  openMemoryLedger,
  simulatedSignature,
  simulatedSigner,
} from "../../src/ledger/memory.ts";
import { type Report, verifyLog } from "../../src/ledger/verify.ts";
import { draft, origin, started } from "./plain-drafts.ts";

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((text) => text as Digest);
const whole = fc.maxSafeNat();
const entries: fc.Arbitrary<Entry> = fc.record({
  v: fc.constant(1 as const),
  seq: whole,
  at: whole,
  mono: whole,
  clockState: name,
  boot: whole,
  job: fc.option(name.map((text) => text as JobId)),
  actorId: fc.option(name.map((text) => text as PersonId)),
  type: name,
  bodyDigest: digest,
  jobPrev: fc.option(digest),
  prev: digest,
});

describe("[F67] the entry format", () => {
  test("what is written is RFC 8785 and is read back", () => {
    fc.assert(
      fc.property(entries, (entry) => {
        expect(entryText(entry)).toBe(canonical(entry));
        expect(parseEntry(entryText(entry))).toEqual(entry);
        expect(entryText(entry).length).toBeLessThanOrEqual(maxEntryBytes);
      }),
    );
  });

  test("what is read is exactly what would be written, whatever the text", () => {
    const edits = fc.tuple(
      entries,
      fc.nat(),
      fc.constantFrom("", " ", "0", "1", '"', "-", "null", "e1", "\n", "A", "\\u0041"),
    );
    fc.assert(
      fc.property(edits, ([entry, place, insert]) => {
        const text = entryText(entry);
        const at = place % text.length;
        for (const other of [
          text.slice(0, at) + insert + text.slice(at),
          text.slice(0, at) + insert + text.slice(at + 1),
        ]) {
          const parsed = parseEntry(other);
          if (parsed !== null) expect(entryText(parsed)).toBe(other);
        }
      }),
      { numRuns: 500 },
    );
  });
});

async function signedDisk(): Promise<MemoryDisk> {
  const disk = createMemoryDisk(origin);
  const ledger = openMemoryLedger(disk);
  await ledger.append([started(), draft("A", { n: 1 }, "J1"), draft("A", { n: 1 }, "J2")]);
  await ledger.checkpoint();
  await ledger.append([draft("B", { n: 2 }, "J1"), draft("B", { n: 2 }, "J2"), draft("C", {}, "J1")]);
  await ledger.checkpoint();
  return disk;
}

function verify(disk: MemoryDisk, rows: readonly Row[]): Report {
  return verifyLog({
    origin,
    rows,
    checkpoints: disk.checkpoints,
    cosignatures: disk.cosignatures,
    trusted: [simulatedSigner(origin).key],
    check: (_key, message, signature) => sameBytes(signature, simulatedSignature(message)),
    parseBodies: true,
  }).report;
}

describe("[F67] verification of a log", () => {
  test("any changed bit of any entry or body is found, at that entry or as far as its checkpoint tells", async () => {
    const disk = await signedDisk();
    expect(verify(disk, disk.rows).ok).toBe(true);
    const flips = fc.tuple(
      fc.nat({ max: 5 }),
      fc.constantFrom("entry" as const, "body" as const),
      fc.nat(),
      fc.nat({ max: 7 }),
    );
    fc.assert(
      fc.property(flips, ([seq, part, place, bit]) => {
        const rows = disk.rows.map((row) => ({
          ...row,
          [part]: row.seq === seq ? flipped(row[part], place, bit) : row[part],
        }));
        const [first] = verify(disk, rows).findings;
        expect(first).toBeDefined();
        // The last entry has no successor: only the checkpoint over entries 3 to 5 can tell, or its link to entry 4.
        if (seq === 5) expect([3, 4, 5]).toContain(first?.seq);
        else expect(first?.seq).toBe(seq);
      }),
      { numRuns: 400 },
    );
  });

  test("any other order or selection of entries is found", async () => {
    const disk = await signedDisk();
    fc.assert(
      fc.property(fc.shuffledSubarray(disk.rows, { minLength: 0 }), fc.boolean(), (chosen, renumber) => {
        fc.pre(chosen.length < 6 || chosen.some((row, index) => row.seq !== index));
        const rows = renumber ? chosen.map((row, seq) => ({ ...row, seq })) : chosen;
        const report = verify(disk, rows);
        const intact = chosen.findIndex((row, index) => row.seq !== index);
        expect(report.findings[0]?.seq).toBe(intact < 0 ? chosen.length : intact);
      }),
    );
  });
});

function flipped(bytes: Uint8Array, place: number, bit: number): Uint8Array {
  const copy = bytes.slice();
  const at = place % bytes.length;
  copy[at] = (bytes[at] ?? 0) ^ (1 << bit);
  return copy;
}
