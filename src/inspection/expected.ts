/** What a layer should look like from above: footprint, bead profile and outlines rasterised from its strands. */
import type { Grid } from "./grid.ts";

/** One straight piece of extruded material: its centre line and width in millimetres. */
export interface Strand {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly width: number;
}

/** A layer of the toolpath, as far as a camera can see it. */
export interface LayerPlan {
  /** 1-based. */
  readonly layer: number;
  /** Height of the layer's top surface above the plate. */
  readonly top_mm: number;
  readonly height_mm: number;
  readonly strands: readonly Strand[];
}

/** The layer on a grid. */
export interface ExpectedLayer {
  readonly plan: LayerPlan;
  readonly grid: Grid;
  /** 1 where this layer puts material. */
  readonly footprint: Uint8Array;
  /** Profile of the uppermost bead, 0 (none or its rim) to 1 (its ridge). */
  readonly ridge: Float32Array;
  /** Number of cells of the footprint. */
  readonly area: number;
}

/** Draws a layer's strands as capsules with a parabolic cross-section (the shape that flattened beads have). */
export function expectLayer(plan: LayerPlan, grid: Grid): ExpectedLayer {
  const ridge = new Float32Array(grid.width * grid.height);
  for (const strand of plan.strands) drawStrand(strand, grid, ridge);
  const footprint = new Uint8Array(ridge.length);
  let area = 0;
  for (let i = 0; i < ridge.length; i++) {
    if (ridge[i]! > 0) {
      footprint[i] = 1;
      area++;
    }
  }
  return { plan, grid, footprint, ridge, area };
}

function drawStrand(strand: Strand, grid: Grid, ridge: Float32Array): void {
  const half = strand.width / 2;
  const column = (x: number): number => (x - grid.x0_mm) / grid.step_mm;
  const row = (y: number): number => (y - grid.y0_mm) / grid.step_mm;
  const reach = half / grid.step_mm;
  const top = Math.max(0, Math.ceil(Math.min(row(strand.y0), row(strand.y1)) - reach));
  const bottom = Math.min(grid.height - 1, Math.floor(Math.max(row(strand.y0), row(strand.y1)) + reach));
  const [dx, dy] = [strand.x1 - strand.x0, strand.y1 - strand.y0];
  const square = dx * dx + dy * dy;
  for (let r = top; r <= bottom; r++) {
    const y = grid.y0_mm + r * grid.step_mm - strand.y0;
    const span = spanOf(strand, y + strand.y0, half);
    const left = Math.max(0, Math.ceil(column(span.left)));
    const right = Math.min(grid.width - 1, Math.floor(column(span.right)));
    for (let c = left; c <= right; c++) {
      const x = grid.x0_mm + c * grid.step_mm - strand.x0;
      const along = square > 0 ? Math.min(1, Math.max(0, (x * dx + y * dy) / square)) : 0;
      const away = ((x - along * dx) ** 2 + (y - along * dy) ** 2) / (half * half);
      if (away >= 1) continue;
      const at = r * grid.width + c;
      // 0.02 keeps the rim distinguishable from bare plate.
      ridge[at] = Math.max(ridge[at]!, 0.02 + 0.98 * (1 - away));
    }
  }
}

/** The x range in which a row at height y can touch the strand: keeps long diagonals from scanning their whole box. */
function spanOf(strand: Strand, y: number, half: number): { left: number; right: number } {
  const [dx, dy] = [strand.x1 - strand.x0, strand.y1 - strand.y0];
  const low = Math.min(strand.x0, strand.x1) - half;
  const high = Math.max(strand.x0, strand.x1) + half;
  if (Math.abs(dy) < 1e-9) return { left: low, right: high };
  const middle = strand.x0 + ((y - strand.y0) / dy) * dx;
  const spread = (half * Math.hypot(dx, dy)) / Math.abs(dy);
  return { left: Math.max(low, middle - spread - half), right: Math.min(high, middle + spread + half) };
}

/** Grows a mask by `cells` in all directions (square). */
export function dilate(mask: Uint8Array, width: number, height: number, cells: number): Uint8Array {
  return squareFilter(mask, width, height, cells, 1);
}

/** Shrinks a mask by `cells` in all directions (square); beyond the grid counts as empty. */
export function erode(mask: Uint8Array, width: number, height: number, cells: number): Uint8Array {
  return squareFilter(mask, width, height, cells, 2 * cells + 1);
}

function squareFilter(mask: Uint8Array, width: number, height: number, cells: number, least: number): Uint8Array {
  const rows = slide(mask, width, height, 1, width, cells, least);
  return slide(rows, height, width, width, 1, cells, least);
}

/** One pass along lines of `length` cells `step` apart (`lines` of them, `between` apart): 1 where the running sum reaches `least`. */
function slide(
  from: Uint8Array,
  length: number,
  lines: number,
  step: number,
  between: number,
  cells: number,
  least: number,
): Uint8Array {
  const out = new Uint8Array(from.length);
  for (let line = 0; line < lines; line++) {
    const start = line * between;
    let sum = 0;
    for (let i = 0; i < Math.min(cells, length); i++) sum += from[start + i * step]!;
    for (let i = 0; i < length; i++) {
      if (i + cells < length) sum += from[start + (i + cells) * step]!;
      if (i - cells - 1 >= 0) sum -= from[start + (i - cells - 1) * step]!;
      out[start + i * step] = sum >= least ? 1 : 0;
    }
  }
  return out;
}
