/** A filament set whose expected pictures say where the part is: rendered strands of the drill guide, no limit chosen on these. */
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scoreSet } from "../../../src/inspection/io/score-set.ts";
import { openSet } from "../../../src/inspection/io/set-folder.ts";
import { tally } from "../../../src/inspection/score/tally.ts";
import { writeFilamentSet } from "../../../src/simulators/camera/io/write-set.ts";
import { filaments } from "../../../src/simulators/camera/look.ts";
import { guideLayers } from "../drill-guide.ts";

let folder = "";
const faults = ["spaghetti", "foreign object 8 mm", "detached part"];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-filament-"));
  const even = [6, 8, 10, 12, 14, 16];
  const references = [5, 7, 9, 11, 13, 15, 17, 18];
  const look = { filament: filaments.blue, seed: 1107 };
  const set = { layers: guideLayers(), frames: even, references, faults, width: 800, look };
  await writeFilamentSet(folder, set, () => {});
}, 120_000);
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
    expect(recall).toMatchObject({ hits: 3, all: 3 });
    expect(falseAlarms).toMatchObject({ hits: 0, all: 3 });
    expect(notes).toEqual([]);
  });

  it("finds the place of expected pictures that are not registered to it", { timeout: 120_000 }, async () => {
    const { recall, falseAlarms, notes } = await scored('process = "filament"\nregistered = false\n');
    expect(recall).toMatchObject({ hits: 3, all: 3 });
    expect(falseAlarms).toMatchObject({ hits: 0, all: 3 });
    expect(notes[0]).toContain("place on the frames was found");
  });

  it("[L3] holds the layer whose expected picture is torn, and says so once", { timeout: 120_000 }, async () => {
    await truncate(join(folder, "expected/layer_00010.png"), 300);
    const { falseAlarms, notes } = await scored('process = "filament"\n');
    expect(falseAlarms).toMatchObject({ hits: 1, all: 3 });
    expect(notes).toEqual([expect.stringContaining("layer_00010.png is not used: it is damaged or cut off")]);
  });
});
