/** `cellward inspect processes`, `reactions` and `score` by process packs, as their users run them; a third process is a file alone. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { whyOutside } from "../../src/commands/io/inspect-processes.ts";
import { readRecipe } from "../../src/intake/recipe.ts";
import { packDigest } from "../../src/jobs/process-pack.ts";
import { writePowderSet } from "../../src/simulators/powder/io/write-set.ts";
import { type Edits, edited, judgeOf, packOf } from "../packs.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "cellward-processes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const own = join(folder, "own");
mkdirSync(own);

/** What is looked at of what the commands print as JSON. */
interface Printed {
  readonly packs: readonly { readonly process: string; readonly digest: string; readonly scorable: string[] }[];
  readonly pack: { readonly process: string };
  readonly outcomes: readonly { readonly held: boolean }[];
}

function inspect(...args: string[]): Promise<{ code: number; out: string; err: string; json(): Printed }> {
  const env = { PATH: process.env["PATH"] ?? "" };
  return new Promise((resolve) => {
    execFile(join(root, "bin/cellward"), args, { env, maxBuffer: 1 << 26 }, (error, out, err) => {
      const code = typeof error?.code === "number" ? error.code : 0;
      resolve({ code, out, err, json: () => JSON.parse(out) });
    });
  });
}

/** A site's own powder bed, with another set of classes and limits. */
function writeOwn(edits: Edits): string {
  const path = join(own, "site.json");
  const names = { process: "powder-bed-site", title: "Powder bed of this site" };
  writeFileSync(path, edited(packOf("powder-bed"), { ...names, ...edits }));
  return path;
}

const { classes, limits } = judgeOf("powder-bed", "surface");

describe("cellward inspect processes", () => {
  it("[F53][L8] tells each pack with phases, classes, limits and reactions, in words and as JSON", async () => {
    const { code, out } = await inspect("inspect", "processes");
    const order =
      /filament, revision 1.*phase printed.*thin \(mm²\).*powder-bed, revision 1.*phase recoated.*streak.*phase fused.*missing-part/s;
    expect([code, out]).toEqual([0, expect.stringMatching(order)]);
    expect(out).toContain("nothing milder than hold");
    const told = (await inspect("--json", "inspect", "processes")).json();
    expect(told.packs.map((each) => [each.process, each.digest, each.scorable])).toEqual([
      ["filament", packDigest(packOf("filament")), ["printed"]],
      ["powder-bed", packDigest(packOf("powder-bed")), ["recoated", "fused"]],
    ]);
  });

  it("[L8] judges one's own file, and says where it is wrong", async () => {
    const good = writeOwn({ "phases.0.judges.0.classes": classes.slice(0, -1) });
    const told = await inspect("inspect", "processes", "--file", good);
    expect([told.code, told.out]).toEqual([0, expect.stringContaining("NOT LOOKED AT: texture")]);
    const all = (await inspect("--json", "inspect", "processes", "--processes", own)).json();
    expect(all.packs.map((each) => each.process)).toEqual(["filament", "powder-bed", "powder-bed-site"]);
    const bad = join(folder, "bad.json");
    writeFileSync(bad, readFileSync(good, "utf8").replace('"softest":"log"', '"softest":"sometimes"'));
    const refused = await inspect("inspect", "processes", "--file", bad);
    const words = /bad\.json: .* wrong at phases\.0\.judges\.0\.classes\.0\.reaction\.softest.*What to do:/s;
    expect([refused.code, refused.err]).toEqual([7, expect.stringMatching(words)]);
    const twice = join(folder, "twice");
    mkdirSync(twice);
    writeFileSync(join(twice, "a.json"), JSON.stringify(packOf("filament")));
    const doubled = await inspect("inspect", "processes", "--processes", twice);
    expect([doubled.code, doubled.err]).toEqual([7, expect.stringContaining("another pack for the process filament")]);
  });
});

describe("a third process, by a file alone", () => {
  it("[F51][F53] is scored by its own classes and limits", { timeout: 240_000 }, async () => {
    const set = join(folder, "set");
    await writePowderSet(set, 1003, [[], ["streak"], ["spatter"], ["hopping"], ["debris"]], "recoated", 400);
    const held = async (named: string) => {
      writeFileSync(join(set, "set.toml"), `process = "${named}"\nphase = "recoated"\nmm_per_pixel = 0.2\n`);
      const { pack, outcomes } = (await inspect("--json", "inspect", "score", "--set", set, "--processes", own)).json();
      return [pack.process, ...outcomes.map((each) => each.held)];
    };
    writeOwn({});
    expect(await held("powder-bed")).toEqual(["powder-bed", false, true, true, true, true]);
    expect(await held("powder-bed-site")).toEqual(["powder-bed-site", false, true, true, true, true]);
    // Its one class is a grain that is rougher or smoother: nobody looks for lines.
    writeOwn({ "phases.0.judges.0.classes": classes.slice(4) });
    expect(await held("powder-bed-site")).toEqual(["powder-bed-site", false, false, false, false, true]);
    // What is smaller than the least area of its class is passed.
    const wide = Object.entries(limits).map(([of, its]) =>
      its.unit === "mm²" ? [of, { ...its, default: 20_000, most: 20_000 }] : [of, its],
    );
    writeOwn({ "phases.0.judges.0.limits": Object.fromEntries(wide) });
    expect(await held("powder-bed-site")).toEqual(["powder-bed-site", false, false, false, false, false]);
  });

  it("[L8] the doctor's question says which recipe goes beyond its pack, or which folder of packs cannot be read", async () => {
    const read = readRecipe(readFileSync(join(root, "config/recipes/drill-guide-pla.json")));
    const recipe = read.ok ? read.value : expect.fail(read.error);
    expect(await whyOutside([recipe])).toBeNull();
    expect(await whyOutside([{ ...recipe, process: "resin" }])).toMatch(
      /for the process resin, of which there is no pack/,
    );
    expect(await whyOutside([recipe], join(folder, "nowhere"))).toMatch(/nowhere cannot be read/);
  });

  it("[F56][L8] answers for a recipe: its reactions within the pack, or why it goes beyond", async () => {
    const recipe = join(root, "config/recipes/drill-guide-pla.json");
    const within = await inspect("inspect", "reactions", recipe);
    const line = `pack filament, revision 1, SHA-256 ${packDigest(packOf("filament"))}`;
    expect([within.code, within.out]).toEqual([0, expect.stringContaining(line)]);
    const far = join(folder, "far.json");
    writeFileSync(far, readFileSync(recipe, "utf8").replace('"thin_mm2": 30', '"thin_mm2": 3000'));
    const refused = await inspect("inspect", "reactions", far);
    expect([refused.code, refused.err]).toEqual([7, expect.stringMatching(/thin_mm2 to 3000; .* 0.01 to 500/)]);
  });
});

describe("cellward inspect commission", () => {
  it("[F50][L8] freezes the good frames of both phases, says how alike they are, and writes over nothing", {
    timeout: 120_000,
  }, async () => {
    const frames = join(folder, "good");
    for (const phase of ["recoated", "fused"] as const) await writePowderSet(join(frames, phase), 1003, [], phase, 400);
    const args = ["inspect", "commission", "--process", "powder-bed", "--frames", frames, "--camera", "above the bed"];
    const out = join(folder, "commissioned");
    const made = await inspect(...args, "--mm-per-pixel", "0.2", "--exposure-unknown", "--out", out);
    const words =
      /surface\.json, SHA-256 [0-9a-f]{64}.*recoated: 8 good frames, .*fused: 8 good frames, .*needs its expected picture/s;
    expect([made.code, made.out]).toEqual([0, expect.stringMatching(words)]);
    const again = await inspect(...args, "--mm-per-pixel", "0.2", "--out", out);
    expect([again.code, again.err]).toEqual([7, expect.stringContaining("is there already")]);
    const nothing = await inspect(...args, "--mm-per-pixel", "much", "--out", join(folder, "never"));
    expect([nothing.code, nothing.err]).toEqual([7, expect.stringContaining("wrong at mm_per_pixel")]);
    const filament = await inspect(...args.with(3, "filament"), "--mm-per-pixel", "1", "--out", join(folder, "never"));
    expect([filament.code, filament.err]).toEqual([7, expect.stringContaining("not judged by its surface")]);
  });
});
