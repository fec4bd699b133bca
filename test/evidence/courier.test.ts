/** The evidence courier against central as it can be: away, full, lying, slow; in virtual time. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { startCourier } from "../../src/evidence/courier.ts";
import { follow } from "../../src/evidence/follow.ts";
import { openOwedIndex } from "../../src/evidence/io/index.ts";
import type { Endpoint, Said, SealedPiece, Spool, Standing, Trouble } from "../../src/evidence/ports.ts";
import type { EvidenceStatus } from "../../src/jobs/evidence-status.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import type { Digest } from "../../src/kernel/names.ts";
import type { Clock } from "../../src/kernel/ports.ts";
import { err, ok, type Result } from "../../src/kernel/result.ts";
import type { EntryDraft } from "../../src/ledger/entry.ts";
import { type EvidenceReceipt, signReceipt } from "../../src/ledger/evidence.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import type { Signer } from "../../src/ledger/signer.ts";
import { draft } from "../ledger/plain-drafts.ts";
import { createCell, freshSigner } from "../qa/cell.ts";
import { names } from "../qa/evidence-desk.ts";

const origin = "hospital.example/cell-1";
const pieceBytes = 300_000;
const digest = (text: string) => digestOf(Buffer.from(text));
const sealed: SealedPiece = { sealed: digest("sealed"), bytes: pieceBytes };

/** A clock that stands until everything is quiet, and then goes to what is due next. */
function virtualClock(): Clock & { run(ms: number): Promise<void> } {
  let now = 0;
  const due = new Set<{ at: number; fire: () => void }>();
  return {
    now: () => 1_700_000_000_000 + now,
    monotonic: () => now,
    after(delay, fire) {
      const each = { at: now + delay, fire };
      due.add(each);
      return () => due.delete(each);
    },
    async run(ms) {
      const end = now + ms;
      for (;;) {
        for (let n = 0; n < 20; n++) await setImmediate();
        const [next] = [...due].sort((a, b) => a.at - b.at);
        if (next === undefined || next.at > end) break;
        due.delete(next);
        now = next.at;
        next.fire();
      }
      now = end;
    },
  };
}

interface World {
  /** What central says instead of taking a part; asked before each. */
  trouble: (piece: Digest) => Trouble | Said | null;
  signer: Signer;
  spooled: (piece: Digest) => Result<SealedPiece, "missing" | "altered" | "no-room">;
  records: { withQa: number; wait: boolean };
}

/** A courier with the pieces that fail layers 1 to `pieces` name, and central that takes them. */
function world(pieces: number, ...more: EntryDraft[]) {
  const folder = mkdtempSync(join(tmpdir(), "cellward-courier-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const log = createCell();
  for (let n = 1; n <= pieces; n++) log.append(names(n, "fail", digest(`p${n}`), digest(`p${n}`)));
  log.append(...more);
  const index = openOwedIndex(join(folder, "index.db"), origin, { kind: "fails", everyNthLayer: 10 });
  follow(
    index,
    log.texts.map(({ entry, body }, seq) => ({ seq, entryText: entry, bodyText: body })),
  );
  const own = freshSigner("qa.example/decisions");
  const it: World = {
    trouble: () => null,
    signer: own,
    spooled: () => ok(sealed),
    records: { withQa: log.texts.length, wait: false },
  };
  const clock = virtualClock();
  const offsets = new Map<Digest, number>();
  const whole = new Map<Digest, string>();
  const events: string[] = [];
  const dropped: Digest[] = [];
  let status: EvidenceStatus | null = null;
  const nameOf = (piece: Digest) =>
    `p${Array.from({ length: pieces }, (_, n) => digest(`p${n + 1}`)).indexOf(piece) + 1}`;
  const receipt = (piece: Digest): EvidenceReceipt => ({
    format: "cellward-evidence-receipt/1",
    origin,
    digest: piece,
    ...sealed,
    at: new Date(clock.now()).toISOString(),
  });
  const endpoint: Endpoint = {
    async look(piece): Promise<Result<Standing, Trouble>> {
      events.push(`${clock.monotonic()} look ${nameOf(piece)}`);
      const trouble = it.trouble(piece);
      if (trouble !== null && (trouble.kind === "away" || trouble.kind === "refused")) return err(trouble);
      const envelope = whole.get(piece);
      if (envelope !== undefined) return ok({ kind: "whole", envelope });
      const offset = offsets.get(piece);
      return ok(
        offset === undefined
          ? { kind: "nothing" }
          : { kind: "part", offset, sealed: sealed.sealed, length: pieceBytes },
      );
    },
    async send({ owed, offset, bytes }) {
      events.push(`${clock.monotonic()} send ${nameOf(owed.digest)} ${offset}`);
      const trouble = it.trouble(owed.digest);
      if (trouble !== null) return trouble.kind === "away" || trouble.kind === "refused" ? err(trouble) : ok(trouble);
      expect(offset).toBe(offsets.get(owed.digest) ?? 0);
      offsets.set(owed.digest, offset + bytes.length);
      if (offset + bytes.length < pieceBytes) return ok({ kind: "more", offset: offset + bytes.length });
      const envelope = await signReceipt(receipt(owed.digest), it.signer);
      whole.set(owed.digest, envelope);
      return ok({ kind: "whole", envelope });
    },
    async absent({ digest: piece }, problem) {
      events.push(`absent ${nameOf(piece)} ${problem}`);
      return ok(null);
    },
    close: () => undefined,
  };
  const spool: Spool = {
    ready: async (piece) => it.spooled(piece),
    read: async (_, __, from, bytes) => new Uint8Array(Math.min(bytes, pieceBytes - from)),
    drop: async (piece) => void dropped.push(piece),
    sweep: async () => undefined,
  };
  const courier = startCourier({
    index,
    spool,
    endpoint,
    clock,
    chance: () => 0.5,
    trust: { keys: [own.key], origin, check: checkSignature },
    bytesPerSecond: 100_000,
    records: () => it.records,
    log: (what, facts) => events.push(`${what} ${facts?.["code"] ?? ""}`),
    onStatus: (said) => {
      status = said;
    },
  });
  onTestFinished(async () => {
    await courier.close();
    index.close();
  });
  return { it, clock, courier, index, events, dropped, whole, offsets, status: () => status };
}

const away: Trouble = { kind: "away", code: "ECONNREFUSED" };
const refused = (code: string, whole: boolean): Trouble => ({ kind: "refused", code, what: `It says ${code}.`, whole });

test("[F83] pieces go one after the other below the rate, and each ends with central's receipt", async () => {
  const { clock, events, whole, index, status } = world(3);
  await clock.run(4_500);
  expect(whole.size).toBe(1);
  expect(status()).toMatchObject({ state: "sending", waiting: 2, received: 1, alarm: null });
  await clock.run(6_000);
  expect(whole.size).toBe(3);
  expect(index.counts()).toEqual({ waiting: 0, oldestAt: null, received: 3 });
  expect(status()).toMatchObject({ state: "idle", what: "Central QA has all evidence that was asked for." });
  expect(events.filter((each) => each.includes("send p1")).length).toBe(3);
});

test("[F83] in the middle of a piece a record comes: nothing more goes until central has it", async () => {
  const { it, clock, courier, events, whole, status } = world(1);
  await clock.run(500);
  it.records = { ...it.records, wait: true };
  const before = events.length;
  await clock.run(3_600_000);
  expect(events.length).toBe(before);
  expect(status()).toMatchObject({
    state: "behind-records",
    waiting: 1,
    what: "1 piece of evidence waits behind the records.",
  });
  it.records = { ...it.records, wait: false };
  courier.poke();
  await clock.run(3_000);
  expect(whole.size).toBe(1);
});

test("[F83] a cell that writes twice a second all day still brings its pictures", async () => {
  const { it, clock, courier, whole } = world(4);
  for (let n = 0; n < 120; n++) {
    it.records = { ...it.records, wait: true };
    courier.poke();
    await clock.run(250);
    it.records = { ...it.records, wait: false };
    courier.poke();
    await clock.run(250);
  }
  expect(whole.size).toBe(4);
});

test("[F83] central that is away is asked again with growing pauses, and then given the rest", async () => {
  const { it, clock, events, whole, status } = world(2);
  await clock.run(1_500);
  it.trouble = () => away;
  await clock.run(3_600_000);
  const looks = events.filter((each) => each.includes("look")).length;
  expect(looks).toBeGreaterThan(30);
  expect(looks).toBeLessThan(90);
  expect(status()).toMatchObject({ state: "away", waiting: 2, alarm: null });
  it.trouble = () => null;
  await clock.run(150_000);
  expect(whole.size).toBe(2);
  expect(status()?.state).toBe("idle");
});

test("[F83] [L8] a piece that central does not take keeps no other back, and a full disk there is told in words", async () => {
  const { it, clock, whole, status } = world(5);
  it.trouble = (piece) => (piece === digest("p1") || piece === digest("p2") ? refused("too-large", false) : null);
  await clock.run(20_000);
  expect([...whole.keys()]).toEqual([digest("p3"), digest("p4"), digest("p5")]);
  expect(status()).toMatchObject({ waiting: 2, alarm: { code: "too-large", what: "It says too-large." } });
  it.trouble = () => refused("storage-full", true);
  await clock.run(3_600_000);
  expect(status()).toMatchObject({
    state: "away",
    alarm: { code: "storage-full", remedy: expect.stringContaining("makes room") },
  });
  it.trouble = () => null;
  await clock.run(2 * 3_600_000);
  expect(whole.size).toBe(5);
  expect(status()).toMatchObject({ state: "idle", alarm: null });
});

test("[F83] [F81] a receipt that central's key has not signed, or of another piece, ends nothing", async () => {
  const { it, clock, index, whole, status, dropped } = world(2);
  const own = it.signer;
  it.signer = freshSigner("qa.example/decisions");
  await clock.run(60_000);
  expect(whole.size).toBe(2);
  expect(index.counts().waiting).toBe(2);
  expect(dropped).toEqual([]);
  expect(status()?.alarm?.code).toBe("receipt-refused");
  it.signer = own;
  const of = (piece: Digest) =>
    ({
      format: "cellward-evidence-receipt/1",
      origin,
      digest: piece,
      ...sealed,
      at: "2026-01-01T00:00:00.000Z",
    }) as const;
  const other = await signReceipt(of(digest("p2")), own);
  for (const piece of [digest("p1"), digest("p2")]) whole.set(piece, other);
  await clock.run(3_600_000);
  expect(index.owed(100, 100).map((each) => each.digest)).toEqual([digest("p1")]);
});

test("[F83] what differs at central is sealed anew and sent from its beginning", async () => {
  const { it, clock, whole, offsets, dropped } = world(1);
  let once = true;
  it.trouble = () => {
    if (offsets.get(digest("p1")) !== 200_000 || !once) return null;
    once = false;
    offsets.clear();
    return { kind: "differs" };
  };
  await clock.run(20_000);
  expect(dropped).toContain(digest("p1"));
  expect(whole.size).toBe(1);
});

test("[F65] [L8] a piece that the cell cannot give is told to central, keeps no other back, and is looked for again", async () => {
  const { it, clock, events, whole, status } = world(2);
  it.spooled = (piece) => (piece === digest("p1") ? err("missing") : ok(sealed));
  await clock.run(10_000);
  expect(events).toContain("absent p1 missing");
  expect(status()?.alarm).toMatchObject({ code: "artifact-missing", remedy: expect.stringContaining("backup") });
  expect(whole.size).toBe(1);
  it.spooled = () => ok(sealed);
  await clock.run(3 * 3_600_000);
  expect(whole.size).toBe(2);
});

test("[F83] a receipt that is older than the question is no reason to ask in a circle", async () => {
  const ask = { action: "fetch-evidence", target: { kind: "job", id: "J1" }, issuedAt: 1_700_000_900_000 };
  const { clock, events, whole, index } = world(1, draft("CentralDecided", { decision: ask }));
  await clock.run(600_000);
  expect(whole.size).toBe(1);
  expect(index.counts()).toMatchObject({ waiting: 1, received: 1 });
  expect(events.length).toBeLessThan(20);
});
