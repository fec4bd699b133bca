/** What a layer should look like from above: masks on a millimetre grid, made from the program alone. */
import type { Millimetre } from "../kernel/units.ts";
import type { GuardLimits } from "./limits.ts";
import type { StrandRole } from "./marks.ts";
import type { ToolpathPlan } from "./plan.ts";
import { draw, type Grid, raise, rasterise } from "./raster.ts";
import { createStrandReader, type Strand } from "./strands.ts";

/** Values of `ExpectedLayer.roles`; 0 is nothing. */
export const ROLE_VALUES: Readonly<Record<StrandRole, number>> = {
  unknown: 1,
  wall: 2,
  overhang: 3,
  infill: 4,
  solid: 5,
  bridge: 6,
  support: 7,
  skirt: 8,
  custom: 9,
};

/** One layer on the grid; all arrays have height_px x width_px members. */
export interface ExpectedLayer {
  readonly layer: number;
  readonly z_mm: Millimetre;
  readonly strands: readonly Strand[];
  /** 1 where this layer lays material. */
  readonly footprint: Uint8Array;
  /** What for, as `ROLE_VALUES`; later strands win. */
  readonly roles: Uint8Array;
  /** Top of everything below this layer, mm; 0 on the bare bed. A copy. */
  readonly below: Float32Array;
}

/** Makes expected layers; asking in rising order is cheapest. */
export interface ExpectedLayers {
  /** Layer `layer` (1-based) of the program. */
  layer(layer: number): ExpectedLayer;
}

/** Expected layers of a program that `planToolpath` accepted with the same limits. */
export function createExpectedLayers(
  program: Uint8Array,
  plan: ToolpathPlan,
  limits: GuardLimits,
  grid: Grid,
): ExpectedLayers {
  const reader = createStrandReader(program, plan, limits);
  let heights = new Float32Array(grid.width_px * grid.height_px);
  let built = 0;
  const buildUpTo = (layer: number): void => {
    if (layer < built) {
      heights = new Float32Array(heights.length);
      built = 0;
    }
    for (; built < layer; built += 1) {
      raise(heights, rasterise(reader.strands(built + 1), grid), plan.layers[built]!.z_mm);
    }
  };
  return {
    layer(layer) {
      const strands = reader.strands(layer);
      buildUpTo(layer - 1);
      const roles = new Uint8Array(heights.length);
      draw(strands, grid, roles, (strand) => ROLE_VALUES[strand.role]);
      const footprint = roles.map((role) => (role === 0 ? 0 : 1));
      return { layer, z_mm: plan.layers[layer - 1]!.z_mm, strands, footprint, roles, below: heights.slice() };
    },
  };
}
