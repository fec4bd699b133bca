/** Renders scenes through the simulated camera, drawing only what changed since the last one. */

import { type BedLook, drawBench, peiBed, posts } from "./bed.ts";
import { type Disturbance, maskOf, still } from "./faults.ts";
import { type GBuffer, gbufferFor, grown, type Rect, union } from "./gbuffer.ts";
import {
  benchLight,
  benchOptics,
  benchSensor,
  type Filament,
  filaments,
  type Light,
  type Optics,
  type Sensor,
} from "./look.ts";
import { raiseObjects } from "./objects.ts";
import { defocused, spread, vignetteOf } from "./optics.ts";
import { benchMount, type CameraModel, cameraAt } from "./pinhole.ts";
import { noBeads, type Scene } from "./scene.ts";
import { expose, sensorTables } from "./sensor.ts";
import { type Stage, shade } from "./shade.ts";
import { heightGrid, raiseBead, raiseBox } from "./shadow.ts";
import { drawBead } from "./strand.ts";
import { drawToolhead, toolheadRect } from "./toolhead.ts";

/** What a renderer is made from; everything has the bench's value as default. */
export interface RendererOptions {
  readonly camera?: CameraModel;
  readonly filament?: Filament;
  readonly light?: Light;
  readonly bed?: BedLook;
  readonly optics?: Optics;
  readonly sensor?: Sensor;
  /** Fixes noise; the picture of frame n under a seed never changes. */
  readonly seed?: number;
}

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
  /** Height in mm of what each pixel saw last, without the toolhead; a view, overwritten by the next render. */
  heights(): Float32Array;
  /** Material of what each pixel saw last, as in `gbuffer.ts`; a view like `heights`. */
  materials(): Uint8Array;
}

/** Every buffer of one renderer. */
interface Workshop {
  readonly stage: Stage;
  readonly empty: Pick<GBuffer, "z" | "material" | "nx" | "ny" | "tone">;
  /** Light of the scene without, then with the toolhead, then behind the lens. */
  readonly bare: Float32Array;
  readonly full: Float32Array;
  readonly seen: Float32Array;
  readonly vignette: Float32Array;
  readonly blur: number;
}

/** Makes a renderer. Costs about two seconds and 120 MB at 1600 x 1200; a render after that draws only new beads. */
export function createRenderer(options: RendererOptions = {}): Renderer {
  const camera = options.camera ?? cameraAt(benchMount, 1600, 1200);
  const seed = options.seed ?? 1;
  const shop = workshop(camera, options);
  const tables = sensorTables(options.sensor ?? benchSensor, seed);
  let last: Scene = { epoch: Number.NaN, beads: noBeads(), objects: [], head: null };
  let drawn = 0;
  let frame = 0;
  let bent: Disturbance = still;
  let mask: ReturnType<typeof maskOf> = null;
  return {
    camera,
    heights: () => shop.stage.g.z,
    materials: () => shop.stage.g.material,
    render(scene, disturbance = still) {
      const again = scene.epoch !== last.epoch || scene.beads.count < drawn || !sameObjects(scene, last);
      if (again) drawn = 0;
      const dirty = deposit(shop, scene, drawn, again);
      if (dirty !== null) shade(shop.stage, dirty, shop.bare);
      look(shop, union(dirty, headRects(shop, scene, last)), scene);
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

function workshop(camera: CameraModel, options: RendererOptions): Workshop {
  const g = gbufferFor(camera);
  drawBench(g, options.bed ?? peiBed);
  const optics = options.optics ?? benchOptics;
  const light = () => new Float32Array(3 * camera.width * camera.height);
  return {
    stage: {
      g,
      grid: heightGrid(),
      light: options.light ?? benchLight,
      filament: options.filament ?? filaments.ivory,
    },
    empty: { z: g.z.slice(), material: g.material.slice(), nx: g.nx.slice(), ny: g.ny.slice(), tone: g.tone.slice() },
    bare: light(),
    full: light(),
    seen: light(),
    vignette: vignetteOf(camera, optics.vignette),
    blur: (optics.blur * camera.width) / 1600,
  };
}

function sameObjects(a: Scene, b: Scene): boolean {
  return JSON.stringify(a.objects) === JSON.stringify(b.objects);
}

/** Draws beads from `from` on (and everything when `again`); returns the pixels whose light may have changed. */
function deposit(shop: Workshop, scene: Scene, from: number, again: boolean): Rect | null {
  const { g, grid } = shop.stage;
  let rect: Rect | null = null;
  if (again) {
    for (const key of ["z", "material", "nx", "ny", "tone"] as const) g[key].set(shop.empty[key]);
    grid.top.fill(0);
    grid.airTop.fill(-1);
    grid.airBottom.fill(1e9);
    grid.highest = 0;
    for (const post of posts) raiseBox(grid, post);
    raiseObjects(g, grid, scene.objects);
    rect = { u0: 0, v0: 0, u1: g.camera.width, v1: g.camera.height };
  }
  for (let index = from; index < scene.beads.count; index++) {
    raiseBead(grid, scene.beads.data, index);
    rect = union(rect, drawBead(g, scene.beads.data, index));
  }
  // Shadows reach as far as the part is high; ambient occlusion 3 mm.
  const reach = ((4 + 0.9 * partHeight(scene, from)) * g.camera.fx) / g.rays.centre[2];
  return rect === null ? null : grown(rect, reach, g.camera);
}

function partHeight(scene: Scene, from: number): number {
  let top = 0;
  for (let index = from; index < scene.beads.count; index++) top = Math.max(top, scene.beads.data[8 * index + 2]!);
  return Math.min(16, top);
}

function headRects(shop: Workshop, scene: Scene, last: Scene): Rect | null {
  const { g, light } = shop.stage;
  const same = scene.head?.x === last.head?.x && scene.head?.y === last.head?.y && scene.head?.z === last.head?.z;
  if (same && scene.head === null) return null;
  const now = scene.head === null ? null : toolheadRect(g, scene.head, light);
  return union(now, last.head === null ? null : toolheadRect(g, last.head, light));
}

/** Brings the light behind the lens up to date within `rect`. */
function look(shop: Workshop, rect: Rect | null, scene: Scene): void {
  const { g, light } = shop.stage;
  const wide = rect === null ? null : grown(rect, 3, g.camera);
  if (wide === null) return;
  for (let v = wide.v0; v < wide.v1; v++) {
    const start = 3 * (v * g.camera.width + wide.u0);
    const end = 3 * (v * g.camera.width + wide.u1);
    shop.full.set(shop.bare.subarray(start, end), start);
  }
  if (scene.head !== null) drawToolhead(g, scene.head, light, shop.full);
  spread(g.camera, wide, shop.blur, shop.vignette, shop.full, shop.seen);
}
