/** Opening any layer of a build: asked for by a real Chromium, read from a real ledger and the encrypted store, its picture decoded. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureWebBuilt } from "../scripts/build-web.ts";
import { createJournal } from "../src/hmi/journal.ts";
import { readLayer } from "../src/hmi/layers.ts";
import type { HmiPorts } from "../src/hmi/ports.ts";
import type { Event } from "../src/jobs/event.ts";
import { assert } from "../src/kernel/assert.ts";
import type { JsonObject } from "../src/ledger/entry.ts";
import { openArtifacts } from "../src/ledger/io/artifacts.ts";
import { createLedger, openLedger } from "../src/ledger/io/ledger.ts";
import { password, startHmi } from "../test/hmi/bench.ts";
import { signIn, startBrowser } from "../test/hmi/browser.ts";
import { buildOf, grain } from "../test/hmi/builds.ts";
import { draft, origin, started } from "../test/ledger/plain-drafts.ts";
import type { Row } from "./row.ts";

/** Pictures of 12 megapixels; the layers take them in turn. */
const size = { width: 4_000, height: 3_000 };
const pictures = 20;
const openings = 100;
const attemptsKept = 200;

/** Builds of 50 and 5,000 layers in one ledger each, opened at places that chance chooses. */
export async function run(): Promise<Row[]> {
  const small = await measure(50);
  const large = await measure(5_000);
  const against = (name: string, value: number, baseline: number): Row => {
    return { name, value, unit: "ms", baseline, ratio: value / baseline };
  };
  return [
    against(`one layer of 5,000, asked and decoded, median of ${openings}`, large.median, small.median),
    against("the slowest of them", large.slowest, small.slowest),
    against("its two entries alone, median", large.entries, small.entries),
    against("reading the whole build for it instead", large.whole, small.whole),
    { name: `journal of ${attemptsKept} builds of 5,000`, value: journalMiB(), unit: "MiB" },
  ];
}

async function measure(layers: number) {
  const root = mkdtempSync(join(process.env["CELLWARD_BENCH_DIR"] ?? tmpdir(), "cellward-layers-"));
  try {
    const { ledger, artifacts, journal, history } = await fill(root, layers);
    const index = journal.attempt("J1-A1")?.layers;
    assert(index, "the build is in the journal");
    const any = () => 1 + Math.floor(Math.random() * layers);
    const entries = await timesOf(openings, () => readLayer(history, index, any()));
    const whole = await timesOf(1, async () => {
      for await (const each of history(0)) if (each.seq < 0) break;
    });
    const times = await timesInBrowser(history, artifacts, any);
    await ledger.close();
    return { median: middle(times), slowest: times.at(-1) ?? 0, entries: middle(entries), whole: whole[0] ?? 0 };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** What the page does when a layer is chosen: the report, then the picture that it names, until it can be painted. */
async function timesInBrowser(history: HmiPorts["history"], evidence: HmiPorts["evidence"], any: () => number) {
  const webRoot = await ensureWebBuilt();
  const bench = await startHmi(webRoot, { requestsPerMinute: 100_000 }, { history, evidence });
  const browser = await startBrowser();
  try {
    await bench.invite(["technician"], "Ana Lima", password.ana);
    const page = await browser.newPage();
    await page.goto(bench.server.url);
    await signIn(page, "Ana Lima", password.ana);
    const times: number[] = [];
    for (let at = 0; at < openings; at += 1) times.push(Number(await page.evaluate(opening(any()))));
    return times.sort((a, b) => a - b);
  } finally {
    await browser.close();
    await bench.close();
  }
}

const opening = (layer: number) => `(async () => {
  const url = "/api/attempts/J1-A1/layers/${layer}";
  const began = performance.now();
  const report = await (await fetch(url + "/report", { cache: "no-store" })).json();
  const image = new Image();
  image.src = url + "/picture?frame=" + report.frame;
  await image.decode();
  if (image.naturalWidth !== ${size.width}) throw new Error("another picture");
  return performance.now() - began;
})()`;

async function fill(root: string, layers: number) {
  const folders = { dataDir: join(root, "data"), keysDir: join(root, "keys") };
  const made = await createLedger(folders, origin);
  if (!made.ok) throw new Error(made.error.what);
  const opened = await openLedger({ ...folders, checkpointEveryMs: 0 });
  if (!opened.ok) throw new Error(opened.error.what);
  const { ledger, keys } = opened.value;
  const artifacts = openArtifacts(folders.dataDir, keys.dataKey);
  const outline_px = Array.from({ length: 400 }, (_, at) => [at, (at * 7) % 400]);
  const full = { expectedOutline_px: [outline_px, outline_px], findings: [{ outline_px }] };
  const stored: { frame: string; evidence: string }[] = [];
  for (let at = 0; at < pictures; at += 1) {
    const evidence = await artifacts.put(new TextEncoder().encode(JSON.stringify({ ...full, at })));
    stored.push({ frame: await artifacts.put(await grain(size, at)), evidence });
  }
  const drafts = [...buildOf(layers, "J1", 1, (layer) => stored[layer % pictures]!)].map(({ event }) => {
    const { type, ...body } = event;
    return draft(type, body as unknown as JsonObject, "J1");
  });
  await ledger.append([started()]);
  for (let at = 0; at < drafts.length; at += 500) await ledger.append(drafts.slice(at, at + 500));
  const history: HmiPorts["history"] = async function* (from, to) {
    for await (const { entry, body } of ledger.read(from, to)) {
      yield { seq: entry.seq, at: entry.at, event: { type: entry.type, ...body } as unknown as Event };
    }
  };
  const journal = createJournal();
  for await (const each of history(0)) journal.take(each);
  return { ledger, artifacts, journal, history };
}

/** Milliseconds of each of so many, the quickest first. */
async function timesOf(count: number, act: () => Promise<unknown>): Promise<number[]> {
  const times = [];
  for (let at = 0; at < count; at += 1) {
    const began = performance.now();
    await act();
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b);
}

const middle = (times: readonly number[]) => times[Math.floor(times.length / 2)] ?? 0;

/** What the journal's memory comes to as it would be kept for the next start. */
function journalMiB(): number {
  const journal = createJournal();
  let seq = 0;
  for (let at = 0; at < attemptsKept; at += 1) {
    for (const each of buildOf(5_000, `J${at}`, seq)) {
      journal.take(each);
      seq = each.seq + 1;
    }
  }
  return JSON.stringify(journal.memory()).length / 2 ** 20;
}
