/** From masks on the grid to findings with a place, a size and an outline in the frame. */
import { type Component, components } from "./components.ts";
import type { Grid } from "./grid.ts";
import { type Lens, project } from "./lens.ts";
import type { Finding, FindingClass, ImagePoint, Region } from "./report.ts";

/** Where a grid lies in the frame. */
export interface Place {
  readonly grid: Grid;
  readonly lens: Lens;
  readonly z_mm: number;
}

/** Most findings that one report carries; the largest are kept. */
export const mostFindings = 40;

/** Region of a component in millimetres. */
export function regionOf(c: Pick<Component, "left" | "top" | "right" | "bottom">, grid: Grid): Region {
  return {
    x_mm: grid.x0_mm + (c.left - 0.5) * grid.step_mm,
    y_mm: grid.y0_mm + (c.top - 0.5) * grid.step_mm,
    w_mm: (c.right - c.left) * grid.step_mm,
    h_mm: (c.bottom - c.top) * grid.step_mm,
  };
}

/** The region's rectangle as it appears in the frame. */
export function outlineOf(region: Region, place: Pick<Place, "lens" | "z_mm">): ImagePoint[] {
  const { x_mm: x, y_mm: y, w_mm: w, h_mm: h } = region;
  const corners = [
    [x, y],
    [x + w, y],
    [x + w, y + h],
    [x, y + h],
  ] as const;
  return corners.map(([cx, cy]) => {
    const p = project(place.lens, { x: cx, y: cy, z: place.z_mm });
    return [round(p.x), round(p.y)];
  });
}

/** Pixels to a tenth: what an overlay can show. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Components of a mask whose area reaches `limit_mm2`, as findings; `scoreOf` says how strongly a cell stands out. */
export function areaFindings(
  mask: Uint8Array,
  place: Place,
  kind: { readonly class: FindingClass; readonly by: Finding["by"]; readonly limit_mm2: number },
  scoreOf: (cell: number) => number,
): Finding[] {
  const { grid } = place;
  const cell_mm2 = grid.step_mm ** 2;
  return components(mask, grid.width, grid.height, Math.max(1, Math.floor(kind.limit_mm2 / cell_mm2)))
    .filter((c) => c.area * cell_mm2 >= kind.limit_mm2)
    .map((c) => {
      const region = regionOf(c, grid);
      return {
        class: kind.class,
        by: kind.by,
        region,
        outline_px: outlineOf(region, place),
        measured: c.area * cell_mm2,
        limit: kind.limit_mm2,
        unit: "mm2" as const,
        score: c.pixels.reduce((sum, at) => sum + scoreOf(at), 0) / c.area,
      };
    });
}

/** The largest findings, in falling order of measure against limit: a stable order, so that a replay repeats it. */
export function largest(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => b.measured / b.limit - a.measured / a.limit).slice(0, mostFindings);
}
