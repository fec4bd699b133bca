/** The demo's far end of every wire: printer, camera and presence device, each a program of its own. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Program, root, startProgram } from "./programs.ts";
import type { Station } from "./station.ts";

/** Where everything of one demo stands. */
export interface Places {
  readonly dir: string;
  readonly run: string;
  readonly data: string;
  readonly keys: string;
  readonly intake: string;
  /** Keys and packages of the demo's design authority and clinical release. */
  readonly authority: string;
  readonly config: string;
  readonly world: string;
  readonly cameraControl: string;
  readonly presenceControl: string;
  /** What the label printer's queue watches. */
  readonly labels: string;
}

export interface Bench {
  readonly places: Places;
  printer: Program;
  readonly camera: Program;
  readonly presence: Program;
  readonly cameraUrl: string;
  /** Restarts a printer that was killed: power comes back. */
  powerPrinter(): Promise<void>;
}

export interface BenchOptions {
  readonly dir: string;
  readonly speed: number;
  readonly seed: number;
  readonly port: number;
  /** The finishing station; null where the demo ends with the print, and the cell finds none at its address. */
  readonly station: Station | null;
  /** What stands in the configuration about central QA; empty for none. */
  readonly central: string;
  /** Lines of the configuration to put in the place of others (`from` must stand in it). */
  readonly edits: readonly { readonly from: string; readonly to: string }[];
}

const marker = ".cellward-demo";

/** Empties a folder that an earlier demo made; any other folder with something in it is left alone. */
function emptyOwnFolder(dir: string): void {
  const found = existsSync(dir) ? readdirSync(dir) : [];
  if (found.length > 0 && !found.includes(marker)) {
    throw new Error(`${dir} is not empty and was not made by a demo. Name a new folder with --dir.`);
  }
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, marker), "Made by the demo, which empties this folder at its next start.\n");
}

/** The folders of a demo, emptied. */
export function preparePlaces(dir: string): Places {
  emptyOwnFolder(dir);
  const run = join(dir, "run");
  const intake = join(dir, "intake");
  mkdirSync(run, { recursive: true, mode: 0o700 });
  mkdirSync(intake);
  return {
    dir,
    run,
    intake,
    authority: join(dir, "authority"),
    data: join(dir, "data"),
    keys: join(dir, "keys"),
    config: join(dir, "cell.toml"),
    world: join(run, "world.sock"),
    cameraControl: join(run, "camera.sock"),
    presenceControl: join(run, "presence.sock"),
    labels: join(dir, "labels"),
  };
}

const serial = "5d1c7a52-2f0e-4b62-9c1a-0000000000a1";

/** Starts the three simulators and writes the cell's configuration for them. */
export async function startBench(places: Places, options: BenchOptions): Promise<Bench> {
  const { run } = places;
  const token = join(run, "camera.token");
  writeFileSync(token, randomBytes(24).toString("hex"), { mode: 0o600 });
  const simulator = (name: string) => join(root, "src/simulators", name, "io/main.ts");
  const startPrinter = () =>
    startProgram(
      "printer",
      [
        simulator("printer"),
        ...["--tty", join(run, "printer.tty"), "--world", places.world, "--serial", serial, "--announce"],
        ...["--speed", String(options.speed), "--seed", String(options.seed)],
      ],
      run,
    );
  const printer = await startPrinter();
  const [camera, presence] = await Promise.all([
    startProgram(
      "camera",
      [
        simulator("camera"),
        ...["--world", places.world, "--control", places.cameraControl, "--token-file", token],
        ...["--seed", String(options.seed)],
      ],
      run,
    ),
    startProgram(
      "presence",
      [simulator("presence"), "--tty", join(run, "presence.tty"), "--control", places.presenceControl],
      run,
    ),
  ]);
  const cameraUrl = (JSON.parse(camera.ready) as { url: string }).url;
  writeConfig(places, cameraUrl, options);
  const bench: Bench = {
    places,
    printer,
    camera,
    presence,
    cameraUrl,
    async powerPrinter() {
      bench.printer = await startPrinter();
    },
  };
  return bench;
}

/** The committed configuration with this demo's folders, ports and edits. */
function writeConfig(places: Places, cameraUrl: string, options: BenchOptions): void {
  const { port, edits, station, central } = options;
  const config = join(root, "config");
  writeFileSync(join(places.run, "station.user"), station?.user.user ?? "nobody", { mode: 0o600 });
  writeFileSync(join(places.run, "station.password"), station?.user.password ?? "none", { mode: 0o600 });
  const snapshot = cameraUrl.endsWith(".jpg") ? cameraUrl : `${cameraUrl.replace(/\/$/, "")}/snapshot.jpg`;
  const changes = [
    { from: "http://127.0.0.1:8441/snapshot.jpg", to: snapshot },
    { from: "port = 8440", to: `port = ${port}` },
    { from: '"recipes"', to: JSON.stringify(join(config, "recipes")) },
    { from: '"bench-rig.json"', to: JSON.stringify(join(config, "bench-rig.json")) },
    { from: '"../models/', to: `"${join(root, "models")}/` },
    { from: "opc.tcp://127.0.0.1:4840", to: station?.url ?? "opc.tcp://127.0.0.1:9" },
    ...edits,
  ];
  let text = readFileSync(join(config, "simulated-cell.toml"), "utf8").replaceAll("../var/demo", places.dir);
  for (const { from, to } of changes) {
    if (!text.includes(from)) throw new Error(`config/simulated-cell.toml has no ${from}`);
    text = text.replace(from, () => to);
  }
  writeFileSync(places.config, `${text}\n${central}`);
}
