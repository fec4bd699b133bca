/** A record of many entries and ten open jobs: verified whole, and started on with and without what was kept for a start. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCell } from "../src/cell.ts";
import { createKeeper, readSnapshots } from "../src/commands/io/snapshots.ts";
import { systemClock, systemIds } from "../src/commands/io/system.ts";
import { createJournal } from "../src/hmi/journal.ts";
import { actorOf, type Event, jobOf } from "../src/jobs/event.ts";
import type { Operation } from "../src/jobs/order.ts";
import { cosign } from "../src/ledger/cosignature.ts";
import type { EntryDraft, JsonObject } from "../src/ledger/entry.ts";
import { cacheFolder } from "../src/ledger/io/cache.ts";
import { createLedger, type OpenedLedger, type OpenOptions, openLedger } from "../src/ledger/io/ledger.ts";
import { verifyFolder } from "../src/ledger/io/verify.ts";
import { finish, prepareBuild, release, route, routeStory, start, upTo } from "../test/jobs/route-story.ts";
import { answer, goodLayer, type Story, seePlate } from "../test/jobs/story.ts";
import { ed25519Signer } from "../test/ledger/witness.ts";
import type { Row } from "./row.ts";

const origin = "bench.example/cell";
const layers = 62;
const openJobs = 10;
/** Entries after the newest cosigned head. */
const tail = 1_000;
const sizes = [10_000, 100_000, 1_000_000].filter(
  (size) => size <= Number(process.env["CELLWARD_BENCH_ENTRIES"] ?? 1e6),
);

/** Measures how each grows; the ratio of a start with what was kept is against the start without, in the same run. */
export async function run(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizes) rows.push(...(await atSize(size)));
  return rows;
}

async function atSize(size: number): Promise<Row[]> {
  const root = mkdtempSync(join(process.env["CELLWARD_BENCH_DIR"] ?? tmpdir(), "cellward-boot-"));
  const folders = { dataDir: join(root, "data"), keysDir: join(root, "keys") };
  const qa = ed25519Signer("qa.bench.example", 4);
  const options: OpenOptions = { ...folders, witnesses: [qa.key], program: "bench", checkpointEveryMs: 0 };
  try {
    const made = await createLedger(folders, origin);
    if (!made.ok) throw new Error(made.error.what);
    const written = await fill(options, size, qa);
    const at = `${written.toLocaleString("en")} entries`;
    const began = performance.now();
    const report = await verifyFolder(folders.dataDir, { trusted: made.value.trusted, witnesses: [qa.key] });
    const seconds = (performance.now() - began) / 1000;
    // The story's pictures were never taken; everything else has to hold.
    const wrong = report.findings.find(({ rule }) => rule !== "artifact-missing");
    if (wrong) throw new Error(wrong.what);
    const value = (await boot(options)).ms;
    rmSync(join(folders.dataDir, cacheFolder), { recursive: true });
    const { ms: baseline, heapMiB } = await boot(options);
    return [
      { name: `verify the whole folder, ${at}`, value: written / seconds, unit: "entries/s" },
      { name: `start with what was kept, ${at}`, value, unit: "ms", baseline, ratio: value / baseline },
      { name: `state and journal in memory, ${at}`, value: heapMiB, unit: "MiB" },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** What a daemon does with its record before it hears its first message. */
async function boot(options: OpenOptions): Promise<{ ms: number; heapMiB: number }> {
  const began = performance.now();
  const { opened, stop } = await begin(options);
  const ms = performance.now() - began;
  stop();
  await opened.ledger.close();
  return { ms, heapMiB: process.memoryUsage().heapUsed / 2 ** 20 };
}

async function begin(options: OpenOptions) {
  const opened = await must(options);
  const { ledger } = opened;
  const kept = await readSnapshots(opened);
  const perform = () => Promise.reject(new Error("nothing is owed here"));
  const ports = { ledger, from: kept.state, clock: systemClock, ids: systemIds, perform };
  const cell = await createCell({ ...ports, clockState: () => "unknown", onFatal: () => undefined });
  const journal = createJournal(kept.journal);
  for await (const { entry, body } of ledger.read(journal.memory().last + 1)) {
    journal.take({ seq: entry.seq, at: entry.at, event: { type: entry.type, ...body } as unknown as Event });
  }
  return { opened, cell, journal, stop: () => cell.stop() };
}

async function must(options: OpenOptions): Promise<OpenedLedger> {
  const opened = await openLedger(options);
  if (!opened.ok) throw new Error(opened.error.what);
  return opened.value;
}

/** Writes jobs that go the whole route, then open ones; cosigns, keeps what a start goes on from, and gives the size. */
async function fill(options: OpenOptions, size: number, qa: ReturnType<typeof ed25519Signer>): Promise<number> {
  const { before, job } = aDevice();
  const { ledger } = await must(options);
  await ledger.append(before.map(draftOf));
  let number = 0;
  for (; ledger.head().size < size - tail - job.length; number += 4) {
    const four = Array.from({ length: 4 }, (_, at) => renamed(job, `D${number + at}`));
    await Promise.all(four.map((events) => ledger.append(events.map(draftOf))));
  }
  const head = ledger.head().size;
  await ledger.putCosignature(head, await cosign(await ledger.checkpoint(), qa, 1_700_000_000));
  for (let open = 0; open < openJobs; open++) {
    await ledger.append(renamed(job.slice(0, 1), `O${open}`).map(draftOf));
  }
  await ledger.close();
  const { opened, cell, journal, stop } = await begin(options);
  await createKeeper(opened, cell.state, journal.memory, console.error).keep();
  const scrub = opened.scrub({ onRound: () => undefined, onTrouble: console.error });
  await scrub.keep();
  await scrub.close();
  stop();
  // What came after the last keeping has to be replayed.
  for (let more = 0; opened.ledger.head().size < head + tail; more += 1) {
    await opened.ledger.append(renamed(job.slice(0, Math.max(1, tail - openJobs)), `T${more}`).map(draftOf));
  }
  const written = opened.ledger.head().size;
  await opened.ledger.close();
  return written;
}

/** The events of one device of 62 layers, from its order to its release, and what had to be there before. */
function aDevice(): { readonly before: readonly Event[]; readonly job: readonly Event[] } {
  const [print, ...rest] = route;
  const story = routeStory({ route: [{ ...print, layersPlanned: layers } as Operation, ...rest] });
  made(story);
  release(upTo("release", story));
  const first = story.events.findIndex((event) => event.type === "JobOrderAccepted" && event.job === "J1");
  return { before: story.events.slice(0, first), job: story.events.slice(first) };
}

function made(story: Story): void {
  prepareBuild(story);
  start(story, "print");
  seePlate(story, true);
  answer(story, "begin");
  for (let layer = 1; layer <= layers; layer++) goodLayer(story, layer);
  finish(story);
}

function renamed(events: readonly Event[], job: string): Event[] {
  return JSON.parse(JSON.stringify(events).replaceAll('"J1', `"${job}`)) as Event[];
}

function draftOf(event: Event): EntryDraft {
  const { type, ...body } = event;
  const at = { at: 1_700_000_000_000, mono: 1, clockState: "synchronised", boot: 0 } as const;
  return { job: jobOf(event), actorId: actorOf(event), type, body: body as unknown as JsonObject, ...at };
}
