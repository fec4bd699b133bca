/** Where a layer is looked at closely: fixed-size tiles of the fine grid over its footprint, and the coarse plate. */
import type { LayerPlan } from "./expected.ts";
import type { Grid } from "./grid.ts";
import type { CameraSetup } from "./setup.ts";

/** The network's input is this wide and high, in cells; one tile is one picture to it. */
export const tileShape = { width: 512, height: 384, step_mm: 0.125 } as const;

/** A tile's outermost 3 mm are context only: neighbouring tiles overlap by it. */
const context_mm = 3;

/** Cell size of the plate's grid, on which things that do not belong are looked for. */
const plateStep_mm = 0.25;

/** The tiles that cover the layer's strands; at least one, in rows from the front left. */
export function tilesOf(plan: LayerPlan): Grid[] {
  const box = boundsOf(plan);
  const xs = spread(box.x0, box.x1, (tileShape.width - 1) * tileShape.step_mm);
  const ys = spread(box.y0, box.y1, (tileShape.height - 1) * tileShape.step_mm);
  return ys.flatMap((y0_mm) => xs.map((x0_mm) => ({ x0_mm, y0_mm, ...tileShape })));
}

/** The whole judged part of the plate. */
export function plateGrid(setup: CameraSetup): Grid {
  const { x0_mm, y0_mm, x1_mm, y1_mm } = setup.plate;
  return {
    x0_mm,
    y0_mm,
    step_mm: plateStep_mm,
    width: Math.floor((x1_mm - x0_mm) / plateStep_mm) + 1,
    height: Math.floor((y1_mm - y0_mm) / plateStep_mm) + 1,
  };
}

/** Bounds of a layer's strands, their width included. */
export function boundsOf(plan: LayerPlan): { x0: number; y0: number; x1: number; y1: number } {
  let [x0, y0, x1, y1] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const s of plan.strands) {
    const half = s.width / 2;
    x0 = Math.min(x0, s.x0 - half, s.x1 - half);
    x1 = Math.max(x1, s.x0 + half, s.x1 + half);
    y0 = Math.min(y0, s.y0 - half, s.y1 - half);
    y1 = Math.max(y1, s.y0 + half, s.y1 + half);
  }
  return { x0, y0, x1, y1 };
}

/** Origins of as many overlapping spans as cover low to high, laid symmetrically and on whole cells. */
function spread(low: number, high: number, span: number): number[] {
  const useful = span - 2 * context_mm;
  const count = Math.max(1, Math.ceil((high - low) / useful));
  const middle = (low + high) / 2;
  return Array.from({ length: count }, (_, i) => {
    const centre = middle + (i - (count - 1) / 2) * useful;
    return Math.round((centre - span / 2) / tileShape.step_mm) * tileShape.step_mm;
  });
}
