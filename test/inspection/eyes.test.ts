/** The cell's eyes on real files: a folder of pictures, a set-up on disk, the committed network, the encrypted store. */
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { emptyPlatePath, openEyes } from "../../src/commands/io/eyes.ts";
import type { CellConfig } from "../../src/config/schema.ts";
import { readRecipe } from "../../src/intake/recipe.ts";
import { digestOf, digestOfValue } from "../../src/kernel/hash.ts";
import { canonicalBytes } from "../../src/kernel/json.ts";
import { openArtifacts } from "../../src/ledger/io/artifacts.ts";
import { jpegOf } from "../../src/simulators/camera/io/jpeg.ts";
import { commissioned, createBench } from "./bench.ts";
import { program } from "./drill-guide.ts";

const root = await mkdtemp(join(tmpdir(), "eyes-"));
afterAll(() => rm(root, { recursive: true, force: true }));
const bench = createBench({ seed: 31 });
const { setup } = commissioned(bench);
const empty = await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
const another = await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
const plate = { kind: "check-plate", equipment: "printer" } as never;
const capture = { kind: "capture", attempt: "A1", layer: 1, take: 1 } as never;

/** A cell's folder with pictures for its camera, and the options of its eyes. */
async function cellWith(name: string, pictures: readonly Uint8Array[]) {
  const folder = join(root, name);
  const [camera, data, file] = [join(folder, "camera"), join(folder, "data"), join(folder, "setup.json")];
  await mkdir(camera, { recursive: true });
  await mkdir(data, { recursive: true });
  for (const [i, picture] of pictures.entries()) await writeFile(join(camera, `${100 + i}.jpg`), picture);
  const model = new URL("../../models/manifest.json", import.meta.url).pathname;
  const config = { camera: { kind: "folder", folder: camera }, inspection: { setup: file, model } };
  const artifacts = openArtifacts(data, new Uint8Array(32));
  return { folder, file, options: { config: config as CellConfig, artifacts, recipe: () => null, recipes: () => [] } };
}

async function commission(file: string): Promise<void> {
  await writeFile(emptyPlatePath(file), empty);
  await writeFile(file, JSON.stringify({ ...setup, emptyPlate: digestOf(empty) }));
}

test("a picture that the cell has from before is refused, in this run and in a later one [F51][F55][L3]", async () => {
  const { file, options } = await cellWith("repeated", [empty, another, empty]);
  await commission(file);
  const first = await openEyes(options);
  expect([await first.eyes.capture(capture), await first.eyes.capture(capture)]).toMatchObject([
    { ok: true },
    { ok: true },
  ]);
  expect(await first.eyes.capture(capture)).toMatchObject({ ok: false, error: { code: "repeated-picture" } });
  await first.close();
  // The folder camera of a new run begins again at the first name: pictures of the run before.
  const later = await openEyes(options);
  expect(await later.eyes.capture(capture)).toMatchObject({ ok: false, error: { code: "repeated-picture" } });
  expect(await later.eyes.checkPlate(plate)).toMatchObject({ clear: false, frame: null });
  await later.close();
});

test("eyes that were closed open at the next look after the commissioning, without a restart [F55]", async () => {
  const { file, options } = await cellWith("commissioned", [another]);
  const sight = await openEyes(options);
  expect(sight).toMatchObject({ fault: { code: "camera-not-commissioned" }, setupDigest: null });
  expect(await sight.probe()).toMatchObject({ ready: false });
  expect(await sight.eyes.capture(capture)).toMatchObject({ ok: false, error: { code: "camera-not-commissioned" } });
  await commission(file);
  expect(await sight.probe()).toEqual({ ready: true, what: "Camera and inspection are ready." });
  expect(sight).toMatchObject({
    fault: null,
    setupDigest: digestOfValue({ ...setup, emptyPlate: digestOf(empty) }),
    model: { model: expect.stringMatching(/^[0-9a-f]{64}$/), manifest: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  await sight.close();
});

test("a set-up whose picture of the empty plate was exchanged is refused, also while the cell runs [F55][L3]", async () => {
  const { file, options } = await cellWith("exchanged", [another]);
  await commission(file);
  const sight = await openEyes(options);
  expect(sight.fault).toBeNull();
  await writeFile(emptyPlatePath(file), another);
  expect(await sight.probe()).toMatchObject({ ready: false, what: expect.stringContaining("empty plate") });
  expect(sight.fault).toMatchObject({ code: "empty-plate-changed" });
  expect(await sight.eyes.checkPlate(plate)).toMatchObject({ clear: false });
  await sight.close();
});

test.each([
  ["tighter ones that were signed for", { extra_mm: 1.1, shift_mm: 0.2 }, null],
  ["looser ones than the recipe's", { extra_mm: 1.6 }, "build-cannot-be-inspected"],
  ["ones that look for something else", { extraContrast: 200 }, "build-cannot-be-inspected"],
])("a build is judged by the limits that it was started with: %s [F53][L3]", async (name, change, fault) => {
  const { file, options } = await cellWith(name, [empty, another]);
  await commission(file);
  const recipe = readRecipe(readFileSync(new URL("../../config/recipes/drill-guide-pla.json", import.meta.url)));
  if (!recipe.ok) throw new Error(recipe.error);
  const sight = await openEyes({ ...options, recipe: () => recipe.value });
  const limits = { ...recipe.value.inspection, ...change };
  const set = await options.artifacts.put(canonicalBytes(limits));
  const guide = await options.artifacts.put(program);
  sight.know({
    id: "J1",
    recipe: digestOfValue("r"),
    route: [{ kind: "build", id: "print", program: guide }],
  } as never);
  const hear = (event: object) => sight.hear({ seq: 1, at: 1, event } as never);
  const seenBy = { ...setup, emptyPlate: digestOf(empty) };
  const limitSets = [{ set: digestOfValue("set"), setup: digestOfValue(seenBy), limits: set, by: [] }];
  hear({ type: "AttemptStarted", job: "J1", attempt: "A1", operation: "print", limitSets });
  const taken = await sight.eyes.capture(capture);
  if (!taken.ok) throw new Error(taken.error.what);
  hear({ type: "LayerCaptured", attempt: "A1", layer: 1, ...taken.value });
  const { frame } = taken.value;
  const said = await sight.eyes.inspect({ attempt: "A1", layer: 1, take: 1, frame, markedAt: 0 } as never);
  // Nothing was printed; what matters here is under which limits that was said.
  if (fault === null) expect(said).toMatchObject({ ok: true, value: { verdict: "blind", digests: { limits: set } } });
  else expect(said).toMatchObject({ ok: false, error: { code: fault } });
  await sight.close();
});
