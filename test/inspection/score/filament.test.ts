/** A filament set whose expected pictures say where the parts of each layer are: drawn surfaces, no limit chosen on them. */
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scoreSet } from "../../../src/inspection/io/score-set.ts";
import { openSet } from "../../../src/inspection/io/set-folder.ts";
import { tally } from "../../../src/inspection/score/tally.ts";
import { faultKinds } from "../../../src/simulators/powder/bed.ts";
import { writeSet } from "./sets.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-filament-"));
  const faults = faultKinds.flatMap((kind) => [[], [kind]]);
  await writeSet(folder, 1102, faults, "fused");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function scored(description: string) {
  await writeFile(join(folder, "set.toml"), description);
  const opened = await openSet(folder);
  const done = opened.ok ? await scoreSet(opened.value, { progress() {}, async show() {} }) : opened;
  if (!done.ok) throw new Error(done.error.what);
  return { ...tally(done.value.outcomes), notes: done.value.notes };
}

describe("a filament set", () => {
  it("[F51] takes its expected pictures for where the parts are: parts that change from layer to layer are no defect", {
    timeout: 120_000,
  }, async () => {
    const { recall, falseAlarms, notes } = await scored('process = "filament"\nmm_per_pixel = 0.2\n');
    expect(recall).toMatchObject({ hits: 6, all: 6 });
    expect(falseAlarms).toMatchObject({ hits: 0, all: 6 });
    expect(notes).toEqual([]);
  });

  it("says so where its expected pictures cannot be used", { timeout: 120_000 }, async () => {
    const { notes } = await scored('process = "filament"\nregistered = false\n');
    expect(notes.join()).toContain("not registered to the frames");
  });

  it("[L3] holds the layer whose expected picture is torn, and says so once", { timeout: 120_000 }, async () => {
    await truncate(join(folder, "expected/layer_8.png"), 300);
    const { falseAlarms, notes } = await scored('process = "filament"\n');
    expect(falseAlarms).toMatchObject({ hits: 1, all: 6 });
    expect(notes).toEqual([expect.stringContaining("layer_8.png is not used: it is damaged or cut off")]);
  });
});
