/** What the doctor says of set-up, empty plate, model and machines: only what the cell could really use is good. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import type { Check } from "../../src/commands/io/check.ts";
import { doctor } from "../../src/commands/io/doctor.ts";
import { emptyPlatePath } from "../../src/commands/io/eyes.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import { jpegOf } from "../../src/simulators/camera/io/jpeg.ts";
import { commissioned, createBench } from "./bench.ts";

const root = await mkdtemp(join(tmpdir(), "doctor-"));
afterAll(() => rm(root, { recursive: true, force: true }));
const project = new URL("../../", import.meta.url).pathname;
const bench = createBench({ seed: 41 });
const { setup } = commissioned(bench);
const empty = await jpegOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
const [config, file] = [join(root, "cell.toml"), join(root, "setup.json")];
const { file: network } = JSON.parse(await readFile(join(project, "models/manifest.json"), "utf8")) as { file: string };

beforeEach(async () => {
  const example = await readFile(join(project, "config/simulated-cell.toml"), "utf8");
  const own = example.replace("../var/demo/run/camera-setup.json", file).replace("../models", root);
  await writeFile(config, own);
  await writeFile(emptyPlatePath(file), empty);
  await writeFile(file, JSON.stringify({ ...setup, emptyPlate: digestOf(empty) }));
  await mkdir(root, { recursive: true });
  for (const name of ["manifest.json", "CARD.md", network])
    await copyFile(join(project, "models", name), join(root, name));
});

/** The doctor's checks by name. */
async function examined(): Promise<ReadonlyMap<string, Check>> {
  let said: readonly Check[] = [];
  const terminal = {
    result(value: unknown) {
      said = (value as { checks: readonly Check[] }).checks;
    },
    progress: () => undefined,
    trouble: (_: unknown, code: number) => code,
  };
  await doctor(terminal, { config, data: join(root, "none"), keys: join(root, "none") });
  return new Map(said.map((each) => [each.check, each]));
}

test("a good set-up with its empty plate and the released model is good [F52][F55]", async () => {
  expect((await examined()).get("inspection")).toMatchObject({ state: "good" });
});

const damages: readonly (readonly [string, RegExp, () => Promise<void>])[] = [
  ["an empty set-up file", /set-up file cannot be used/, () => writeFile(file, "{}")],
  ["another picture of the plate", /empty plate/, () => writeFile(emptyPlatePath(file), empty.slice(0, 50_000))],
  ["a model with one byte changed", /not the one that its manifest names/, () => changeByte(join(root, network))],
  ["a manifest of another kind", /manifest is not valid/, () => writeFile(join(root, "manifest.json"), "{}")],
  ["another model card", /validation report is not the one/, () => writeFile(join(root, "CARD.md"), "All is well.")],
  ["no model", /cannot be loaded/, () => rm(join(root, network))],
];

test.each(damages)("%s is bad, in words with a remedy [F52][F55][L8]", async (_, words, damage) => {
  await damage();
  const said = (await examined()).get("inspection");
  expect(said).toMatchObject({ state: "bad", what: expect.stringMatching(words) });
  expect(said?.remedy).toMatch(/[a-z].*[.)]$/);
});

test("a plate picture that is cut off is bad, even where the set-up names it [F55]", async () => {
  const torn = empty.slice(0, 50_000);
  await writeFile(emptyPlatePath(file), torn);
  await writeFile(file, JSON.stringify({ ...setup, emptyPlate: digestOf(torn) }));
  expect((await examined()).get("inspection")).toMatchObject({ state: "bad", what: expect.stringMatching(/damaged/) });
});

test("a machine that nobody makes safe without the cell is a warning", async () => {
  expect((await examined()).get("Printer A without the cell")).toBeUndefined();
  const text = await readFile(config, "utf8");
  await writeFile(config, text.replace('onHostLoss = "driver"', 'onHostLoss = "none"'));
  expect((await examined()).get("Printer A without the cell")).toMatchObject({ state: "warning" });
});

async function changeByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(path, bytes);
}
