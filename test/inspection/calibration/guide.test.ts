/** Somebody holds the plate before the camera and is led, picture by picture, until the lens is known. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guide } from "../../../src/commands/io/camera-guide.ts";
import { viewOf } from "../../../src/commands/plate-sheet.ts";
import { progressOf, whyNotCounted } from "../../../src/inspection/calibration/coach.ts";
import type { PlateView } from "../../../src/inspection/calibration/fit-lens.ts";
import { readLensFile } from "../../../src/inspection/calibration/lens-file.ts";
import { layPlate } from "../../../src/inspection/calibration/plate.ts";
import { tagFamily } from "../../../src/inspection/calibration/tags.ts";
import type { Picture } from "../../../src/inspection/picture.ts";
import { drawPlate, type Held, type Truth } from "./draw-plate.ts";

const layout = (() => {
  const laid = layPlate(210, 297);
  if (!laid.ok) throw new Error(laid.error);
  return laid.value;
})();
const sheet = { layout, scale: { x: 1, y: 1 } };
const truth: Truth = { width: 640, height: 480, focal_px: 720, cx: 327, cy: 233, k1: -0.18, k2: 0.06 };
const flat: Held = { tilt: 0, swing: 0, roll: 90, x: 0, y: 0, far: 380, seed: 1 };
/** Ways to hold it: flat, tilted to each side, and into each corner. */
const ways: readonly Partial<Held>[] = [
  {},
  { tilt: 30, seed: 2 },
  { tilt: -30, seed: 3 },
  { swing: 30, seed: 4 },
  { swing: -30, seed: 5 },
  { tilt: 20, x: -70, y: -50, far: 330, seed: 6 },
  { tilt: -20, x: 70, y: -50, far: 330, roll: 80, seed: 7 },
  { swing: 20, x: -70, y: 50, far: 330, roll: 100, seed: 8 },
  { swing: -22, x: 70, y: 50, far: 330, seed: 9 },
  { tilt: 28, swing: 20, roll: 0, far: 450, seed: 10 },
  { tilt: -25, swing: -20, roll: 180, far: 420, seed: 11 },
  { tilt: 33, swing: -12, roll: 45, far: 430, seed: 12 },
];
const drawn = (change: Partial<Held>): Picture =>
  drawPlate(layout, tagFamily(layout.tags.length), truth, { ...flat, ...change });
const jpegOf = ({ width, height, data }: Picture) =>
  sharp(data, { raw: { width, height, channels: 1 } })
    .jpeg({ quality: 95 })
    .toBuffer();

/** As seen while the plate moves to the right by so many pixels. */
const smeared = ({ width, height, data }: Picture, by: number): Picture => {
  const out = data.map((_, i) => {
    const [x, row] = [i % width, i - (i % width)];
    let sum = 0;
    for (let k = 0; k < by; k++) sum += data[row + Math.max(0, Math.min(width - 1, x + k - (by >> 1)))]!;
    return sum / by;
  });
  return { width, height, data: out };
};

let folder = "";
let views: readonly PlateView[] = [];
const at = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellward-guide-"));
  await mkdir(at("all"));
  const pictures = ways.map(drawn);
  views = pictures.map((picture, k) => viewOf(`way ${k}`, picture, sheet));
  for (const [k, picture] of pictures.entries()) {
    await writeFile(at("all", `${String(k).padStart(2, "0")}.jpg`), await jpegOf(picture));
  }
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("[F58] what the coach says", () => {
  it("asks first for the plate, then for each side nearer, then for what the picture lacks", () => {
    expect(progressOf([], truth, null).next).toMatch(/Hold the plate before the camera/);
    const sides = [1, 2, 3, 4, 5].map((count) => progressOf(views.slice(0, count), truth, null));
    expect(sides[0]).toMatchObject({
      tilted: [],
      next: expect.stringContaining("at the left of the picture comes nearer"),
    });
    const found = sides.slice(1).map(({ tilted }) => tilted.length);
    expect(found).toEqual([1, 2, 3, 4]);
    expect(sides[4]!.next).toMatch(
      /^Bring the plate into the (upper|lower) (left|middle|right)|more, each held otherwise/,
    );
    const all = progressOf(views, truth, null);
    expect(all).toMatchObject({ pictures: 12, next: "Hold it otherwise: nearer, farther, turned." });
    const folded = progressOf(views, truth, { ok: false, error: "its distortion folds" });
    expect(folded.next).toBe("Not yet: its distortion folds.");
    expect(all.covered).toBeGreaterThan(0.85);
  });

  it("calls that side near which is near: what is tilted comes out larger there", () => {
    // Turned about the picture's upright axis by `swing`, the plate's right or left side comes nearer.
    const [one, other] = [progressOf([views[3]!], truth, null).tilted, progressOf([views[4]!], truth, null).tilted];
    expect([...one, ...other].sort()).toEqual(["left", "right"]);
    const tagsOn = ({ pairs }: PlateView, side: number) => {
      const mine = pairs.filter(({ seen }) => Math.sign(seen.x - truth.cx) === side);
      const ys = mine.map(({ seen }) => seen.y);
      return Math.max(...ys) - Math.min(...ys);
    };
    const taller = tagsOn(views[3]!, 1) > tagsOn(views[3]!, -1) ? "right" : "left";
    expect(one).toEqual([taller]);
  });

  it("counts no picture that shows too little, that moved, or that was there before", () => {
    const [first, second] = views as readonly [PlateView, PlateView];
    const cut = (count: number) => ({ ...first, pairs: first.pairs.slice(0, count) });
    expect(whyNotCounted(cut(0), [], truth)).toMatch(/no tag of the plate/);
    expect(whyNotCounted(cut(4), [], truth)).toMatch(/only 1 tag is seen/);
    expect(whyNotCounted(first, [], truth)).toBeNull();
    expect(whyNotCounted(first, [first], truth)).toMatch(/as in a picture before/);
    expect(whyNotCounted(second, [first], truth)).toBeNull();
    const again = viewOf("again", drawn({ seed: 99 }), sheet);
    expect(whyNotCounted(again, [], truth, first)).toBeNull();
    expect(whyNotCounted(second, [], truth, first)).toMatch(/moves/);
    expect(whyNotCounted(first, [], truth, cut(4))).toMatch(/moves/);
  });
});

/** Runs the command and keeps what it told. */
async function led(change: object) {
  const lines: Record<string, unknown>[] = [];
  const texts: string[] = [];
  let trouble: { readonly code?: string; readonly what?: string; readonly remedy?: string } = {};
  const code = await guide(
    {
      progress: () => undefined,
      result: (value, text) => {
        lines.push(value as Record<string, unknown>);
        texts.push(text);
      },
      trouble: (said, exit) => {
        trouble = said;
        return exit;
      },
    },
    { config: at("cell.toml"), size: "a4", every: "0.1", minutes: "1", out: at("lens.json"), ...change },
  );
  return { code, lines, text: texts.join("\n"), trouble };
}

describe("cellward camera guide", () => {
  it("[F58] goes through a folder, tells each picture, and writes the lens once it is known", async () => {
    const { code, lines, text } = await led({ from: at("all"), out: at("of-folder.json") });
    expect(text).toContain("Tilt the plate by 20 to 40 degrees");
    expect(code).toBe(0);
    const lens = readLensFile(JSON.parse(await readFile(at("of-folder.json"), "utf8")));
    if (!lens.ok) throw new Error(lens.error.what);
    expect(Math.abs(lens.value.focal_px - truth.focal_px)).toBeLessThan(1.5 * lens.value.uncertainty.focal_px);
    expect(lines.slice(0, -1).every(({ counted }) => counted)).toBe(true);
    expect(lines.at(-1)).toMatchObject({ ok: true, pictures: lines.length - 1 });
    expect(await led({ from: at("all"), out: at("of-folder.json") })).toMatchObject({
      code: 7,
      trouble: { code: "file-exists" },
    });
  });

  it("[F58][L8] says what is lacking where the pictures end before that, and writes nothing", async () => {
    await mkdir(at("few"));
    for (const name of ["00.jpg", "01.jpg"]) await copyFile(at("all", name), at("few", name));
    await copyFile(at("all", "01.jpg"), at("few", "02.jpg"));
    const { code, lines, trouble } = await led({ from: at("few"), out: at("none.json") });
    expect(code).toBe(7);
    expect(lines.map(({ counted }) => counted)).toEqual([true, true, false]);
    expect(trouble).toMatchObject({
      what: expect.stringContaining("2 of 3 count"),
      remedy: expect.stringContaining("Tilt the plate"),
    });
    await expect(readFile(at("none.json"))).rejects.toThrow();
    expect(await led({ from: at("nowhere") })).toMatchObject({
      code: 7,
      trouble: { what: "There is no picture to look at." },
    });
    expect(await led({ from: at("all"), every: "0" })).toMatchObject({ code: 2 });
    expect(await led({ config: undefined })).toMatchObject({
      code: 2,
      trouble: { what: expect.stringContaining("--from") },
    });
    expect(await led({ from: at("all"), size: "letter" })).toMatchObject({ code: 2 });
  });

  it("[F58][L8] goes on over a picture that cannot be read or is blurred, and keeps those that count", async () => {
    await mkdir(at("mixed"));
    await copyFile(at("all", "00.jpg"), at("mixed", "00.jpg"));
    await writeFile(at("mixed", "01.jpg"), "no picture");
    await writeFile(at("mixed", "02.jpg"), await jpegOf(smeared(drawn(ways[1]!), 11)));
    await copyFile(at("all", "03.jpg"), at("mixed", "03.jpg"));
    const { code, lines, text } = await led({ from: at("mixed"), out: at("none.json"), keep: at("kept") });
    expect(code).toBe(7);
    expect(lines.map(({ counted }) => counted)).toEqual([true, false, false, true]);
    expect(text).toMatch(/2: 0 tags.*cannot be read/);
    expect(text).toMatch(/4: \d+ tags over \d+ %, nearer at the (left|right); counts \(2\)/);
    expect(lines[2]!["why"]).toMatch(/blurred|no tag|only \d/);
    expect(await readdir(at("kept"))).toEqual(["001.jpg", "002.jpg"]);
    expect(await readFile(at("kept", "002.jpg"))).toEqual(await readFile(at("all", "03.jpg")));
    // What was kept of a sitting before is never written over.
    expect(await led({ from: at("mixed"), out: at("none.json"), keep: at("kept") })).toMatchObject({
      code: 7,
      trouble: { code: "cannot-write" },
    });
  });

  it("[F58] takes pictures of the real camera over HTTP, and waits until the hand is still", async () => {
    // Each way is shown twice, as by a hand that comes to rest; what the camera sees on the way is between two ways.
    const shown: Buffer[] = [];
    for (const [k, way] of ways.entries()) {
      shown.push(await jpegOf(drawn(way)), await jpegOf(drawn({ ...way, seed: 100 + k })));
    }
    let asked = 0;
    const server = createServer((_, response) => {
      response.setHeader("content-type", "image/jpeg").setHeader("x-exposure-start", String(Date.now()));
      response.end(shown[asked++ % shown.length]);
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const project = new URL("../../../", import.meta.url).pathname;
    const example = await readFile(join(project, "config/simulated-cell.toml"), "utf8");
    const { port } = server.address() as AddressInfo;
    const own = example
      .replace("http://127.0.0.1:8441/snapshot.jpg", `http://127.0.0.1:${port}/`)
      .replace(/^tokenFile = .*camera.*$/m, "")
      .replace("../models", join(project, "models"));
    await writeFile(at("cell.toml"), own);
    const { code, lines } = await led({});
    server.close();
    expect(code).toBe(0);
    const steps = lines.slice(0, -1);
    expect(steps[0]).toMatchObject({ counted: false, why: "wait, and hold it still" });
    expect(steps[1]).toMatchObject({ counted: true });
    expect(steps[2]).toMatchObject({ counted: false, why: "the plate moves: hold it still" });
    expect(steps.filter(({ counted }) => counted).length).toBeGreaterThanOrEqual(10);
    expect(readLensFile(JSON.parse(await readFile(at("lens.json"), "utf8"))).ok).toBe(true);
  }, 120_000);

  it("[L8] a camera that the configuration does not have is refused", async () => {
    const { code, trouble } = await led({ out: at("other.json"), camera: "left" });
    expect(code).toBe(2);
    expect(trouble).toMatchObject({ code: "no-such-camera" });
  });

  it("[F58][L8] a camera that gives no picture ends it in words", async () => {
    const example = await readFile(at("cell.toml"), "utf8");
    await writeFile(at("cell.toml"), example.replace(/http:\/\/127\.0\.0\.1:\d+\//, "http://127.0.0.1:9/"));
    expect(await led({ out: at("other.json") })).toMatchObject({ code: 6, trouble: { code: "camera-no-picture" } });
  });
});
