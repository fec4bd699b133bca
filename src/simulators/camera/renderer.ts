/** Renders scenes through the simulated camera, drawing only what changed since the last one. */
import { type Disturbance, maskOf, still } from "./faults.ts";
import { grown, type Rect, union } from "./gbuffer.ts";
import { benchSensor, type RendererOptions } from "./look.ts";
import { defocused, spread } from "./optics.ts";
import { benchMount, type CameraModel, cameraAt } from "./pinhole.ts";
import { noBeads, type Scene } from "./scene.ts";
import { expose, sensorTables } from "./sensor.ts";
import { shade } from "./shade.ts";
import { drawToolhead, toolheadRects } from "./toolhead.ts";
import { clearPlate, deposit, type Workshop, workshop } from "./workshop.ts";

/** 8-bit RGB, interleaved, row by row. */
export interface Frame {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A camera that has looked at a bench. */
export interface Renderer {
  readonly camera: CameraModel;
  /** The next exposure of `scene`, bent by `disturbance`. */
  render(scene: Scene, disturbance?: Disturbance): Frame;
}

/** Makes a renderer. Draws the bare bench at once, so that each render after it draws only what is new. */
export function createRenderer(options: RendererOptions = {}): Renderer {
  const camera = options.camera ?? cameraAt(benchMount, 1600, 1200);
  const seed = options.seed ?? 1;
  const shop = workshop(camera, options);
  look(shop, [{ u0: 0, v0: 0, u1: camera.width, v1: camera.height }], { head: null });
  const tables = sensorTables(options.sensor ?? benchSensor, seed);
  let last: Scene = { epoch: Number.NaN, beads: noBeads(), objects: [], head: null };
  let drawn = 0;
  let frame = 0;
  let bent: Disturbance = still;
  let mask: ReturnType<typeof maskOf> = null;
  return {
    camera,
    render(scene, disturbance = still) {
      const again = scene.epoch !== last.epoch || scene.beads.count < drawn || !sameObjects(scene, last);
      if (again) drawn = 0;
      const dirty = union(again ? clearPlate(shop, scene.objects) : null, deposit(shop, scene, drawn));
      if (dirty !== null) shade(shop.stage, dirty, shop.bare);
      look(shop, [...(dirty === null ? [] : [dirty]), ...headRects(shop, scene, last)], scene);
      last = { ...scene, objects: [...scene.objects] };
      drawn = scene.beads.count;
      if (disturbance !== bent) mask = maskOf(camera, disturbance);
      bent = disturbance;
      const { seen } = shop;
      const light =
        disturbance.defocus > 0 ? defocused(camera, (disturbance.defocus * camera.width) / 1600, seen) : seen;
      const rgb = expose(tables, light, camera.width, frame++, seed, disturbance, mask);
      return { rgb, width: camera.width, height: camera.height };
    },
  };
}

function sameObjects(a: Scene, b: Scene): boolean {
  return JSON.stringify(a.objects) === JSON.stringify(b.objects);
}

function headRects(shop: Workshop, scene: Scene, last: Scene): Rect[] {
  const { g, light } = shop.stage;
  return [scene.head, last.head].flatMap((head) => (head === null ? [] : toolheadRects(g, head, light)));
}

/** Brings the light behind the lens up to date within `rects`. */
function look(shop: Workshop, rects: readonly Rect[], scene: Pick<Scene, "head">): void {
  const { g, light } = shop.stage;
  const wide = rects.map((rect) => grown(rect, 3, g.camera)).filter((rect) => rect !== null);
  for (const rect of wide) {
    for (let v = rect.v0; v < rect.v1; v++) {
      const start = 3 * (v * g.camera.width + rect.u0);
      const end = 3 * (v * g.camera.width + rect.u1);
      shop.full.set(shop.bare.subarray(start, end), start);
    }
  }
  if (scene.head !== null) drawToolhead(g, scene.head, light, shop.full);
  for (const rect of wide) spread(g.camera, rect, shop.blur, shop.vignette, shop.full, shop.seen);
}
