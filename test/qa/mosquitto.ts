/** Debian's Mosquitto for a test, with the configuration and the topic rules that docs/central-qa.md hands out. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const config = (file: string) => new URL(`../../config/${file}`, import.meta.url).pathname;

/** A port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

export interface BrokerOptions {
  /** Any free one where it is left out. */
  readonly port?: number;
  /** Further certificates of central's, for which the rules are written out once more. */
  readonly instances?: readonly string[];
  /** Further lines of the configuration. */
  readonly lines?: readonly string[];
}

export interface RealBroker {
  readonly port: number;
  /** Ends it without a word; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts Debian's broker on the files of the key folder; throws, with what to install, where it is missing. */
export async function runMosquitto(keys: string, options: BrokerOptions = {}): Promise<RealBroker> {
  const { port = await freePort(), instances = [], lines = [] } = options;
  const rules = readFileSync(config("mosquitto.acl"), "utf8");
  const own = /user central-qa\n(?:topic .*\n)+/.exec(rules)?.[0] ?? "";
  const more = instances.map((name) => own.replace("central-qa", name));
  // Rules for one name stand before those for every cell.
  writeFileSync(join(keys, "mosquitto.acl"), rules.replace(own, [own, ...more].join("\n")));
  // As it is handed out, but on a port of its own and as whoever runs the test.
  const text = readFileSync(config("mosquitto.conf"), "utf8").replace(
    "listener 8883",
    `user root\nlistener ${port} 127.0.0.1`,
  );
  writeFileSync(join(keys, "mosquitto.conf"), [text, ...lines, ""].join("\n"));
  const broker: ChildProcess = spawn("/usr/sbin/mosquitto", ["-c", "mosquitto.conf"], {
    cwd: keys,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  const ended = new Promise<void>((done) => broker.once("exit", () => done()));
  const gone = new Promise<never>((_, fail) => {
    broker.once("error", () => fail(new Error("Mosquitto is not installed: apt-get install mosquitto.")));
    broker.once("exit", (code) => fail(new Error(`Mosquitto ended with ${code}: ${said}`)));
  });
  gone.catch(() => undefined);
  const ready = new Promise<void>((done) => {
    broker.stderr?.setEncoding("utf8").on("data", (more: string) => {
      said = (said + more).slice(-4_000);
      if (/mosquitto version .* running/.test(said)) done();
    });
  });
  await Promise.race([ready, gone]);
  return {
    port,
    kill() {
      broker.kill("SIGKILL");
      return ended;
    },
  };
}

/** The same for one test: its port; ended after it. */
export async function startMosquitto(keys: string, instances: readonly string[] = []): Promise<number> {
  const { port, kill } = await runMosquitto(keys, { instances });
  onTestFinished(kill);
  return port;
}
