/** `npm run demo`: a guide is printed, watched and recorded on real wires, played through the page's own API. */
import { rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureWebBuilt } from "../scripts/build-web.ts";
import { type Bench, preparePlaces, startBench } from "./bench.ts";
import { createDisplay } from "./display.ts";
import { closeRecord, type DemoFault, faults } from "./faults.ts";
import { deliverOrder, makeAuthorities } from "./packages.ts";
import { openPanel } from "./panel.ts";
import { enrolPeople, job } from "./people.ts";
import { cellward, root } from "./programs.ts";
import { attemptOf, ready, type Story, startCell, startJob, watch } from "./story.ts";

const help = `Usage: npm run demo -- [options]

Prints the example drill guide on a simulated printer, looks at every layer, and writes the record.

  --exit           end when the job has ended (otherwise everything is left running for a look)
  --fault NAME     let something go wrong and show the reaction
  --speed N        machine seconds a second: motion and heating only (30)
  --port N         port of the page (8440; 0 takes a free one)
  --dir FOLDER     where everything is kept (var/demo); emptied first
  --seed N         seed of the simulators (1)
  --help

Faults:
${Object.entries(faults)
  .map(([name, { what }]) => `  ${name.padEnd(24)}${what}`)
  .join("\n")}

Exit codes: 0 the device was finished and its record verifies; 7 it was not finished, and the cell
reacted as it must; 4 the record does not verify; 1 the demo itself failed or a fault was not caught.`;

interface Options {
  readonly exit: boolean;
  readonly fault: DemoFault | null;
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
    const fault = values.fault === undefined ? null : faults[values.fault];
    if (fault === undefined) return `There is no fault ${values.fault}.`;
    return { exit: values.exit, fault, speed, port, seed, dir: resolve(values.dir) };
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}

async function demo(options: Options): Promise<number> {
  const { fault } = options;
  const began = Date.now();
  const display = createDisplay();
  const running: { bench?: Bench; story?: Story } = {};
  process.once("SIGINT", () => end(running).then(() => process.exit(130)));
  try {
    display.say(
      "Cellward: a patient-specific drill guide, printed, watched and recorded. SIMULATED, not for human use.",
    );
    const places = preparePlaces(options.dir);
    await ensureWebBuilt();
    await cellward(["init", "--data", places.data, "--keys", places.keys, "--origin", "demo.cellward.example/cell-1"]);
    const bench = await startBench(places, { ...options, edits: fault?.edits ?? [] });
    running.bench = bench;
    display.say("  printer, camera and presence device are up, each on its own wire");
    await commission(places.config, display);
    await makeAuthorities(places);
    await (fault?.deliver ?? deliverOrder)(places);
    display.say("  the order is sealed for this cell, signed by design authority and clinical release, and delivered");
    const { cell, url } = await startCell(places);
    display.say(`  the cell is up: ${url}`);
    const panel = openPanel(url);
    const people = await enrolPeople(bench, panel);
    await panel.signIn(people.technician.name, people.technician.password);
    display.say(`  two people took their places with one-time codes:`);
    display.say(`    technician ${people.technician.name}, password ${people.technician.password}`);
    display.say(`    QA         ${people.quality.name}, password ${people.quality.password}`);
    const story: Story = { bench, display, panel, cell, ...people };
    running.story = story;
    if (!fault?.noOrder) await ready(story);
    const code = fault ? await playFault(story, fault) : await playGood(story);
    display.say(
      `  verify it yourself: bin/cellward verify ${join(places.dir, `${job}.json`)} --key ${join(places.keys, "cell.vkey")}`,
    );
    display.say(`  ${Math.round((Date.now() - began) / 1000)} s in all`);
    if (!options.exit) {
      display.say(`\nEverything is left running: ${url}  (Ctrl-C ends it)`);
      await new Promise(() => undefined);
    }
    return code;
  } catch (problem) {
    display.end();
    console.error(problem instanceof Error ? problem.message : problem);
    console.error(`Logs, where it got so far: ${join(options.dir, "run")}`);
    return 1;
  } finally {
    await end(running);
  }
}

async function playGood(story: Story): Promise<number> {
  const { display } = story;
  await startJob(story);
  const view = await watch(story);
  const attempt = attemptOf(view);
  if (attempt?.hold) display.say(`HELD: ${attempt.hold.what}`);
  const made = attempt?.outcome === "Completed" && view.state === "Ended";
  const counts = `${attempt?.printed} printed, ${attempt?.verdicts.length} decided, ${attempt?.accepted} accepted of ${attempt?.planned} planned`;
  display.say(made ? `FINISHED: ${counts}` : `NOT FINISHED: ${counts}`);
  const verified = await proveRecord(story);
  if (!verified) return 4;
  return made ? 0 : 7;
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

/** Exports the record, verifies it, and shows that one changed byte is found. */
async function proveRecord({ display, bench }: Story): Promise<boolean> {
  const { data, keys, dir } = bench.places;
  const folder = await cellward(["verify", data, "--keys", keys]);
  display.say(`  the ledger ${folder.code === 0 ? "verifies" : "DOES NOT VERIFY"}: ${summary(folder.value)}`);
  const record = join(dir, `${job}.json`);
  const exported = await cellward(["export", job, "--data", data, "--keys", keys, "--out", record]);
  if (exported.code !== 0) return folder.code === 0;
  const verified = await cellward(["verify", record, "--key", join(keys, "cell.vkey")]);
  const { headline } = verified.value as { headline: string };
  display.say(
    `  record: ${record} (.html and .pdf beside it): ${verified.code === 0 ? headline.toLowerCase() : headline}`,
  );
  const bytes = await readFile(record);
  const at = Math.floor(bytes.length / 3);
  bytes[at] = bytes[at] === 0x31 ? 0x32 : 0x31;
  const changed = join(dir, "changed.json");
  writeFileSync(changed, bytes);
  const caught = await cellward(["verify", changed, "--key", join(keys, "cell.vkey")]);
  const [finding] = (caught.value as { findings: { seq: number | null; what: string }[] }).findings;
  display.say(`  the same with one byte changed: ${caught.code === 4 ? `refused: ${finding?.what}` : "NOT REFUSED"}`);
  rmSync(changed);
  return folder.code === 0 && verified.code === 0 && caught.code === 4;
}

function summary(value: unknown): string {
  const { entries, jobs, artifacts } = value as { entries: number; jobs: number; artifacts: number };
  return `${entries} entries, ${jobs} job, ${artifacts} pictures, reports and programs`;
}

async function commission(config: string, display: { say(text: string): void }): Promise<void> {
  const done = await cellward(["camera", "calibrate", "--config", config]);
  if (done.code !== 0) throw new Error(`The camera could not be calibrated: ${JSON.stringify(done.value)}`);
  display.say("  the camera is commissioned on the empty plate");
}

async function end({ bench, story }: { bench?: Bench; story?: Story }): Promise<void> {
  story?.cell.kill("SIGTERM");
  await Promise.race([story?.cell.exited, new Promise((done) => setTimeout(done, 30_000))]);
  for (const program of [bench?.printer, bench?.camera, bench?.presence]) program?.kill("SIGTERM");
}
