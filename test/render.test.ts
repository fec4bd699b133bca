/** `cellward render` as its users run it: pictures with their truth, the same again, and clear refusals. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const guide = [
  ...["--program", join(root, "config/examples/drill-guide/drill-guide.gcode")],
  ...["--recipe", join(root, "config/recipes/drill-guide-pla.json")],
];
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-render-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function render(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(join(root, "bin/cellward"), ["render", ...args], (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });
}

async function digests(set: string): Promise<string[]> {
  const files = (await readdir(set, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const lines = files.map(async ({ parentPath, name }) => {
    const bytes = await readFile(join(parentPath, name));
    return `${createHash("sha256").update(bytes).digest("hex")} ${name}`;
  });
  return (await Promise.all(lines)).sort();
}

const valuesOf = async (path: string) => new Set(await sharp(path).toColourspace("b-w").raw().toBuffer());

describe("cellward render", () => {
  it("[F51] draws filament from a toolpath, with what is wrong pixel by pixel, and the same again", async () => {
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    const options = [...guide, "--layers", "2-4", "--references", "1", "--width", "480", "--faults", "detached part"];
    for (const out of [one, two]) expect(await render("filament", ...options, "--out", out)).toMatchObject({ code: 0 });
    expect(await readdir(join(one, "frames"))).toEqual(["layer_00002.jpg", "layer_00004.jpg"]);
    expect(await valuesOf(join(one, "masks/layer_00002.png"))).toEqual(new Set([0]));
    expect(await valuesOf(join(one, "masks/layer_00004.png"))).toEqual(new Set([0, 1]));
    expect(await valuesOf(join(one, "expected/layer_00003.png"))).toEqual(new Set([0, 255]));
    expect(JSON.parse(await readFile(join(one, "classes.json"), "utf8"))).toEqual({ 1: "detached part" });
    expect(await digests(one)).toEqual(await digests(two));
  });

  it("draws a powder machine from its seed", async () => {
    const out = join(folder, "powder");
    const done = await render("powder", "--out", out, "--count", "2", "--width", "320", "--faults", "debris", "--json");
    expect(done.code).toBe(0);
    expect(JSON.parse(done.out)).toEqual({ ok: true, kind: "powder", out, frames: 2, references: 8 });
    expect(await valuesOf(join(out, "masks/layer_9.png"))).toEqual(new Set([0, 6]));
  });

  it.each<[string, readonly string[], number, RegExp]>([
    ["nothing to draw", [], 2, /filament or powder/],
    ["an unknown option", ["powder", "--colour", "red"], 2, /--colour[\s\S]*Usage/],
    ["an unknown fault", ["powder", "--faults", "flood"], 2, /no fault "flood". There are: streak/],
    ["a width of words", ["powder", "--width", "wide"], 2, /--width is a whole number/],
    ["an option of the other kind", ["powder", "--layers", "1-9"], 2, /--layers is of filament/],
    ["a folder that cannot be made", ["powder", "--out", "/proc/nothing/here"], 7, /cannot be made \(ENOENT\)/],
    ["no folder", ["powder"], 2, /--out names the folder/],
    ["layers that are not there", ["filament", ...guide, "--layers", "60-90", "--out", "/tmp/none"], 2, /B <= 62/],
    [
      "a program that is none",
      ["filament", ...guide, "--program", "README.md", "--out", "/tmp/none"],
      7,
      /README.md, line 1/,
    ],
    [
      "no such file",
      ["filament", ...guide, "--program", "absent.gcode", "--out", "/tmp/none"],
      7,
      /absent.gcode .*ENOENT/,
    ],
  ])("refuses %s in words", async (_, args, code, words) => {
    const said = await render(...args);
    expect(said).toMatchObject({ code, err: expect.stringMatching(words) });
  });

  it("writes over nothing", async () => {
    await writeFile(join(folder, "mine.txt"), "mine");
    expect(await render("powder", "--out", folder)).toMatchObject({
      code: 2,
      err: expect.stringContaining("not empty"),
    });
  });
});

describe("cellward inspect score", () => {
  const score = (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      execFile(join(root, "bin/cellward"), [...args], (error, out, err) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
      );
    });

  it("without a set is the program that measures the goals, and refuses what that does not know", async () => {
    const strange = await score("inspect", "score", "--quick");
    expect(strange.code).toBe(2);
    expect(strange.err).toMatch(/--quick[\s\S]*Measures every row of the goals/);
    const help = await score("inspect", "score", "--help");
    expect((await score("--help")).out).toMatch(/\n {2}render \[options\] .*draw layers/);
    expect(help.out).toMatch(/--set <folder>[\s\S]*without it the\s+goals are/);
  });
});
