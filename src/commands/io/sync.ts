/** Sync with central QA as the daemon runs it: keys from the configuration, MQTT, and the core told what it has to know. */
import { readFile } from "node:fs/promises";
import type { Cell } from "../../cell.ts";
import { type CellConfig, isKeyLine } from "../../config/schema.ts";
import type { CentralDecision } from "../../jobs/central.ts";
import { fleetWordOf } from "../../jobs/fleet.ts";
import { type SyncStatus, syncOff } from "../../jobs/sync-status.ts";
import { assert } from "../../kernel/assert.ts";
import { digestOf } from "../../kernel/hash.ts";
import { utf8 } from "../../ledger/bytes.ts";
import type { Decision } from "../../ledger/decision.ts";
import type { ClockState } from "../../ledger/entry.ts";
import { checkSignature } from "../../ledger/io/crypto.ts";
import type { OpenedLedger } from "../../ledger/io/ledger.ts";
import type { LedgerFault } from "../../ledger/ledger.ts";
import type { VerifyingKey } from "../../ledger/signer.ts";
import type { CellStatus } from "../../ledger/status.ts";
import { parseTrustedKey } from "../../ledger/trusted-key.ts";
import { createMqttTransport } from "../../sync/io/mqtt.ts";
import { startSync } from "../../sync/sync.ts";
import { startTelling } from "../../sync/telling.ts";
import { systemClock, systemIds } from "./system.ts";

export interface SyncOptions {
  readonly config: CellConfig;
  readonly opened: Pick<OpenedLedger, "ledger" | "keys">;
  readonly cell: Cell;
  /** What the clock is worth. */
  readonly clockState: () => ClockState;
  readonly log: (message: string, facts?: Record<string, unknown>) => void;
  readonly onFatal: (problem: unknown) => void;
}

/** Sync at work, or the word that there is none. */
export interface RunningSync {
  status(): SyncStatus;
  /** True while records have not gone: evidence waits as long. */
  recordsWait(): boolean;
  close(): Promise<void>;
}

/** Starts sync where central QA is configured. Rejects, in words, where its keys cannot be read. */
export async function openSync(options: SyncOptions): Promise<RunningSync> {
  const { config, opened, cell, log, onFatal } = options;
  const { ledger, keys } = opened;
  const { qa } = config;
  if (qa === undefined) {
    log("no central QA is configured");
    return { status: () => syncOff(ledger.head().size), recordsWait: () => true, close: async () => undefined };
  }
  const { witnesses, decisions } = await readQaKeys(qa);
  const { caFile, certFile, keyFile, protocolVersion } = qa;
  const files = { caFile, certFile, keyFile };
  let onStatus = createTeller(cell, log);
  const sync = await startSync({
    ledger,
    transport: createMqttTransport({ url: qa.broker, cell: config.cell.id, ...files, protocolVersion, log }),
    clock: systemClock,
    chance: Math.random,
    ...(qa.kibPerSecond !== undefined && { bytesPerSecond: qa.kibPerSecond * 1024 }),
    trust: { origin: ledger.origin, own: keys.trusted, witnesses, decisions, check: checkSignature },
    used: (nonce) => Object.hasOwn(cell.state().central.nonces, nonce),
    onDecision: async (decision, envelope) => {
      const message = { decision: forCore(decision), envelope: digestOf(utf8(envelope)) };
      await cell.submit({ kind: "central-decision", ...message }).catch(() => undefined);
    },
    onStatus: (status) => onStatus(status),
    onDamage: (fault) => tellDamage(cell, fault, ledger.head().size, log),
    onAlarm: ({ code }) => log("central QA needs a person", { code }),
    log,
    onFatal,
  });
  const telling = startTelling({
    origin: ledger.origin,
    signer: keys.signer,
    clock: systemClock,
    instance: systemIds.next("i-"),
    word: () => wordOf(options, sync.status()),
    say: sync.say,
    onProblem: (problem) => log("the status was not signed", { what: String(problem) }),
  });
  const first = onStatus;
  onStatus = (status) => {
    first(status);
    telling.changed();
  };
  const forget = cell.subscribe(() => {
    sync.headMoved();
    telling.changed();
  });
  return {
    status: sync.status,
    recordsWait: sync.recordsWait,
    async close() {
      telling.stop();
      forget();
      await sync.close();
    },
  };
}

/** Damage that sync comes upon is recorded, and shuts the gate for new starts, like what the scrub finds. */
function tellDamage(
  cell: Cell,
  { rule = "database", seq, what }: LedgerFault,
  entries: number,
  log: SyncOptions["log"],
) {
  const known = cell.state().recordDamage;
  if (known !== null && (seq === undefined || (seq >= known.from && seq < known.to))) return;
  log(what, { code: "record-damaged", rule, entry: seq ?? null });
  const damage = { rule, entry: seq ?? null, from: seq ?? 0, to: seq === undefined ? entries : seq + 1, what };
  void cell.submit({ kind: "record-scrubbed", damage, entries }).catch(() => undefined);
}

/** What the cell is at, for central QA's fleet page: names of its own, and nothing of a patient. */
function wordOf(
  { cell, clockState }: Pick<SyncOptions, "cell" | "clockState">,
  { head, withQa, oldestUnsyncedAt }: SyncStatus,
): Omit<CellStatus, "counter" | "instance" | "at"> {
  const state = cell.state();
  const { versions, boots } = state;
  assert(versions !== null, "a cell that speaks has written down what it runs");
  const { software, softwareDigest, configDigest, modelDigest } = versions;
  const now = { at: systemClock.now(), mono: systemClock.monotonic() };
  return {
    boot: boots,
    clock: clockState(),
    ...fleetWordOf(state, now),
    ...{ head, withQa, oldestUnsyncedAt, software, softwareDigest, configDigest, modelDigest },
  };
}

/** Tells the log each change of state, and the core when sync freezes and when central QA has answered well again; the core keeps what was proved. */
function createTeller(cell: Cell, log: SyncOptions["log"]): (status: SyncStatus) => void {
  let told: SyncStatus["state"] | null = null;
  return ({ state, withQa, head, what, alarm }) => {
    if (state !== told) log("sync", { state, withQa, head });
    told = state;
    const frozen = state === "frozen";
    const before = cell.state().central.frozen !== null;
    const isClear = state === "syncing" || state === "with-qa";
    if (frozen || (before && isClear)) {
      const proven = frozen && alarm?.proven === true;
      void cell.submit({ kind: "central-link", frozen, what, proven }).catch(() => undefined);
    }
  };
}

function forCore({ id, nonce, action, target, reason, issuedAt, expires }: Decision): CentralDecision {
  return { id, nonce, action, target, reason, issuedAt: Date.parse(issuedAt), expires: Date.parse(expires) };
}

/** Central QA's public keys of a configuration. Rejects, in words, where one cannot be read or is of the wrong kind. */
export async function readQaKeys({ cosigner, decisions }: NonNullable<CellConfig["qa"]>) {
  return {
    witnesses: await readKeys(cosigner, 4, "qa.cosigner"),
    decisions: await readKeys(decisions, 1, "qa.decisions"),
  };
}

/** The public keys of a configuration list: each entry a line itself, or a file of lines. */
async function readKeys(entries: readonly string[], type: 1 | 4, name: string): Promise<readonly VerifyingKey[]> {
  const texts = await Promise.all(
    entries.map((entry) => (isKeyLine(entry) ? entry : readFile(entry, "utf8").catch(() => "unreadable"))),
  );
  const lines = texts.flatMap((text) => text.split("\n")).filter((line) => line.trim() !== "");
  const keys = lines.map(parseTrustedKey);
  const good = keys.flatMap((key) => (key.ok && key.value.type === type ? [key.value] : []));
  // A decision has an end of its own; whether its key counts is asked of no size and no time.
  const bounded = type === 1 && good.some((key) => key.effect !== undefined);
  if (good.length > 0 && good.length === keys.length && !bounded) return good;
  const kind = type === 4 ? "cosigner's (type 4)" : "decision (type 1)";
  throw new Error(`${name} is neither central QA's ${kind} public key nor a file of such keys.`);
}
