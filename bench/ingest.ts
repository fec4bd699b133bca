/** Entries a second that central QA verifies, stores and cosigns, against bare inserts of the same rows in the same run. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import postgres from "postgres";
import { maxBatchEntries } from "../src/ledger/batch.ts";
import { checkSignature } from "../src/ledger/io/crypto.ts";
import { createIngest } from "../src/qa/ingest.ts";
import { openPostgresStore } from "../src/qa/io/postgres.ts";
import { openSqliteStore } from "../src/qa/io/sqlite.ts";
import type { QaStore } from "../src/qa/store.ts";
import { type CellLog, createCell, freshSigner, story } from "../test/qa/cell.ts";
import { startPostgres } from "../test/qa/postgres.ts";
import type { InstanceWork } from "./ingest-instance.ts";
import type { Row } from "./row.ts";

const batches = 40;

interface Sent {
  readonly cell: CellLog;
  readonly messages: readonly Uint8Array[];
  readonly texts: readonly { readonly entry: string; readonly body: string }[];
}

/** Measures both stores; PostgreSQL flushes here as it does in production. */
export async function run(): Promise<Row[]> {
  const root = mkdtempSync(join(process.env["CELLWARD_BENCH_DIR"] ?? tmpdir(), "cellward-bench-"));
  const server = await startPostgres({ flushed: true });
  try {
    const sent = await makeLog();
    const first = server.freshDatabase();
    return [
      row("SQLite", await ingest(openSqliteStore(join(root, "qa.db")), sent), bareSqlite(join(root, "bare.db"), sent)),
      row(
        "PostgreSQL",
        await ingest(await openPostgresStore(first), sent),
        await barePostgres(server.freshDatabase(), sent),
      ),
      await twoInstances(() => server.freshDatabase()),
    ];
  } finally {
    await server.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

function row(store: string, value: number, baseline: number): Row {
  return {
    name: `ingest, ${store}, ${maxBatchEntries} a batch`,
    value,
    unit: "entries/s",
    baseline,
    ratio: value / baseline,
  };
}

/** The same four cells by two instances, two each, against all four by one. */
async function twoInstances(freshDatabase: () => string): Promise<Row> {
  const logs = await Promise.all([1, 2, 3, 4].map((n) => makeLog(`cell-${n}`, `fleet.example/cell-${n}`)));
  const work = logs.map(({ cell, messages }) => ({ registered: cell.registered, messages }));
  const entries = logs.reduce((sum, { texts }) => sum + texts.length, 0);
  const baseline = entries / (await instances(freshDatabase(), [work]));
  const value = entries / (await instances(freshDatabase(), [work.slice(0, 2), work.slice(2)]));
  const name = "ingest, PostgreSQL, two instances (against one)";
  return { name, value, unit: "entries/s", baseline, ratio: value / baseline };
}

/** Seconds until all instances have taken what is theirs. */
async function instances(url: string, shares: readonly InstanceWork["cells"][]): Promise<number> {
  const workers = shares.map((cells) => {
    const workerData: InstanceWork = { url, cells };
    return new Worker(new URL("./ingest-instance.ts", import.meta.url), { workerData });
  });
  const said = (worker: Worker) =>
    new Promise<void>((done, fail) => {
      worker.once("message", () => done());
      worker.once("error", fail);
    });
  await Promise.all(workers.map(said));
  const began = performance.now();
  const done = workers.map(said);
  for (const worker of workers) worker.postMessage("go");
  await Promise.all(done);
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(workers.map((worker) => worker.terminate()));
  return seconds;
}

async function makeLog(id?: string, origin?: string): Promise<Sent> {
  const cell = createCell(id, origin);
  cell.append(...story(batches * maxBatchEntries - 1));
  const messages: Uint8Array[] = [];
  for (let n = 0; n < batches; n++) {
    messages.push(await cell.message(n * maxBatchEntries, (n + 1) * maxBatchEntries));
  }
  return { cell, messages, texts: cell.texts };
}

async function ingest(store: QaStore, { cell, messages, texts }: Sent): Promise<number> {
  const central = createIngest({
    store,
    cells: new Map([[cell.registered.id, cell.registered]]),
    witness: freshSigner("qa.example/witness", 4),
    check: checkSignature,
    now: () => Date.now(),
  });
  const began = performance.now();
  for (const bytes of messages) {
    const { outcome } = await central.hear(cell.registered.id, bytes);
    if (outcome !== "taken") throw new Error(`a batch was ${outcome}`);
  }
  const seconds = (performance.now() - began) / 1000;
  await store.close();
  return texts.length / seconds;
}

function bareSqlite(path: string, { texts }: Sent): number {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec("CREATE TABLE entry (seq INTEGER PRIMARY KEY, entry BLOB NOT NULL, body BLOB NOT NULL) STRICT");
  const insert = db.prepare("INSERT INTO entry VALUES (?, ?, ?)");
  const began = performance.now();
  for (let from = 0; from < texts.length; from += maxBatchEntries) {
    db.transaction(() => {
      texts.slice(from, from + maxBatchEntries).forEach(({ entry, body }, index) => {
        insert.run(from + index, Buffer.from(entry), Buffer.from(body));
      });
    })();
  }
  const seconds = (performance.now() - began) / 1000;
  db.close();
  return texts.length / seconds;
}

async function barePostgres(url: string, { texts }: Sent): Promise<number> {
  const { pathname, searchParams } = new URL(url);
  const host = searchParams.get("host") ?? "";
  const sql = postgres({ host, database: pathname.slice(1), username: "cellward", max: 1 });
  await sql`CREATE TABLE entry (seq bigint PRIMARY KEY, entry bytea NOT NULL, body bytea NOT NULL)`;
  const began = performance.now();
  for (let from = 0; from < texts.length; from += maxBatchEntries) {
    const rows = texts.slice(from, from + maxBatchEntries).map(({ entry, body }, index) => ({
      seq: from + index,
      entry: Buffer.from(entry),
      body: Buffer.from(body),
    }));
    await sql`INSERT INTO entry ${sql(rows)}`;
  }
  const seconds = (performance.now() - began) / 1000;
  await sql.end();
  return texts.length / seconds;
}

if (import.meta.main) console.table(await run());
