/** Parts of a build: where each lies on the plate, whose finding a finding is, and how each part came out of a layer. */
import { components } from "./components.ts";
import type { FindingClass, PartVerdict, Region, Verdict } from "./report.ts";

/** Cell of the parts' masks. */
const step_mm = 0.5;
/** A build of more is not told apart: everything concerns every part. */
export const mostParts = 64;
/** Without labels: what lies no farther apart is one part, and what is smaller is none. */
const joined_mm = 1;
const least_mm2 = 4;

/** A strand as far as parts are told by it. */
export interface PartStrand {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly width_mm: number;
  /** Skirts, brims and priming lines are no parts. */
  readonly role: string;
  /** Number by the program's own labels; null for what has none. */
  readonly object: number | null;
}

/** A part's shadow on the plate, over all its layers. */
export interface PartRegion {
  /** From 1: in the order of the program's labels, else from the front left. */
  readonly part: number;
  readonly box: Region;
  /** Cells of the box, row by row; 1 where any of its layers puts material. */
  readonly cells: Uint8Array;
  readonly width: number;
}

/** The parts of a build. */
export interface Parts {
  readonly regions: readonly PartRegion[];
  /** True where the program's labels tell them apart; false where islands do. */
  readonly labelled: boolean;
}

interface Mask {
  readonly cells: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * The parts that all layers together make on `plate`: by the program's labels where there are any, else islands of all
 * layers laid on each other. Null where there are none, or too many to tell apart.
 */
export function partsOf(layers: Iterable<readonly PartStrand[]>, plate: Plate): Parts | null {
  const shape = {
    width: Math.ceil((plate.x1_mm - plate.x0_mm) / step_mm) + 1,
    height: Math.ceil((plate.y1_mm - plate.y0_mm) / step_mm) + 1,
  };
  const fresh = (): Mask => ({ ...shape, cells: new Uint8Array(shape.width * shape.height) });
  const labelled = new Map<number, Mask>();
  const all = fresh();
  for (const strands of layers) {
    for (const strand of strands) {
      if (!isOfAPart(strand.role)) continue;
      draw(strand, all, plate);
      if (strand.object === null) continue;
      if (labelled.size >= mostParts && !labelled.has(strand.object)) return null;
      const mask = labelled.get(strand.object) ?? fresh();
      labelled.set(strand.object, mask);
      draw(strand, mask, plate);
    }
  }
  const masks = labelled.size > 0 ? [...labelled].sort(([a], [b]) => a - b) : islandsIn(all);
  const regions = masks.flatMap(([part, mask]) => regionOf(part, mask, plate));
  return regions.length === 0 || regions.length > mostParts ? null : { regions, labelled: labelled.size > 0 };
}

/** The judged part of the plate. */
export interface Plate {
  readonly x0_mm: number;
  readonly y0_mm: number;
  readonly x1_mm: number;
  readonly y1_mm: number;
}

function isOfAPart(role: string): boolean {
  return role !== "skirt" && role !== "custom";
}

/** Stamps the bead along its centre line: costs its length, not its box. */
function draw({ x0, y0, x1, y1, width_mm }: PartStrand, { cells, width, height }: Mask, plate: Plate): void {
  const pieces = Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / (step_mm / 2)));
  const reach = Math.max(1, Math.round(width_mm / 2 / step_mm));
  for (let n = 0; n <= pieces; n++) {
    const column = Math.round((x0 + ((x1 - x0) * n) / pieces - plate.x0_mm) / step_mm);
    const row = Math.round((y0 + ((y1 - y0) * n) / pieces - plate.y0_mm) / step_mm);
    for (let r = Math.max(0, row - reach + 1); r < Math.min(height, row + reach); r++) {
      for (let c = Math.max(0, column - reach + 1); c < Math.min(width, column + reach); c++) cells[r * width + c] = 1;
    }
  }
}

function islandsIn({ cells, width, height }: Mask): [number, Mask][] {
  const grow = Math.ceil(joined_mm / 2 / step_mm);
  const grown = new Uint8Array(cells.length);
  for (let at = 0; at < cells.length; at++) {
    if (cells[at] === 0) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    for (let r = Math.max(0, y - grow); r <= Math.min(height - 1, y + grow); r++) {
      grown.fill(1, r * width + Math.max(0, x - grow), r * width + Math.min(width - 1, x + grow) + 1);
    }
  }
  return components(grown, width, height, Math.ceil(least_mm2 / step_mm ** 2)).map(({ pixels }, n) => {
    const mask = new Uint8Array(cells.length);
    for (const at of pixels) mask[at] = cells[at]!;
    return [n + 1, { cells: mask, width, height }];
  });
}

function regionOf(part: number, { cells, width, height }: Mask, plate: Plate): PartRegion[] {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let at = 0; at < cells.length; at++) {
    if (cells[at] === 0) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  }
  if (right < 0) return [];
  const [w, h] = [right - left + 1, bottom - top + 1];
  const own = new Uint8Array(w * h);
  for (let r = 0; r < h; r++) own.set(cells.subarray((top + r) * width + left, (top + r) * width + right + 1), r * w);
  const box = {
    x_mm: plate.x0_mm + (left - 0.5) * step_mm,
    y_mm: plate.y0_mm + (top - 0.5) * step_mm,
    w_mm: w * step_mm,
    h_mm: h * step_mm,
  };
  return [{ part, box, cells: own, width: w }];
}

/** Whether a rectangle comes within `margin_mm` of the part. A rectangle that is no number touches everything. */
export function touches({ box, cells, width }: PartRegion, region: Region, margin_mm: number): boolean {
  const first = (at: number) => Math.floor(at / step_mm);
  const x0 = first(region.x_mm - margin_mm - box.x_mm);
  const y0 = first(region.y_mm - margin_mm - box.y_mm);
  const x1 = first(region.x_mm + region.w_mm + margin_mm - box.x_mm);
  const y1 = first(region.y_mm + region.h_mm + margin_mm - box.y_mm);
  if (![x0, y0, x1, y1].every(Number.isFinite)) return true;
  const height = cells.length / width;
  for (let r = Math.max(0, y0); r <= Math.min(height - 1, y1); r++) {
    for (let c = Math.max(0, x0); c <= Math.min(width - 1, x1); c++) if (cells[r * width + c] === 1) return true;
  }
  return false;
}

/**
 * The parts that a finding concerns. What lies at none of them, and what is said of the layer as a whole, concerns all:
 * nobody knows whom it will hit.
 */
export function concerned(
  { regions }: Parts,
  found: { readonly class: FindingClass; readonly region: Region },
  margin_mm: number,
): readonly number[] {
  const ofTheLayer = found.class === "shift" || found.class === "unchanged";
  const near = ofTheLayer ? [] : regions.filter((each) => touches(each, found.region, margin_mm));
  return (near.length === 0 ? regions : near).map(({ part }) => part);
}

/** The parts that a layer adds to. */
export function partsMade({ regions, labelled }: Parts, strands: readonly PartStrand[]): ReadonlySet<number> {
  const made = new Set<number>();
  for (const { x0, y0, object, role } of strands) {
    if (!isOfAPart(role)) continue;
    if (labelled && object !== null) made.add(object);
    if (labelled) continue;
    const at = { x_mm: x0, y_mm: y0, w_mm: 0, h_mm: 0 };
    for (const each of regions) if (!made.has(each.part) && touches(each, at, step_mm)) made.add(each.part);
  }
  return made;
}

/** How each part came out of a layer: blind where the layer is, failed where a finding concerns it. */
export function verdictsByPart(
  { regions }: Parts,
  made: ReadonlySet<number>,
  verdict: Verdict,
  failing: ReadonlySet<number>,
): PartVerdict[] {
  return regions.map(({ part }) => {
    if (verdict === "blind") return { part, verdict: "blind" };
    if (failing.has(part)) return { part, verdict: "fail" };
    return { part, verdict: made.has(part) ? "pass" : "not-made" };
  });
}
