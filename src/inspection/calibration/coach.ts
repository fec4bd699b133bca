/** What a person who holds the plate before the camera is told: whether a picture counts, and how to hold it next. */
import type { Result } from "../../kernel/result.ts";
import type { Pixel } from "../lens.ts";
import { type LensFit, leastCorners, type PlateView } from "./fit-lens.ts";
import { mapOf } from "./homography.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Sides of the picture on which the plate can be nearer to the camera. */
const sides = ["left", "right", "top", "bottom"] as const;
export type Side = (typeof sides)[number];

/** How far a set of pictures has come. */
export interface Progress {
  readonly pictures: number;
  /** Share of the picture, in pieces of a sixth by a quarter, in which the plate was. */
  readonly covered: number;
  /** Sides on which the plate was nearer. */
  readonly tilted: readonly Side[];
  /** How to hold the plate next; null where the set suffices. */
  readonly next: string | null;
}

const [columns, rows] = [6, 4];
const leastCovered = 0.85;
const leastPictures = 10;
/** A plate that is so many times farther away on one side than on the other is tilted enough to tell of the focal length. */
const leastTilt = 1.12;
/** A focal length is known well enough at this share (k = 2), and distortion at so many pixels in the corner. */
const focalShare = 0.005;
const corner_px = 1;
/** Pictures whose corners lie so near to another's tell nothing new, in shares of the width. */
const sameShare = 0.02;
/** A plate that moves by more than this between two pictures is not held still, in shares of the width. */
const stillShare = 0.003;

/** Why a picture does not count, in words; null where it does. `before` is the picture taken just before it, where there is one. */
export function whyNotCounted(
  view: PlateView,
  counted: readonly PlateView[],
  { width }: Size,
  before: PlateView | null = null,
): string | null {
  const tags = view.pairs.length / 4;
  if (view.pairs.length < leastCorners) {
    return tags === 0
      ? "no tag of the plate is seen: bring it before the camera, and light it"
      : `only ${tags} tag${tags === 1 ? " is" : "s are"} seen: come nearer, cover nothing, hold it still`;
  }
  if (before !== null && !((movedBy(view, before) ?? Number.POSITIVE_INFINITY) <= stillShare * width)) {
    return "the plate moves: hold it still";
  }
  const same = counted.some((each) => (movedBy(view, each) ?? Number.POSITIVE_INFINITY) < sameShare * width);
  return same ? "it is held as in a picture before: hold it otherwise" : null;
}

/** What a single picture shows: the share of the picture that the plate's tags span, and the side that is nearer, where one is. */
export function seenIn(
  view: PlateView,
  { width, height }: Size,
): { readonly spans: number; readonly nearer: Side | null } {
  if (view.pairs.length < leastCorners) return { spans: 0, nearer: null };
  const [xs, ys] = [view.pairs.map(({ seen }) => seen.x), view.pairs.map(({ seen }) => seen.y)];
  const spans = ((Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys))) / (width * height);
  const tilt = tiltOf(view);
  const most = sides.reduce((best, side) => (tilt[side] > tilt[best] ? side : best));
  return { spans, nearer: tilt[most] >= leastTilt ? most : null };
}

/** Mean distance of the corners that two pictures share; null where they share too few. */
function movedBy(one: PlateView, other: PlateView): number | null {
  const known = new Map(other.pairs.map(({ at, seen }) => [`${at.x} ${at.y}`, seen]));
  const off = one.pairs.flatMap(({ at, seen }) => {
    const there = known.get(`${at.x} ${at.y}`);
    return there === undefined ? [] : [Math.hypot(seen.x - there.x, seen.y - there.y)];
  });
  return off.length < leastCorners / 2 ? null : off.reduce((sum, v) => sum + v, 0) / off.length;
}

/** Where a set of counted pictures stands; `fit` is what they tell of the lens so far or why not, null where nobody asked yet. */
export function progressOf(counted: readonly PlateView[], size: Size, fit: Result<LensFit, string> | null): Progress {
  const cells = new Set(counted.flatMap(({ pairs }) => pairs.map(({ seen }) => cellOf(seen, size))));
  const covered = cells.size / (columns * rows);
  const tilted = sides.filter((side) => counted.some((view) => tiltOf(view)[side] >= leastTilt));
  const next = nextOf(counted.length, covered, cells, tilted, fit);
  return { pictures: counted.length, covered, tilted, next };
}

function nextOf(
  pictures: number,
  covered: number,
  cells: ReadonlySet<number>,
  tilted: readonly Side[],
  fit: Result<LensFit, string> | null,
): string | null {
  if (pictures === 0) return "Hold the plate before the camera, so that it fills about half of the picture.";
  const side = sides.find((each) => !tilted.includes(each));
  if (side !== undefined) {
    return `Tilt the plate by 20 to 40 degrees, so that what is at the ${side} of the picture comes nearer to the camera.`;
  }
  if (covered < leastCovered) return `Bring the plate into the ${emptiest(cells)} of the picture.`;
  if (pictures < leastPictures) {
    return `${leastPictures - pictures} more, each held otherwise: nearer, farther, turned.`;
  }
  if (fit === null) return "Hold it otherwise: nearer, farther, turned.";
  if (!fit.ok) return `Not yet: ${fit.error}.`;
  const { intrinsics, uncertainty } = fit.value;
  if (!(uncertainty.focal_px <= focalShare * intrinsics.focal_px)) {
    return "The focal length is not known well enough: tilt the plate more, nearer to the camera.";
  }
  return uncertainty.corner_px <= corner_px
    ? null
    : "The distortion is not known well enough: bring the plate into the corners of the picture.";
}

const limit = (v: number, most: number): number => Math.max(0, Math.min(most - 1, Math.floor(v)));

function cellOf({ x, y }: Pixel, { width, height }: Size): number {
  return limit((y / height) * rows, rows) * columns + limit((x / width) * columns, columns);
}

/** The third of the picture, across and down, in which the plate was least. */
function emptiest(cells: ReadonlySet<number>): string {
  const names = ["upper left", "upper middle", "upper right", "lower left", "lower middle", "lower right"];
  const count = names.map((_, part) => {
    const [down, across] = [Math.floor(part / 3), part % 3];
    return [...cells].filter(
      (cell) =>
        Math.floor(cell / columns / (rows / 2)) === down && Math.floor((cell % columns) / (columns / 3)) === across,
    ).length;
  });
  return names[count.indexOf(Math.min(...count))]!;
}

/** By how much farther the plate is on the other side than on each; 1 where it is held flat before the camera. */
function tiltOf({ pairs }: PlateView): Record<Side, number> {
  const flat = { left: 1, right: 1, top: 1, bottom: 1 };
  const map = mapOf(
    pairs.map(({ seen }) => seen),
    pairs.map(({ at }) => at),
  );
  if (map === null) return flat;
  // Along a ray a plane is met at a distance that goes with one over the map's denominator.
  const distance = (x: number, y: number): number => Math.abs(map[6]! * x + map[7]! * y + 1) ** -1;
  const xs = pairs.map(({ seen }) => seen.x);
  const ys = pairs.map(({ seen }) => seen.y);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
  const across = distance(x1, y) / distance(x0, y);
  const down = distance(x, y1) / distance(x, y0);
  return { left: across, right: 1 / across, top: down, bottom: 1 / down };
}
