/** The challenge with rendered pictures of an empty plate: by the real process and network, and by networks that have died. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { emptyPlatePath, openEyes } from "../../src/commands/io/eyes.ts";
import type { CellConfig } from "../../src/config/schema.ts";
import { challenge } from "../../src/inspection/challenge.ts";
import { decodeGrey } from "../../src/inspection/io/decode.ts";
import { drillGuideLimits } from "../../src/inspection/limits.ts";
import type { Recipe } from "../../src/intake/recipe.ts";
import { challengedClasses, isChallengePassed } from "../../src/jobs/challenge.ts";
import { digestOf, digestOfValue } from "../../src/kernel/hash.ts";
import { openArtifacts } from "../../src/ledger/io/artifacts.ts";
import { jpegOf } from "../../src/simulators/camera/io/jpeg.ts";
import { commissioned, createBench } from "./bench.ts";

const root = await mkdtemp(join(tmpdir(), "challenge-"));
afterAll(() => rm(root, { recursive: true, force: true }));
const bench = createBench({ seed: 41 });
const { setup: measured } = commissioned(bench);
const bare = { plan: { layer: 0, top_mm: 0 }, beads: [] };
const empty = await jpegOf(bench.shoot(bare));
const [one, two] = [await jpegOf(bench.shoot(bare)), await jpegOf(bench.shoot(bare))];
const setup = { ...measured, emptyPlate: digestOf(empty) };

/** A camera that gives these pictures one after the other, and the last one again and again. */
async function cameraWith(pictures: readonly Uint8Array[]): Promise<string> {
  let next = 0;
  const server = createServer((_, answer) => {
    answer.setHeader("content-type", "image/jpeg");
    answer.end(pictures[Math.min(next++, pictures.length - 1)]);
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/snapshot.jpg`;
}

/** The cell's eyes with these pictures before its camera. */
async function eyesOn(name: string, pictures: readonly Uint8Array[], recipes: readonly Recipe[]) {
  const [data, file] = [join(root, name), join(root, name, "setup.json")];
  await mkdir(data);
  await writeFile(emptyPlatePath(file), empty);
  await writeFile(file, JSON.stringify(setup));
  const model = new URL("../../models/manifest.json", import.meta.url).pathname;
  const camera = { kind: "http", url: await cameraWith(pictures), timeoutSeconds: 5 };
  const config = { camera, inspection: { setup: file, model } } as CellConfig;
  const artifacts = openArtifacts(data, new Uint8Array(32));
  const sight = await openEyes({ config, artifacts, recipe: () => null, recipes: () => recipes });
  return { sight, artifacts };
}
const recipe = { inspection: drillGuideLimits } as unknown as Recipe;

let painted: readonly string[] = [];

test("the real inspector finds every planted class and passes what is whole, once for each set of limits [F63]", async () => {
  const { sight, artifacts } = await eyesOn("whole", [one, two], [recipe, recipe]);
  const outcome = await sight.eyes.challenge();
  if (!outcome.ok) throw new Error(outcome.error.what);
  expect(outcome.value).toMatchObject({
    artifacts: [digestOf(one), digestOf(two)],
    setup: digestOfValue(setup),
    model: sight.model?.model,
    tests: [{ limits: digestOfValue(drillGuideLimits), isPlateClean: true, isLayerPassed: true }],
    reasons: [],
  });
  const [told] = outcome.value.tests;
  expect(told!.planted.map((each) => [each.class, each.found])).toEqual(challengedClasses.map((name) => [name, true]));
  expect(isChallengePassed(outcome.value)).toBe(true);
  for (const picture of outcome.value.artifacts) expect(await artifacts.has(picture)).toBe(true);
  painted = told!.planted.map(({ picture }) => picture);
  // The camera has no picture left that is new.
  expect(await sight.eyes.challenge()).toMatchObject({ ok: false, error: { code: "repeated-picture" } });
  await sight.close();
});

test("without limits there is nothing to be challenged by, and that is no pass [F63][L3]", async () => {
  const { sight } = await eyesOn("bare", [one, two], []);
  expect(await sight.eyes.challenge()).toMatchObject({ ok: false, error: { code: "no-limits" } });
  await sight.close();
});

test("a camera that gives its picture again is missed, and what it gave is named [F63][F55][L3]", async () => {
  const { sight } = await eyesOn("frozen", [one], [recipe]);
  const outcome = await sight.eyes.challenge();
  expect(outcome).toMatchObject({ ok: true, value: { artifacts: [digestOf(one)], model: null, tests: [] } });
  expect(outcome.ok && outcome.value.reasons[0]).toContain("it is an old one");
  expect(outcome.ok && isChallengePassed(outcome.value)).toBe(false);
  await sight.close();
});

test("something on the plate and a covered lens are never passed [F63][F55][L3]", async () => {
  const thing = await jpegOf(bench.shoot({ ...bare, objects: [{ kind: "foreign", x: 75, y: 70, z: 0, r: 2 }] }));
  const frame = bench.shoot(bare);
  const dark = await jpegOf({ ...frame, rgb: frame.rgb.map(() => 4) });
  const told = async (pictures: readonly [Uint8Array, Uint8Array]) => {
    const said = await challenge(request(pictures), toolsOf(allFine));
    if (!said.ok) throw new Error(said.error.what);
    return said.value;
  };
  expect(await told([one, thing])).toMatchObject({ isPlateClean: false, planted: [] });
  expect(await told([one, dark])).toMatchObject({ isPlateClean: false, planted: [] });
});

test("a network that calls everything fine misses what only it can see, and one that alarms at all passes nothing; two runs plant the same [F63][F53][L3]", async () => {
  const deaf = await challenge(request([one, two]), toolsOf(allFine));
  expect(deaf).toMatchObject({ ok: true, value: { isLayerPassed: true } });
  // What was painted is painted again: the same pixels.
  expect(deaf.ok && deaf.value.planted.map(({ picture }) => picture)).toEqual(painted);
  const missed = deaf.ok ? deaf.value.planted.filter(({ found }) => !found).map((each) => each.class) : [];
  expect(missed).toContain("thin");
  expect(missed).toContain("missing");
  expect(deaf.ok && deaf.value.reasons[0]).toContain("A painted defect was not found (missing).");
  const alarm = await challenge(request([one, two]), toolsOf(alarmed));
  expect(alarm.ok && alarm.value.isLayerPassed).toBe(false);
  expect(alarm.ok && alarm.value.reasons[0]).toContain("A painted layer without a defect did not pass");
});

const size = 4 * 192 * 256;
/** Every cell of one class. */
const always = (index: number) => async () =>
  new Float32Array(size).fill(1, (index * size) / 4, ((index + 1) * size) / 4);
const allFine = always(0);
const alarmed = always(1);

function request(pictures: readonly [Uint8Array, Uint8Array]) {
  return { setup, limits: drillGuideLimits, emptyPlate: empty, pictures };
}

function toolsOf(infer: () => Promise<Float32Array | null>) {
  return { decode: decodeGrey, modelDigest: digestOfValue("m"), infer, lap: () => 0 };
}
