/** The demo's central QA: its keys and authority, its broker, and itself, each a program of its own on a real wire. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cellward, type Program, root, startProgram } from "./programs.ts";

/** Where central QA keeps its things, and what it hands over to the cell. */
export interface CentralPlaces {
  readonly run: string;
  readonly keys: string;
  readonly data: string;
  readonly config: string;
  /** What `qa enrol` made for the cell. */
  readonly handedOver: string;
}

export interface Central {
  readonly places: CentralPlaces;
  readonly brokerUrl: string;
  broker: Program;
  qa: Program;
  url: string;
  /** The broker's power comes back, at the same address. */
  powerBroker(): Promise<void>;
  /** Central QA starts again on its own data. */
  powerQa(): Promise<void>;
  /** Signs a decision; it reaches the cell by itself. */
  decide(action: "hold" | "lift" | "demonstration", target: string, reason: string): Promise<void>;
  end(): void;
}

export interface CentralOptions {
  readonly cell: { readonly id: string; readonly title: string; readonly origin: string; readonly key: string };
  /** Central QA's register says that the cell is a demonstration. */
  readonly demonstration: boolean;
}

/** Makes keys and authority, starts broker and central QA, and enrols the cell. */
export async function startCentral(dir: string, run: string, options: CentralOptions): Promise<Central> {
  const places = placesIn(dir, run);
  await must(["qa", "init", "--keys", places.keys]);
  await must(["qa", "enrol", options.cell.id, "--keys", places.keys, "--out", places.handedOver]);
  let broker = await startBroker(places, 0);
  const { port, url: brokerUrl } = JSON.parse(broker.ready) as { port: number; url: string };
  writeConfig(places, brokerUrl, options);
  let { qa, url } = await startQa(places);
  const central: Central = {
    places,
    brokerUrl,
    get broker() {
      return broker;
    },
    get qa() {
      return qa;
    },
    get url() {
      return url;
    },
    async powerBroker() {
      broker = await startBroker(places, port);
    },
    async powerQa() {
      ({ qa, url } = await startQa(places));
    },
    async decide(action, target, reason) {
      const of = ["--config", places.config, "--keys", places.keys, "--data", places.data];
      const what = ["--cell", options.cell.id, "--action", action, "--target", target, "--reason", reason];
      await must(["qa", "decide", ...of, ...what]);
    },
    end() {
      qa.kill("SIGTERM");
      broker.kill("SIGTERM");
    },
  };
  return central;
}

function placesIn(dir: string, run: string): CentralPlaces {
  const home = join(dir, "central");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return {
    run,
    keys: join(home, "keys"),
    data: join(home, "data"),
    config: join(home, "qa.toml"),
    handedOver: join(dir, "from-central"),
  };
}

function startBroker({ keys, run }: CentralPlaces, port: number): Promise<Program> {
  const own = (name: string) => join(keys, name);
  const identity = ["--ca", own("ca.cert.pem"), "--cert", own("broker.cert.pem"), "--key", own("broker.key.pem")];
  const program = join(root, "src/simulators/broker/io/main.ts");
  return startProgram("broker", [program, ...identity, "--port", String(port)], run);
}

async function startQa({ config, data, keys, run }: CentralPlaces): Promise<{ qa: Program; url: string }> {
  const args = ["--json", "qa", "run", "--config", config, "--data", data, "--keys", keys];
  const qa = await startProgram("qa", [join(root, "src/main.ts"), ...args], run);
  const { url, what } = JSON.parse(qa.ready) as { url?: string; what?: string };
  if (url === undefined) throw new Error(`Central QA did not start: ${what}`);
  return { qa, url };
}

function writeConfig(
  { config, keys }: CentralPlaces,
  brokerUrl: string,
  { cell, demonstration }: CentralOptions,
): void {
  const name = readFileSync(join(keys, "witness.vkey"), "utf8").split("+")[0];
  const lines = [
    `[witness]\nname = ${JSON.stringify(name)}`,
    "[http]\nport = 0",
    `[broker]\nurl = ${JSON.stringify(brokerUrl)}`,
    `[[cell]]\nid = ${JSON.stringify(cell.id)}\ntitle = ${JSON.stringify(cell.title)}`,
    `origin = ${JSON.stringify(cell.origin)}\nkeys = [${JSON.stringify(cell.key)}]`,
    `demonstration = ${demonstration}\nsilentAfterSeconds = 900`,
  ];
  writeFileSync(config, `${lines.join("\n")}\n`);
}

async function must(args: readonly string[]): Promise<unknown> {
  const { code, value } = await cellward(args);
  if (code !== 0) throw new Error(`cellward ${args.slice(0, 2).join(" ")}: ${JSON.stringify(value)}`);
  return value;
}
