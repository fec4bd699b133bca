/** A lens is found out from pictures of the plate: as it is, as well as is said, or not at all. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fitFromPictures } from "../../../src/commands/io/camera-lens.ts";
import { calibrate } from "../../../src/inspection/calibrate.ts";
import { findTags } from "../../../src/inspection/calibration/find-tags.ts";
import { fitLens } from "../../../src/inspection/calibration/fit-lens.ts";
import { readLensFile } from "../../../src/inspection/calibration/lens-file.ts";
import { type Lens, project, rotationOf } from "../../../src/inspection/lens.ts";
import type { Picture } from "../../../src/inspection/picture.ts";
import { drawPlate, type Held } from "./draw-plate.ts";
import { family, layout, truth, viewsOf } from "./views.ts";

const held: readonly Held[] = [
  { tilt: 28, swing: 3, roll: 8, x: 10, y: 0, far: 400, seed: 1 },
  { tilt: -30, swing: 6, roll: -20, x: -10, y: 10, far: 420, seed: 2 },
  { tilt: 4, swing: 30, roll: 95, x: 0, y: -10, far: 430, seed: 3 },
  { tilt: 8, swing: -29, roll: 180, x: 5, y: 5, far: 410, seed: 4 },
  { tilt: 20, swing: 20, roll: 45, x: -5, y: 0, far: 450, seed: 5 },
];

function jpegOf({ width, height, data }: Picture): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 1 } })
    .jpeg({ quality: 95 })
    .toBuffer();
}

let folder = "";
let pictures: readonly Picture[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-lens-"));
  pictures = held.map((each) => drawPlate(layout, family, truth, each));
  for (const [k, picture] of pictures.entries()) await writeFile(join(folder, `p${k}.jpg`), await jpegOf(picture));
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A terminal that keeps what it was told. */
function listening() {
  const said = { value: null as unknown, text: "", code: 0 };
  return {
    said,
    terminal: {
      progress() {},
      result: (value: unknown, text: string) => void Object.assign(said, { value, text }),
      trouble: (value: unknown, code: number) => {
        Object.assign(said, { value, code });
        return code;
      },
    },
  };
}

const file = () => join(folder, "lens.json");
const asked = (change = {}) => ({ pictures: folder, size: "a4", out: file(), ...change });

describe("cellward camera lens", () => {
  it("[F58] finds the lens as it is, within what it says of itself, and writes it down", async () => {
    const { terminal, said } = listening();
    expect(await fitFromPictures(terminal, asked())).toBe(0);
    const lens = readLensFile(JSON.parse(await readFile(file(), "utf8")));
    if (!lens.ok) throw new Error(lens.error.what);
    const { focal_px, centre_px, uncertainty, reprojection_px } = lens.value;
    expect(Math.abs(focal_px - truth.focal_px)).toBeLessThan(1.5 * uncertainty.focal_px);
    expect(Math.hypot(centre_px.x - truth.cx, centre_px.y - truth.cy)).toBeLessThan(2 * uncertainty.centre_px);
    expect(uncertainty.focal_px).toBeLessThan(2);
    expect(reprojection_px).toBeLessThan(0.2);
    expect(said.text).toContain("known from 5 pictures");
    expect(said.value).toMatchObject({ ok: true, strange: [], poor: [] });
  });

  it("[F58][L8] refuses another plate's bars, a folder without pictures, and no paper", async () => {
    const twice = join(folder, "twice");
    await mkdir(join(twice, "folder.jpg"), { recursive: true });
    for (const name of ["a.jpg", "b.jpg"]) await writeFile(join(twice, name), await jpegOf(pictures[0]!));
    for (const [change, code, words] of [
      [{ across: "120", down: "240" }, 2, /170 mm across/],
      [{ across: "170" }, 2, /One bar was measured/],
      [{ pictures: twice }, 7, /b\.jpg is the same picture/],
      [{ pictures: join(folder, "none") }, 7, /is no folder/],
      [{ size: "letterbox" }, 2, /no size of paper/],
    ] as const) {
      const { terminal, said } = listening();
      expect(await fitFromPictures(terminal, asked(change))).toBe(code);
      expect(said.value).toMatchObject({ what: expect.stringMatching(words) });
    }
  });
});

it("[F58] no tag is taken for another where the plate is half covered, dark, blurred or cut off", () => {
  const [first] = pictures;
  const bent: Record<string, (v: number, x: number, y: number) => number> = {
    covered: (v, x) => (x > 300 && x < 380 ? 90 : v),
    dark: (v) => v * 0.3,
    glint: (v, x, y) => (Math.hypot(x - 320, y - 240) < 60 ? 255 : v),
    stripes: (v, x) => (x % 40 < 8 ? 20 : v),
  };
  const whole = new Map(findTags(first!, family).map(({ id, corners }) => [id, corners]));
  expect(whole.size).toBeGreaterThan(25);
  for (const change of Object.values(bent)) {
    const data = first!.data.map((v, i) => change(v, i % first!.width, Math.floor(i / first!.width)));
    for (const { id, corners } of findTags({ ...first!, data }, family)) {
      const off = corners.map((corner, k) =>
        Math.hypot(corner.x - whole.get(id)![k]!.x, corner.y - whole.get(id)![k]!.y),
      );
      expect(Math.max(...off)).toBeLessThan(3);
    }
  }
});

describe("what is said of a lens", () => {
  const tilts = [30, -28, 25, -32, 20, 35];

  it("[F58] holds: the true focal length lies within its uncertainty in about 95 of 100 runs", () => {
    let within = 0;
    for (let seed = 0; seed < 60; seed++) {
      const fit = fitLens(viewsOf(seed, tilts), truth);
      if (!fit.ok) throw new Error(fit.error);
      if (Math.abs(fit.value.intrinsics.focal_px - truth.focal_px) <= fit.value.uncertainty.focal_px) within++;
    }
    expect(within).toBeGreaterThanOrEqual(53);
  });

  it("[F58][L8] a plate that was always held alike tells nothing, and too few pictures neither", () => {
    const alike = fitLens(viewsOf(3, [0, 0, 0, 0, 0, 0]), truth);
    expect(alike).toMatchObject({ ok: false, error: expect.stringContaining("tilt it") });
    expect(fitLens(viewsOf(3, [30, -20]), truth)).toMatchObject({
      ok: false,
      error: expect.stringContaining("only 2"),
    });
  });

  it("[F58] a picture of a bent plate is left out and named", () => {
    const views = viewsOf(5, tilts);
    const bent = views[2]!.pairs.map(({ at, seen }) => ({
      at,
      seen: { x: seen.x, y: seen.y + 6 * (at.x / 100) ** 2 },
    }));
    const fit = fitLens([...views.slice(0, 2), { name: "bent", pairs: bent }, ...views.slice(3)], truth);
    expect(fit).toMatchObject({ ok: true, value: { strange: ["bent"] } });
  });
});

it("[F58] with the lens known, fiducials that are read badly tell the camera's place better", () => {
  const lens: Lens = {
    ...{
      rotation: rotationOf([2.6, 0.05, 0.02]),
      translation: [-60, 40, 380],
      centre_px: { x: truth.cx, y: truth.cy },
    },
    ...{ focal_px: truth.focal_px, k1: truth.k1, k2: truth.k2 },
  };
  const places = [-60, 0, 60].flatMap((x) =>
    [-40, 40].flatMap((y) => [
      { x, y, z: 0 },
      { x: x + 5, y, z: 25 },
    ]),
  );
  const sightings = places.map((at, k) => {
    const { x, y } = project(lens, at);
    return { id: `${k}`, at, seen: { x: x + (k % 3 === 0 ? 0.4 : -0.2), y: y + (k % 4 === 0 ? -0.4 : 0.15) } };
  });
  const middle = { x: 0, y: 0, z: 0 };
  const known = { focal_px: lens.focal_px, centre_px: lens.centre_px, k1: truth.k1, k2: truth.k2 };
  const worst = [null, known].map((each) => {
    const found = calibrate(sightings, truth, middle, undefined, each);
    if (!found.ok) throw new Error(found.error.what);
    const there = { x: 80, y: -60, z: 40 };
    const [a, b] = [project(lens, there), project(found.value.lens, there)];
    return Math.hypot(a.x - b.x, a.y - b.y);
  });
  expect(worst[1]).toBeLessThan(worst[0]!);
});
