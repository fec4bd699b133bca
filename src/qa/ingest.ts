/** What central QA does with each message of a cell: judge, persist, cosign, answer, in that order and never another. */

import { assert } from "../kernel/assert.ts";
import { digestOf } from "../kernel/hash.ts";
import type { EpochMs } from "../kernel/units.ts";
import { type Batch, type DownMessage, readUp, type UpMessage } from "../ledger/batch.ts";
import { sameBytes } from "../ledger/bytes.ts";
import { openCheckpoint } from "../ledger/checkpoint.ts";
import { cosign, openCosignatures } from "../ledger/cosignature.ts";
import type { Finding } from "../ledger/finding.ts";
import { signFork } from "../ledger/fork.ts";
import type { SignedNote } from "../ledger/note.ts";
import type { SignatureCheck, Signer, VerifyingKey } from "../ledger/signer.ts";
import { rootOf } from "../ledger/tree.ts";
import { heldBeyond } from "./ancestry.ts";
import { type Aside, createAside } from "./aside.ts";
import { createGapWatch } from "./gaps.ts";
import { judgeBatch, notKept, ownCheckpoint, type RegisteredCell, reachOf, type Verdict } from "./judge.ts";
import { lookFrom, missingOf, takeFill, wantsOf } from "./mend.ts";
import { judgeStatus } from "./status.ts";
import type { Held, IngestStore, LogState, NewEntry, Quarantined, Receipt, Settlement, Writing } from "./store.ts";

export interface IngestPorts {
  readonly store: IngestStore;
  /** The cells of the configuration, by id. */
  readonly cells: ReadonlyMap<string, RegisteredCell>;
  /** Central's cosigning key (type 4). */
  readonly witness: Signer;
  /** Every cosigning key that central has had, each with its time: what it swore to before its key was replaced counts too. */
  readonly witnesses?: readonly VerifyingKey[];
  /** Central's decision key: a word that stops a cell is signed with it. */
  readonly decision?: Signer;
  readonly check: SignatureCheck;
  readonly now: () => EpochMs;
  /**
   * Where several instances share the load, batches of one cell overtake each other: one that begins after what is held
   * waits for those before it, which another instance has in hand. Resolves with false when it has waited long enough.
   */
  readonly waitForOthers?: (tries: number) => Promise<boolean>;
}

/** The ports, and the one place for what is not taken. */
interface Ports extends IngestPorts {
  readonly aside: Aside;
}

/** What became of a message, for the log and for whoever watches. */
export interface Heard {
  /** `kind` of the verdict `hello` and `status` besides; `gap`: rows are lost here; `filled`: some were put back. */
  readonly outcome: Verdict["kind"] | "hello" | "status" | "gap" | "filled" | "unknown-cell" | "not-a-message";
  /** Entries newly stored. */
  readonly stored: number;
  /** The head that a hello says, where it is one: unsigned, so perhaps somebody else's word. */
  readonly claims: number | null;
  readonly answers: readonly DownMessage[];
}

export interface Ingest {
  /**
   * Takes the bytes that came on a cell's topic; the answers are true when it resolves. Rejects with StoreFailed where
   * the store could not do it: then nothing is answered, and the cell sends again.
   */
  hear(cell: string, bytes: Uint8Array): Promise<Heard>;
  /** Counts a message that was not even looked at, since too many of its cell waited. */
  passOver(cell: string, bytes: number): void;
  /** Looks on in a cell's log for rows that are lost, a stretch a call and round again, and says what to ask the cell for. */
  look(cell: string): Promise<readonly DownMessage[]>;
  /** Cosigns what was stored before a crash and not cosigned; to be called once at the start. */
  catchUp(): Promise<void>;
}

/** An ingest over a store; several may share one store, in one process or many. */
export function createIngest(given: IngestPorts): Ingest {
  const gaps = createGapWatch();
  // Databases hold whole milliseconds.
  const now = () => Math.floor(given.now());
  const aside = createAside({ ...given, now });
  const ports: Ports = { ...given, now, aside };
  const { cells } = ports;
  /** Up to where each cell's log was looked through. */
  const looked = new Map<string, number>();

  async function hear(id: string, bytes: Uint8Array): Promise<Heard> {
    const cell = cells.get(id);
    if (cell === undefined) {
      const what = `No cell ${id.slice(0, 64)} is registered here.`;
      await aside.put(id, bytes, { code: "unknown-cell", what });
      return nothing("unknown-cell");
    }
    const message = readUp(bytes);
    if (!message.ok) {
      await aside.put(id, bytes, { code: "not-a-message", what: `The message was not read: ${message.error}.` });
      return nothing("not-a-message");
    }
    if (message.value.kind === "batch") {
      const heard = await takeBatch(ports, cell, message.value, bytes);
      const alarm = gaps.hear(cell, message.value.from, heard, ports.now());
      if (alarm !== null) await ports.store.raise(alarm);
      return heard;
    }
    if (message.value.kind === "fill") {
      const { outcome, answers } = await takeFill(ports, cell, message.value);
      return { ...nothing(outcome), answers };
    }
    if (message.value.kind === "status") return takeStatus(ports, cell, message.value, bytes);
    return answerHello(ports, cell, message.value, bytes);
  }

  return {
    hear,
    passOver: aside.count,
    async look(id) {
      await aside.settle();
      const cell = cells.get(id);
      if (cell === undefined) return [];
      const { wants, next } = await lookFrom(ports, cell.origin, looked.get(id) ?? 0);
      looked.set(id, next);
      return wants;
    },
    async catchUp() {
      for (const cell of cells.values()) await receiptFor(ports, cell.origin);
    },
  };
}

async function takeBatch(ports: Ports, cell: RegisteredCell, batch: Batch, bytes: Uint8Array): Promise<Heard> {
  const { origin } = cell;
  const at = ports.now();
  const settled = await settleWhole(ports, cell, batch, bytes, at);
  if (settled.kind === "gap") return { ...nothing("gap"), answers: settled.wants };
  const { verdict } = settled;
  const heard = (stored: number, ...answers: DownMessage[]): Heard => ({
    outcome: verdict.kind,
    stored,
    claims: null,
    answers,
  });
  if (verdict.kind === "taken" || verdict.kind === "known") await watchAncestor(ports, cell, batch, at);
  switch (verdict.kind) {
    case "taken":
      // New entries under the cell's own signature are what nobody else can say; all else may be an old message again.
      await ports.store.heard(cell.id, at);
      return heard(verdict.entries.length, ...(await receiptMessages(ports, origin)));
    case "known":
      return heard(0, ...(await receiptMessages(ports, origin)));
    case "conflict":
      return heard(0, { kind: "conflict", origin, size: verdict.size });
    case "fork":
      return heard(0, await forkMessage(ports, origin, verdict.size, verdict.what));
    case "refused":
      return heard(0, {
        kind: "refused",
        origin,
        from: batch.from,
        to: batch.from + batch.entries.length,
        code: verdict.code,
        what: brief(verdict.what),
      });
  }
}

type Settled =
  | { readonly kind: "judged"; readonly verdict: Verdict }
  | { readonly kind: "gap"; readonly wants: readonly DownMessage[] };

/** What looks like another history may be a row that is lost here: it is judged when nothing is missing. */
async function settleWhole(
  ports: Ports,
  cell: RegisteredCell,
  batch: Batch,
  bytes: Uint8Array,
  at: EpochMs,
): Promise<Settled> {
  const verdict = await settleBatch(ports, cell, batch, bytes, at, false);
  if (verdict.kind !== "fork" || !verdict.ifWhole) return { kind: "judged", verdict };
  const lost = await missingOf(ports, cell.origin, 1);
  if (lost.length > 0) return { kind: "gap", wants: await wantsOf(ports, cell.origin, lost) };
  return { kind: "judged", verdict: await settleBatch(ports, cell, batch, bytes, at, true) };
}

/** What is held of the log that the cell's log continues. */
async function pastOf({ store }: Ports, { ancestors }: RegisteredCell): Promise<LogState | null> {
  const past = ancestors.at(-1);
  return past === undefined ? null : store.log(past.origin);
}

/** Also for a batch that is known: the alarm may not have come to be raised when it was taken. */
async function watchAncestor(ports: Ports, cell: RegisteredCell, batch: Batch, at: EpochMs): Promise<void> {
  const past = batch.from === 0 ? await pastOf(ports, cell) : null;
  const alarm = past && heldBeyond(batch, cell, past, at);
  if (alarm !== null) await ports.store.raise(alarm);
}

async function settleBatch(
  ports: Ports,
  cell: RegisteredCell,
  batch: Batch,
  bytes: Uint8Array,
  at: EpochMs,
  whole: boolean,
): Promise<Verdict> {
  const past = batch.from === 0 ? await pastOf(ports, cell) : null;
  for (let tries = 0; ; tries++) {
    const verdict = await ports.store.settle(cell.origin, reachOf(batch), (held): Settlement<Verdict> => {
      const judged = judgeBatch(held, batch, cell, ports.check, past);
      const waits = judged.kind === "fork" && judged.ifWhole && !whole;
      return { writing: waits ? { kind: "nothing" } : writingFor(judged, held, cell, batch, bytes, at), value: judged };
    });
    if (verdict.kind !== "conflict" || !(await ports.waitForOthers?.(tries))) return verdict;
    for (; (await ports.store.log(cell.origin)).size < batch.from; tries++) {
      if (!(await ports.waitForOthers?.(tries))) return verdict;
    }
  }
}

function writingFor(
  verdict: Verdict,
  held: Held,
  cell: RegisteredCell,
  batch: Batch,
  message: Uint8Array,
  at: EpochMs,
): Writing {
  if (verdict.kind === "taken") {
    const { entries, chain } = verdict;
    const spoiled = verdict.spoiled.map((found) => keptInPlace(found, entries, cell, at));
    return { kind: "entries", entries, chain, checkpoint: ownCheckpoint(batch.checkpoint, cell), at, spoiled };
  }
  if (verdict.kind === "fork" && !held.frozen) {
    const { size, what } = verdict;
    const other = ownCheckpoint(batch.checkpoint, cell);
    return { kind: "fork", fork: { origin: cell.origin, size, held: held.checkpoint, other, what, at } };
  }
  if (verdict.kind === "refused") {
    const { code, what } = verdict;
    const quarantined = { cell: cell.id, seq: null, digest: digestOf(message), bytes: message.length, code, what, at };
    return { kind: "quarantine", quarantined, message };
  }
  return { kind: "nothing" };
}

/** An entry that the cell has signed and nobody can read as one: its bytes stand among the entries, this says what is wrong. */
function keptInPlace(
  { rule, seq, what }: Finding,
  entries: readonly NewEntry[],
  { id }: RegisteredCell,
  at: EpochMs,
): Quarantined {
  const one = entries.find((each) => each.seq === seq);
  assert(one !== undefined, "a finding names its entry");
  return { cell: id, seq, digest: one.digest, bytes: one.entry.length + one.body.length, code: rule, what, at };
}

/** A status is kept, and answered by nothing; one that the cell has not signed is set aside. */
async function takeStatus(
  ports: Ports,
  cell: RegisteredCell,
  { note, origin }: Extract<UpMessage, { kind: "status" }>,
  bytes: Uint8Array,
): Promise<Heard> {
  const refuse = async (what: string): Promise<Heard> => {
    await ports.aside.put(cell.id, bytes, { code: "status", what });
    return nothing("refused");
  };
  if (origin !== cell.origin) return refuse(`It speaks for the log ${origin}.`);
  const at = ports.now();
  const verdict = await ports.store.settleStatus(origin, (before, held) =>
    judgeStatus(cell, note, ports.check, at, { before, held }),
  );
  if (verdict.kind === "refused") return refuse(verdict.what);
  if (verdict.kind === "taken") await ports.store.heard(cell.id, at);
  return nothing("status");
}

async function answerHello(
  ports: Ports,
  cell: RegisteredCell,
  message: Extract<UpMessage, { kind: "hello" }>,
  bytes: Uint8Array,
): Promise<Heard> {
  const { id, origin } = cell;
  if (message.origin !== origin) {
    const what = notKept(cell, message.origin);
    await ports.aside.put(id, bytes, { code: "origin", what });
    // Whoever still runs the log that is over is to stop: its copies would be made beside those of its successor.
    const over = cell.ancestors.some((past) => past.origin === message.origin);
    if (!over) return nothing("refused");
    return { ...nothing("refused"), answers: [await forkMessage(ports, message.origin, message.size, what)] };
  }
  const heard = (...answers: DownMessage[]): Heard => ({ outcome: "hello", stored: 0, claims: message.size, answers });
  if (message.receipt !== undefined) await learnFrom(ports, cell, message.receipt);
  const receipt = await receiptFor(ports, origin);
  const { frozen, size, root } = await ports.store.log(origin);
  if (frozen) {
    const what = "This log is frozen: two histories of it were seen. Call central QA.";
    return heard(await forkMessage(ports, origin, size, what));
  }
  const where: DownMessage = { kind: "at", origin, size, root, id: message.id };
  return receipt === null ? heard(where) : heard(where, { kind: "receipt", origin, ...receipt });
}

/**
 * A cell shows the largest cosignature of central's that it holds. Where central has lost what it has sworn to (its store
 * was restored from an older copy), this is how it knows: it takes the records again and swears to nothing smaller.
 */
async function learnFrom(ports: Ports, cell: RegisteredCell, note: SignedNote): Promise<void> {
  const { store, check, witness, witnesses = [witness.key], now } = ports;
  const opened = openCheckpoint(note, cell.origin, cell.keys, check);
  const cosigned = openCosignatures(note, witnesses, check);
  // Somebody else's word, or of a key beyond its time: it is no reason to believe anything.
  if (!opened.ok || !cosigned.ok || cosigned.value.length === 0) return;
  const { size, root } = opened.value;
  const { receipt, vouched } = await store.log(cell.origin);
  if (receipt?.size === size || vouched?.size === size) return;
  const reach = { from: size, to: size, jobs: [] };
  const ours = await store.settle(cell.origin, reach, (held): Settlement<Uint8Array | null> => {
    const own = held.base === null ? null : rootOf(held.base);
    if (own === null || sameBytes(own, root) || held.frozen) return { writing: { kind: "nothing" }, value: own };
    const what = `Central itself has cosigned two histories: its first ${size} entries are not those that it holds.`;
    const fork = { origin: cell.origin, size, held: held.checkpoint, other: note, what, at: now() };
    return { writing: { kind: "fork", fork }, value: own };
  });
  const isLarger = size > (receipt?.size ?? 0) && (ours === null || sameBytes(ours, root));
  if (isLarger) await store.vouch(cell.origin, { size, note });
}

/** What stops a cell is signed; without the key at hand it is said all the same, and the cell tells its people. */
async function forkMessage({ decision }: Ports, origin: string, size: number, what: string): Promise<DownMessage> {
  const signed = decision === undefined ? {} : { envelope: await signFork(origin, decision) };
  return { kind: "fork", origin, size, what: brief(what), ...signed };
}

/** The largest cosigned checkpoint, made now where the newest head has none yet; null while nothing is held. */
async function receiptFor(ports: Ports, origin: string): Promise<Receipt | null> {
  const { store, witness, now } = ports;
  const { newest, receipt, vouched, frozen } = await store.log(origin);
  // What was seen to have two histories is not sworn to any further; nor is less than was sworn to before.
  if (newest === null || frozen || newest.size < (vouched?.size ?? 0)) return receipt;
  if (receipt !== null && receipt.size >= newest.size) return receipt;
  const cosigned = await cosign(newest.checkpoint, witness, Math.floor(now() / 1000));
  return store.keepCosigned(origin, newest.size, cosigned);
}

async function receiptMessages(ports: Ports, origin: string): Promise<DownMessage[]> {
  const receipt = await receiptFor(ports, origin);
  const { size, vouched } = await ports.store.log(origin);
  if (vouched !== null) return [{ kind: "kept", origin, size }];
  return receipt === null ? [] : [{ kind: "receipt", origin, ...receipt }];
}

function nothing(outcome: Heard["outcome"]): Heard {
  return { outcome, stored: 0, claims: null, answers: [] };
}

/** A sentence of a message has at most 500 characters. */
function brief(what: string): string {
  return what.length <= 500 ? what : `${what.slice(0, 499)}…`;
}
