/** Evidence to central QA as the daemon runs it: a thread of its own, fed from the ledger, started again where it dies. */
import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { CellConfig } from "../../config/schema.ts";
import { readFrom } from "../../evidence/follow.ts";
import type { ClientOptions } from "../../evidence/io/client.ts";
import type { EvidencePolicy } from "../../evidence/policy.ts";
import type { FoldedEntry } from "../../evidence/ports.ts";
import { recipientForm } from "../../intake/io/age.ts";
import { type EvidenceStatus, evidenceOff } from "../../jobs/evidence-status.ts";
import type { OpenedLedger } from "../../ledger/io/ledger.ts";
import type { VerifyingKey } from "../../ledger/signer.ts";
import { type RunningSync, readQaKeys } from "./sync.ts";
import { systemClock } from "./system.ts";

export interface EvidenceOptions {
  readonly config: CellConfig;
  readonly dataDir: string;
  readonly opened: Pick<OpenedLedger, "ledger" | "keys">;
  /** How far the record is: evidence waits while it waits. */
  readonly sync: Pick<RunningSync, "status" | "recordsWait">;
  readonly log: (message: string, facts?: Record<string, unknown>) => void;
}

export interface RunningEvidence {
  status(): EvidenceStatus;
  close(): Promise<void>;
}

/** What the thread is told at its start. */
export interface EvidenceTask {
  readonly dataDir: string;
  readonly dataKey: Uint8Array;
  readonly origin: string;
  readonly recipient: string;
  readonly policy: EvidencePolicy;
  readonly client: ClientOptions;
  readonly decisions: readonly VerifyingKey[];
  readonly bytesPerSecond: number;
  readonly spoolBytes: number;
  readonly keepFreeBytes: number;
}

export type ToEvidence =
  | { readonly kind: "entries"; readonly entries: readonly FoldedEntry[] }
  | { readonly kind: "records"; readonly withQa: number; readonly wait: boolean }
  | { readonly kind: "close" };

export type ToCell =
  | { readonly kind: "want"; readonly next: number }
  | { readonly kind: "status"; readonly status: EvidenceStatus }
  | { readonly kind: "log"; readonly what: string; readonly facts?: Record<string, number | string> }
  | { readonly kind: "closed" };

/** How often it is looked how far the record is. */
const lookMs = 200;
const entriesAtATime = 500;
const patienceMs = 30_000;
/** The ledger needs the disk more than a copy that can be made again. */
const keepFreeBytes = 512 * 2 ** 20;
const [shortestRestartMs, longestRestartMs] = [1_000, 120_000];

/** Starts sending evidence where it is configured. Rejects, in words, where a file of [evidence] cannot be read. */
export async function openEvidence(options: EvidenceOptions): Promise<RunningEvidence> {
  const task = await taskOf(options);
  if (task === null) return { status: evidenceOff, close: async () => undefined };
  const run: Run = {
    ...options,
    task,
    worker: null,
    want: null,
    reading: false,
    told: "",
    status: starting(),
    restarts: 0,
    closed: false,
  };
  start(run);
  return {
    status: () => run.status,
    async close() {
      run.closed = true;
      run.stopLooking?.();
      const { worker } = run;
      if (worker === null) return;
      const ended = new Promise((done) => worker.once("exit", done));
      worker.postMessage({ kind: "close" } satisfies ToEvidence);
      const cancel = systemClock.after(5_000, () => void worker.terminate());
      await ended;
      cancel();
    },
  };
}

interface Run extends EvidenceOptions {
  readonly task: EvidenceTask;
  worker: Worker | null;
  /** The entry that the thread wants next; null while it works on some. */
  want: number | null;
  reading: boolean;
  told: string;
  status: EvidenceStatus;
  restarts: number;
  closed: boolean;
  stopLooking?: () => void;
}

function starting(): EvidenceStatus {
  return { ...evidenceOff(), state: "idle", what: "It is being looked which evidence central QA has." };
}

/** What is configured; null where nothing is sent. Rejects in words. */
async function taskOf({ config, dataDir, opened }: EvidenceOptions): Promise<EvidenceTask | null> {
  const { evidence, qa, cell } = config;
  if (evidence === undefined) return null;
  if (qa === undefined) throw new Error("[evidence] needs [qa]: evidence goes where the record goes first.");
  const recipient = await readRecipient(evidence.recipientFile);
  const { url, policy: kind, everyNthLayer, kibPerSecond, spoolMiB } = evidence;
  const { caFile, certFile, keyFile } = qa;
  return {
    dataDir,
    dataKey: opened.keys.dataKey,
    origin: opened.ledger.origin,
    recipient,
    policy: { kind, everyNthLayer },
    client: { url, cell: cell.id, caFile, certFile, keyFile, patienceMs },
    decisions: (await readQaKeys(qa)).decisions,
    bytesPerSecond: kibPerSecond * 1024,
    spoolBytes: spoolMiB * 2 ** 20,
    keepFreeBytes,
  };
}

/** Central's evidence recipient. Rejects, in words, where the file holds none. */
export async function readRecipient(file: string): Promise<string> {
  const text = (await readFile(file, "utf8").catch(() => "")).trim();
  if (!recipientForm.test(text))
    throw new Error("evidence.recipientFile is no file with central QA's evidence recipient.");
  return text;
}

function start(run: Run): void {
  const worker = new Worker(new URL("./evidence-worker.ts", import.meta.url), { workerData: run.task });
  run.worker = worker;
  run.want = null;
  run.told = "";
  worker.on("message", (message: ToCell) => hear(run, message));
  worker.once("error", (problem) => run.log("evidence", { what: problem instanceof Error ? problem.name : "unknown" }));
  worker.once("exit", () => ended(run));
  look(run);
}

/** The thread's death costs nothing but time: everything it knew is read again. */
function ended(run: Run): void {
  run.worker = null;
  run.stopLooking?.();
  if (run.closed) return;
  const wait = Math.min(longestRestartMs, shortestRestartMs * 2 ** Math.min(run.restarts, 10));
  run.restarts += 1;
  const what = "The sending of evidence to central QA has failed and is started again.";
  const alarm = { code: "evidence-stopped", what, remedy: "If this stays, call the engineer: the log says more." };
  run.status = { ...run.status, state: "away", alarm, what };
  run.stopLooking = systemClock.after(wait, () => {
    if (!run.closed) start(run);
  });
}

function hear(run: Run, message: ToCell): void {
  switch (message.kind) {
    case "status":
      run.status = message.status;
      return;
    case "want":
      run.want = message.next;
      return void serve(run);
    case "log":
      return run.log(message.what, message.facts);
    case "closed":
      return;
  }
}

/** Tells the thread how far the record is, and gives it what was written since. */
function look(run: Run): void {
  const standing = { withQa: run.sync.status().withQa, wait: run.sync.recordsWait() };
  const said = JSON.stringify(standing);
  if (said !== run.told) {
    run.told = said;
    run.worker?.postMessage({ kind: "records", ...standing } satisfies ToEvidence);
  }
  void serve(run);
  run.stopLooking = systemClock.after(lookMs, () => look(run));
}

async function serve(run: Run): Promise<void> {
  const { want, reading, worker } = run;
  const { ledger } = run.opened;
  if (want === null || reading || worker === null || run.closed || ledger.head().size === want) return;
  run.reading = true;
  run.want = null;
  try {
    const entries: FoldedEntry[] = [];
    const from = readFrom(want);
    if (from < ledger.head().size) {
      for await (const { entry, entryText, bodyText } of ledger.read(from, from + entriesAtATime)) {
        entries.push({ seq: entry.seq, entryText, bodyText });
      }
    }
    if (run.worker === worker) worker.postMessage({ kind: "entries", entries } satisfies ToEvidence);
  } catch (problem) {
    // The ledger tells whoever owns it; the thread is only not fed.
    run.log("evidence", { what: problem instanceof Error ? problem.name : "unknown" });
  } finally {
    run.reading = false;
  }
}
