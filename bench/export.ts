/** One job's export with its pictures: memory and time to write and to verify it, by size, against hashing the same file. */
import { createReadStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf, startHashing } from "../src/kernel/hash.ts";
import type { Digest, JobId } from "../src/kernel/names.ts";
import { err, ok } from "../src/kernel/result.ts";
import type { Artifacts } from "../src/ledger/artifacts.ts";
import { verifyPath, writeExport } from "../src/ledger/io/export-files.ts";
import { createLedger, openLedger } from "../src/ledger/io/ledger.ts";
import { draft, origin, started } from "../test/ledger/plain-drafts.ts";
import type { Row } from "./row.ts";

const pictureBytes = 130_000;
const job = "J1" as JobId;

/** 500 and 5,000 layers: memory must not grow with the pictures. */
export async function run(): Promise<Row[]> {
  return [...(await measure(500)), ...(await measure(5_000))];
}

/** Pictures made when they are asked for, so that nothing but the export holds any. */
function pictures(count: number): { readonly digests: readonly Digest[]; readonly store: Artifacts } {
  const make = (index: number) => {
    const bytes = Buffer.alloc(pictureBytes, index % 251);
    bytes.writeUInt32BE(index, 0);
    return bytes;
  };
  const digests = Array.from({ length: count }, (_, index) => digestOf(make(index)));
  const places = new Map(digests.map((digest, index) => [digest, index]));
  const get = async (digest: Digest) => {
    const index = places.get(digest);
    return index === undefined ? err("missing" as const) : ok(new Uint8Array(make(index)));
  };
  const none = async () => {
    throw new Error("this store is read only");
  };
  return {
    digests,
    store: { get, put: none, remove: none, has: async (digest) => places.has(digest), list: async () => digests },
  };
}

async function measure(layers: number): Promise<Row[]> {
  const root = mkdtempSync(join(tmpdir(), "cellward-bench-export-"));
  try {
    const folders = { dataDir: join(root, "data"), keysDir: join(root, "keys") };
    const made = await createLedger(folders, origin);
    if (!made.ok) throw new Error(made.error.what);
    const opened = await openLedger({ ...folders, checkpointEveryMs: 0 });
    if (!opened.ok) throw new Error(opened.error.what);
    const { ledger, keys } = opened.value;
    const { digests, store } = pictures(layers);
    await ledger.append([started()]);
    for (let at = 0; at < layers; at += 100) {
      const part = digests.slice(at, at + 100);
      await ledger.append(part.map((frame, index) => draft("LayerCaptured", { layer: at + index, frame }, job)));
    }
    await ledger.append([draft("JobEnded", { outcome: "Ended" }, job)]);
    await ledger.close();
    const base = join(root, "J1");
    const options = { signer: keys.signer, keys: keys.trusted, artifacts: store };
    const writing = await watched(() => writeExport(folders.dataDir, job, base, options));
    if (!writing.value.ok) throw new Error(writing.value.error.what);
    const verifying = await watched(() => verifyPath(`${base}.json`, { trusted: keys.trusted }));
    if (!verifying.value.ok) throw new Error("the export does not verify");
    const hashing = await watched(() => hashed(`${base}.json`));
    const megabytes = Math.round(statSync(`${base}.json`).size / 2 ** 20);
    const named = (what: string) => `${layers} layers, ${megabytes} MiB: ${what}`;
    return [
      { name: named("memory to write record, page and paper"), value: writing.grownMiB, unit: "MiB more" },
      { name: named("memory to verify"), value: verifying.grownMiB, unit: "MiB more" },
      compared(named("time to write"), writing.seconds, hashing.seconds),
      compared(named("time to verify"), verifying.seconds, hashing.seconds),
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function compared(name: string, value: number, baseline: number): Row {
  return { name, value, unit: "s", baseline, ratio: value / baseline };
}

async function hashed(path: string): Promise<Digest> {
  const hashing = startHashing();
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hashing.add(piece as Uint8Array);
  return hashing.digest();
}

/** Runs it, and says how long it took and by how much the process had grown at most. */
async function watched<T>(act: () => Promise<T>): Promise<{ value: T; seconds: number; grownMiB: number }> {
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 20);
  const begun = performance.now();
  const value = await act();
  const seconds = (performance.now() - begun) / 1000;
  clearInterval(timer);
  return { value, seconds, grownMiB: Math.round((Math.max(most, process.memoryUsage().rss) - before) / 2 ** 20) };
}
