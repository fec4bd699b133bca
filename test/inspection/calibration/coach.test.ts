/** Whoever does what the coach says gets there; pictures that cannot be measured in are told from those that can. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { viewOf } from "../../../src/commands/plate-sheet.ts";
import { progressOf, type Side, whyNotCounted } from "../../../src/inspection/calibration/coach.ts";
import { fitLens, type PlateView } from "../../../src/inspection/calibration/fit-lens.ts";
import { cornersOf } from "../../../src/inspection/calibration/plate.ts";
import { whyUnreadable } from "../../../src/inspection/calibration/readable.ts";
import { type Lens, nudge, project } from "../../../src/inspection/lens.ts";
import type { Picture } from "../../../src/inspection/picture.ts";
import { drawPlate, type Held, numbers, type Truth } from "./draw-plate.ts";
import { family, layout, truth } from "./views.ts";

/** How a hand holds the plate: turns about the camera's axes (degrees), and where its middle is. */
interface Hand {
  readonly down: number;
  readonly across: number;
  readonly roll: number;
  readonly x: number;
  readonly y: number;
  readonly far: number;
}

/** The tags that are wholly within the picture, as an ideal detector with a little noise sees them. */
function seenOf(lens: Truth, { down, across, roll, x, y, far }: Hand, chance: () => number): PlateView {
  const rad = (deg: number) => (deg * Math.PI) / 180;
  const facing = {
    ...{ rotation: [1, 0, 0, 0, -1, 0, 0, 0, -1], translation: [0, 0, 0] as const },
    ...{ focal_px: lens.focal_px, centre_px: { x: lens.cx, y: lens.cy }, k1: lens.k1, k2: lens.k2 },
  };
  const turned = nudge(nudge(facing, [0, 0, rad(roll)], [0, 0, 0]), [rad(down), rad(across), 0], [0, 0, 0]);
  const held: Lens = { ...turned, translation: [x, y, far] };
  const bell = () => Array.from({ length: 12 }, chance).reduce((sum, v) => sum + v, -6);
  const pairs = layout.tags.flatMap((_, id) => {
    const corners = cornersOf(layout, id).map((at) => ({ at, seen: project(held, { ...at, z: 0 }) }));
    const isWithin = corners.every(
      ({ seen }) => seen.x > 1 && seen.y > 1 && seen.x < lens.width - 2 && seen.y < lens.height - 2,
    );
    return isWithin
      ? corners.map(({ at, seen }) => ({ at, seen: { x: seen.x + 0.1 * bell(), y: seen.y + 0.1 * bell() } }))
      : [];
  });
  return { name: "held", pairs };
}

/** Somebody who does roughly what is said, and no more. */
function obeys(next: string, lens: Truth, chance: () => number): Hand {
  const about = (v: number, by: number) => v + by * (2 * chance() - 1);
  const far = about(0.62 * (lens.focal_px / lens.width) * 700, 20);
  const flat = { down: about(0, 4), across: about(0, 4), roll: about(90, 10), x: about(0, 8), y: about(0, 8), far };
  const side = /what is at the (left|right|top|bottom)/.exec(next)?.[1] as Side | undefined;
  if (side !== undefined) {
    const by = about(30, 7);
    const tilt = { left: { across: -by }, right: { across: by }, top: { down: by }, bottom: { down: -by } }[side];
    return { ...flat, ...tilt };
  }
  const [, level, where] = /into the (upper|lower) (left|middle|right)/.exec(next) ?? [];
  if (level !== undefined) {
    const [w, h] = [(lens.width / lens.focal_px) * far, (lens.height / lens.focal_px) * far];
    const x = w * { left: -0.28, middle: 0, right: 0.28 }[where as "left"];
    return { ...flat, x: about(x, 6), y: about(level === "upper" ? -0.26 * h : 0.26 * h, 6), across: about(0, 12) };
  }
  const corner = next.includes("corners") ? 0.25 : 0.08;
  const place = (side_px: number) => (chance() < 0.5 ? -1 : 1) * corner * (side_px / lens.focal_px) * far;
  return {
    ...{ down: about(0, 36), across: about(0, 36), roll: about(90, 90), far: about(far, 60) },
    ...{ x: place(lens.width), y: place(lens.height) },
  };
}

const lenses = fc.record({
  focal: fc.double({ min: 0.8, max: 1.6, noNaN: true }),
  k1: fc.double({ min: -0.2, max: 0.05, noNaN: true }),
  seed: fc.nat(9999),
});

describe("[F58] whoever does what the coach says", () => {
  it("ends with a lens that is known, whatever the lens, in no more than thirty pictures", () => {
    fc.assert(
      fc.property(lenses, ({ focal, k1, seed }) => {
        const lens: Truth = { ...truth, focal_px: 640 * focal, k1, k2: 0.02 };
        const chance = numbers(seed + 1);
        const counted: PlateView[] = [];
        let [taken, progress] = [0, progressOf(counted, lens, null)];
        let fit: ReturnType<typeof fitLens> | null = null;
        while (progress.next !== null && taken < 30) {
          taken++;
          const view = seenOf(lens, obeys(progress.next, lens, chance), chance);
          if (whyNotCounted(view, counted, lens) !== null) continue;
          counted.push(view);
          if (counted.length >= 10) fit = fitLens(counted, lens);
          const now = progressOf(counted, lens, fit);
          // What was seen stays seen.
          expect(now.covered).toBeGreaterThanOrEqual(progress.covered);
          expect(now.tilted).toEqual(expect.arrayContaining([...progress.tilted]));
          progress = now;
        }
        expect(progress.next).toBeNull();
        if (fit === null || !fit.ok) throw new Error("a set that suffices has a fit");
        const { intrinsics, uncertainty } = fit.value;
        expect(Math.abs(intrinsics.focal_px - lens.focal_px)).toBeLessThan(2.5 * uncertainty.focal_px);
      }),
      { numRuns: 8 },
    );
  });

  it("is told the same whatever the order of the pictures", () => {
    const chance = numbers(5);
    const views = Array.from({ length: 6 }, () => seenOf(truth, obeys("otherwise", truth, chance), chance));
    fc.assert(
      fc.property(fc.shuffledSubarray(views, { minLength: 6 }), (mixed) => {
        expect(progressOf(mixed, truth, null)).toEqual(progressOf(views, truth, null));
      }),
      { numRuns: 20 },
    );
  });
});

describe("[F58][L8] a picture", () => {
  const held: Held = { tilt: 18, swing: 10, roll: 80, x: 0, y: 0, far: 390, seed: 21 };
  const sharp = drawPlate(layout, family, truth, held);
  const sheet = { layout, scale: { x: 1, y: 1 } };
  const why = (picture: Picture) => whyUnreadable(picture, viewOf("one", picture, sheet));
  const each = (change: (v: number) => number): Picture => ({ ...sharp, data: sharp.data.map((v) => change(v)) });
  /** Smeared over so many pixels, along rows or columns. */
  const smeared = (by: number, step: number): Picture => {
    const data = sharp.data.map((_, i) => {
      let sum = 0;
      for (let k = 0; k < by; k++) sum += sharp.data[i + (k - (by >> 1)) * step] ?? 110;
      return sum / by;
    });
    return { ...sharp, data };
  };

  it("that is sharp is fit, dim or bright as it may be", () => {
    for (const gain of [0.45, 0.7, 1, 1.15]) expect(why(each((v) => Math.min(255, v * gain)))).toBeNull();
    expect(why(smeared(2, 1))).toBeNull();
  });

  it.each([
    ["moved across", smeared(7, 1), /blurred over \d+ px: hold it still/],
    ["moved down", smeared(7, truth.width), /blurred over \d+ px/],
    ["dark", each((v) => v * 0.25), /the plate is dark/],
    ["washed out", each((v) => Math.min(255, v * 1.7)), /the plate is washed out/],
    ["black", each(() => 12), /the picture is dark/],
    ["white", each(() => 255), /the picture is washed out/],
  ])("that is %s is refused in words", (_, picture, words) => {
    expect(why(picture)).toMatch(words);
  });

  it("without a plate, in good light, is none that light would help", () => {
    expect(why(each(() => 120))).toBeNull();
  });
});
