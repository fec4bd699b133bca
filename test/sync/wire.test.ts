/** Sync over a real broker, real TLS with client certificates, a real ledger and the real central QA. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { connect as connectTcp, createServer, type Server } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { connectAsync } from "mqtt";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Cell, createCell } from "../../src/cell.ts";
import { decide } from "../../src/commands/io/qa.ts";
import { openSync, type RunningSync } from "../../src/commands/io/sync.ts";
import { syncCheck } from "../../src/commands/io/sync-check.ts";
import { systemClock, systemIds } from "../../src/commands/io/system.ts";
import type { CellConfig } from "../../src/config/schema.ts";
import type { Message } from "../../src/jobs/message.ts";
import { downTopic, messageBytes } from "../../src/ledger/batch.ts";
import { createLedger, type Folders, type OpenedLedger } from "../../src/ledger/io/ledger.ts";
import { verifyFolder } from "../../src/ledger/io/verify.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import { openSqliteStore, storeFile } from "../../src/qa/io/sqlite.ts";
import { saidIn } from "../../src/qa/status.ts";
import type { Broker } from "../../src/simulators/broker/io/broker.ts";
import type { DownReason } from "../../src/sync/courier.ts";
import { createMqttTransport } from "../../src/sync/io/mqtt.ts";
import { boot, type Story } from "../jobs/story.ts";
import { freshFolders, mustOpen } from "../ledger/drafts.ts";
import { imageKeys } from "../ledger/home.ts";
import { origin } from "../ledger/plain-drafts.ts";
import { registeredAs } from "../qa/cell.ts";
import { brokerFor, configText, type Installation, install, ran, startQaHere } from "../qa/installation.ts";

interface RealCell {
  readonly folders: Folders;
  readonly opened: OpenedLedger;
  readonly cell: Cell;
  readonly logged: string[];
  sync: RunningSync;
}

/** A cell's core over a real ledger, without machines. */
async function startCell(folders: Folders, witnesses: readonly VerifyingKey[] = []): Promise<Omit<RealCell, "sync">> {
  const ledger = await mustOpen({ ...folders, witnesses });
  const cell = await createCell({
    ledger: ledger.ledger,
    clock: systemClock,
    ids: systemIds,
    clockState: () => "synchronised",
    perform: () => new Promise(() => undefined),
    onFatal: (problem) => {
      throw problem;
    },
  });
  onTestFinished(() => cell.stop());
  await cell.submit(bootMessage());
  return { folders, opened: ledger, cell, logged: [] };
}

/** The first message of the story that the core's own tests tell. */
function bootMessage(): Message {
  const told: Message[] = [];
  boot({ at: 1, tell: (message: Message) => void told.push(message), observe: () => undefined } as unknown as Story);
  const [first] = told;
  if (first?.kind !== "boot") throw new Error("a story begins with a start");
  // One entry a start, so that what is waited for can be counted.
  return { ...first, shippedModel: null, boot: systemIds.next("b") };
}

async function withSync(made: Omit<RealCell, "sync">, port: number, handed: string): Promise<RealCell> {
  const file = (name: string) => join(handed, name);
  const qa: CellConfig["qa"] = {
    broker: `mqtts://localhost:${port}`,
    protocolVersion: 4,
    caFile: file("ca.cert.pem"),
    certFile: file("cell.cert.pem"),
    keyFile: file("cell.key.pem"),
    cosigner: [file("witness.vkey")],
    decisions: [file("decision.vkey")],
  };
  const sync = await openSync({
    config: { cell: { id: "cell-1" }, qa } as CellConfig,
    opened: made.opened,
    ...{ cell: made.cell, clockState: () => "synchronised" as const },
    log: (message, facts) => made.logged.push(JSON.stringify({ message, ...facts })),
    onFatal: (problem) => {
      throw problem;
    },
  });
  onTestFinished(() => sync.close());
  return { ...made, sync };
}

async function freshCell(): Promise<Omit<RealCell, "sync">> {
  const folders = freshFolders();
  const keys = await createLedger(folders, origin);
  if (!keys.ok) throw new Error(keys.error.what);
  return startCell(folders);
}

interface Site {
  readonly made: Omit<RealCell, "sync">;
  readonly installation: Installation;
  readonly broker: Broker;
}

/** A cell, the installation's keys, and a broker; central and sync are started by the test. */
async function site(): Promise<Site> {
  const made = await freshCell();
  const known = registeredAs(made.opened.keys.trusted);
  const installation = await install([known], "mqtts://localhost:1");
  const broker = await brokerFor(installation.keys);
  writeFileSync(installation.config, configText([known], `mqtts://localhost:${broker.port}`));
  return { made, installation, broker };
}

/** Waits for a state of sync; what it says is in the failure. */
async function until(sync: RunningSync, wanted: Record<string, unknown>): Promise<void> {
  await expect.poll(() => sync.status(), { timeout: 20_000, interval: 20 }).toMatchObject(wanted);
}

async function write(cell: Cell, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await cell.submit({ kind: "clock-stepped", expected: 1_000 + n, said: 5_000 });
  }
}

describe("[F79][F81] a cell, a broker and central QA", () => {
  test("[F88] a cell that rests says so, signed, and central keeps what it said", { timeout: 40_000 }, async () => {
    const { made, installation, broker } = await site();
    await startQaHere(installation);
    const real = await withSync(made, broker.port, installation.handed("cell-1"));
    await until(real.sync, { state: "with-qa" });
    const store = openSqliteStore(join(installation.data, storeFile));
    onTestFinished(() => store.close());
    const said = async () => (await store.statuses()).map(saidIn);
    await expect.poll(said, { timeout: 20_000 }).toMatchObject([{ state: "idle", job: null, boot: 1 }]);
    expect([...(await store.quarantined(10)), ...(await store.alarms(10))]).toEqual([]);
  });

  test("the record goes over, is countersigned and verifies as such; a decision of central QA is in it and blocks", async () => {
    const { made, installation, broker } = await site();
    await startQaHere(installation);
    const real = await withSync(made, broker.port, installation.handed("cell-1"));
    await write(real.cell, 30);
    await until(real.sync, { state: "with-qa", withQa: 31, head: 31, alarm: null });

    const said = { cell: "cell-1", action: "hold", target: "lot:04012345000016.L-77", reason: "material-recall" };
    expect(await ran((terminal) => decide(terminal, { ...installation.options, ...said }))).toMatchObject({ code: 0 });
    // Central says its decisions to whoever asks how it stands.
    await real.sync.close();
    const again = await withSync(made, broker.port, installation.handed("cell-1"));
    await expect
      .poll(() => real.cell.state().central.holds, { timeout: 20_000, interval: 20 })
      .toMatchObject([{ target: { kind: "lot", id: "04012345000016.L-77" }, reason: "material-recall" }]);
    await until(again.sync, { state: "with-qa", withQa: 32, head: 32 });
    await again.sync.close();
    await real.opened.ledger.close();
    const { trusted } = real.opened.keys;
    const report = await verifyFolder(real.folders.dataDir, { trusted, witnesses: [installation.witness] });
    expect(report).toMatchObject({ ok: true, cosigned: { size: 32, by: ["qa.example/witness"] } });
    // Codes and counts: nothing of what was recorded, no name, no key.
    expect(real.logged.join("\n")).not.toMatch(/lock|BEGIN|L-77/);
  });

  test("the broker goes and comes back, central goes and comes back: nothing is lost, nothing doubled, the cell goes on", async () => {
    const { made, installation, broker } = await site();
    const first = await startQaHere(installation);
    const real = await withSync(made, broker.port, installation.handed("cell-1"));
    await write(real.cell, 5);
    await until(real.sync, { state: "with-qa", withQa: 6 });
    await broker.close();
    await write(real.cell, 5);
    await until(real.sync, { state: "connecting", withQa: 6, head: 11 });
    await first.close();
    await brokerFor(installation.keys, broker.port);
    await startQaHere(installation);
    await until(real.sync, { state: "with-qa", withQa: 11 });
  });

  test("[F96] a cell whose whole disk was put back, keys and floor too, is frozen by central's answer, and its core knows", async () => {
    const { made, installation, broker } = await site();
    await startQaHere(installation);
    const handed = installation.handed("cell-1");
    const stop = async (real: RealCell): Promise<void> => {
      await real.sync.close();
      real.cell.stop();
      await real.opened.ledger.close();
    };
    const early = await withSync(made, broker.port, handed);
    await write(early.cell, 5);
    await until(early.sync, { state: "with-qa", withQa: 6 });
    await stop(early);
    const image = freshFolders();
    cpSync(early.folders.dataDir, image.dataDir, { recursive: true });
    await imageKeys(early.folders.keysDir, image.keysDir, early.opened.ledger.origin);

    const later = await withSync(await startCell(early.folders, [installation.witness]), broker.port, handed);
    await write(later.cell, 20);
    await until(later.sync, { state: "with-qa", withQa: 27 });
    await stop(later);

    const restored = await withSync(await startCell(image, [installation.witness]), broker.port, handed);
    await until(restored.sync, { state: "frozen", withQa: 6, alarm: { code: "cell-behind" } });
    await expect.poll(() => restored.cell.state().central.frozen).toContain("older image or a copy");
  });
});

test("doctor says what is wrong with certificate and keys before anybody connects", async () => {
  const { installation } = await site();
  const handed = installation.handed("cell-1");
  const file = (name: string) => join(handed, name);
  const qa = {
    broker: "mqtts://localhost:1",
    protocolVersion: 4 as const,
    caFile: file("ca.cert.pem"),
    certFile: file("cell.cert.pem"),
    keyFile: file("cell.key.pem"),
    cosigner: [file("witness.vkey")],
    decisions: [file("decision.vkey")],
  };
  const says = async (change: Partial<CellConfig["qa"]>, id = "cell-1", now = Date.now()) => {
    const { state, what, remedy } = await syncCheck({ cell: { id }, qa: { ...qa, ...change } } as CellConfig, now);
    expect(state === "good" || remedy.length > 10).toBe(true);
    return `${state}: ${what}`;
  };
  const stranger = await install(
    [registeredAs((await mustOpen(await emptyFolders())).keys.trusted)],
    "mqtts://localhost:1",
  );
  const year = 365 * 24 * 3_600_000;
  expect(await says({})).toMatch(/^good: The certificate for mqtts:\/\/localhost:1 is good for 109\d days/);
  expect(await says({}, "cell-1", Date.now() + 2.98 * year)).toMatch(/^warning: /);
  expect(await says({}, "cell-1", Date.now() + 4 * year)).toMatch(/^bad: The certificate is valid from/);
  expect(await says({}, "cell-2")).toContain("its common name is not cell-2");
  expect(await says({ caFile: join(stranger.handed("cell-1"), "ca.cert.pem") })).toContain("not of the authority");
  expect(await says({ keyFile: join(stranger.handed("cell-1"), "cell.key.pem") })).toContain("not the one beside it");
  expect(await says({ certFile: file("witness.vkey") })).toContain("cannot be read");
  expect(await says({ cosigner: [file("decision.vkey")] })).toContain("qa.cosigner is neither");
  expect(await says({ decisions: [file("gone.vkey")] })).toContain("qa.decisions is neither");
  const without = await syncCheck({ cell: { id: "cell-1" } } as CellConfig, Date.now());
  expect(without).toMatchObject({ state: "warning", what: expect.stringContaining("stays in this cell") });
});

describe("[F90] the wire", () => {
  interface Ended {
    readonly reason: Promise<DownReason>;
    readonly window: Promise<number>;
    readonly messages: Uint8Array[];
  }

  function dial(url: string, handed: string, protocolVersion: 4 | 5 = 4, files: Record<string, string> = {}): Ended {
    const file = (name: string) => files[name] ?? join(handed, name);
    const transport = createMqttTransport({
      url,
      cell: "cell-1",
      caFile: file("ca.cert.pem"),
      certFile: file("cell.cert.pem"),
      keyFile: file("cell.key.pem"),
      protocolVersion,
      log: () => undefined,
    });
    const messages: Uint8Array[] = [];
    const down = Promise.withResolvers<DownReason>();
    const up = Promise.withResolvers<number>();
    const connection = transport.connect({
      up: up.resolve,
      down: down.resolve,
      message: async (bytes) => void messages.push(bytes),
    });
    onTestFinished(() => connection.close());
    return { reason: down.promise, window: up.promise, messages };
  }

  test("a broker of another authority, of another name, a stranger's certificate, missing files: each has its own word", async () => {
    const { installation, broker } = await site();
    const stranger = await install(
      [registeredAs((await mustOpen(await emptyFolders())).keys.trusted)],
      "mqtts://localhost:1",
    );
    const [own, foreign] = [installation.handed("cell-1"), stranger.handed("cell-1")];
    const url = `mqtts://localhost:${broker.port}`;
    expect(await dial(url, foreign).reason).toBe("untrusted");
    const mixed = { "cell.cert.pem": join(foreign, "cell.cert.pem"), "cell.key.pem": join(foreign, "cell.key.pem") };
    expect(await dial(url, own, 4, mixed).reason).toBe("refused");
    expect(await dial(`mqtts://127.0.0.2:${broker.port}`, own).reason).toMatch(/untrusted|lost/);
    expect(await dial(url, own, 4, { "cell.key.pem": join(own, "gone.pem") }).reason).toBe("unreadable");
    writeFileSync(join(own, "bad.pem"), "no key");
    expect(await dial(url, own, 4, { "cell.key.pem": join(own, "bad.pem") }).reason).toBe("unreadable");
    const closed = createServer().listen(0);
    const { port } = closed.address() as { port: number };
    closed.close();
    expect(await dial(`mqtts://localhost:${port}`, own).reason).toBe("lost");
  });

  test("a topic that the certificate does not allow is refused", async () => {
    const { installation, broker } = await site();
    const handed = installation.handed("cell-1");
    const transport = createMqttTransport({
      url: `mqtts://localhost:${broker.port}`,
      cell: "cell-2",
      caFile: join(handed, "ca.cert.pem"),
      certFile: join(handed, "cell.cert.pem"),
      keyFile: join(handed, "cell.key.pem"),
      protocolVersion: 4,
      log: () => undefined,
    });
    const reason = await new Promise<DownReason>((down) => {
      transport.connect({ up: () => undefined, down, message: async () => undefined });
    });
    expect(reason).toBe("refused");
    expect(broker.denied).toContain("cell-1 may not subscribe to cellward/1/cell-2/down");
  });

  test("[L5] a retained message is dropped unread", async () => {
    const { installation } = await site();
    const read = (name: string) => readFileSync(join(installation.keys, name), "utf8");
    const { Aedes } = await import("aedes");
    const lax = await Aedes.createBroker();
    const tls = { ca: read("ca.cert.pem"), cert: read("broker.cert.pem"), key: read("broker.key.pem") };
    const server = createTlsServer({ ...tls, requestCert: true }, (socket) => void lax.handle(socket));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    onTestFinished(() => new Promise((closed) => lax.close(() => server.close(() => closed()))));
    const { port } = server.address() as { port: number };
    const central = await connectAsync(`mqtts://localhost:${port}`, {
      ca: tls.ca,
      cert: read("central.cert.pem"),
      key: read("central.key.pem"),
    });
    const message = Buffer.from(messageBytes({ kind: "conflict", origin, size: 3 }));
    await central.publishAsync(downTopic("cell-1"), message, { qos: 1, retain: true });
    const line = dial(`mqtts://localhost:${port}`, installation.handed("cell-1"));
    await line.window;
    const live = Buffer.from(messageBytes({ kind: "conflict", origin, size: 4 }));
    await central.publishAsync(downTopic("cell-1"), live, { qos: 1 });
    await expect.poll(() => line.messages.length).toBe(1);
    expect(Buffer.from(line.messages[0] ?? []).equals(live)).toBe(true);
    await central.endAsync(true);
  });

  test("MQTT 5: the broker's Receive Maximum is the window, and a session taken over is told as such", async () => {
    const { installation } = await site();
    const read = (name: string) => readFileSync(join(installation.keys, name), "utf8");
    const tls = { ca: read("ca.cert.pem"), cert: read("broker.cert.pem"), key: read("broker.key.pem") };
    // The far end, byte for byte: CONNACK with Receive Maximum 7, SUBACK QoS 1, then DISCONNECT 0x8E.
    const server = createTlsServer({ ...tls, requestCert: true }, (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (bytes) => {
        if (bytes[0] === 0x10) socket.write(Buffer.from([0x20, 0x06, 0x00, 0x00, 0x03, 0x21, 0x00, 0x07]));
        if (bytes[0] === 0x82) {
          const id = bytes.subarray(2, 4);
          socket.write(Buffer.concat([Buffer.from([0x90, 0x04]), id, Buffer.from([0x00, 0x01])]));
          socket.write(Buffer.from([0xe0, 0x02, 0x8e, 0x00]));
        }
      });
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const line = dial(`mqtts://localhost:${port}`, installation.handed("cell-1"), 5);
    expect(await line.window).toBe(7);
    expect(await line.reason).toBe("taken-over");
  });

  test("a network that swallows everything after the handshake ends in `lost`, not in silence", async () => {
    const { installation, broker } = await site();
    let swallow = false;
    const relay: Server = createServer((near) => {
      const far = connectTcp(broker.port, "127.0.0.1");
      near.on("data", (bytes) => !swallow && far.write(bytes));
      far.on("data", (bytes) => !swallow && near.write(bytes));
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        one.on("error", () => undefined);
        one.on("close", () => other.destroy());
      }
    });
    await new Promise<void>((listening) => relay.listen(0, "127.0.0.1", listening));
    onTestFinished(() => void relay.close());
    const { port } = relay.address() as { port: number };
    const line = dial(`mqtts://localhost:${port}`, installation.handed("cell-1"));
    await line.window;
    swallow = true;
    await broker.close();
    expect(await line.reason).toBe("lost");
  });
});

async function emptyFolders(): Promise<Folders> {
  const folders = freshFolders();
  const made = await createLedger(folders, origin);
  if (!made.ok) throw new Error(made.error.what);
  return folders;
}
