/** Sync at work: the courier between ledger, connection and clock. It reads and cosigns; it starts nothing. */
import type { SyncStatus } from "../jobs/sync-status.ts";
import { unreachable } from "../kernel/assert.ts";
import type { Clock } from "../kernel/ports.ts";
import { clip } from "../kernel/text.ts";
import type { EpochMs } from "../kernel/units.ts";
import { type DownMessage, messageBytes, readDown, type UpMessage } from "../ledger/batch.ts";
import { damageIn } from "../ledger/damage.ts";
import { type Decision, openDecision } from "../ledger/decision.ts";
import type { LedgerFault } from "../ledger/ledger.ts";
import { composeBatch, composeFill, type SyncLedger } from "./compose.ts";
import { type CourierState, freshCourier, type Input, type Output, recordsWait, wakeAt } from "./courier.ts";
import type { Own, Trust } from "./judge.ts";
import { statusOf } from "./status.ts";
import { step } from "./step.ts";
import type { Connection, Transport } from "./transport.ts";
import type { Trouble } from "./trouble.ts";

export interface SyncPorts {
  readonly ledger: SyncLedger;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  readonly trust: Trust;
  /** Bound on what is sent, on average; without one there is none. */
  readonly bytesPerSecond?: number;
  /** Whether a decision with this nonce is in the record. */
  readonly used: (nonce: string) => boolean;
  /** Takes a verified decision, with its envelope as it came, to the core; resolves when it is recorded or refused there. */
  readonly onDecision: (decision: Decision, envelope: string) => Promise<void>;
  /** The status has changed. */
  readonly onStatus: (status: SyncStatus) => void;
  readonly onAlarm: (trouble: Trouble) => void;
  /** Codes and counts. */
  /** Entries have rotted here: sync goes on with what can be sent. */
  readonly onDamage: (fault: LedgerFault) => void;
  readonly log: (what: string, facts?: Record<string, number | string>) => void;
  /** The ledger failed, or sync is wrong about itself. */
  readonly onFatal: (problem: unknown) => void;
}

export interface Sync {
  status(): SyncStatus;
  /** True while records have not gone to central QA: what is less urgent than a record (pictures) waits as long. */
  recordsWait(): boolean;
  /** Entries were written. */
  headMoved(): void;
  /** Hands a message beside the records to the connection; nothing happens while there is none. */
  say(message: UpMessage): void;
  /** Ends the connection; nothing more is stored or said. */
  close(): Promise<void>;
}

/** Messages that may wait to be taken; what comes beyond is not acknowledged, and comes again or is asked for. */
const mostWaiting = 64;

/** Starts sync. Rejects where the ledger cannot be read. */
export async function startSync(ports: SyncPorts): Promise<Sync> {
  const { ledger } = ports;
  const run: Run = {
    ports,
    state: freshCourier(ledger.head().size, ledger.cosigned().size, ports.bytesPerSecond ?? null),
    connection: null,
    tail: Promise.resolve(),
    waiting: 0,
    moved: false,
    beside: new Set(),
    toStore: null,
    isStoring: false,
    stopWaking: () => undefined,
    closed: false,
    status: null,
  };
  await announce(run);
  hear(run, { kind: "start" });
  return {
    status: () => present(run),
    recordsWait: () => ledger.head().size > run.state.head || recordsWait(run.state),
    headMoved() {
      if (run.moved) return;
      run.moved = true;
      void inTurn(run, () => {
        run.moved = false;
        return turn(run, { kind: "head-moved", size: ledger.head().size });
      });
    },
    say(message) {
      if (!run.closed && run.state.link === "up") run.connection?.publish(messageBytes(message), () => undefined);
    },
    async close() {
      run.closed = true;
      run.stopWaking();
      run.connection?.close();
      run.connection = null;
      await Promise.all([run.tail, ...run.beside]);
    },
  };
}

type Receipt = Extract<Output, { kind: "store" }>;

interface Run {
  readonly ports: SyncPorts;
  state: CourierState;
  connection: Connection | null;
  /** Inputs are taken one after the other. */
  tail: Promise<void>;
  waiting: number;
  /** A moved head waits to be heard: one is enough. */
  moved: boolean;
  /** Work with the ledger that turns do not wait for. */
  readonly beside: Set<Promise<unknown>>;
  /** The newest receipt to be made durable; it covers those before it. */
  toStore: Receipt | null;
  isStoring: boolean;
  stopWaking: () => void;
  closed: boolean;
  status: SyncStatus | null;
}

/** Takes an input after all that came before it. */
function hear(run: Run, input: Input): void {
  void inTurn(run, () => turn(run, input));
}

/** Does the work in its turn; false where sync has ended or the work failed, which ends sync. */
function inTurn(run: Run, work: () => Promise<void>): Promise<boolean> {
  const done = run.tail.then(() => guarded(run, work));
  run.tail = done.then(() => undefined);
  return done;
}

/** Does the work beside the turns: messages are heard meanwhile. */
function beside(run: Run, work: () => Promise<void>): Promise<unknown> {
  const done = guarded(run, work).finally(() => run.beside.delete(done));
  run.beside.add(done);
  return done;
}

async function guarded(run: Run, work: () => Promise<void>): Promise<boolean> {
  if (run.closed) return false;
  try {
    await work();
    return true;
  } catch (problem) {
    if (run.closed) return false;
    const damage = damageIn(problem);
    if (damage !== null) {
      toldDamage(run, null, damage);
      return true;
    }
    run.closed = true;
    run.stopWaking();
    run.connection?.close();
    run.ports.onFatal(problem);
    return false;
  }
}

/** Damage of the record costs what rests on it; it ends neither sync nor the cell. */
function toldDamage(run: Run, serial: number | null, fault: LedgerFault): void {
  run.ports.onDamage(fault);
  hear(run, { kind: "damage", serial, what: fault.what });
}

async function turn(run: Run, input: Input): Promise<void> {
  const { clock, chance, trust } = run.ports;
  const tick = { mono: clock.monotonic(), wall: clock.now(), chance: chance() };
  const { state, outputs } = step(run.state, input, tick, trust);
  run.state = state;
  for (const output of outputs) await act(run, output);
  await announce(run);
  wake(run);
}

function wake(run: Run): void {
  run.stopWaking();
  const at = wakeAt(run.state);
  if (at === null || run.closed) return;
  const wait = Math.max(0, at - run.ports.clock.monotonic());
  run.stopWaking = run.ports.clock.after(wait, () => hear(run, { kind: "time" }));
}

/** Tells the status where it has changed. */
async function announce(run: Run): Promise<void> {
  const { withQa, head } = run.state;
  const before = run.status;
  const known = before !== null && before.withQa === withQa && before.oldestUnsyncedAt !== null;
  const oldest = withQa >= head ? null : known ? before.oldestUnsyncedAt : await writtenAt(run.ports.ledger, withQa);
  const status = statusOf(run.state, oldest);
  if (before !== null && sameStatus(before, status)) return;
  run.status = status;
  run.ports.onStatus(status);
}

/** The status at this moment: an entry that is durable counts as waiting before the courier has heard of it. */
function present(run: Run): SyncStatus {
  const head = run.ports.ledger.head().size;
  if (run.status?.head === head) return run.status;
  return statusOf({ ...run.state, head }, run.status?.oldestUnsyncedAt ?? run.ports.clock.now());
}

function sameStatus(a: SyncStatus, b: SyncStatus): boolean {
  return a.state === b.state && a.withQa === b.withQa && a.head === b.head && a.what === b.what && a.alarm === b.alarm;
}

/** When an entry was written; 0, the most careful answer, where that has rotted. */
async function writtenAt(ledger: SyncLedger, seq: number): Promise<EpochMs> {
  try {
    for await (const { entry } of ledger.read(seq, seq + 1)) return entry.at;
  } catch (problem) {
    if (damageIn(problem) === null) throw problem;
  }
  return 0;
}

async function act(run: Run, output: Output): Promise<void> {
  const { ports } = run;
  const { ledger } = ports;
  switch (output.kind) {
    case "connect":
      connect(run);
      return;
    case "drop":
      run.connection?.close();
      run.connection = null;
      hear(run, { kind: "disconnected", reason: "lost" });
      return;
    case "hello": {
      const { id, size } = output;
      const receipt = await ledger.receipt();
      const shown = receipt === null ? {} : { receipt };
      run.connection?.publish(
        messageBytes({ kind: "hello", origin: ledger.origin, size, id, ...shown }),
        () => undefined,
      );
      return;
    }
    case "compose":
      void beside(run, () => compose(run, output));
      return;
    case "fill":
      void beside(run, () => fill(run, output));
      return;
    case "store":
      return store(run, output);
    case "decision":
      return takeDecision(run, output.envelope);
    case "alarm":
      ports.log("sync alarm", { code: output.trouble.code });
      ports.onAlarm(output.trouble);
      return;
    default:
      return unreachable(output);
  }
}

async function compose(run: Run, { serial, from, limit }: Extract<Output, { kind: "compose" }>): Promise<void> {
  const composed = await composeBatch(run.ports.ledger, from, limit).catch((problem: unknown) => {
    const damage = damageIn(problem);
    if (damage === null) throw problem;
    return damage;
  });
  if ("code" in composed) {
    run.ports.onDamage(composed);
    return hear(run, { kind: "unreadable", serial, from, bad: composed.seq ?? null, what: composed.what });
  }
  // Meanwhile the connection may have ended, or central QA may have said where else to go on.
  if (run.state.composing !== serial) return;
  if (composed.kind === "too-large") return hear(run, { kind: "too-large", serial, from });
  run.connection?.publish(composed.bytes, () => hear(run, { kind: "acknowledged", serial }));
  hear(run, { kind: "sent", serial, from, to: composed.to, bytes: composed.bytes.length });
}

async function fill(run: Run, { serial, wanted }: Extract<Output, { kind: "fill" }>): Promise<void> {
  const bytes = await composeFill(run.ports.ledger, wanted).catch((problem: unknown) => {
    const damage = damageIn(problem);
    if (damage === null) throw problem;
    toldDamage(run, serial, damage);
    return null;
  });
  if (bytes === null) return;
  if (run.state.filling !== serial) return;
  run.connection?.publish(bytes, () => undefined);
  run.ports.log("records that central QA has lost were sent again", { from: wanted.from, to: wanted.to });
  hear(run, { kind: "filled", serial, bytes: bytes.length });
}

/** Makes receipts durable one after the other; of those that wait only the newest, since it covers them all. */
function store(run: Run, receipt: Receipt): void {
  run.toStore = receipt;
  if (run.isStoring) return;
  run.isStoring = true;
  void beside(run, async () => {
    for (let next = run.toStore; next !== null; next = run.toStore) {
      run.toStore = null;
      await run.ports.ledger.putCosignature(next.size, next.note);
      hear(run, { kind: "stored", size: next.size });
    }
  }).finally(() => {
    run.isStoring = false;
  });
}

function connect(run: Run): void {
  const connection = run.ports.transport.connect({
    up(window) {
      if (run.connection === connection) hear(run, { kind: "connected", window });
    },
    down(reason) {
      if (run.connection !== connection) return;
      run.connection = null;
      hear(run, { kind: "disconnected", reason });
    },
    message: (bytes) => take(run, bytes),
  });
  run.connection = connection;
}

/** Takes a message in its turn; resolves when it was taken, rejects where it was not. */
async function take(run: Run, bytes: Uint8Array): Promise<void> {
  const read = readDown(bytes);
  if (!read.ok) {
    run.ports.log("sync message dropped", { bytes: bytes.length });
    return;
  }
  if (run.waiting >= mostWaiting) throw new Error("too many messages wait");
  run.waiting += 1;
  const taken = await inTurn(run, async () => {
    run.waiting -= 1;
    await turn(run, { kind: "heard", message: read.value, own: await ownAt(run.ports.ledger, read.value) });
  });
  if (!taken) throw new Error("sync has ended");
}

/** What the cell has at the size that a message names. */
async function ownAt(ledger: SyncLedger, message: DownMessage): Promise<Own | null> {
  if (message.kind !== "at" && message.kind !== "receipt" && message.kind !== "want") return null;
  const { size } = message;
  if (message.origin !== ledger.origin || size > ledger.head().size) return null;
  const { root } = await ledger.headAt(size);
  return { root, at: size === 0 ? 0 : await writtenAt(ledger, size - 1) };
}

async function takeDecision(run: Run, envelope: string): Promise<void> {
  const { trust, used, onDecision, log, clock } = run.ports;
  const now = Math.max(run.state.highest, clock.now());
  const opened = openDecision(envelope, { keys: trust.decisions, origin: trust.origin, now, used }, trust.check);
  if (opened.ok) return onDecision(opened.value, envelope);
  log("decision not taken", { code: opened.error.code });
  // Late or repeated ones are what a network does; the others are somebody's doing.
  if (opened.error.code === "expired" || opened.error.code === "repeated") return;
  hear(run, { kind: "bad-decision", what: clip(opened.error.what, 240) });
}
