/** Records handed over to central QA a second, receipts judged and stored, against a bare QoS 1 loop with the same messages. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { systemClock } from "../src/commands/io/system.ts";
import type { JobId } from "../src/kernel/names.ts";
import type { EntryDraft } from "../src/ledger/entry.ts";
import { checkSignature } from "../src/ledger/io/crypto.ts";
import { createLedger, type OpenedLedger, openLedger } from "../src/ledger/io/ledger.ts";
import { parseKey } from "../src/ledger/note.ts";
import { createAuthority, signClient, signServer } from "../src/qa/io/certificates.ts";
import { composeBatch } from "../src/sync/compose.ts";
import { mostUnderWay } from "../src/sync/courier.ts";
import { createMqttTransport } from "../src/sync/io/mqtt.ts";
import { startSync } from "../src/sync/sync.ts";
import type { Connection, Transport } from "../src/sync/transport.ts";
import type { FarIdentity, FarReady } from "./drain-far.ts";
import type { Row } from "./row.ts";

const origin = "bench.example/cell";
const entries = 20_000;

/** Measures one drain of a full ledger over TLS on loopback, and the bare loop before and after it. */
export async function run(): Promise<Row[]> {
  const root = mkdtempSync(join(process.env["CELLWARD_BENCH_DIR"] ?? tmpdir(), "cellward-drain-"));
  try {
    const opened = await filledLedger(root);
    const { far, ready, files } = await startFar(root);
    const transport = createMqttTransport({
      url: `mqtts://localhost:${ready.port}`,
      cell: "cell-1",
      ...files,
      protocolVersion: 4,
      log: () => undefined,
    });
    const messages = await allBatches(opened);
    const bytes = messages.reduce((sum, message) => sum + message.length, 0);
    const before = await bareLoop(transport, messages);
    far.postMessage(true);
    const seconds = await drain(opened, transport, ready.witness);
    far.postMessage(false);
    const after = await bareLoop(transport, messages);
    await opened.ledger.close();
    await far.terminate();
    const baseline = entries / ((before + after) / 2);
    const value = entries / seconds;
    return [
      {
        name: `drain of ${entries} entries, countersigned`,
        value,
        unit: "entries/s",
        baseline,
        ratio: value / baseline,
      },
      { name: "the same in bytes", value: bytes / seconds / 1e6, unit: "MB/s" },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function filledLedger(root: string): Promise<OpenedLedger> {
  const folders = { dataDir: join(root, "data"), keysDir: join(root, "keys") };
  const made = await createLedger(folders, origin);
  const opened = made.ok ? await openLedger(folders) : made;
  if (!opened.ok) throw new Error(opened.error.what);
  const { ledger } = opened.value;
  await ledger.append([draft(null, 0)]);
  while (ledger.head().size < entries) {
    const count = Math.min(500, entries - ledger.head().size);
    await ledger.append(Array.from({ length: count }, (_, n) => draft("J1", n)));
  }
  return opened.value;
}

function draft(job: string | null, n: number): EntryDraft {
  const body = {
    layer: n,
    coverage: 0.9987,
    findings: [],
    frame: "0".repeat(64),
    limits: { residual: 0.42, score: 0.7 },
  };
  const time = { at: 1_790_000_000_000 + n, mono: n, clockState: "synchronised" as const, boot: 0 };
  return { job: job as JobId | null, actorId: null, type: "LayerJudged", body, ...time };
}

async function startFar(root: string) {
  const now = systemClock.now();
  const authority = await createAuthority("Bench", now);
  const identity: FarIdentity = {
    authority: authority.certificate,
    broker: await signServer(authority, "broker", ["localhost"], now),
    central: await signClient(authority, "central-qa", now),
    origin,
  };
  const cell = await signClient(authority, "cell-1", now);
  const file = (name: string, text: string): string => {
    writeFileSync(join(root, name), text);
    return join(root, name);
  };
  const files = {
    caFile: file("ca.pem", authority.certificate),
    certFile: file("cell.pem", cell.certificate),
    keyFile: file("key.pem", cell.key),
  };
  const far = new Worker(new URL("./drain-far.ts", import.meta.url), { workerData: identity });
  const ready = await new Promise<FarReady>((listening, fail) => {
    far.once("message", listening);
    far.once("error", fail);
  });
  return { far, ready, files };
}

/** Every batch of the ledger as the courier would send it. */
async function allBatches({ ledger }: OpenedLedger): Promise<Uint8Array[]> {
  const messages: Uint8Array[] = [];
  for (let from = 0; from < entries; ) {
    const composed = await composeBatch(ledger, from, 256);
    if (composed.kind !== "batch") throw new Error("an entry does not fit");
    messages.push(composed.bytes);
    from = composed.to;
  }
  return messages;
}

/** Seconds until the broker has acknowledged all messages, as many under way as the courier has. */
async function bareLoop(transport: Transport, messages: readonly Uint8Array[]): Promise<number> {
  const connection = await connected(transport);
  const began = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let message = messages[next++]; message !== undefined; message = messages[next++]) {
      const bytes = message;
      await new Promise<void>((acknowledged) => connection.publish(bytes, acknowledged));
    }
  };
  await Promise.all(Array.from({ length: mostUnderWay }, lane));
  connection.close();
  return (performance.now() - began) / 1000;
}

function connected(transport: Transport): Promise<Connection> {
  return new Promise((up, fail) => {
    const connection = transport.connect({
      up: () => up(connection),
      down: (reason) => fail(new Error(reason)),
      message: async () => undefined,
    });
  });
}

/** Seconds from the start of sync until the whole record is with QA. */
async function drain({ ledger, keys }: OpenedLedger, transport: Transport, witness: string): Promise<number> {
  const key = parseKey(witness);
  if (!key.ok) throw new Error(key.error);
  const began = performance.now();
  const done = Promise.withResolvers<void>();
  const sync = await startSync({
    ledger,
    transport,
    clock: systemClock,
    chance: Math.random,
    trust: { origin, own: keys.trusted, witnesses: [key.value], decisions: [], check: checkSignature },
    used: () => false,
    onDecision: async () => undefined,
    onStatus: ({ state }) => state === "with-qa" && done.resolve(),
    onAlarm: ({ what }) => done.reject(new Error(what)),
    log: () => undefined,
    onFatal: done.reject,
  });
  await done.promise;
  const seconds = (performance.now() - began) / 1000;
  await sync.close();
  return seconds;
}
