/** Recall at a hundred thousand devices: how long each question takes on both stores, against one scan of the whole index. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import postgres from "postgres";
import { keyOf, type ThingKey, type ThingKind, unitKey } from "../src/jobs/trace.ts";
import { emptyChain, type JobHeads } from "../src/ledger/chain.ts";
import { openPostgresStore } from "../src/qa/io/postgres.ts";
import { openSqliteStore } from "../src/qa/io/sqlite.ts";
import { createOffice } from "../src/qa/office.ts";
import { cellsBody } from "../src/qa/pages/cells.ts";
import { inboxBody } from "../src/qa/pages/inbox.ts";
import type { QaStore } from "../src/qa/store.ts";
import { draft, started } from "../test/ledger/plain-drafts.ts";
import { freshSigner } from "../test/qa/cell.ts";
import { startPostgres } from "../test/qa/postgres.ts";
import { sealed } from "../test/qa/store-conformance.ts";
import type { Row } from "./row.ts";

const devices = Number(process.env["CELLWARD_BENCH_DEVICES"] ?? 100_000);
const cells = 200;
const inOneGo = 500;
const hex = (n: number) => n.toString(16).padStart(64, "0");
const originOf = (cell: number) => `fleet.example/cell-${cell}`;

/** Fills both stores with the same records, and asks them the same questions. */
export async function run(): Promise<Row[]> {
  const root = mkdtempSync(join(process.env["CELLWARD_BENCH_DIR"] ?? tmpdir(), "cellward-recall-"));
  const server = await startPostgres();
  try {
    const path = join(root, "qa.db");
    const sqlite = openSqliteStore(path);
    const rows = await measure("SQLite", sqlite, async () => scanSqlite(path));
    await sqlite.close();
    const size = { name: "SQLite, the whole file", value: statSync(path).size / devices, unit: "bytes/device" };
    const url = server.freshDatabase();
    const second = await openPostgresStore(url);
    const { pathname, searchParams } = new URL(url);
    const sql = postgres({ host: searchParams.get("host") ?? "", database: pathname.slice(1), username: "cellward" });
    const more = await measure("PostgreSQL", second, async () => scanPostgres(sql));
    const sizes = await sizesOf(sql);
    await sql.end();
    await second.close();
    return [...rows, size, ...more, ...sizes];
  } finally {
    await server.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

async function measure(name: string, store: QaStore, scan: () => Promise<number>): Promise<Row[]> {
  for (let cell = 0; cell < cells; cell++) await fill(store, cell);
  const baseline = await scan();
  const rows: Row[] = [];
  const time = async (what: string, act: () => Promise<unknown>) => {
    const began = performance.now();
    const found = await act();
    const value = performance.now() - began;
    rows.push({
      name: `${name}, ${what}: ${String(found)} found`,
      value,
      unit: "ms",
      baseline,
      ratio: value / baseline,
    });
  };
  for (const [what, key] of questions()) {
    await time(what, async () => (await store.wholesOf(key, "unit", null, 50)).total);
  }
  await time(
    "what a device was made with",
    async () => (await store.partsOf(unitKey(originOf(7), "J7-3", 1), 1_000)).length,
  );
  await time("ancestor lot, every device listed", async () => {
    const all = await store.wholesOf(global("lot", "R0-6"), "unit", null, 200_000);
    return all.keys.length;
  });
  return [...rows, ...(await pages(name, store))];
}

const global = (kind: ThingKind, name: string): ThingKey => keyOf({ kind, origin: null, name });
const local = (kind: ThingKind, cell: number, name: string): ThingKey => keyOf({ kind, origin: originOf(cell), name });

function questions(): readonly (readonly [string, ThingKey])[] {
  return [
    ["lot", global("lot", "L7-3")],
    ["ancestor lot, six deep", global("lot", "R0-6")],
    ["machine", global("machine", "SN-7-0")],
    ["firmware", global("firmware", "5.1.1")],
    ["recipe", global("recipe", hex(2))],
    ["model, in every device", global("model", hex(9))],
    ["operator", local("operator", 7, "P-1")],
    ["gauge", global("gauge", "G-7")],
  ];
}

/** How long the first look takes after a start, and each further one, with the pages that are made of it. */
async function pages(name: string, store: QaStore): Promise<Row[]> {
  const key = freshSigner("fleet.example/x").key;
  const registered = Array.from({ length: cells }, (_, cell) => ({
    ...{ id: `cell-${cell}`, title: `Cell ${cell}`, origin: originOf(cell), keys: [key], ancestors: [] },
    ...{ demonstration: false, silentAfterMs: 3_600_000 },
  }));
  const office = createOffice({ store, cells: registered, now: () => Date.now(), breathe: async () => undefined });
  const viewer = { name: "Bench", isQa: true, token: "" };
  const rows: Row[] = [];
  for (const what of ["first look after a start", "inbox and cells page"]) {
    const began = performance.now();
    const state = await office.look();
    inboxBody(state, viewer, "1");
    cellsBody(state, "1");
    rows.push({ name: `${name}, ${what}`, value: performance.now() - began, unit: "ms" });
  }
  return rows;
}

/** The record of one cell: its start, lots with their ancestors, and its devices with what a recall asks of. */
async function fill(store: QaStore, cell: number): Promise<void> {
  const origin = originOf(cell);
  const drafts = [started(), boot(), ...lots(cell)];
  for (let n = 0; n < devices / cells; n++) drafts.push(...device(cell, n));
  let chain = emptyChain(origin);
  const heads: JobHeads = new Map();
  for (let from = 0; from < drafts.length; from += inOneGo) {
    const made = sealed(chain, heads, drafts.slice(from, from + inOneGo));
    chain = made.chain;
    const writing = {
      kind: "entries",
      ...made,
      spoiled: [],
      checkpoint: `over ${chain.frontier.size}\n`,
      at: 1_700_000_000_000,
    } as const;
    await store.settle(origin, { from: 0, to: 0, jobs: [] }, () => ({ writing, value: null }));
  }
}

function boot() {
  const versions = { software: "0.3.0", softwareDigest: hex(1), configDigest: hex(5), modelDigest: hex(9) };
  return draft("CellBooted", { boot: "b", versions, setup: {} }, null, 1);
}

/** Ten lots of the cell; the first of every tenth cell goes back, by six blends, to a lot that all of these share. */
function lots(cell: number) {
  const own = Array.from({ length: 10 }, (_, n) => received(`L${cell}-${n}`, [`R${cell % 10}-1`]));
  const roots = [1, 2, 3, 4, 5].map((depth) => received(`R${cell % 10}-${depth}`, [`R${cell % 10}-${depth + 1}`]));
  return [...own, ...roots];
}

const received = (lot: string, parents: readonly string[]) =>
  draft("LotReceived", { lot, parents: [...parents] }, null, 1);

function device(cell: number, n: number) {
  const job = `J${cell}-${n}`;
  const attempt = (step: number, equipment: string, materials: readonly string[]) => ({
    ...{ job, unit: 1, attempt: `${job}-A${step}`, operation: `step-${step}`, equipment, person: `P-${n % 4}` },
    ...{ presence: `x${n}`, plateCheck: null, part: null, simulated: false },
    materials: materials.map((lot) => ({ lot, material: "resin", batch: lot, quantity: 12, unit: "g" })),
    machine: { vendor: "V", model: "M", serial: `SN-${cell}-${step}`, firmware: `5.1.${cell % 4}`, simulated: false },
  });
  const entry = (type: string, body: Parameters<typeof draft>[1]) => draft(type, body, job, 1);
  return [
    entry("JobOrderAccepted", {
      job,
      order: { id: job, recipe: hex(n % 4), lineage: { design: `D-${n}` }, title: "Guide" },
    }),
    entry("AttemptStarted", attempt(0, "printer", [`L${cell}-${n % 10}`])),
    entry("AttemptStarted", attempt(1, "press", [`S-${cell % 20}`])),
    entry("ResultsJudged", {
      job,
      attempt: `${job}-A1`,
      results: [{ characteristic: "depth", value: 1, gauge: `G-${cell}` }],
    }),
    entry("LabelRequested", {
      job,
      unit: 1,
      label: 1,
      content: { code: `(01)04012345000016(21)${cell}-${n}` },
      person: "P-1",
    }),
    entry("HandedOver", { job, unit: 1, to: "sterilisation", container: `T-${n % 50}`, person: "P-2" }),
  ];
}

function scanSqlite(path: string): number {
  const db = new Database(path, { readonly: true });
  const began = performance.now();
  db.prepare("SELECT count(*) FROM made_with WHERE whole || part LIKE '%nothing%'").get();
  const taken = performance.now() - began;
  db.close();
  return taken;
}

async function scanPostgres(sql: postgres.Sql): Promise<number> {
  const began = performance.now();
  await sql`SELECT count(*) FROM made_with WHERE whole || part LIKE '%nothing%'`;
  return performance.now() - began;
}

async function sizesOf(sql: postgres.Sql): Promise<Row[]> {
  const rows = await sql<{ table: string; bytes: string; rows: string }[]>`
    SELECT relname AS "table", pg_total_relation_size(oid) AS bytes,
      (CASE relname WHEN 'entry' THEN (SELECT count(*) FROM entry) ELSE (SELECT count(*) FROM made_with) END) AS rows
    FROM pg_class WHERE relname IN ('entry', 'made_with') ORDER BY relname`;
  return rows.flatMap(({ table, bytes, rows: count }) => [
    { name: `PostgreSQL, rows of ${table}`, value: Number(count) / devices, unit: "rows/device" },
    { name: `PostgreSQL, bytes of ${table} with its indexes`, value: Number(bytes) / devices, unit: "bytes/device" },
  ]);
}

if (import.meta.main) console.table(await run());
