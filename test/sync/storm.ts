/** A storm over the real programs: kills, a broker that forgets, wires that go silent, a second controller, rows lost at central; then the count. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { connect } from "mqtt";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { openLedger } from "../../src/ledger/io/ledger.ts";
import { openSqliteStore, storeFile } from "../../src/qa/io/sqlite.ts";
import { verifyHeld } from "../../src/qa/verify.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { runMosquitto } from "../qa/mosquitto.ts";
import { seeded } from "../simulation/time.ts";
import {
  fillLedger,
  installFor,
  type Later,
  type Program,
  runCell,
  runCentral,
  type SyncingCell,
} from "./processes.ts";
import { startProxy, type Wire } from "./proxy.ts";

export interface StormOptions {
  /** An empty folder. */
  readonly root: string;
  readonly seed: number;
  /** Records that wait when the storm begins. */
  readonly waiting: number;
  /** What happens, one after the other. */
  readonly events: readonly Happening[];
  /** How much faster than in life the cell loses its patience. */
  readonly speed: number;
  readonly later: Later;
  readonly say: (what: string) => void;
}

export interface StormCount {
  readonly records: number;
  readonly lost: number;
  readonly doubled: number;
  /** Rows taken from central's store that it had to get back. */
  readonly takenAway: number;
  readonly happened: Readonly<Record<string, number>>;
  /** Alarms that the cells told, by code. */
  readonly alarms: Readonly<Record<string, number>>;
}

/** Messages to central are acknowledged and forgotten: two may wait, and none while central is away. */
const forgetful = ["max_queued_messages 2", "max_inflight_messages 2"];

/** What can happen. */
export const happenings = [
  "the cell is killed",
  "central is killed",
  "the broker is killed",
  "the connection is cut",
  "nothing gets to the broker",
  "nothing comes from the broker",
  "the wire is silent",
  "a second controller has the certificate",
  "central loses one row in twenty",
] as const;
export type Happening = (typeof happenings)[number];

/** Runs one storm to its end; rejects where something is with QA that central has not stored. */
export async function storm(options: StormOptions): Promise<StormCount> {
  const { root, seed, waiting, events, speed, later, say } = options;
  const random = seeded(seed);
  const folders = await fillLedger(root, waiting);
  const { installation, configure } = await installFor(folders, later);
  const handed = installation.handed("cell-1");
  const path = join(installation.data, storeFile);
  let broker = await runMosquitto(installation.keys, { lines: forgetful });
  later(() => broker.kill());
  configure(broker.port);
  const proxy = await startProxy(() => broker.port);
  later(proxy.close);
  let central: Program = await runCentral(installation);
  later(() => central.kill());
  const startCell = (mode: "write" | "drain"): SyncingCell => runCell(folders, handed, proxy.port, mode, speed);
  let cell = startCell("write");
  later(() => cell.kill());
  const happened: Record<string, number> = {};
  const alarms: Record<string, number> = {};
  let takenAway = 0;
  const note = (codes: readonly string[]): void => {
    for (const code of codes) alarms[code] = (alarms[code] ?? 0) + 1;
  };

  async function happen(what: Happening): Promise<void> {
    switch (what) {
      case "the cell is killed":
        await cell.kill();
        note(cell.alarms);
        cell = startCell("write");
        return;
      case "central is killed":
        await central.kill();
        // What is said meanwhile is acknowledged by the broker, and gone.
        await pause(random() * 1_500);
        central = await runCentral(installation);
        return;
      case "the broker is killed": {
        const { port } = broker;
        await broker.kill();
        await pause(random() * 500);
        broker = await runMosquitto(installation.keys, { port, lines: forgetful });
        return;
      }
      case "the connection is cut":
        return proxy.cut();
      case "nothing gets to the broker":
        return silence("deaf");
      case "nothing comes from the broker":
        return silence("mute");
      case "the wire is silent":
        return silence("silent");
      case "a second controller has the certificate":
        return intrude();
      case "central loses one row in twenty":
        await central.kill();
        takenAway += takeAway(path, random);
        central = await runCentral(installation);
        return;
    }
  }

  async function silence(wire: Wire): Promise<void> {
    proxy.become(wire);
    await pause((40_000 / speed) * random());
    proxy.become("open");
  }

  async function intrude(): Promise<void> {
    const file = (name: string): string => readFileSync(join(handed, name), "utf8");
    const tls = { ca: file("ca.cert.pem"), cert: file("cell.cert.pem"), key: file("cell.key.pem") };
    const other = connect(`mqtts://localhost:${broker.port}`, { ...tls, protocolVersion: 4, reconnectPeriod: 100 });
    other.on("error", () => undefined);
    await pause(1_000 + 1_000 * random());
    await other.endAsync(true);
  }

  await cell.until(({ withQa }) => withQa > 0);
  for (const [n, what] of events.entries()) {
    await pause(300 + 900 * random());
    // What was said is held against what was stored by then: nothing is with QA that central has not stored.
    const { withQa, head } = cell.last();
    const sworn = swornIn(path);
    if (withQa > sworn && takenAway === 0) {
      throw new Error(`the cell says that ${withQa} entries are with QA, central has cosigned ${sworn}`);
    }
    say(`${n + 1} of ${events.length}: ${what}; ${withQa} of ${head} with QA`);
    happened[what] = (happened[what] ?? 0) + 1;
    await happen(what);
  }
  await cell.kill();
  note(cell.alarms);
  // In the calm it has the patience of life.
  cell = runCell(folders, handed, proxy.port, "drain");
  await cell.until(({ state }) => state === "with-qa");
  await untilWhole(path, cell.last().head);
  note(cell.alarms);
  await Promise.all([cell.kill(), central.kill()]);
  return { ...(await count(folders, path, installation.witness)), takenAway, happened, alarms };
}

/** So many happenings, drawn by a seed. */
export function drawn(count: number, seed: number): Happening[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => happenings[Math.floor(random() * happenings.length)] ?? happenings[0]);
}

/** Takes rows away as no software of this house can; how many. */
function takeAway(path: string, random: () => number): number {
  const db = new Database(path);
  db.pragma("foreign_keys = OFF");
  const triggers = db
    .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    .all();
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  let taken = 0;
  for (const [table, key] of [
    ["entry", "seq"],
    ["head", "size"],
    ["cosigned", "size"],
  ]) {
    const keys = db.prepare<[], { key: number }>(`SELECT ${key} AS key FROM ${table}`).all();
    const remove = db.prepare(`DELETE FROM ${table} WHERE ${key} = ?`);
    db.transaction(() => {
      for (const row of keys) if (random() < 0.05) taken += remove.run(row.key).changes;
    })();
  }
  for (const { sql } of triggers) db.exec(sql);
  db.close();
  return taken;
}

function swornIn(path: string): number {
  const db = new Database(path, { readonly: true });
  const row = db.prepare<[], { size: number | null }>("SELECT max(size) AS size FROM cosigned").get();
  db.close();
  return row?.size ?? 0;
}

/** Resolves when central has got back all that was taken from it. */
async function untilWhole(path: string, size: number): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    const db = new Database(path, { readonly: true });
    const row = db.prepare<[], { n: number }>("SELECT count(*) AS n FROM entry").get();
    db.close();
    if (row?.n === size) return;
    await pause(500);
  }
  throw new Error("central has not got back what was taken from it");
}

type Counted = Pick<StormCount, "records" | "lost" | "doubled">;

/** The cell's ledger against central's store, entry by entry, to the byte. */
async function count(
  folders: Parameters<typeof runCell>[0],
  path: string,
  witness: Awaited<ReturnType<typeof installFor>>["installation"]["witness"],
): Promise<Counted> {
  const opened = await openLedger(folders);
  if (!opened.ok) throw new Error(opened.error.what);
  const { ledger, keys } = opened.value;
  const store = openSqliteStore(path);
  const registered = { id: "cell-1", title: "", origin, keys: keys.trusted, ancestors: [], demonstration: true };
  const report = await verifyHeld(
    store,
    { ...registered, silentAfterMs: 1 },
    { witnesses: [witness], check: checkSignature },
  );
  if (!report.ok) throw new Error(report.findings.map(({ what }) => what).join(" "));
  const held = new Map<string, number>();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  let rows = 0;
  for (let from = 0; ; ) {
    const page = await store.entries(origin, from, 5_000);
    for (const { entry, body } of page)
      held.set(text(entry) + text(body), (held.get(text(entry) + text(body)) ?? 0) + 1);
    rows += page.length;
    if (page.length === 0) break;
    from = (page.at(-1)?.seq ?? from) + 1;
  }
  let [records, lost] = [0, 0];
  for await (const { entryText, bodyText } of ledger.read(0)) {
    records += 1;
    if (!held.has(entryText + bodyText)) lost += 1;
  }
  await Promise.all([ledger.close(), store.close()]);
  return { records, lost, doubled: rows - held.size + Math.max(0, held.size - records) };
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
