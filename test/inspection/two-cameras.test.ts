/** Two cameras in one cell over real wires: each its own program, address, set-up and inspector, and the core that judges by both. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { calibrate } from "../../src/commands/io/camera.ts";
import { judgeAgain } from "../../src/commands/io/judge-again.ts";
import { readShippedModel } from "../../src/commands/io/model-files.ts";
import { setupOf } from "../../src/commands/io/set-up.ts";
import { openSight } from "../../src/commands/io/sight.ts";
import { createRejudgePlan } from "../../src/commands/rejudge-plan.ts";
import { loadConfig } from "../../src/config/io/load.ts";
import type { CellConfig } from "../../src/config/schema.ts";
import { evidenceBytes } from "../../src/inspection/evidence.ts";
import { readRecipe } from "../../src/intake/recipe.ts";
import { digestOf, digestOfValue } from "../../src/kernel/hash.ts";
import type { AttemptId, EquipmentId, JobId } from "../../src/kernel/names.ts";
import { openArtifacts } from "../../src/ledger/io/artifacts.ts";
import { createPerform } from "../../src/perform.ts";
import { benchMount } from "../../src/simulators/camera/pinhole.ts";
import { beadsOf } from "../../src/simulators/camera/print-faults.ts";
import { parkSlot } from "../../src/toolpath/capture.ts";
import {
  answer,
  cellWithOrder,
  job,
  layerDone,
  order,
  present,
  printer,
  type Story,
  start,
  tina,
} from "../jobs/story.ts";
import { benchRig } from "./bench.ts";
import { guideLayers, program } from "./drill-guide.ts";

const folder = await mkdtemp(join(tmpdir(), "two-cameras-"));
const at = (name: string) => join(folder, name);
const layers = guideLayers();

/** What stands on the bench: both cameras look at it over the printer's world link. */
const world = { epoch: 1, beads: [] as (readonly number[])[], head: { x: 30, y: 140, z: 2 }, objects: [] as object[] };
const worldServer = createServer((call, reply) => {
  const since = Number(new URL(call.url!, "http://world").searchParams.get("since"));
  const { epoch, beads, head, objects } = world;
  const page = call.url === "/state" ? { head, objects } : { beads: beads.slice(since) };
  reply.end(JSON.stringify({ epoch, next: beads.length, ...page }));
});

/** Starts a camera, a turn about the bed's middle from the front. */
async function cameraAt(name: string, azimuth: number): Promise<{ process: ChildProcess; url: string }> {
  const main = new URL("../../src/simulators/camera/io/main.ts", import.meta.url).pathname;
  const options = ["--world", at("world"), "--control", at(`${name}.control`), `--azimuth=${azimuth}`];
  const process = spawn(globalThis.process.execPath, [main, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const ready = await new Promise<string>((done) => process.stdout!.once("data", (line) => done(String(line))));
  return { process, url: (JSON.parse(ready) as { url: string }).url };
}

/** Asks the control socket of a camera. */
function control(name: string, route: "fault" | "clear", body: object): Promise<void> {
  return new Promise((done, fail) => {
    const call = request({ socketPath: at(`${name}.control`), path: `/${route}`, method: "POST" }, (reply) => {
      reply.resume().on("end", () => (reply.statusCode === 200 ? done() : fail(new Error(`${reply.statusCode}`))));
    });
    call.on("error", fail).end(JSON.stringify(body));
  });
}

/** The rig that a fitter measures for a camera that stands so, and the part of the plate that it is to judge. */
function rigOf(azimuth: number, plate: typeof benchRig.plate): object {
  const turn = (azimuth * Math.PI) / 180;
  const [across, up] = [
    Math.cos((benchMount.elevation * Math.PI) / 180),
    Math.sin((benchMount.elevation * Math.PI) / 180),
  ];
  const [x, y, z] = benchMount.target;
  const { distance } = benchMount;
  const eye = {
    x: x + distance * Math.sin(turn) * across,
    y: y - distance * Math.cos(turn) * across,
    z: z + distance * up,
  };
  const mount = { ...benchRig.mount, eye, target: { x, y, z } };
  return { format: "cellward-rig-1", ...benchRig, mount, plate, exposureUnknown: false };
}

const cameras: { process: ChildProcess; url: string }[] = [];
let config: CellConfig;
const quiet = { result: () => {}, progress: () => {}, trouble: ({ what }: { what: string }) => expect.fail(what) };

beforeAll(async () => {
  await new Promise<void>((done) => worldServer.listen(at("world"), done));
  cameras.push(await cameraAt("front", 0.4), await cameraAt("right", 5));
  await writeFile(at("front.rig.json"), JSON.stringify(rigOf(0.4, { ...benchRig.plate, x1_mm: 116 })));
  await writeFile(at("right.rig.json"), JSON.stringify(rigOf(5, benchRig.plate)));
  const simulated = new URL("../../config/simulated-cell.toml", import.meta.url).pathname;
  const before = (await readFile(simulated, "utf8")).replace(/\[camera\][\s\S]*?\n\n\[inspection\][\s\S]*?\n\n/, "");
  const model = new URL("../../models/manifest.json", import.meta.url).pathname;
  const text = `${before}
[camera]
kind = "http"
url = "${cameras[0]!.url}"

[inspection]
setup = "${at("front.json")}"
rig = "${at("front.rig.json")}"
model = "${model}"

[[inspection.view]]
id = "right"
setup = "${at("right.json")}"
rig = "${at("right.rig.json")}"
machine = "printer-1"

[inspection.view.camera]
kind = "http"
url = "${cameras[1]!.url}"
`;
  await writeFile(at("cell.toml"), text);
  const loaded = await loadConfig(at("cell.toml"));
  if (!loaded.ok) throw new Error(loaded.error.join(" "));
  config = loaded.value.config;
  expect(await calibrate(quiet, at("cell.toml"))).toBe(0);
  expect(await calibrate(quiet, at("cell.toml"), "right")).toBe(0);
}, 60_000);

afterAll(async () => {
  for (const { process } of cameras) process.kill();
  worldServer.closeAllConnections();
  worldServer.close();
  await rm(folder, { recursive: true, force: true });
});

const read = readRecipe(await readFile(new URL("../../config/recipes/drill-guide-pla.json", import.meta.url)));
if (!read.ok) throw new Error(JSON.stringify(read.error));
const recipe = read.value;

/** A cell that builds the guide, with its real sight: what is owed to the eye is done over the wires. */
async function cell(name: string, config: CellConfig) {
  const artifacts = openArtifacts(at(name), new Uint8Array(32));
  await mkdir(at(name));
  await artifacts.put(program);
  const of = digestOfValue(recipe);
  const sight = await openSight({ config, artifacts, recipe: () => recipe, recipes: () => [recipe] });
  expect(sight.fault).toBeNull();
  const [build] = order.route;
  const route = [{ ...build!, program: digestOf(program), layersPlanned: layers.length }] as typeof order.route;
  const model = await readShippedModel();
  const { cameras, equipment } = setupOf(config);
  const machines = equipment.map((each) => ({ ...each, serial: "S1" }));
  const ordered = { recipe: of, route, expires: 4e12 };
  const story = cellWithOrder(ordered, { cameras: cameras!, equipment: machines }, model!);
  const perform = createPerform(new Map(), sight.eyes, { labels: {} as never, keeper: {} as never });
  let heard = 0;
  /** Does all that is owed to the eye, until the core waits for somebody else. */
  const cell = { story, look, artifacts, ordered, onRetake: async () => {} };
  async function look(): Promise<void> {
    for (;;) {
      for (; heard < story.events.length; heard++) sight.hear({ seq: heard, at: 0, event: story.events[heard]! });
      const owed = story.owed().find(({ kind }) => kind === "capture" || kind === "inspect" || kind === "check-plate");
      if (owed === undefined) return;
      const { events } = story.tell(await perform(owed));
      if (events.some(({ type }) => type === "RetakeOrdered")) await cell.onRetake();
    }
  }
  onTestFinished(() => sight.close());
  return cell;
}

/** The empty plate, before a start. */
function clearBench(): void {
  Object.assign(world, { epoch: world.epoch + 1, beads: [], objects: [], head: { x: 30, y: 140, z: 2 } });
}

/** A build that both cameras have seen the empty plate of, and whose machine has begun. */
async function begun(name: string) {
  clearBench();
  const build = await cell(name, config);
  const { story, look } = build;
  story.tell({ kind: "confirm-identity", job, person: tina, hmacs: ["first", "second"], side: "left" });
  story.tell({ kind: "declare-plate-clear", equipment: printer, person: tina });
  await look();
  present(story);
  expect(start(story).refusal).toBeNull();
  await look();
  answer(story, "begin");
  return build;
}

/** The machine has made a layer and parks; `foreign` lies on the plate. */
async function make(
  { story, look }: Awaited<ReturnType<typeof begun>>,
  layer: number,
  ...foreign: object[]
): Promise<void> {
  const plan = layers[layer - 1]!;
  world.beads.push(...beadsOf(plan));
  world.objects = foreign;
  world.head = { x: 15 + 15 * parkSlot(8, story.attempt().id, layer), y: 140, z: plan.top_mm + 2 };
  layerDone(story, layer);
  await look();
  if (story.attempt().hold === null) answer(story, "proceed");
}

/** Judges what was stored again, as `cellward rejudge` does: looks of each camera, and how many came out byte for byte. */
async function judgedAgain({
  story,
  artifacts,
}: Awaited<ReturnType<typeof cell>>): Promise<[string, number, number][]> {
  const plan = createRejudgePlan();
  for (const [seq, event] of story.events.entries()) plan.take({ seq, at: 0, event });
  const builds = plan.builds();
  const same = new Map(builds.map(({ camera }) => [camera, 0]));
  const again = await judgeAgain(builds, artifacts, {
    ...{ manifest: config.inspection.model, workers: 1, limits: (own) => own },
    said({ camera }, { evidence }, said) {
      const isSame = said.kind === "report" && digestOf(evidenceBytes(said)) === evidence;
      same.set(camera, same.get(camera)! + (isSame ? 1 : 0));
    },
  });
  if (!again.ok) throw new Error(again.error.what);
  expect(again.value.left).toEqual([]);
  const looks = (steps: (typeof builds)[number]["steps"]) => steps.filter(({ kind }) => kind === "look").length;
  return builds.map(({ camera, steps }) => [camera, looks(steps), same.get(camera)!]);
}

const decided = ({ events }: Story) =>
  events.flatMap((event) => (event.type === "LayerDecided" ? [event.verdict] : []));
const reports = ({ events }: Story) =>
  events.flatMap((event) => (event.type === "LayerInspected" ? [event.report] : []));

describe("[L3][F51][F53][F55] two cameras look at one plate", { timeout: 120_000 }, () => {
  it("and pass the layers that both have seen well, each by its own set-up, reference and empty plate", async () => {
    const build = await begun("good");
    for (const layer of [1, 2, 3]) await make(build, layer);
    expect(decided(build.story)).toEqual(["pass", "pass", "pass"]);
    const [first, second] = reports(build.story).at(-1)!.views!;
    expect([first?.camera, second?.camera]).toEqual(["camera-1", "right"]);
    expect(first!.digests.setup).not.toBe(second!.digests.setup);
    expect(first!.digests.frame).not.toBe(second!.digests.frame);
    expect(build.story.events.find(({ type }) => type === "PlateChecked")).toMatchObject({
      clear: true,
      views: [{ camera: "right", clear: true, frame: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
    expect(await judgedAgain(build)).toEqual([
      ["camera-1", 3, 3],
      ["right", 3, 3],
    ]);
  });

  it("and what only the second one sees holds the layer", async () => {
    const build = await begun("beside");
    await make(build, 1);
    // It lies where the first camera's part of the plate has ended.
    await make(build, 2, { kind: "object", x: 127, y: 60, z: 0, r: 3 });
    expect(decided(build.story)).toEqual(["pass", "fail"]);
    const { verdict, findings, views = [] } = reports(build.story).at(-1)!;
    expect([verdict, ...views.map((each) => each.verdict)]).toEqual(["fail", "pass", "fail"]);
    expect(findings.every(({ camera }) => camera === "right")).toBe(true);
    expect(build.story.attempt().hold?.what).toContain("Camera right:");
  });

  it("and a layer that one of them could not see is seen again by both, against the picture that was accepted", async () => {
    const build = await begun("again");
    await make(build, 1);
    await control("right", "fault", { name: "blind" });
    // Somebody takes the cap off the second camera's lens between the first picture and the next.
    build.onRetake = () => control("right", "clear", {});
    await make(build, 2);
    expect(decided(build.story)).toEqual(["pass", "pass"]);
    expect(await judgedAgain(build)).toEqual([
      ["camera-1", 3, 3],
      ["right", 3, 3],
    ]);
    expect(
      reports(build.story).map(({ verdict, views = [] }) => [verdict, ...views.map((each) => each.verdict)]),
    ).toEqual([
      ["pass", "pass", "pass"],
      ["blind", "pass", "blind"],
      ["pass", "pass", "pass"],
    ]);
  });

  it("and of two printers at work at once each is judged by its own camera alone", async () => {
    clearBench();
    const second = "printer-2" as EquipmentId;
    const { inspection, machine } = config;
    const [view] = inspection.view!;
    const two: CellConfig = {
      ...config,
      machine: [...machine, { ...machine[0]!, id: second }],
      inspection: { ...inspection, machine: printer, view: [{ ...view!, machine: second }] },
    };
    const { story, look, ordered } = await cell("two-printers", two);
    const identity = { vendor: "v", model: "m", serial: "S1", firmware: "f", simulated: true };
    story.tell({ kind: "observed", equipment: second, observation: { kind: "online", identity } });
    const [build] = ordered.route;
    const route = [{ ...build!, equipment: second }] as typeof order.route;
    const lineage = { ...order.lineage, design: "D2" };
    const other = { ...order, ...ordered, id: "J2" as JobId, nonce: "nonce-2", lineage, route };
    story.tell({ kind: "accept-order", order: other });
    const jobs = [
      [job, printer],
      [other.id, second],
    ] as const;
    for (const [id, equipment] of jobs) {
      story.tell({ kind: "confirm-identity", job: id, person: tina, hmacs: ["first", "second"], side: "left" });
      story.tell({ kind: "declare-plate-clear", equipment, person: tina });
      await look();
      story.tell({ kind: "prove-presence", job: id, device: "scanner", proof: `proof of ${id}` });
      const started = story.tell({ kind: "start", job: id, operation: build!.id, person: tina });
      expect(started.refusal).toBeNull();
      await look();
      const attempt = `${id}-A1` as AttemptId;
      const begin = { directive: "begin", layer: 1, answer: { kind: "done" } } as const;
      story.tell({ kind: "answered", equipment, attempt, ...begin });
    }
    for (const layer of [1, 2]) {
      const plan = layers[layer - 1]!;
      world.beads.push(...beadsOf(plan));
      for (const [id, equipment] of jobs) {
        const attempt = `${id}-A1` as AttemptId;
        world.head = { x: 15 + 15 * parkSlot(8, attempt, layer), y: 140, z: plan.top_mm + 2 };
        const nothing = { min: 0, max: 0 };
        const summary = { hotend: nothing, bed: nothing, durationMs: 1, resends: 0, markedAt: story.at };
        story.tell({ kind: "observed", equipment, observation: { kind: "layer-done", attempt, layer, summary } });
        await look();
      }
    }
    expect(decided(story)).toEqual(["pass", "pass", "pass", "pass"]);
    const seen = story.events.flatMap((event) => {
      if (event.type !== "LayerCaptured") return [];
      return [[event.attempt, event.layer, event.camera ?? "camera-1", event.views?.length ?? 0]];
    });
    expect(seen).toEqual([
      ["J1-A1", 1, "camera-1", 0],
      ["J2-A1", 1, "right", 0],
      ["J1-A1", 2, "camera-1", 0],
      ["J2-A1", 2, "right", 0],
    ]);
  });

  it("and one that is unplugged holds the layer, by its name", async () => {
    const build = await begun("unplugged");
    await make(build, 1);
    cameras[1]!.process.kill();
    await new Promise((done) => cameras[1]!.process.once("exit", done));
    await make(build, 2);
    expect(decided(build.story)).toEqual(["pass"]);
    expect(build.story.attempt().hold).toMatchObject({
      cause: "blind",
      what: expect.stringContaining("Camera right:"),
    });
    expect(build.story.events.filter(({ type }) => type === "CaptureFailed")).toHaveLength(3);
  });
});
