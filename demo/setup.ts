/** A demo set up from nothing: keys, order, far ends of every wire, central QA, the cell, its people, its material. */
import { join } from "node:path";
import { ensureWebBuilt } from "../scripts/build-web.ts";
import { type Bench, type Places, preparePlaces, startBench } from "./bench.ts";
import { type Central, startCentral } from "./central.ts";
import type { Display } from "./display.ts";
import { deliverOrder, makeAuthorities } from "./packages.ts";
import { openPanel } from "./panel.ts";
import { enrolPeople } from "./people.ts";
import { cellward, type Program } from "./programs.ts";
import { supply } from "./route.ts";
import { introduce, type Station, startStation } from "./station.ts";
import { ready, type Story, startCell } from "./story.ts";

export interface SetupOptions {
  readonly dir: string;
  readonly speed: number;
  readonly seed: number;
  readonly port: number;
  readonly edits: readonly { readonly from: string; readonly to: string }[];
  /** The station and central QA run too; otherwise the demo ends with the print. */
  readonly whole: boolean;
  /** Other than laying the good order into the intake. */
  readonly deliver?: ((places: Places) => unknown) | undefined;
  /** The cell refuses the order, so that nobody waits for it. */
  readonly noOrder?: boolean | undefined;
}

/** What is up so far, so that it can be ended whatever happens. */
export interface Running {
  bench?: Bench;
  station?: Station;
  central?: Central;
  cell?: Program;
}

export const origin = "demo.cellward.example/cell-1";

/** Sets everything up; what has been started stands in `running` as soon as it is. */
export async function setUp(options: SetupOptions, display: Display, running: Running): Promise<Story> {
  const { dir, whole } = options;
  const places = preparePlaces(dir);
  await ensureWebBuilt();
  const made = await must(["init", "--data", places.data, "--keys", places.keys, "--origin", origin]);
  if (whole) await startFarEnds(places, (made as { key: string }).key, options, display, running);
  const [station, central] = [running.station ?? null, running.central ?? null];
  const bench = await startBench(places, { ...options, station, central: central ? qaSection(central) : "" });
  running.bench = bench;
  display.say("  printer, camera and presence device are up, each on its own wire");
  if (station) {
    await introduce(station, places);
    display.say("  station and cell have accepted each other's certificates, by their fingerprints");
  }
  await must(["camera", "calibrate", "--config", places.config]);
  display.say("  the camera is commissioned on the empty plate");
  await makeAuthorities(places);
  await (options.deliver ?? deliverOrder)(places);
  display.say("  the order is sealed for this cell, signed by design authority and clinical release, and delivered");
  const { cell, url } = await startCell(places);
  running.cell = cell;
  display.say(`  the cell is up: ${url}${central ? `   central QA: ${central.url}` : ""}`);
  const panel = openPanel(url);
  const people = await enrolPeople(bench, panel);
  await panel.signIn(people.technician.name, people.technician.password);
  display.say("  two people took their places with one-time codes:");
  display.say(`    technician ${people.technician.name}, password ${people.technician.password}`);
  display.say(`    QA         ${people.quality.name}, password ${people.quality.password}`);
  if (central) {
    display.say(`    at central QA nobody yet: bin/cellward qa people invite --keys ${central.places.keys} --role qa`);
  }
  const story: Story = { bench, display, panel, url, cell, station, central, ...people };
  if (options.noOrder) return story;
  await ready(story);
  await supply(story);
  return story;
}

async function startFarEnds(
  { dir, run }: Places,
  key: string,
  { speed, seed }: SetupOptions,
  display: Display,
  running: Running,
): Promise<void> {
  const cell = { id: "demo-cell", title: "Cell 1", origin, key };
  running.station = await startStation(run, speed, seed);
  running.central = await startCentral(dir, run, { cell, demonstration: true });
  await running.central.decide("demonstration", "cell:demo-cell", "demonstration");
  display.say("  central QA, its broker and the finishing station are up; QA has marked the cell as a demonstration");
}

/** The part of the configuration that names central QA; its files are those that `qa enrol` made. */
function qaSection({ places: { handedOver }, brokerUrl }: Central): string {
  const file = (name: string) => JSON.stringify(join(handedOver, name));
  return [
    "[qa]",
    `broker = ${JSON.stringify(brokerUrl)}`,
    `caFile = ${file("ca.cert.pem")}`,
    `certFile = ${file("cell.cert.pem")}`,
    `keyFile = ${file("cell.key.pem")}`,
    `cosigner = [${file("witness.vkey")}]`,
    `decisions = [${file("decision.vkey")}]`,
    "",
  ].join("\n");
}

/** Ends everything that is up: the cell first, so that it can make its machines safe. */
export async function tearDown({ bench, station, central }: Running, cell: Program | undefined): Promise<void> {
  cell?.kill("SIGTERM");
  await Promise.race([cell?.exited, new Promise((done) => setTimeout(done, 30_000))]);
  for (const program of [bench?.printer, bench?.camera, bench?.presence, station?.program]) program?.kill("SIGTERM");
  central?.end();
}

async function must(args: readonly string[]): Promise<unknown> {
  const { code, value } = await cellward(args);
  if (code !== 0) throw new Error(`cellward ${args.slice(0, 2).join(" ")}: ${JSON.stringify(value)}`);
  return value;
}
