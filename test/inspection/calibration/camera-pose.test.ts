/** The command that looks at the plate on the bed, on drawn pictures of a bed whose fiducials and sheet stand at known places. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { poseByPlate } from "../../../src/commands/io/camera-pose.ts";
import { layPlate } from "../../../src/inspection/calibration/plate.ts";
import { tagFamily } from "../../../src/inspection/calibration/tags.ts";
import { commission } from "../../../src/inspection/commission.ts";
import { type Lens, lensOfMount, nudge } from "../../../src/inspection/lens.ts";
import type { Picture } from "../../../src/inspection/picture.ts";
import { readRig } from "../../../src/inspection/rig.ts";
import { digestOf } from "../../../src/kernel/hash.ts";
import { benchRig } from "../bench.ts";
import { drawBed, type Lying } from "./draw-bed.ts";

const layout = (() => {
  const laid = layPlate(130, 125);
  if (!laid.ok) throw new Error(laid.error);
  return laid.value;
})();
const [width, height] = [1200, 900];
const known = { focal_px: 1810, centre_px: { x: 606, y: 441 }, k1: -0.12, k2: 0.05 };
const lens: Lens = { ...nudge(lensOfMount(benchRig.mount), [0.004, -0.005, 0.004], [2, -3, 4]), ...known };
const lying: Lying = { layout, codes: tagFamily(layout.tags.length), x: 10, y: 12, z: 0.3, turn: 0, scale: 1 };
/** The first fiducial truly stands elsewhere than the drawing has it. */
const fiducials = benchRig.fiducials.map(({ id, at }, k) => ({ id, at: k === 0 ? { ...at, x: at.x + 2.6 } : at }));
const drawn = (sheet: Lying | null, seed: number): Picture =>
  drawBed({ width, height, lens, fiducials, radius_mm: benchRig.fiducialRadius_mm, sheet, seed });

let folder = "";
const at = (name: string) => join(folder, name);
const jpegOf = ({ data }: Picture) =>
  sharp(data, { raw: { width, height, channels: 1 } })
    .jpeg({ quality: 95 })
    .toBuffer();
const empty = drawn(null, 1);
/** As the drawing has it, and as the fiducials truly stand. */
let [rigAsDrawn, rigAsIs]: Record<string, unknown>[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-pose-"));
  await writeFile(at("plate.jpg"), await jpegOf(drawn(lying, 2)));
  await writeFile(at("elsewhere.jpg"), await jpegOf(drawn({ ...lying, x: 12.5 }, 3)));
  const lensFile = {
    ...{ format: "cellward-lens-1", width_px: width, height_px: height, ...known },
    ...{ reprojection_px: 0.08, pictures: 12, madeAt: 1_770_000_000_000 },
    uncertainty: { focal_px: 1, centre_px: 1, corner_px: 0.4 },
  };
  await writeFile(at("lens.json"), JSON.stringify(lensFile));
  const root = new URL("../../../", import.meta.url).pathname;
  const rig = JSON.parse(await readFile(join(root, "config/bench-rig.json"), "utf8"));
  const mount = { ...rig.mount, focal_px: 1800, width_px: width, height_px: height };
  rigAsDrawn = { ...rig, mount };
  rigAsIs = { ...rig, mount, fiducials };
  const example = await readFile(join(root, "config/simulated-cell.toml"), "utf8");
  const files = `setup = "${at("setup.json")}"\nlens = "${at("lens.json")}"`;
  const right = `[[inspection.view]]\nid = "right"\nsetup = "${at("none.json")}"\nrig = "${at("rig.json")}"\nlens = "${at("lens.json")}"\n[inspection.view.camera]\nkind = "folder"\nfolder = "${at("")}"\n`;
  const own = example
    .replace('setup = "../var/demo/run/camera-setup.json"', files)
    .replace('rig = "bench-rig.json"', `rig = "${at("rig.json")}"`)
    .replace("../models", join(root, "models"));
  await writeFile(at("cell.toml"), `${own}\n${right}`);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function pose(change: object = {}) {
  const said = { json: {} as Record<string, unknown>, text: "" };
  const options = {
    ...{ config: at("cell.toml"), corner: "10,12", turn: "0", height: "0.3", within: "0.2", size: "130x125" },
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

const rigIs = (rig: object) => writeFile(at("rig.json"), JSON.stringify(rig));
async function commissioned() {
  const rig = readRig(rigAsIs);
  if (!rig.ok) throw new Error(rig.error.what);
  const file = JSON.parse(await readFile(at("lens.json"), "utf8"));
  const setup = commission(empty, rig.value, digestOf(empty.data), 1_770_000_000_000, file);
  if (!setup.ok) throw new Error(setup.error.what);
  await writeFile(at("setup.json"), JSON.stringify(setup.value));
}

describe("cellward camera pose", () => {
  it("[F58] tells the camera's place before there is a set-up, and that all nine fiducials agree with it", async () => {
    await rigIs(rigAsIs!);
    const told = await pose();
    expect(told).toMatchObject({
      code: 0,
      json: { ok: true, agreement: { by: "fiducials", agrees: true, wrong: [] } },
    });
    expect(told.json["reprojection_px"]).toBeLessThan(0.3);
    const seen = told.json["fiducials"] as { off_mm: number; uncertainty_mm: number }[];
    expect(seen).toHaveLength(9);
    for (const { off_mm, uncertainty_mm } of seen) expect(off_mm).toBeLessThan(uncertainty_mm);
    expect(told.text).toMatch(/fiducials in this picture and the plate agree: places differ by 0\.\d\d mm/);
  });

  it("[F58] finds the fiducial that stands elsewhere than the rig file has it, and writes a rig file to look at, once", async () => {
    await rigIs(rigAsDrawn!);
    const told = await pose({ rigOut: at("rig-seen.json") });
    expect(told.text).toMatch(
      /F1: at -5\.\d\d, -\d\.\d\d ± 0\.\d\d, 2\.\d\d mm from where the rig file has it \(more than is known\)/,
    );
    expect(told.text).toMatch(/F9: .* from where the rig file has it$/m);
    const read = readRig(JSON.parse(await readFile(at("rig-seen.json"), "utf8")));
    if (!read.ok) throw new Error(read.error.what);
    for (const [k, { at: place }] of read.value.fiducials.entries()) {
      const truly = fiducials[k]!.at;
      expect(Math.hypot(place.x - truly.x, place.y - truly.y)).toBeLessThan(0.3);
      expect(place.z).toBe(truly.z);
    }
    expect(JSON.parse(await readFile(at("rig.json"), "utf8"))).toEqual(rigAsDrawn);
    expect(await pose({ rigOut: at("rig-seen.json") })).toMatchObject({ code: 7, json: { code: "file-exists" } });
  });

  it("[F58][L8] agrees with a set-up of this camera, and refuses a sheet that lies elsewhere, saying where it lies", async () => {
    await rigIs(rigAsIs!);
    await commissioned();
    expect(await pose()).toMatchObject({ code: 0, json: { ok: true, agreement: { by: "setup", agrees: true } } });
    const told = await pose({ picture: at("elsewhere.jpg") });
    expect(told).toMatchObject({
      code: 7,
      json: { ok: false, code: "pose-disagrees", agreement: { wrong: ["place"] } },
    });
    expect(told.text).toMatch(/By it the sheet lies 2\.[45]\d mm farther right, 0\.\d\d mm farther/);
    expect(told.text).toMatch(/What to do: .*not at --corner/);
    // Of the second camera, which was never commissioned, the fiducials are asked.
    expect(await pose({ camera: "right" })).toMatchObject({ code: 0, json: { agreement: { by: "fiducials" } } });
    const setup = JSON.parse(await readFile(at("setup.json"), "utf8"));
    await writeFile(at("setup.json"), JSON.stringify({ ...setup, width_px: 1600, height_px: 1200 }));
    expect(await pose()).toMatchObject({ code: 7, json: { code: "other-setup" } });
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
    [{ camera: "left" }, 2, /no camera left/],
    // A larger sheet farther away looks the same: what gives it away is where the camera is said to hang.
    [{ size: "215x206" }, 7, /the camera would hang \d+ mm from where the rig file has it/],
  ])("[L8] %j is refused in words", async (change, code, what) => {
    await rigIs(rigAsIs!);
    const told = await pose(change);
    expect(told.code).toBe(code);
    expect(told.json["what"]).toMatch(what);
  });
});
