/** `cellward inspect score` as its users run it, on drawn machines that no limit was chosen on. */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultKindsOf } from "../../../src/simulators/powder/bed.ts";
import { writePowderSet } from "../../../src/simulators/powder/io/write-set.ts";

const root = join(import.meta.dirname, "../../..");
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-score-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function score(...args: string[]): Promise<Said> {
  const env = { PATH: process.env["PATH"] ?? "" };
  return new Promise((resolve) => {
    execFile(join(root, "bin/cellward"), [...args], { env, maxBuffer: 1 << 26 }, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
    });
  });
}

/** The figures without what depends on the machine's speed and memory. */
function figures(out: string) {
  const { latencyMs: _, rssMb: __, outcomes, ...rest } = JSON.parse(out);
  return { ...rest, outcomes: outcomes.map(({ stageMs: ___, ...outcome }: { stageMs: unknown }) => outcome) };
}

describe("cellward inspect score", () => {
  it("[F51][F53][F62] finds every kind of fault on a machine it never saw, alarms on no clean layer, and says the same twice", {
    timeout: 240_000,
  }, async () => {
    const set = join(folder, "unseen");
    await writePowderSet(
      set,
      1003,
      faultKindsOf("recoated").flatMap((kind) => [[], [kind]]),
    );
    const first = await score("--json", "inspect", "score", "--set", set, "--out", join(folder, "overlays"));
    expect([first.code, first.err.includes("Error")]).toEqual([0, false]);
    const said = figures(first.out);
    expect(said.recall).toMatchObject({ hits: 6, all: 6 });
    expect(said.falseAlarms).toMatchObject({ hits: 0, all: 6 });
    expect(said.imageAuroc.value).toBe(1);
    expect(said.byClass).toHaveLength(6);
    expect((await readdir(join(folder, "overlays"))).length).toBeGreaterThan(0);
    const second = figures(
      (await score("--json", "inspect", "score", "--set", set, "--out", join(folder, "overlays"))).out,
    );
    expect(second).toEqual(said);
  });

  it("[F51][F62] of fused layers the expected pictures say what may change; references without one are read by their brightness", {
    timeout: 240_000,
  }, async () => {
    const set = join(folder, "fused");
    await writePowderSet(
      set,
      1004,
      faultKindsOf("fused").flatMap((kind) => [[], [kind]]),
      "fused",
    );
    for (const layer of [1, 4, 6]) await rm(join(set, "expected", `layer_${layer}.png`));
    const { out } = await score("--json", "inspect", "score", "--set", set);
    const said = figures(out);
    expect(said.byClass.find((row: { class: string }) => row.class === "missing part")?.recall).toMatchObject({
      hits: 1,
      all: 1,
    });
    // The faintest of the others may be missed on a machine that no limit was chosen on; none may rank below a clean layer.
    expect(said.recall.hits).toBeGreaterThanOrEqual(6);
    expect(said.imageAuroc.value).toBeGreaterThanOrEqual(0.97);
    expect(said.falseAlarms).toMatchObject({ hits: 0, all: 7 });
    for (const name of await readdir(join(set, "expected"))) await rm(join(set, "expected", name));
    const without = figures((await score("--json", "inspect", "score", "--set", set)).out);
    // Told by their brightness, parts that change are no alarm; one that is missing is not asked for.
    expect(without.falseAlarms.hits).toBeLessThanOrEqual(1);
    expect(without.imageAuroc.value).toBeGreaterThanOrEqual(0.93);
  });

  it("[F56][L3] a dark, a blurred, a covered, a repeated, a torn picture and one of another size are no evidence", {
    timeout: 240_000,
  }, async () => {
    const set = join(folder, "bad");
    await writePowderSet(
      set,
      1001,
      Array.from({ length: 8 }, () => []),
    );
    const at = (layer: number) => join(set, "frames", `layer_${layer}.jpg`);
    const change = async (layer: number, how: (picture: Sharp) => Sharp) =>
      writeFile(
        at(layer),
        await how(sharp(at(layer)))
          .jpeg({ quality: 92 })
          .toBuffer(),
      );
    await change(9, (picture) => picture.linear(0.5, 0));
    await change(10, (picture) => picture.blur(6));
    const cover = { create: { width: 500, height: 320, channels: 3, background: "#050505" } } as const;
    await change(11, (picture) => picture.composite([{ input: cover, left: 20, top: 20 }]));
    await copyFile(at(8), at(12));
    await writeFile(at(13), (await sharp(at(13)).toBuffer()).subarray(0, 900));
    await change(14, (picture) => picture.resize(320));
    const { code, out } = await score("--json", "inspect", "score", "--set", set);
    expect(code).toBe(0);
    const said = figures(out);
    const refused = Object.fromEntries(
      said.outcomes.map((each: { frame: string; refused: string[] }) => [each.frame, each.refused.join("; ")]),
    );
    expect(refused["layer_8.jpg"]).toBe("");
    expect(refused["layer_15.jpg"]).toBe("");
    expect(refused["layer_9.jpg"]).toContain("too dark");
    expect(refused["layer_10.jpg"]).toContain("out of focus");
    expect(refused["layer_11.jpg"]).toMatch(/covers|dark/);
    expect(refused["layer_12.jpg"]).toContain("frozen");
    expect(refused["layer_13.jpg"]).toContain("cannot be read");
    expect(refused["layer_14.jpg"]).toContain("another camera or setting");
    expect(said.outcomes.filter(({ held }: { held: boolean }) => held)).toHaveLength(6);
  });

  it("[F62] a mask that cannot be read makes no clean frame, and a mask saved in colour keeps its classes", {
    timeout: 120_000,
  }, async () => {
    const set = join(folder, "odd");
    await writePowderSet(set, 1002, [["debris"], ["debris"], []], "recoated", 320);
    await writeFile(join(set, "masks", "layer_8.png"), "no picture");
    const mask = await sharp(join(set, "masks", "layer_9.png"))
      .toColourspace("srgb")
      .png()
      .toBuffer();
    await writeFile(join(set, "masks", "layer_9.png"), mask);
    const said = figures((await score("--json", "inspect", "score", "--set", set)).out);
    expect([said.unlabelled, said.defective, said.clean]).toEqual([1, 1, 1]);
    expect(said.byClass.map((each: { class: string }) => each.class)).toEqual(["debris"]);
    expect(said.notes.join(" ")).toContain("layer_8.png is not counted");
    await writeFile(join(set, "classes.json"), "[1, 2]");
    await writeFile(join(set, "labels.csv"), "frame,defective\nlayer_9,0\nlayer_10,0\n");
    const unnamed = figures((await score("--json", "inspect", "score", "--set", set)).out);
    expect(unnamed.byClass.map((each: { class: string }) => each.class)).toEqual(["6"]);
    expect(unnamed.notes.join(" ")).toContain("classes.json is not used");
    expect(unnamed.notes.join(" ")).toContain(
      "labels.csv says clean of layer_9.jpg, its mask does not: the mask is believed",
    );
  });

  it("[F62] expected pictures that are black on white say the same, and that is noted", {
    timeout: 120_000,
  }, async () => {
    const set = join(folder, "negative");
    await writePowderSet(set, 1005, [["missing part"], []], "fused", 320);
    const white = figures((await score("--json", "inspect", "score", "--set", set)).out);
    for (const name of await readdir(join(set, "expected"))) {
      const path = join(set, "expected", name);
      await writeFile(
        path,
        await sharp(await readFile(path))
          .negate()
          .toColourspace("b-w")
          .png()
          .toBuffer(),
      );
    }
    const black = figures((await score("--json", "inspect", "score", "--set", set)).out);
    expect(black.notes).toEqual([
      ...white.notes,
      "The expected pictures are white all round: black is taken for the part.",
    ]);
    expect({ ...black, notes: [] }).toEqual({ ...white, notes: [] });
  });

  it.each([
    ["no folder", "/no/such/folder", "set-missing"],
    ["no description", "", "set-undescribed"],
  ])("[L8] a set with %s is refused in words, with what to do", async (_, where, code) => {
    const said = await score("--json", "inspect", "score", "--set", where === "" ? folder : where);
    expect(said.code).not.toBe(0);
    expect(`${said.out}${said.err}`).toContain(code);
  });
});
