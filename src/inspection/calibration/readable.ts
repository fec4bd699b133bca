/** Whether a picture of the plate can be measured in: light enough, not washed out, and sharp at its tags' edges. */
import type { Pixel } from "../lens.ts";
import { type Picture, sample } from "../picture.ts";
import type { PlateView } from "./fit-lens.ts";
import { tagCells } from "./tags.ts";

/** Paper that is darker than this leaves too little between itself and the ink; at the other end it is washed out and eats the edges. */
const [darkest, brightest] = [60, 250];
/** A picture without any tag that is darker than this on the whole is called dark, and not empty. */
const blackness = 30;
/** Edges that rise over more than this are blurred: pixels, or a share of the width where pixels are finer than the lens. */
const [blurred_px, blurredShare] = [4, 0.0025];
/** Places along an edge at which its rise is measured. */
const places = 5;

/** Why nothing should be measured in a picture, in words; null where it is fit. */
export function whyUnreadable(picture: Picture, { pairs }: PlateView): string | null {
  const tags = Array.from({ length: pairs.length / 4 }, (_, k) =>
    pairs.slice(4 * k, 4 * k + 4).map(({ seen }) => seen),
  );
  if (tags.length === 0) {
    const { light, washed } = overall(picture);
    if (light < blackness) return "the picture is dark: put light on the plate, or expose longer";
    return washed > 0.5 ? "the picture is washed out: take light away, or expose shorter" : null;
  }
  const edges = tags.flatMap((tag) => tag.map((corner, k) => edgeOf(picture, corner, tag[(k + 1) % 4]!)));
  const paper = middleOf(edges.map(({ light }) => light));
  if (paper < darkest) return "the plate is dark: put light on it, or expose longer";
  if (paper >= brightest) return "the plate is washed out: take light away, or expose shorter";
  const limit = Math.max(blurred_px, blurredShare * picture.width);
  // A hand that moves blurs one direction only.
  const worst = [true, false].map((lies) =>
    middleOf(edges.filter((edge) => edge.lies === lies).map(({ rise }) => rise)),
  );
  return Math.max(...worst) > limit
    ? `it is blurred over ${Math.max(...worst).toFixed(0)} px: hold it still, and look that the lens is in focus where the plate is`
    : null;
}

interface Edge {
  /** True for one that runs rather across the picture than down. */
  readonly lies: boolean;
  /** Brightness of the paper beside it. */
  readonly light: number;
  /** Over so many pixels ink becomes paper. */
  readonly rise: number;
}

/** The edge of a tag from one corner to the next, to the right around it: ink to the right of the way, paper to the left. */
function edgeOf(picture: Picture, a: Pixel, b: Pixel): Edge {
  const long = Math.hypot(b.x - a.x, b.y - a.y);
  const [dx, dy] = [(b.x - a.x) / long, (b.y - a.y) / long];
  // Within the black border on one side, and within the paper between tags on the other.
  const reach = Math.max(2, 0.8 * (long / tagCells));
  const rises: number[] = [];
  const lights: number[] = [];
  for (let k = 0; k < places; k++) {
    const s = long * (0.15 + (0.7 * k) / (places - 1));
    const at = (t: number): number => sample(picture, a.x + dx * s + dy * t, a.y + dy * s - dx * t);
    let steepest = 0;
    for (let t = -reach; t + 1 <= reach; t += 0.25) steepest = Math.max(steepest, at(t + 1) - at(t));
    const light = at(reach);
    if (Number.isNaN(light) || Number.isNaN(at(-reach))) continue;
    lights.push(light);
    rises.push((light - at(-reach)) / Math.max(steepest, 1));
  }
  return { lies: Math.abs(dx) > Math.abs(dy), light: middleOf(lights), rise: middleOf(rises) };
}

function overall({ data }: Picture): { readonly light: number; readonly washed: number } {
  let [sum, washed] = [0, 0];
  for (const v of data) {
    sum += v;
    if (v >= brightest) washed++;
  }
  return { light: sum / data.length, washed: washed / data.length };
}

/** The middle of what was measured; 0 where nothing was, which is no reason to refuse. */
function middleOf(values: readonly number[]): number {
  const sorted = values.filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
