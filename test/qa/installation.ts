/** A whole installation for the tests: keys by `cellward qa init`, a broker over TLS, central as its own process, cells on the wire. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connectAsync, type MqttClient } from "mqtt";
import { onTestFinished } from "vitest";
import { enrol, initQa } from "../../src/commands/io/qa.ts";
import { openQaKeys } from "../../src/commands/io/qa-keys.ts";
import { type Central, type QaRunOptions, startCentral } from "../../src/commands/io/qa-run.ts";
import { openQaStore, readQaConfig } from "../../src/commands/io/qa-set-up.ts";
import type { Terminal } from "../../src/commands/io/terminal.ts";
import { type DownMessage, downTopic, readDown, upTopic } from "../../src/ledger/batch.ts";
import { formatKey, parseKey } from "../../src/ledger/note.ts";
import type { VerifyingKey } from "../../src/ledger/signer.ts";
import { openPeople } from "../../src/people/io/store.ts";
import type { PeopleStore } from "../../src/people/store.ts";
import { type Broker, startBroker } from "../../src/simulators/broker/io/broker.ts";
import type { CellLog } from "./cell.ts";
import { freshFolder, type Later } from "./central.ts";

const main = new URL("../../src/main.ts", import.meta.url).pathname;

/** What a command printed and how it ended. */
export interface Ran {
  readonly code: number;
  readonly value: Record<string, unknown>;
}

/** Runs a command of central in this process, as main.ts would with --json. */
export async function ran(command: (terminal: Terminal) => Promise<number>): Promise<Ran> {
  const said: unknown[] = [];
  const code = await command({
    result: (value) => void said.push(value),
    progress: () => undefined,
    trouble(trouble, exit) {
      said.push({ ok: false, ...trouble });
      return exit;
    },
  });
  return { code, value: (said.at(-1) ?? {}) as Record<string, unknown> };
}

export interface Installation {
  readonly root: string;
  readonly keys: string;
  readonly data: string;
  readonly config: string;
  readonly witness: VerifyingKey;
  readonly decision: VerifyingKey;
  /** The folder that `qa enrol` made for a cell. */
  handed(cell: string): string;
  /** Options that every command of central takes. */
  readonly options: QaRunOptions;
}

/** Keys, certificates and a configuration for these cells; `url` is the broker's address. */
export async function install(
  cells: readonly Pick<CellLog, "registered">[],
  url: string,
  later: Later = onTestFinished,
): Promise<Installation> {
  const root = freshFolder(later);
  const [keys, data, config] = [join(root, "keys"), join(root, "data"), join(root, "qa.toml")];
  const hosts = ["localhost", "127.0.0.1"];
  const options = { keys, name: "qa.example/witness", brokerHost: hosts, evidenceHost: hosts };
  const made = await ran((terminal) => initQa(terminal, options));
  if (made.code !== 0) throw new Error(JSON.stringify(made.value));
  const handed = (cell: string) => join(root, `for-${cell}`);
  for (const { registered } of cells) {
    const enrolled = await ran((terminal) => enrol(terminal, registered.id, keys, handed(registered.id)));
    if (enrolled.code !== 0) throw new Error(JSON.stringify(enrolled.value));
  }
  writeFileSync(config, configText(cells, url));
  const key = (value: unknown) => {
    const parsed = parseKey(String(value));
    if (!parsed.ok) throw new Error(parsed.error);
    return parsed.value;
  };
  return {
    root,
    keys,
    data,
    config,
    witness: key(made.value["witness"]),
    decision: key(made.value["decision"]),
    handed,
    options: { config, data, keys },
  };
}

/** The configuration of central QA for these cells. */
export function configText(cells: readonly Pick<CellLog, "registered">[], url: string, more = ""): string {
  const tables = cells.map(
    ({ registered: { id, title, origin, keys, demonstration, ancestors } }) =>
      `[[cell]]\nid = "${id}"\ntitle = "${title}"\norigin = "${origin}"\nkeys = [${keys.map((each) => `"${formatKey(each)}"`).join(", ")}]\ndemonstration = ${demonstration}\n${ancestors.map(ancestorText).join("")}`,
  );
  return `[witness]\nname = "qa.example/witness"\n[http]\nport = 0\n[broker]\nurl = "${url}"\n${more}\n${tables.join("\n")}`;
}

function ancestorText({ origin, keys }: CellLog["registered"]["ancestors"][number]): string {
  return `[[cell.ancestor]]\norigin = "${origin}"\nkeys = [${keys.map((each) => `"${formatKey(each)}"`).join(", ")}]\n`;
}

/** The broker of an installation, closed after the test. */
export async function brokerFor(keys: string, port = 0): Promise<Broker> {
  const read = (file: string) => readFileSync(join(keys, file), "utf8");
  const broker = await startBroker({
    host: "127.0.0.1",
    port,
    authority: read("ca.cert.pem"),
    certificate: read("broker.cert.pem"),
    key: read("broker.key.pem"),
    central: "central-qa",
  });
  onTestFinished(() => broker.close().catch(() => undefined));
  return broker;
}

export interface Running {
  readonly url: string;
  readonly log: () => string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

function optionsOf({ config, data, keys }: Installation): string[] {
  return ["--config", config, "--data", data, "--keys", keys];
}

/** The people of central's page, with passwords that cost nothing. */
export function openCheapPeople({ keys }: Installation): Promise<PeopleStore> {
  const cost = { memory_KiB: 64, passes: 1, lanes: 1 };
  return openPeople({ path: join(keys, "people.json"), clock: { now: () => Date.now() }, cost });
}

/** The same in this process, for tests that do not kill it; closed after the test. */
export async function startQaHere(installation: Installation, later: Later = onTestFinished): Promise<Central> {
  const read = await readQaConfig(installation.config);
  const keys = await openQaKeys(installation.keys);
  if (!read.ok || !keys.ok) throw new Error(JSON.stringify([read, keys]));
  const store = await openQaStore(read.value.config, installation.data);
  if (!store.ok) throw new Error(store.error.what);
  const people = await openCheapPeople(installation);
  const central = await startCentral({
    setUp: read.value,
    keys: keys.value,
    keysDir: installation.keys,
    store: store.value,
    people,
    log: () => undefined,
  });
  later(() => central.close());
  return central;
}

/** Starts `cellward qa run` and waits until it is up; killed after the test. */
export async function startQa(installation: Installation, env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const child: ChildProcess = spawn(process.execPath, [main, "--json", "qa", "run", ...optionsOf(installation)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const exited = new Promise<void>((done) => child.once("exit", () => done()));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const ready = await new Promise<{ url?: string }>((done, fail) => {
    if (child.stdout) createInterface({ input: child.stdout }).once("line", (line) => done(JSON.parse(line)));
    void exited.then(() => fail(new Error(`central QA ended before it was up:\n${log}`)));
  });
  if (ready.url === undefined) throw new Error(`central QA did not come up: ${JSON.stringify(ready)}`);
  return {
    url: ready.url,
    log: () => log,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      await exited;
    },
  };
}

export interface CellOnWire {
  readonly client: MqttClient;
  say(bytes: Uint8Array): Promise<void>;
  /** What came and was not asked for yet. */
  heard(): readonly DownMessage[];
  /** The first message of this kind that came and was not asked for yet, or the next. */
  next<T extends DownMessage["kind"]>(kind: T): Promise<Extract<DownMessage, { kind: T }>>;
}

/** Connects with the certificate of `as` and listens on its own topic. */
export async function connectCell(installation: Installation, port: number, as: string): Promise<CellOnWire> {
  const read = (file: string) => readFileSync(join(installation.handed(as), file), "utf8");
  const client = await connectAsync(`mqtts://localhost:${port}`, {
    ca: read("ca.cert.pem"),
    cert: read("cell.cert.pem"),
    key: read("cell.key.pem"),
    protocolVersion: 4,
    clientId: "cell",
    reconnectPeriod: 100,
  });
  onTestFinished(() => client.endAsync(true).catch(() => undefined));
  const heard: DownMessage[] = [];
  const waiting: { kind: string; take: (message: DownMessage) => void }[] = [];
  client.on("message", (_topic, payload) => {
    const message = readDown(new Uint8Array(payload));
    if (!message.ok) throw new Error(message.error);
    const at = waiting.findIndex(({ kind }) => kind === message.value.kind);
    if (at >= 0) waiting.splice(at, 1)[0]?.take(message.value);
    else heard.push(message.value);
  });
  await client.subscribeAsync(downTopic(as), { qos: 1 });
  return {
    client,
    heard: () => heard,
    say: async (bytes) => void (await client.publishAsync(upTopic(as), Buffer.from(bytes), { qos: 1 })),
    next(kind) {
      const at = heard.findIndex((each) => each.kind === kind);
      if (at >= 0) return Promise.resolve(heard.splice(at, 1)[0] as never);
      return new Promise((take) => waiting.push({ kind, take: take as never }));
    },
  };
}
