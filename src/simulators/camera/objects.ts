/** Puts foreign objects into the picture and into the map of heights that casts shadows. */
import type { GBuffer } from "./gbuffer.ts";
import type { ForeignObject } from "./scene.ts";
import { type HeightGrid, raiseDisc } from "./shadow.ts";
import { drawObject } from "./strand.ts";

/** Draws every object. */
export function raiseObjects(g: GBuffer, grid: HeightGrid, objects: readonly ForeignObject[]): void {
  for (const object of objects) {
    drawObject(g, object);
    raiseDisc(grid, object.x + object.r * 0.3, object.y, object.r * 0.9, object.z, object.z + object.r);
  }
}
