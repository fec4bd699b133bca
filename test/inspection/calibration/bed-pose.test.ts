/** The plate laid on the bed tells where the camera stands, and whether set-up and fiducials say the same. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { poseByPlate } from "../../../src/commands/io/camera-pose.ts";
import { viewOf } from "../../../src/commands/plate-sheet.ts";
import { disagreement, type Laid, onBed, placeOf, poseOnBed } from "../../../src/inspection/calibration/bed-pose.ts";
import { cornersOf, layPlate } from "../../../src/inspection/calibration/plate.ts";
import { tagFamily } from "../../../src/inspection/calibration/tags.ts";
import { ringCentre } from "../../../src/inspection/fiducials.ts";
import { eyeOf, type Lens, lensOfMount, nudge, project } from "../../../src/inspection/lens.ts";
import { benchRig, commissioned, createBench } from "../bench.ts";
import { drawPlate } from "./draw-plate.ts";

const layout = (() => {
  const laid = layPlate(148, 210);
  if (!laid.ok) throw new Error(laid.error);
  return laid.value;
})();
const known = { focal_px: 2400, centre_px: { x: 812, y: 590 }, k1: -0.12, k2: 0.05 };
const truth: Lens = { ...nudge(lensOfMount(benchRig.mount), [0.02, -0.03, 0.01], [4, -6, 9]), ...known };
const laid: Laid = { x_mm: 5, y_mm: -30, turn: 0, z_mm: 0.3, within_mm: 0.2 };
const plate = { x0_mm: 0, y0_mm: 0, x1_mm: 150, y1_mm: 145 };

/** What an ideal detector sees of the sheet. */
const seenBy = (lens: Lens, how: Laid, wobble = () => 0) => ({
  name: "ideal",
  pairs: layout.tags
    .flatMap((_, id) => cornersOf(layout, id))
    .map((at) => {
      const { x, y } = project(lens, onBed(at, layout, how));
      return { at, seen: { x: x + wobble(), y: y + wobble() } };
    }),
});

describe("[F58] a sheet on the bed", () => {
  it("lies with its lower left corner where it was laid, turned about it", () => {
    const [corner, along] = [
      { x: -74, y: -105 },
      { x: 74, y: -105 },
    ];
    const at = (turn: Laid["turn"]) => [corner, along].map((p) => onBed(p, layout, { ...laid, turn }));
    expect(at(0)).toEqual([
      { x: 5, y: -30, z: 0.3 },
      { x: 153, y: -30, z: 0.3 },
    ]);
    expect(at(90)[1]).toEqual({ x: 5, y: 118, z: 0.3 });
    expect(at(180)[1]).toEqual({ x: -143, y: -30, z: 0.3 });
    expect(at(270)[1]).toEqual({ x: 5, y: -178, z: 0.3 });
    expect(at(90)[0]).toMatchObject({ x: 5, y: -30 });
  });

  it("tells the camera's place, however it is turned and whichever way the camera looks", () => {
    const turned = fc.constantFrom<Laid["turn"]>(0, 90, 180, 270);
    const small = fc.double({ min: -0.08, max: 0.08, noNaN: true });
    fc.assert(
      fc.property(turned, small, small, small, (turn, a, b, c) => {
        const lens = { ...nudge(truth, [a, b, c], [0, 0, 0]), ...known };
        const place = { 0: [5, -30], 90: [160, 0], 180: [150, 170], 270: [-20, 140] }[turn] as [number, number];
        const how = { ...laid, turn, x_mm: place[0], y_mm: place[1] };
        const pose = poseOnBed(seenBy(lens, how), layout, how, known);
        if (!pose.ok) throw new Error(pose.error);
        expect(disagreement(pose.value.lens, lens, plate)).toBeLessThan(1e-3);
      }),
      { numRuns: 40 },
    );
  });

  it("says how well: the true place lies within what is said in nearly all of many noisy pictures", () => {
    let state = 77;
    const wobble = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state / 2 ** 32 - 0.5) * 0.6;
    };
    let within = 0;
    for (let n = 0; n < 60; n++) {
      const pose = poseOnBed(seenBy(truth, laid, wobble), layout, { ...laid, within_mm: 1e-6 }, known);
      if (!pose.ok) throw new Error(pose.error);
      const middle = { x0_mm: 75, x1_mm: 80, y0_mm: 70, y1_mm: 75 };
      if (disagreement(pose.value.lens, truth, middle) <= pose.value.uncertainty_mm) within++;
      expect(pose.value.uncertainty_mm).toBeLessThan(0.05);
    }
    expect(within).toBeGreaterThanOrEqual(55);
  });

  it("that lies otherwise than was said is found out by whoever knows better", () => {
    const pose = poseOnBed(seenBy(truth, { ...laid, x_mm: 7 }), layout, laid, known);
    const off = pose.ok ? disagreement(pose.value.lens, truth, plate) : 0;
    // Two millimetres; a little more where the bed is seen slantwise.
    expect(off).toBeGreaterThan(1.8);
    expect(off).toBeLessThan(3.5);
  });

  it("[L8] is refused where too little of it is seen, where it is bent, and through another lens", () => {
    const whole = seenBy(truth, laid);
    const few = { ...whole, pairs: whole.pairs.slice(0, 12) };
    expect(poseOnBed(few, layout, laid, known)).toMatchObject({ error: expect.stringContaining("only 3 of") });
    const bent = whole.pairs.map(({ at, seen }) => ({ at, seen: { ...seen, y: seen.y + (at.x / 25) ** 2 } }));
    const flat = expect.stringContaining("not flat");
    expect(poseOnBed({ ...whole, pairs: bent }, layout, laid, known)).toMatchObject({ error: flat });
    const other = { ...known, k1: 0.3 };
    expect(poseOnBed(whole, layout, laid, other)).toMatchObject({ error: flat });
  });

  it("tells where a ring really stands that the rig file has elsewhere", () => {
    const [fiducial] = benchRig.fiducials;
    const moved = { ...fiducial!, at: { ...fiducial!.at, x: fiducial!.at.x + 1.7, y: fiducial!.at.y - 0.9 } };
    const seen = ringCentre(truth, moved.at, benchRig.fiducialRadius_mm);
    const place = placeOf(fiducial!, seen, benchRig.fiducialRadius_mm, truth)!;
    expect(place.x).toBeCloseTo(moved.at.x, 3);
    expect(place.y).toBeCloseTo(moved.at.y, 3);
    expect(place.z).toBe(fiducial!.at.z);
  });
});

describe("cellward camera pose", () => {
  let folder = "";
  const at = (name: string) => join(folder, name);
  const held = { tilt: 22, swing: 4, roll: 3, x: 0, y: 5, far: 330, seed: 9 };
  const drawn = { width: 960, height: 720, focal_px: 1100, cx: 487, cy: 352, k1: -0.18, k2: 0.06 };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "cellward-pose-"));
    const { width, height, data } = drawPlate(layout, tagFamily(layout.tags.length), drawn, held);
    const raw = { raw: { width, height, channels: 1 as const } };
    const seen = viewOf("drawn", { width, height, data }, { layout, scale: { x: 1, y: 1 } });
    const lensOf = { focal_px: 1100, centre_px: { x: 487, y: 352 }, k1: -0.18, k2: 0.06 };
    const stands = poseOnBed(seen, layout, laid, lensOf);
    if (!stands.ok) throw new Error(stands.error);
    await writeFile(at("plate.jpg"), await sharp(data, raw).jpeg({ quality: 95 }).toBuffer());
    const lens = {
      ...{ format: "cellward-lens-1", width_px: width, height_px: height, focal_px: 1100, k1: -0.18, k2: 0.06 },
      ...{ centre_px: { x: 487, y: 352 }, reprojection_px: 0.08, pictures: 8, madeAt: 1_770_000_000_000 },
      uncertainty: { focal_px: 0.5, centre_px: 0.4, corner_px: 0.4 },
    };
    await writeFile(at("lens.json"), JSON.stringify(lens));
    const project = new URL("../../../", import.meta.url).pathname;
    const rig = JSON.parse(await readFile(join(project, "config/bench-rig.json"), "utf8"));
    const eye = eyeOf(stands.value.lens);
    // As somebody would measure it with a tape.
    const mount = { ...rig.mount, eye: { x: Math.round(eye.x) + 8, y: Math.round(eye.y) - 5, z: Math.round(eye.z) } };
    await writeFile(at("rig.json"), JSON.stringify({ ...rig, mount }));
    const example = await readFile(join(project, "config/simulated-cell.toml"), "utf8");
    const own = example
      .replace(
        'setup = "../var/demo/run/camera-setup.json"',
        `setup = "${at("setup.json")}"\nlens = "${at("lens.json")}"`,
      )
      .replace('rig = "bench-rig.json"', `rig = "${at("rig.json")}"`)
      .replace("../models", join(project, "models"));
    await writeFile(at("cell.toml"), own);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function pose(change: object = {}) {
    const said = { json: {} as Record<string, unknown>, text: "" };
    const options = {
      ...{ config: at("cell.toml"), corner: "5,-30", turn: "0", height: "0.3", within: "0.2", size: "a5" },
      ...{ picture: at("plate.jpg"), ...change },
    };
    const code = await poseByPlate(
      {
        progress: () => undefined,
        result: (value, text) => void Object.assign(said, { json: value, text }),
        trouble: (trouble, exit) => {
          said.json = { ...trouble };
          return exit;
        },
      },
      options,
    );
    return { code, ...said };
  }

  it("tells the place from a picture before there is a set-up, and writes a rig file to look at, once", async () => {
    const told = await pose({ rigOut: at("rig-seen.json") });
    expect(told).toMatchObject({ code: 0, json: { ok: true, setupOff_mm: null } });
    expect(told.json["reprojection_px"]).toBeLessThan(0.3);
    expect(told.text).toContain("was not commissioned yet");
    // No fiducial is in this picture: every place stays as it was.
    expect(JSON.parse(await readFile(at("rig-seen.json"), "utf8"))).toEqual(
      JSON.parse(await readFile(at("rig.json"), "utf8")),
    );
    expect(await pose({ rigOut: at("rig-seen.json") })).toMatchObject({ code: 7, json: { code: "file-exists" } });
  });

  it("compares with the set-up: within what both know, or refused with what may be wrong", async () => {
    const { setup } = commissioned(createBench({ seed: 4 }));
    await writeFile(at("setup.json"), JSON.stringify(setup));
    const told = await pose();
    expect(told).toMatchObject({ code: 7, json: { ok: false } });
    expect(told.text).toMatch(
      /THE SET-UP SAYS OTHERWISE: places differ by [\d.]+ mm .*The sheet was laid or measured otherwise/,
    );
    await rm(at("setup.json"));
  });

  it.each([
    [{ corner: "here" }, 2, /is no place on the bed/],
    [{ corner: "1,2,3" }, 2, /is no place/],
    [{ turn: "45" }, 2, /0, 90, 180 or 270/],
    [{ within: "0" }, 2, /millimetres/],
    [{ size: "letter" }, 2, /no size of paper/],
    [{ across: "100", down: "200" }, 2, /another plate's/],
    [{ picture: "/nowhere.jpg" }, 6, /cannot be read/],
    // A larger sheet farther away looks the same: what gives it away is where the camera is said to hang.
    [{ size: "a4" }, 7, /the camera would hang \d+ mm from where the rig file has it/],
  ])("[L8] %j is refused in words", async (change, code, what) => {
    const told = await pose(change);
    expect(told.code).toBe(code);
    expect(told.json["what"]).toMatch(what);
  });
});
