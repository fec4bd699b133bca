/** What central QA does with each message of a cell: judge, persist, cosign, answer, in that order and never another. */

import { assert } from "../kernel/assert.ts";
import { digestOf } from "../kernel/hash.ts";
import type { EpochMs } from "../kernel/units.ts";
import { type Batch, type DownMessage, readUp, type UpMessage } from "../ledger/batch.ts";
import { toHex } from "../ledger/bytes.ts";
import { parseCheckpoint } from "../ledger/checkpoint.ts";
import { cosign } from "../ledger/cosignature.ts";
import { splitNote } from "../ledger/note.ts";
import type { SignatureCheck, Signer } from "../ledger/signer.ts";
import { judgeBatch, notKept, ownCheckpoint, type RegisteredCell, reachOf, type Verdict } from "./judge.ts";
import { type Held, type IngestStore, type Receipt, type Settlement, unregistered, type Writing } from "./store.ts";

export interface IngestPorts {
  readonly store: IngestStore;
  /** The cells of the configuration, by id. */
  readonly cells: ReadonlyMap<string, RegisteredCell>;
  /** Central's cosigning key (type 4). */
  readonly witness: Signer;
  readonly check: SignatureCheck;
  readonly now: () => EpochMs;
  /**
   * Where several instances share the load, batches of one cell overtake each other: one that begins after what is held
   * waits for those before it, which another instance has in hand. Resolves with false when it has waited long enough.
   */
  readonly waitForOthers?: (tries: number) => Promise<boolean>;
}

/** What became of a message, for the log and for whoever watches. */
export interface Heard {
  /** `kind` of the verdict; `hello`, `unknown-cell` and `not-a-message` besides. */
  readonly outcome: Verdict["kind"] | "hello" | "unknown-cell" | "not-a-message";
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
  /** Cosigns what was stored before a crash and not cosigned; to be called once at the start. */
  catchUp(): Promise<void>;
}

/** An ingest over a store; several may share one store, in one process or many. */
export function createIngest(given: IngestPorts): Ingest {
  // Databases hold whole milliseconds.
  const ports: IngestPorts = { ...given, now: () => Math.floor(given.now()) };
  const { cells } = ports;

  async function hear(id: string, bytes: Uint8Array): Promise<Heard> {
    const cell = cells.get(id);
    if (cell === undefined) {
      const what = `No cell ${id.slice(0, 64)} is registered here.`;
      await setAside(ports, unregistered, bytes, { code: "unknown-cell", what });
      return nothing("unknown-cell");
    }
    const message = readUp(bytes);
    if (!message.ok) {
      await setAside(ports, id, bytes, { code: "not-a-message", what: `The message was not read: ${message.error}.` });
      return nothing("not-a-message");
    }
    if (message.value.kind === "batch") return takeBatch(ports, cell, message.value, bytes);
    return answerHello(ports, cell, message.value, bytes);
  }

  return {
    hear,
    async catchUp() {
      for (const cell of cells.values()) await receiptFor(ports, cell.origin);
    },
  };
}

async function takeBatch(ports: IngestPorts, cell: RegisteredCell, batch: Batch, bytes: Uint8Array): Promise<Heard> {
  const { origin } = cell;
  const at = ports.now();
  const verdict = await settleBatch(ports, cell, batch, bytes, at);
  const heard = (stored: number, ...answers: DownMessage[]): Heard => ({
    outcome: verdict.kind,
    stored,
    claims: null,
    answers,
  });
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
      return heard(0, { kind: "fork", origin, size: verdict.size, what: brief(verdict.what) });
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

async function settleBatch(
  ports: IngestPorts,
  cell: RegisteredCell,
  batch: Batch,
  bytes: Uint8Array,
  at: EpochMs,
): Promise<Verdict> {
  for (let tries = 0; ; tries++) {
    const verdict = await ports.store.settle(cell.origin, reachOf(batch), (held): Settlement<Verdict> => {
      const judged = judgeBatch(held, batch, cell, ports.check);
      return { writing: writingFor(judged, held, cell, batch, bytes, at), value: judged };
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
    return { kind: "entries", entries, chain, checkpoint: ownCheckpoint(batch.checkpoint, cell), at };
  }
  if (verdict.kind === "fork" && !held.frozen) {
    const { size, what } = verdict;
    const other = ownCheckpoint(batch.checkpoint, cell);
    return { kind: "fork", fork: { origin: cell.origin, size, held: held.checkpoint, other, what, at } };
  }
  if (verdict.kind === "refused") {
    const { code, what } = verdict;
    const quarantined = { cell: cell.id, digest: digestOf(message), bytes: message.length, code, what, at };
    return { kind: "quarantine", quarantined, message };
  }
  return { kind: "nothing" };
}

async function answerHello(
  ports: IngestPorts,
  cell: RegisteredCell,
  message: Extract<UpMessage, { kind: "hello" }>,
  bytes: Uint8Array,
): Promise<Heard> {
  const { id, origin } = cell;
  if (message.origin !== origin) {
    const what = notKept(cell, message.origin);
    await setAside(ports, id, bytes, { code: "origin", what });
    // Whoever still runs the log that is over is to stop: its copies would be made beside those of its successor.
    const over = cell.ancestors.some((past) => past.origin === message.origin);
    const stop: DownMessage = { kind: "fork", origin: message.origin, size: message.size, what: brief(what) };
    return over ? { ...nothing("refused"), answers: [stop] } : nothing("refused");
  }
  const heard = (...answers: DownMessage[]): Heard => ({ outcome: "hello", stored: 0, claims: message.size, answers });
  const receipt = await receiptFor(ports, origin);
  const { frozen, root: emptyRoot } = await ports.store.log(origin);
  const at = receipt === null ? { size: 0, root: emptyRoot } : headIn(receipt);
  if (frozen) {
    const what = "This log is frozen: two histories of it were seen. Call central QA.";
    return heard({ kind: "fork", origin, size: at.size, what });
  }
  const where: DownMessage = { kind: "at", origin, ...at, id: message.id };
  return receipt === null ? heard(where) : heard(where, { kind: "receipt", origin, ...receipt });
}

/** The largest cosigned checkpoint, made now where the newest head has none yet; null while nothing is held. */
async function receiptFor(ports: IngestPorts, origin: string): Promise<Receipt | null> {
  const { store, witness, now } = ports;
  const { newest, receipt, frozen } = await store.log(origin);
  // What was seen to have two histories is not sworn to any further.
  if (newest === null || frozen || (receipt !== null && receipt.size >= newest.size)) return receipt;
  const cosigned = await cosign(newest.checkpoint, witness, Math.floor(now() / 1000));
  return store.keepCosigned(origin, newest.size, cosigned);
}

async function receiptMessages(ports: IngestPorts, origin: string): Promise<DownMessage[]> {
  const receipt = await receiptFor(ports, origin);
  return receipt === null ? [] : [{ kind: "receipt", origin, ...receipt }];
}

/** Size and root that a receipt of our own is over. */
function headIn({ note }: Receipt): { size: number; root: string } {
  const split = splitNote(note);
  const checkpoint = split.ok ? parseCheckpoint(split.value.text) : split;
  assert(checkpoint.ok, "what central has cosigned is a checkpoint");
  return { size: checkpoint.value.size, root: toHex(checkpoint.value.root) };
}

async function setAside(
  { store, now, cells }: IngestPorts,
  cell: string,
  message: Uint8Array,
  why: { readonly code: string; readonly what: string },
): Promise<void> {
  const quarantined = { cell, digest: digestOf(message), bytes: message.length, ...why, at: now() };
  const origin = cells.get(cell)?.origin ?? unregistered;
  await store.settle(origin, { from: 0, to: 0, jobs: [] }, () => ({
    writing: { kind: "quarantine", quarantined, message },
    value: null,
  }));
}

function nothing(outcome: Heard["outcome"]): Heard {
  return { outcome, stored: 0, claims: null, answers: [] };
}

/** A sentence of a message has at most 500 characters. */
function brief(what: string): string {
  return what.length <= 500 ? what : `${what.slice(0, 499)}…`;
}
