/** Records a second from a cell's ledger through Mosquitto into PostgreSQL, verified, stored and cosigned, against a bare QoS 1 loop of single messages. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Folders, openLedger } from "../src/ledger/io/ledger.ts";
import { createMqttTransport } from "../src/sync/io/mqtt.ts";
import type { Connection } from "../src/sync/transport.ts";
import { runMosquitto } from "../test/qa/mosquitto.ts";
import { startPostgres } from "../test/qa/postgres.ts";
import { fillLedger, installFor, memoryOf, processorOf, runCell, runCentral } from "../test/sync/processes.ts";
import type { Row } from "./row.ts";

const records = Number(process.env["CELLWARD_BENCH_RECORDS"] ?? 100_000);
const singles = Math.min(records, 20_000);
/** As many under way as the courier has batches. */
const underWay = 20;

/** One drain of a full ledger with real programs at both ends, and the bare loop before and after it. */
export async function run(): Promise<Row[]> {
  const root = mkdtempSync(join(process.env["CELLWARD_BENCH_DIR"] ?? tmpdir(), "cellward-drain-"));
  const atEnd: (() => void | Promise<void>)[] = [() => rmSync(root, { recursive: true, force: true })];
  const later = (act: () => void | Promise<void>): void => void atEnd.push(act);
  try {
    const folders = await fillLedger(root, records);
    const texts = await textsOf(folders);
    const { installation, configure } = await installFor(folders, later);
    const broker = await runMosquitto(installation.keys);
    later(broker.kill);
    const database = await startPostgres({ flushed: true });
    later(database.stop);
    configure(broker.port, database.freshDatabase());
    const handed = installation.handed("cell-1");
    const before = await bareLoop(handed, broker.port, texts);
    const central = await runCentral(installation);
    later(central.kill);
    const cell = runCell(folders, handed, broker.port, "drain");
    later(cell.kill);
    await cell.until(({ head }) => head === records);
    const [atFirst, began] = [{ cell: memoryOf(cell), central: memoryOf(central) }, performance.now()];
    const busyBefore = processorOf(cell) + processorOf(central);
    await cell.until(({ state, withQa }) => state === "with-qa" && withQa === records);
    const seconds = (performance.now() - began) / 1000;
    const busy = processorOf(cell) + processorOf(central) - busyBefore;
    const growth = (of: "cell" | "central"): number => memoryOf(of === "cell" ? cell : central).most - atFirst[of].now;
    const [cellGrowth, centralGrowth] = [growth("cell"), growth("central")];
    await Promise.all([cell.kill(), central.kill()]);
    const after = await bareLoop(handed, broker.port, texts);
    const baseline = singles / ((before + after) / 2);
    const value = records / seconds;
    return [
      { name: `drain of ${records} records`, value, unit: "records/s", baseline, ratio: value / baseline },
      {
        name: "records a second of processor time, cell and central together",
        value: records / busy,
        unit: "records/s",
      },
      { name: "memory growth of the cell, at most", value: cellGrowth, unit: "MiB" },
      { name: "memory growth of central, at most", value: centralGrowth, unit: "MiB" },
    ];
  } finally {
    for (const act of atEnd.reverse()) await act();
  }
}

/** Records as single messages: an entry with its body. */
async function textsOf(folders: Folders): Promise<string[]> {
  const opened = await openLedger(folders);
  if (!opened.ok) throw new Error(opened.error.what);
  const texts: string[] = [];
  for await (const { entryText, bodyText } of opened.value.ledger.read(0, singles)) texts.push(entryText + bodyText);
  await opened.value.ledger.close();
  return texts;
}

/** Seconds until the broker has acknowledged all messages. */
async function bareLoop(handed: string, port: number, texts: readonly string[]): Promise<number> {
  const connection = await connect(handed, port);
  const began = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let text = texts[next++]; text !== undefined; text = texts[next++]) {
      const bytes = Buffer.from(text);
      await new Promise<void>((acknowledged) => connection.publish(bytes, acknowledged));
    }
  };
  await Promise.all(Array.from({ length: underWay }, lane));
  const seconds = (performance.now() - began) / 1000;
  connection.close();
  return seconds;
}

function connect(handed: string, port: number): Promise<Connection> {
  const file = (name: string): string => join(handed, name);
  const transport = createMqttTransport({
    url: `mqtts://localhost:${port}`,
    cell: "cell-1",
    ...{ caFile: file("ca.cert.pem"), certFile: file("cell.cert.pem"), keyFile: file("cell.key.pem") },
    protocolVersion: 4,
    log: () => undefined,
  });
  return new Promise((up, fail) => {
    const connection = transport.connect({
      up: () => up(connection),
      down: (reason) => fail(new Error(reason)),
      message: async () => undefined,
    });
  });
}
