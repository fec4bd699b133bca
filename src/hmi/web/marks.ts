/** Many layers in little room: bins of marks with the worst one on top, and the layers at which a person wants to stop. Pure. */
import type { LayerMark, LayersView } from "../api-layers.ts";

export const markWords: Readonly<Record<LayerMark, string>> = {
  p: "passed",
  t: "tolerated",
  c: "conceded",
  f: "failed",
  b: "not seen",
  w: "not judged",
  o: "not made",
};

/** Neighbouring layers that share one cell of the strip. */
export interface Bin {
  readonly first: number;
  readonly last: number;
  /** The worst of them: nothing bad disappears among what is good. */
  readonly mark: LayerMark;
  /** Whether a report of one of them names findings, or a person found one of them bad. */
  readonly found: boolean;
}

const worstFirst: readonly LayerMark[] = ["f", "b", "c", "t", "w", "p", "o"];

/** All planned layers in at most `most` bins. */
export function binsOf({ marks, found, bad, planned }: LayersView, most: number): Bin[] {
  const layers = Math.max(planned, marks.length);
  const size = Math.max(1, Math.ceil(layers / most));
  const named = new Set([...found.map(([layer]) => layer), ...bad].map((layer) => Math.floor((layer - 1) / size)));
  return Array.from({ length: Math.ceil(layers / size) }, (_, at) => {
    const last = Math.min(layers, (at + 1) * size);
    const own = marks.slice(at * size, last);
    const mark = worstFirst.find((each) => own.includes(each)) ?? "o";
    return { first: at * size + 1, last, mark, found: named.has(at) };
  });
}

/** How many layers came out how, in words: "2 failed · 60 passed"; empty where none was made. */
export function countsOf(marks: string): string {
  const many = (mark: LayerMark) => marks.split(mark).length - 1;
  return (["p", "t", "c", "f", "b", "w"] as const)
    .filter((mark) => many(mark) > 0)
    .map((mark) => `${many(mark)} ${markWords[mark]}`)
    .join(" · ");
}

/** How the layer came out. */
export function markOf({ marks }: LayersView, layer: number): LayerMark {
  return (marks[layer - 1] ?? "o") as LayerMark;
}

/** How many findings the layer's report names. */
export function foundAt({ found }: LayersView, layer: number): number {
  return found.find(([each]) => each === layer)?.[1] ?? 0;
}

/** The next layer, up (1) or down (-1), that did not simply pass and stand; null where there is none. */
export function nextStop({ marks, found, bad }: LayersView, from: number, way: 1 | -1): number | null {
  const named = new Set([...found.map(([layer]) => layer), ...bad]);
  for (let layer = Math.min(from, marks.length + 1) + way; layer >= 1 && layer <= marks.length; layer += way) {
    if ("fbct".includes(marks[layer - 1] ?? "o") || named.has(layer)) return layer;
  }
  return null;
}
