/** `npm run demo`: a guide is printed, watched and recorded on real wires, played through the page's own API. */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createDisplay } from "./display.ts";
import { closeRecord, type DemoFault, faults } from "./faults.ts";
import { deliverOrder, deliverShortOrder } from "./packages.ts";
import { job } from "./people.ts";
import { createPlayer } from "./player.ts";
import { root } from "./programs.ts";
import { proveRecord, trustOf } from "./proof.ts";
import { type RouteFault, routeFaults } from "./route-faults.ts";
import { type Running, setUp, tearDown } from "./setup.ts";
import type { Story } from "./story.ts";

const tell = ([name, { what }]: [string, { readonly what: string }]) => `  ${name.padEnd(27)}${what}`;

const help = `Usage: npm run demo -- [options]

Takes a sealed order for a drill guide through the whole cell: printed with every layer looked at, finished and
measured at a station, labelled, handed over, released, and countersigned by central QA. All machines are simulated.

  --exit           end when the job has ended (otherwise everything is left running for a look)
  --fault NAME     let something go wrong and show the reaction; several of the route's, separated by commas, are
                   played one after the other on a guide of three layers
  --speed N        machine seconds a second: motion and heating only (30)
  --port N         port of the page (8440; 0 takes a free one)
  --dir FOLDER     where everything is kept (var/demo); emptied first
  --seed N         seed of the simulators (1)
  --help

Faults until the print has ended:
${Object.entries(faults).map(tell).join("\n")}

Faults of the route, from material to central QA:
${Object.entries(routeFaults).map(tell).join("\n")}

Exit codes: 0 the device was released and its record verifies; 7 something was made to go wrong, and the
cell reacted as it must; 4 the record does not verify; 1 the demo itself failed or a fault was not caught.`;

interface Options {
  readonly exit: boolean;
  readonly fault: DemoFault | null;
  /** Faults of the route, in the order in which they are played; empty for none. */
  readonly onTheRoute: readonly RouteFault[];
  readonly speed: number;
  readonly port: number;
  readonly seed: number;
  readonly dir: string;
}

const options = readOptions();
if (options === "help") console.log(help);
else if (typeof options === "string") {
  console.error(`${options}\n\n${help}`);
  process.exitCode = 2;
} else process.exit(await demo(options));

/** The options, `help`, or the sentence that says which one is wrong. */
function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        exit: { type: "boolean", default: false },
        fault: { type: "string" },
        speed: { type: "string", default: "30" },
        port: { type: "string", default: "8440" },
        dir: { type: "string", default: join(root, "var/demo") },
        seed: { type: "string", default: "1" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return "help";
    const [speed, port, seed] = [Number(values.speed), Number(values.port), Number(values.seed)];
    if (!(speed >= 1 && speed <= 200)) return "--speed is a number from 1 to 200.";
    if (!Number.isInteger(port) || port < 0 || port > 65_535) return "--port is a whole number from 0 to 65535.";
    if (!Number.isSafeInteger(seed)) return "--seed is a whole number.";
    const names = values.fault?.split(",") ?? [];
    const fault = names.length === 1 ? (faults[names[0] ?? ""] ?? null) : null;
    const unknown = fault ? undefined : names.find((name) => !Object.hasOwn(routeFaults, name));
    if (unknown !== undefined) return `There is no fault ${unknown} that could be played here.`;
    const onTheRoute = Object.entries(routeFaults).flatMap(([name, each]) => (names.includes(name) ? [each] : []));
    return { exit: values.exit, fault, onTheRoute, speed, port, seed, dir: resolve(values.dir) };
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}

async function demo(options: Options): Promise<number> {
  const { fault, onTheRoute } = options;
  const began = Date.now();
  const display = createDisplay();
  const running: Running = {};
  const parts: { story?: Story } = {};
  const end = () => tearDown(running, parts.story?.cell ?? running.cell);
  process.once("SIGINT", () => end().then(() => process.exit(130)));
  try {
    display.say("Cellward: a drill guide for one patient, from order to release. SIMULATED, not for human use.");
    const short = onTheRoute.length > 0;
    const { edits = [], deliver = short ? deliverShortOrder : deliverOrder, noOrder } = fault ?? {};
    const story = await setUp({ ...options, whole: fault === null, edits, deliver, noOrder }, display, running);
    parts.story = story;
    const code = fault ? await playFault(story, fault) : await playRoute(story, onTheRoute);
    const record = join(story.bench.places.dir, `${job}.json`);
    display.say(`  verify it yourself: bin/cellward verify ${record} ${trustOf(story).join(" ")}`);
    display.say(`  ${Math.round((Date.now() - began) / 1000)} s in all`);
    if (!options.exit) {
      display.say("\nEverything is left running (Ctrl-C ends it).");
      await new Promise(() => undefined);
    }
    return code;
  } catch (problem) {
    display.end();
    console.error(problem instanceof Error ? problem.message : problem);
    console.error(`Logs, where it got so far: ${join(options.dir, "run")}`);
    return 1;
  } finally {
    await end();
  }
}

/** The whole route, with the chosen faults just before the acts that they are about. */
async function playRoute(story: Story, chosen: readonly RouteFault[]): Promise<number> {
  const { display, panel } = story;
  const player = createPlayer(story, chosen);
  const released = await player.play();
  if (player.wrong()) return 1;
  if (released) {
    const { state } = await panel.job(job).catch(() => ({ state: "Ended" }));
    display.say(state === "Ended" ? "FINISHED: released, recorded, with QA" : `NOT FINISHED: the order is ${state}`);
  }
  if (!(await proveRecord(story))) return 4;
  return released && chosen.length === 0 ? 0 : 7;
}

async function playFault(story: Story, fault: DemoFault): Promise<number> {
  const { display } = story;
  display.say(`FAULT: ${fault.what}`);
  const reaction = await fault.play(story);
  display.end();
  display.say(`${reaction.right ? "RIGHT" : "WRONG"}: ${reaction.words}`);
  await closeRecord(story);
  const verified = await proveRecord(story);
  if (!reaction.right) return 1;
  return verified ? 7 : 4;
}
