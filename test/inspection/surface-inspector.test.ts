/** The judge of surfaces as an inspector: its real process over drawn powder, two phases a layer, frozen good frames. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evidenceBytes } from "../../src/inspection/evidence.ts";
import type { NoResult, SurfaceInspector, SurfaceRequest } from "../../src/inspection/inspector.ts";
import { createSurfaceInspector } from "../../src/inspection/io/supervisor.ts";
import { commissionSurfaces } from "../../src/inspection/io/surface-commission.ts";
import type { InspectionReport, SurfaceReport } from "../../src/inspection/report.ts";
import { surfaceLimits } from "../../src/inspection/surface/limits.ts";
import { rulesAlong } from "../../src/inspection/surface/setup.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import { faultKindsOf } from "../../src/simulators/powder/bed.ts";
import { writePowderSet } from "../../src/simulators/powder/io/write-set.ts";
import { judgeOf, packOf } from "../packs.ts";

const phases = ["recoated", "fused"] as const;
type Phase = (typeof phases)[number];
/** A machine that no limit was chosen on; each phase has good frames 0 to 7, then a good and a faulty layer in turn. */
const seed = 1003;
const pack = packOf("powder-bed");
let folder = "";
let setup = "";
let inspector: SurfaceInspector;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-surfaces-"));
  for (const phase of phases) {
    const faults = faultKindsOf(phase).flatMap((kind) => [[], [kind]]);
    await writePowderSet(join(folder, phase), seed, faults, phase, 400);
  }
  setup = await frozen("setup");
  inspector = await started(setup);
}, 120_000);
afterAll(async () => {
  await inspector?.close();
  await rm(folder, { recursive: true, force: true });
});

async function frozen(name: string, frames = folder): Promise<string> {
  const said = { camera: "above the bed", madeAt: 1, mm_per_pixel: 0.2, exposureUnknown: true } as const;
  const out = join(folder, name);
  const made = await commissionSurfaces({ ...said, pack, frames, out, recoater: "down" });
  return made.ok ? made.value : expect.fail(made.error);
}

async function started(manifest: string): Promise<SurfaceInspector> {
  const made = await createSurfaceInspector({ manifest });
  return made.ok ? made.value : expect.fail(made.error.what);
}

/** Opens a build with the pack's own limits, or a recipe's. */
async function begin(attempt: string, to = inspector, said: Readonly<Record<string, unknown>> = {}) {
  const limits = surfaceLimits(pack, said);
  if (!limits.ok) expect.fail(limits.error);
  expect(await to.begin({ attempt, limits: limits.value, accepted: null, seen: [] })).toBeNull();
}

async function request(attempt: string, phase: Phase, layer: number): Promise<SurfaceRequest> {
  const at = join(folder, phase);
  const expected = phase === "fused" ? await readFile(join(at, `expected/layer_${layer}.png`)) : null;
  const frame = await readFile(join(at, `frames/layer_${layer}.jpg`));
  const times = { markedAt: 1_000, requestedAt: 1_010, receivedAt: 1_050, exposureStart: null };
  return { attempt, phase, layer, take: 1, frame, expected, ...times };
}

function seen(report: SurfaceReport | NoResult): SurfaceReport {
  return report.kind === "report" ? report : expect.fail(report.fault.what);
}

const evidence = (report: SurfaceReport) =>
  new TextDecoder().decode(evidenceBytes(report as unknown as InspectionReport));

describe("the inspector of surfaces, in its own process", () => {
  it("[F51][F53] passes good layers of both phases and finds what was drawn into the others, each as a class of the pack", {
    timeout: 120_000,
  }, async () => {
    await begin("A1");
    const verdicts: Record<string, string[]> = { good: [], faulty: [] };
    for (let layer = 8; layer < 22; layer++) {
      for (const phase of phases) {
        if (phase === "recoated" && layer >= 20) continue;
        const report = seen(await inspector.inspect(await request("A1", phase, layer)));
        expect([report.layer, report.phase, report.grade]).toEqual([layer, phase, "good"]);
        verdicts[layer % 2 === 0 ? "good" : "faulty"]?.push(report.verdict);
        const names = pack.phases.find(({ id }) => id === phase)?.judges[0]?.classes.map((each) => each.class);
        for (const each of report.findings) expect(names).toContain(each.class);
        expect(report.findings.length > 0).toBe(report.verdict === "fail");
      }
    }
    expect(verdicts["good"]).toEqual(verdicts["good"]?.map(() => "pass"));
    expect([verdicts["faulty"]?.length, verdicts["faulty"]?.filter((each) => each === "fail").length]).toEqual([
      13, 13,
    ]);
  });

  it("[F53] says of a streak in which column it lies, in millimetres, and of missing part that it is missing", async () => {
    await begin("A2");
    const streak = seen(await inspector.inspect(await request("A2", "recoated", 9)));
    const lines = streak.findings.filter(({ class: kind }) => kind === "streak" || kind === "hopping");
    expect(lines.length).toBeGreaterThan(0);
    const { width, height } = await sharp((await request("A2", "recoated", 9)).frame).metadata();
    for (const { region, class: kind } of lines) {
      const [from, long] = kind === "streak" ? [region.y_mm, region.h_mm] : [region.x_mm, region.w_mm];
      expect([from, long]).toEqual([0, expect.closeTo(0.2 * (kind === "streak" ? height : width), 6)]);
    }
    const missing = seen(await inspector.inspect(await request("A2", "fused", 21)));
    expect(missing.findings.map((each) => each.class)).toContain("missing-part");
    expect(missing.reasons.join(" ")).toMatch(
      /missing-part at x \d+ mm, y \d+ mm: .* times the limit of the good frames/,
    );
  });

  it("[F53][F66] replays to the same bytes in a fresh process, from what was frozen alone", {
    timeout: 60_000,
  }, async () => {
    await begin("A3");
    const first: string[] = [];
    for (const phase of phases) first.push(evidence(seen(await inspector.inspect(await request("A3", phase, 9)))));
    await cp(join(folder, "setup"), join(folder, "carried"), { recursive: true });
    const other = await started(join(folder, "carried/surface.json"));
    expect(other.inHand).toEqual(inspector.inHand);
    await begin("A3", other);
    const again: string[] = [];
    for (const phase of phases) again.push(evidence(seen(await other.inspect(await request("A3", phase, 9)))));
    await other.close();
    expect(again).toEqual(first);
    expect(JSON.parse(first[0] ?? "").digests).toMatchObject({
      setup: inspector.inHand.manifest,
      model: inspector.inHand.model,
    });
  });

  it("[F55][L3] what is no evidence is blind and never passed: dark, blurred, of another size, repeated, too early, without its expected picture", async () => {
    await begin("A4");
    const good = await request("A4", "fused", 8);
    const bent = async (how: (picture: Sharp) => Sharp) => ({
      ...good,
      frame: await how(sharp(good.frame)).jpeg({ quality: 92 }).toBuffer(),
    });
    const cases: [SurfaceRequest, RegExp][] = [
      [await bent((picture) => picture.linear(0.5, 0)), /too dark/],
      [await bent((picture) => picture.blur(6)), /out of focus/],
      [await bent((picture) => picture.resize(320)), /another camera or setting/],
      [{ ...good, expected: null }, /as it should be did not come/],
      [{ ...good, take: 2, requestedAt: 999 }, /very same picture/],
      [{ ...(await request("A4", "recoated", 8)), requestedAt: 999 }, /asked for before the layer was complete/],
    ];
    for (const [asked, why] of cases) {
      const report = seen(await inspector.inspect(asked));
      expect([report.verdict, report.findings, report.reasons.join(" ")]).toEqual([
        "blind",
        [],
        expect.stringMatching(why),
      ]);
    }
    const torn = await inspector.inspect({ ...good, frame: good.frame.subarray(0, 900) });
    expect(torn).toMatchObject({ kind: "no-result", fault: { code: "picture-unreadable" } });
    const nowhere = await inspector.inspect({ ...good, phase: "cooled" });
    expect(nowhere).toMatchObject({ kind: "no-result", fault: { code: "phase-unknown" } });
  });

  it("[F53] goes by the recipe's limits within the pack, and refuses those beyond", async () => {
    const most = Object.fromEntries(Object.entries(surfaceOf("recoated")).map(([name, { most: its }]) => [name, its]));
    await begin("A5", inspector, { recoated: most });
    const report = seen(await inspector.inspect(await request("A5", "recoated", 11)));
    for (const each of report.findings) expect(each.measured).toBeGreaterThanOrEqual(25);
    expect(surfaceLimits(pack, { recoated: { excess: 3 } })).toMatchObject({
      ok: false,
      error: expect.stringContaining("0.5 to 2"),
    });
    expect(surfaceLimits(pack, { cooled: {} })).toMatchObject({
      ok: false,
      error: expect.stringContaining("no phase cooled"),
    });
  });
});

function surfaceOf(phase: Phase) {
  return pack.phases.find(({ id }) => id === phase)?.judges[0]?.limits ?? {};
}

describe("a surface set-up", () => {
  it("takes streaks along the recoater's way, wherever that lies in the picture", () => {
    const rules = judgeOf("powder-bed", "surface");
    expect(rulesAlong(rules, "down")).toBe(rules);
    const [streak, hopping, spot] = rulesAlong(rules, "across").classes;
    expect([streak?.class, streak?.detectors, streak?.lines]).toEqual(["streak", ["streak across"], "rows"]);
    expect([hopping?.detectors, hopping?.lines]).toEqual([["streak down"], "columns"]);
    expect(spot).toEqual(rules.classes[2]);
  });

  it("[F50][L3] judges nothing where a good frame is another one than at commissioning", {
    timeout: 60_000,
  }, async () => {
    const path = await frozen("tampered");
    const names = (await readdir(join(folder, "tampered"))).filter((name) => name !== "surface.json");
    const [first = "", second = ""] = names;
    await writeFile(join(folder, "tampered", first), await readFile(join(folder, "tampered", second)));
    expect(await createSurfaceInspector({ manifest: path })).toMatchObject({
      ok: false,
      error: { code: "good-frame-changed" },
    });
    const gone = join(folder, "nowhere.json");
    expect(await createSurfaceInspector({ manifest: gone })).toMatchObject({
      ok: false,
      error: { code: "surfaces-not-commissioned" },
    });
  });

  it("[L8] is not made of too few, doubled or missing good frames, in words", { timeout: 60_000 }, async () => {
    const few = join(folder, "few");
    await mkdir(few);
    const said = {
      camera: "c",
      madeAt: 1,
      mm_per_pixel: 0.2,
      exposureUnknown: true,
      recoater: "down",
      pack,
      frames: few,
    } as const;
    const why = async () => {
      const made = await commissionSurfaces({ ...said, out: join(folder, "never") });
      return made.ok ? "made" : made.error;
    };
    expect(await why()).toMatch(/recoated\/reference holds no picture/);
    for (const phase of phases) await cp(join(folder, phase), join(few, phase), { recursive: true });
    const at = (layer: number) => join(few, `recoated/reference/layer_${layer}.jpg`);
    await cp(at(1), at(2));
    expect(await why()).toMatch(/same to the byte/);
    for (const layer of [2, 3, 4, 5]) await rm(at(layer));
    expect(await why()).toMatch(/wrong at phases\.0\.frames/);
    for (const layer of [2, 3, 4, 5]) await cp(join(folder, `recoated/reference/layer_${layer}.jpg`), at(layer));
    await rm(join(few, "fused/expected/layer_3.png"));
    expect(await why()).toMatch(/7 good frames have an expected picture and the others none/);
    expect(digestOf(await readFile(setup))).toMatch(/^[0-9a-f]{64}$/);
  });
});
