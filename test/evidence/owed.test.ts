/** What is owed: read off the ledger by policy and decisions, less what central has signed for; a cache that may vanish. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { follow, readFrom } from "../../src/evidence/follow.ts";
import { openOwedIndex } from "../../src/evidence/io/index.ts";
import { askOf, type EvidencePolicy, piecesOf } from "../../src/evidence/policy.ts";
import type { FoldedEntry, OwedIndex } from "../../src/evidence/ports.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import type { Digest } from "../../src/kernel/names.ts";
import type { JsonObject } from "../../src/ledger/entry.ts";
import type { EvidenceReceipt } from "../../src/ledger/evidence.ts";
import { draft } from "../ledger/plain-drafts.ts";
import { createCell } from "../qa/cell.ts";
import { names } from "../qa/evidence-desk.ts";

const digest = (text: string) => digestOf(Buffer.from(text));
const [frame, report] = [digest("frame"), digest("report")];
const none: EvidencePolicy = { kind: "none", everyNthLayer: 10 };
const fails: EvidencePolicy = { kind: "fails", everyNthLayer: 10 };
const sample: EvidencePolicy = { kind: "sample", everyNthLayer: 3 };
const all: EvidencePolicy = { kind: "all", everyNthLayer: 10 };
const origin = "hospital.example/cell-1";

test("[F83] [F65] the policy sends nothing, what belongs to a fail, every nth layer besides, or all", () => {
  const inspected = (layer: number, verdict: string) =>
    ["LayerInspected", { layer, report: { verdict, digests: { frame }, evidence: report } }] as const;
  const table: readonly (readonly [readonly [string, JsonObject], string])[] = [
    [inspected(1, "pass"), "all"],
    [inspected(3, "pass"), "sample all"],
    [inspected(1, "fail"), "fails sample all"],
    [inspected(1, "blind"), "fails sample all"],
    [["LayerCaptured", { layer: 1, frame }], "all"],
    [["PlateChecked", { clear: false, frame }], "fails sample all"],
    [["PlateChecked", { clear: true, frame }], "all"],
    [["NonconformityRaised", { evidence: { frame, report } }], "fails sample all"],
    [["FinishReported", { artifacts: [report] }], "sample all"],
    [["JobOrderAccepted", { order: { program: frame } }], "all"],
  ];
  for (const [[type, body], wanted] of table) {
    const by = [none, fails, sample, all].filter((policy) =>
      piecesOf({ type, job: null, body }, policy).every((piece) => piece.wanted),
    );
    expect([type, body, by.map(({ kind }) => kind).join(" ")]).toEqual([type, body, wanted]);
    expect(piecesOf({ type, job: null, body }, none).length).toBeGreaterThan(0);
  }
});

const asks = (job: string, issuedAt: number, action = "fetch-evidence", kind = "job") =>
  draft("CentralDecided", {
    decision: { action, target: { kind, id: job }, issuedAt },
    envelope: digest(`${job}${issuedAt}`),
  });

test("[F83] [L5] only a recorded fetch-evidence asks, for a job and from its time on", () => {
  const of = ({ type, body }: ReturnType<typeof asks>) => askOf({ type, job: null, body });
  expect(of(asks("J1", 5))).toEqual({ job: "J1", since: 5 });
  expect(of(asks("J1", 5, "hold"))).toBe(null);
  expect(askOf({ type: "CentralDecided", job: null, body: { decision: null } })).toBe(null);
  expect(askOf({ type: "Other", job: null, body: asks("J1", 5).body })).toBe(null);
});

function freshPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "cellward-owed-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "index.db");
}

function opened(path: string, policy: EvidencePolicy): OwedIndex {
  const index = openOwedIndex(path, origin, policy);
  onTestFinished(() => index.close());
  return index;
}

type Log = ReturnType<typeof createCell>;
const entriesOf = (log: Log): FoldedEntry[] =>
  log.texts.map(({ entry, body }, seq) => ({ seq, entryText: entry, bodyText: body }));

/** Feeds the index from the log until nothing is wanted, as the cell does. */
function feed(index: OwedIndex, log: Log, atATime = 500): void {
  const entries = entriesOf(log);
  for (let next = index.next(), turns = 0; next !== entries.length; turns++) {
    if (turns > 1_000) throw new Error("the index never has enough");
    next = follow(index, entries.slice(readFrom(next), readFrom(next) + atATime));
  }
}

const received = (piece: Digest, at: number): EvidenceReceipt => ({
  format: "cellward-evidence-receipt/1",
  origin,
  digest: piece,
  sealed: digest("sealed"),
  bytes: 1,
  at: new Date(at).toISOString(),
});

const owed = (index: OwedIndex, below = 1_000) => index.owed(below, 1_000).map(({ digest: piece }) => piece);

test("[F83] [L2] a receipt ends what is owed, an older one does not answer a newer question, and what was asked for goes first", () => {
  const log = createCell();
  const [a, b, c] = [digest("a"), digest("b"), digest("c")];
  log.append(names(1, "fail", a, a, "J1"), names(2, "pass", b, b, "J2"));
  const index = opened(freshPath(), fails);
  feed(index, log);
  expect(owed(index)).toEqual([a]);
  expect(index.counts()).toEqual({ waiting: 1, oldestAt: 1_700_000_000_000, received: 0 });
  log.append(asks("J2", 1_000_000), names(3, "pass", c, c, "J2"));
  feed(index, log);
  expect(owed(index)).toEqual([b, c, a]);
  // Only what a countersigned entry names.
  expect(owed(index, 2)).toEqual([a]);
  for (const piece of [a, b, c]) index.received(received(piece, 1_000_000), "{}");
  expect(owed(index)).toEqual([]);
  expect(index.counts()).toEqual({ waiting: 0, oldestAt: null, received: 3 });
  // Central has lost what it signed for, and asks again.
  log.append(asks("J2", 2_000_000));
  feed(index, log);
  expect(owed(index)).toEqual([b, c]);
  index.received(received(b, 1_999_999), "{}");
  expect(owed(index)).toEqual([b, c]);
  index.received(received(b, 2_000_000), "{}");
  expect(owed(index)).toEqual([c]);
});

test("[F83] [L2] deleted, damaged, or of another log or policy: the index is the same again from the ledger", () => {
  const path = freshPath();
  const log = createCell();
  for (let n = 1; n < 30; n++) log.append(names(n, n % 3 === 0 ? "fail" : "pass", digest(`f${n}`), digest(`e${n}`)));
  const first = openOwedIndex(path, origin, fails);
  feed(first, log, 7);
  const want = owed(first);
  expect(want.length).toBe(18);
  first.received(received(want[0]!, 5), "{}");
  first.close();
  const bytes = readFileSync(path);
  for (let at = 100; at < bytes.length; at += 97) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(path, bytes);
  const mended = opened(path, fails);
  feed(mended, log);
  expect(owed(mended)).toEqual(want);
  mended.close();
  // Another policy begins anew, and keeps what central has signed for.
  const wide = openOwedIndex(path, origin, all);
  wide.received(received(want[0]!, 5), "{}");
  feed(wide, log);
  expect(owed(wide).length).toBe(57);
  wide.close();
  // A log that went another way from some entry on, like a restored one.
  const other = log.clone(20);
  other.append(names(99, "fail", digest("other"), digest("other")));
  const back = opened(path, all);
  feed(back, other);
  expect(owed(back)).toContain(digest("other"));
  expect(owed(back)).not.toContain(digest("f25"));
});

test("[F83] [L2] however the log is fed, and whenever the index is opened again, it owes the same", () => {
  const job = fc.constantFrom("J1", "J2", "J3");
  const event = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("names" as const),
        job,
        piece: fc.nat(12),
        verdict: fc.constantFrom("pass" as const, "fail" as const),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("asks" as const), job, at: fc.integer({ min: 1, max: 9 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("received" as const),
        piece: fc.nat(12),
        at: fc.integer({ min: 1, max: 9 }),
      }),
    },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 25 }), fc.integer({ min: 2, max: 6 }), (events, atATime) => {
      const path = freshPath();
      const log = createCell();
      const model = new Map<string, { job: string; wanted: boolean }[]>();
      const asked = new Map<string, number>();
      const receipts = new Map<string, number>();
      let index = openOwedIndex(path, origin, fails);
      for (const each of events) {
        if (each.kind === "received") {
          index.received(received(digest(`p${each.piece}`), each.at), "{}");
          receipts.set(`p${each.piece}`, each.at);
        } else if (each.kind === "asks") {
          log.append(asks(each.job, each.at));
          asked.set(each.job, Math.max(asked.get(each.job) ?? 0, each.at));
        } else {
          const piece = digest(`p${each.piece}`);
          log.append(names(1, each.verdict, piece, piece, each.job));
          model.set(`p${each.piece}`, [
            ...(model.get(`p${each.piece}`) ?? []),
            { job: each.job, wanted: each.verdict === "fail" },
          ]);
        }
        feed(index, log, atATime);
      }
      const expected = [...model].filter(([name, by]) => {
        const at = receipts.get(name);
        return by.some(
          ({ job: of, wanted }) =>
            (wanted && at === undefined) || (asked.has(of) && (at === undefined || at < asked.get(of)!)),
        );
      });
      const want = expected.map(([name]) => digest(name)).sort();
      expect([...owed(index)].sort()).toEqual(want);
      index.close();
      index = openOwedIndex(path, origin, fails);
      expect([...owed(index)].sort()).toEqual(want);
      index.reset();
      feed(index, log);
      expect([...owed(index)].sort()).toEqual(want);
      index.close();
    }),
    { numRuns: 60 },
  );
}, 30_000);
