/** Puts foreign objects into the picture and into the map of heights that casts shadows. */
import type { GBuffer, Rect } from "./gbuffer.ts";
import type { ForeignObject } from "./scene.ts";
import { type HeightGrid, raiseDisc } from "./shadow.ts";
import { drawObject } from "./strand.ts";

/** Draws `object`; returns the pixels that it can touch, or null when it is out of view. */
export function raiseObject(g: GBuffer, grid: HeightGrid, object: ForeignObject): Rect | null {
  raiseDisc(grid, object.x + object.r * 0.3, object.y, object.r * 0.9, object.z, object.z + object.r);
  return drawObject(g, object);
}
