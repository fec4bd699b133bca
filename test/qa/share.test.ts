/** Two instances of central QA, processes of their own, on one PostgreSQL and one Mosquitto: they share the load, and one is killed. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { enrol } from "../../src/commands/io/qa.ts";
import { systemClock } from "../../src/commands/io/system.ts";
import { checkSignature } from "../../src/ledger/io/crypto.ts";
import { partOf } from "../../src/qa/config.ts";
import { filtersFor } from "../../src/qa/io/mqtt.ts";
import { openPostgresStore } from "../../src/qa/io/postgres.ts";
import { createMqttTransport } from "../../src/sync/io/mqtt.ts";
import { startSync } from "../../src/sync/sync.ts";
import { mustOpen, newFolders } from "../ledger/drafts.ts";
import { draft, origin, started } from "../ledger/plain-drafts.ts";
import { seeded } from "../simulation/time.ts";
import { createCell } from "./cell.ts";
import { configText, install, ran, startQa } from "./installation.ts";
import { startMosquitto } from "./mosquitto.ts";
import { startPostgres } from "./postgres.ts";

/** A cell's ledger, PostgreSQL, Mosquitto, and two instances with certificates of their own that share its messages. */
async function twoThatShare() {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const databaseUrl = server.freshDatabase();
  const { ledger, keys } = await mustOpen(await newFolders());
  await ledger.append([started()]);
  const cell = createCell();
  const registered = { ...cell.registered, keys: keys.trusted };
  const installation = await install([{ ...cell, registered }], "mqtts://localhost:1");
  const second = join(installation.root, "second");
  expect((await ran((terminal) => enrol(terminal, "central-qa-2", installation.keys, second))).code).toBe(0);
  const port = await startMosquitto(installation.keys, ["central-qa-2"]);
  const url = `mqtts://localhost:${port}`;
  const configured = configText([{ ...cell, registered }], url).replace("[broker]", '[broker]\nshare = "central"');
  writeFileSync(installation.config, configured);
  const other = { ...installation, config: join(installation.root, "second.toml") };
  const own = `certificate = "${join(second, "cell.cert.pem")}"\nkey = "${join(second, "cell.key.pem")}"`;
  writeFileSync(other.config, configured.replace("[broker]", `[broker]\n${own}`));
  const instances = [
    await startQa(installation, { DATABASE_URL: databaseUrl }),
    await startQa(other, { DATABASE_URL: databaseUrl }),
  ] as const;
  for (const { url: page } of instances) {
    await expect.poll(async () => (await fetch(`${page}/healthz`)).status, { timeout: 20_000 }).toBe(200);
  }

  const folder = installation.handed("cell-1");
  const files = {
    caFile: join(folder, "ca.cert.pem"),
    certFile: join(folder, "cell.cert.pem"),
    keyFile: join(folder, "cell.key.pem"),
  };
  return { instances, ledger, keys, installation, url, files, databaseUrl };
}

const timeout = 90_000;

test("[F79][F80] both take a part of one cell's batches; when one is killed the other goes on, and every entry is held once", {
  timeout,
}, async () => {
  const { instances, ledger, keys, installation, url, files, databaseUrl } = await twoThatShare();
  const alarms: string[] = [];
  const sync = await startSync({
    ledger,
    transport: createMqttTransport({ url, cell: "cell-1", ...files, protocolVersion: 5, log: () => undefined }),
    clock: systemClock,
    chance: seeded(1),
    trust: { origin, own: keys.trusted, witnesses: [installation.witness], decisions: [], check: checkSignature },
    used: () => false,
    onDecision: async () => undefined,
    onStatus: () => undefined,
    onAlarm: ({ what }) => void alarms.push(what),
    log: () => undefined,
    onDamage: (fault) => {
      throw new Error(fault.what);
    },
    onFatal: (problem) => void alarms.push(String(problem)),
  });
  onTestFinished(() => sync.close());
  const write = async (count: number) => {
    await ledger.append(Array.from({ length: count }, (_, n) => draft("LayerAccepted", { n }, "J1")));
    sync.headMoved();
  };
  const taken = (which: 0 | 1) => (instances[which].log().match(/"outcome":"taken"/g) ?? []).length;
  for (let round = 0; round < 40 && !(taken(0) > 1 && taken(1) > 1); round++) {
    await write(300);
    await expect.poll(() => sync.status().withQa, { timeout: 40_000 }).toBe(ledger.head().size);
  }
  expect(taken(0)).toBeGreaterThan(1);
  expect(taken(1)).toBeGreaterThan(1);
  // In the middle of the work: what the dead one had in hand is sent again.
  await write(3_000);
  await instances[0].stop("SIGKILL");
  for (let round = 0; round < 3; round++) await write(300);
  await expect.poll(() => sync.status().withQa, { timeout: 60_000 }).toBe(ledger.head().size);

  const store = await openPostgresStore(databaseUrl);
  onTestFinished(() => store.close());
  const { size } = ledger.head();
  expect(await store.log(origin)).toMatchObject({ size, frozen: false, receipt: { size } });
  const held = (await store.entries(origin, 0, size + 10)).map(({ seq }) => seq);
  expect(held).toEqual(Array.from({ length: size }, (_, n) => n));
  expect(await store.quarantined(10)).toEqual([]);
  expect(alarms).toEqual([]);
});

test("where a broker shares nothing, each instance hears its own part of the cells, and together they hear all", () => {
  const cells = Array.from({ length: 50 }, (_, n) => `cell-${n}`);
  const heard = [1, 2, 3].map((part) => cells.filter((cell) => partOf(cell, 3) === part));
  expect(heard.flat().sort()).toEqual([...cells].sort());
  for (const part of heard) expect(part.length).toBeGreaterThan(5);
  expect(filtersFor({ kind: "part", cells: ["cell-1"] })).toEqual(["cellward/1/cell-1/up"]);
  expect(filtersFor({ kind: "shared", name: "central" })).toEqual(["$share/central/cellward/1/+/up"]);
  expect(filtersFor({ kind: "all" })).toEqual(["cellward/1/+/up"]);
});
