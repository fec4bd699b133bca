/** How long the event loop is held while the ledger is written and the disk is busy: with the writer in its worker, and without. */
import { fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { emptyChain, headOf, textDraft } from "../src/ledger/chain.ts";
import type { EntryDraft } from "../src/ledger/entry.ts";
import { createLedger, openLedger } from "../src/ledger/io/ledger.ts";
import { openStore } from "../src/ledger/io/store.ts";
import type { Row } from "./row.ts";

const measureMs = 4_000;
const inFlight = 32;
const origin = "bench.example/cell";

/** Measures the 99th percentile of the loop's delay; the ratio is against a writer on the main thread. */
export async function run(): Promise<Row[]> {
  const root = mkdtempSync(join(process.env["CELLWARD_BENCH_DIR"] ?? tmpdir(), "cellward-loop-"));
  const load = new Worker(new URL(import.meta.url), { workerData: join(root, "load") });
  try {
    const [value, baseline] = [await inWorker(root), await onMain(root)];
    const name = "event loop p99 under disk load, writer in its worker";
    return [{ name, value, unit: "ms", baseline, ratio: value / baseline }];
  } finally {
    await load.terminate();
    rmSync(root, { recursive: true, force: true });
  }
}

async function inWorker(root: string): Promise<number> {
  const folders = { dataDir: join(root, "a", "data"), keysDir: join(root, "a", "keys") };
  await createLedger(folders, origin);
  const opened = await openLedger(folders);
  if (!opened.ok) throw new Error(opened.error.what);
  const { ledger } = opened.value;
  const p99 = await delayWhile(async (isOver) => {
    const lane = async (): Promise<void> => {
      while (!isOver()) await ledger.append([draft]);
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
  });
  await ledger.close();
  return p99;
}

async function onMain(root: string): Promise<number> {
  const folders = { dataDir: join(root, "b", "data"), keysDir: join(root, "b", "keys") };
  const made = await createLedger(folders, origin);
  if (!made.ok) throw new Error(made.error.what);
  const floor = headOf(emptyChain(origin));
  const rest = { trusted: made.value.trusted, witnesses: [], quotaBytes: null, upgrade: true };
  const store = openStore({ dataDir: folders.dataDir, origin, floor, ...rest });
  if (!store.ok) throw new Error(store.error.what);
  const group = Array.from({ length: inFlight }, () => [textDraft(draft)]);
  const p99 = await delayWhile(async (isOver) => {
    while (!isOver()) {
      const written = store.value.append(group);
      if (!written.ok) throw new Error(written.error.what);
      store.value.tidy();
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  store.value.close();
  return p99;
}

async function delayWhile(work: (isOver: () => boolean) => Promise<void>): Promise<number> {
  const began = performance.now();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work(() => performance.now() - began > measureMs);
  delay.disable();
  return delay.percentile(99) / 1e6;
}

const draft: EntryDraft = {
  job: null,
  actorId: null,
  type: "LayerAccepted",
  body: { layer: 7, frame: "0".repeat(64), residualMm: 0.031, findings: [], verdict: "accept" },
  at: 1_700_000_000_000,
  mono: 1,
  clockState: "synchronised",
  boot: 0,
};

/** The load: a megabyte written and flushed, again and again, beside the ledger. */
if (!isMainThread) {
  const file = openSync(String(workerData), "w");
  const bytes = Buffer.alloc(1 << 20, 0x61);
  for (let n = 0; ; n++) {
    writeSync(file, bytes, 0, bytes.length, (n % 64) * bytes.length);
    fdatasyncSync(file);
  }
}
