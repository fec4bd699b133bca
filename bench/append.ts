/** Durable entries a second through the whole ledger, hashing included, against bare flushes of the same disk in the same run. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobId } from "../src/kernel/names.ts";
import type { EntryDraft } from "../src/ledger/entry.ts";
import { createLedger, openLedger } from "../src/ledger/io/ledger.ts";
import type { Ledger } from "../src/ledger/ledger.ts";
import type { Row } from "./row.ts";

/** About what one entry and its body take. */
const entryBytes = 700;
const sliceMs = 250;
const slices = 6;

/** Measures groups of 1, 8, 32 and 128 appends in flight, one entry each, and the verification at the next start. */
export async function run(): Promise<Row[]> {
  const root = mkdtempSync(join(process.env["CELLWARD_BENCH_DIR"] ?? tmpdir(), "cellward-bench-"));
  try {
    const rows: Row[] = [];
    const folders = { dataDir: join(root, "data"), keysDir: join(root, "keys") };
    const made = await createLedger(folders, "bench.example/cell");
    if (!made.ok) throw new Error(made.error.what);
    const opened = await openLedger(folders);
    if (!opened.ok) throw new Error(opened.error.what);
    const { ledger } = opened.value;
    await ledger.append([draft(null, 0)]);
    for (const group of [1, 8, 32, 128]) {
      const { value, baseline } = await beside(ledger, group, join(root, "raw"));
      rows.push({ name: `append, ${group} in flight`, value, unit: "entries/s", baseline, ratio: value / baseline });
    }
    rows.push(await processorTime(ledger));
    while (ledger.head().size < 50_000)
      await Promise.all(Array.from({ length: 512 }, (_, n) => ledger.append([draft("J1", n)])));
    const size = ledger.head().size;
    await ledger.close();
    rows.push(await verification(folders, size));
    return rows;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Slices of one and the other in turn, because the disk's own pace drifts from second to second. */
async function beside(ledger: Ledger, group: number, path: string): Promise<{ value: number; baseline: number }> {
  let [value, baseline] = [0, 0];
  for (let slice = 0; slice < slices; slice++) {
    baseline += rawFlushes(path) / slices;
    value += (await appends(ledger, group)) / slices;
  }
  return { value, baseline };
}

/** What both threads spend on an entry: unlike the rates it hardly depends on what else the machine is doing. */
async function processorTime(ledger: Ledger): Promise<Row> {
  const [from, before] = [ledger.head().size, process.cpuUsage()];
  await appends(ledger, 32);
  const { user, system } = process.cpuUsage(before);
  const value = (user + system) / (ledger.head().size - from);
  return { name: "append, 32 in flight, processor time", value, unit: "µs an entry" };
}

async function verification(folders: { dataDir: string; keysDir: string }, size: number): Promise<Row> {
  const began = performance.now();
  const again = await openLedger(folders);
  const seconds = (performance.now() - began) / 1000;
  if (!again.ok) throw new Error(again.error.what);
  await again.value.ledger.close();
  return { name: `open with full verification, ${size} entries`, value: size / seconds, unit: "entries/s" };
}

function rawFlushes(path: string): number {
  const file = openSync(path, "w");
  const bytes = Buffer.alloc(entryBytes, 0x61);
  try {
    let count = 0;
    const began = performance.now();
    for (; performance.now() - began < sliceMs; count++) {
      writeSync(file, bytes);
      fdatasyncSync(file);
    }
    return (count / (performance.now() - began)) * 1000;
  } finally {
    closeSync(file);
  }
}

async function appends(ledger: Ledger, group: number): Promise<number> {
  let count = 0;
  const began = performance.now();
  const lane = async (): Promise<void> => {
    for (; performance.now() - began < sliceMs; count++) await ledger.append([draft("J1", count)]);
  };
  await Promise.all(Array.from({ length: group }, lane));
  return (count / (performance.now() - began)) * 1000;
}

function draft(job: string | null, n: number): EntryDraft {
  return {
    job: job as JobId | null,
    actorId: null,
    type: "LayerAccepted",
    body: { layer: n, frame: "0".repeat(64), residualMm: 0.031, findings: [], verdict: "accept" },
    at: 1_700_000_000_000 + n,
    mono: n,
    clockState: "synchronised",
    boot: 0,
  };
}

if (import.meta.main) console.table(await run());
