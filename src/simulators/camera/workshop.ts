/** The buffers behind one renderer: the bench as drawn so far, and its light before and behind the lens. */
import { drawBench, peiBed, posts } from "./bed.ts";
import { fourfold, type GBuffer, gbufferFor, grown, type Rect, union } from "./gbuffer.ts";
import { type Build, benchLight, benchOptics, filaments } from "./look.ts";
import { raiseObject } from "./objects.ts";
import { vignetteOf } from "./optics.ts";
import { type CameraModel, project } from "./pinhole.ts";
import { beadStride, type ForeignObject, type Scene } from "./scene.ts";
import { type Stage, shade } from "./shade.ts";
import { type HeightGrid, heightGrid, raiseBead, raiseBox } from "./shadow.ts";
import { drawBead } from "./strand.ts";

const planes = ["z", "material", "nx", "ny", "tone"] as const;

/** Every buffer of one renderer. */
export interface Workshop {
  readonly stage: Stage;
  /** Surfaces and light of the bare bench. */
  readonly empty: Pick<GBuffer, (typeof planes)[number]>;
  readonly emptyLight: Float32Array;
  /** Light of the scene without, then with the toolhead, then behind the lens. */
  readonly bare: Float32Array;
  readonly full: Float32Array;
  readonly seen: Float32Array;
  readonly vignette: Float32Array;
  readonly blur: number;
  /** Pixels that differ from the bare bench. */
  touched: Rect | null;
}

/** Draws and lights the bare bench. */
export function workshop(camera: CameraModel, build: Build): Workshop {
  const g = gbufferFor(camera, fourfold);
  drawBench(g, build.bed ?? peiBed);
  const grid = heightGrid();
  for (const post of posts) raiseBox(grid, post);
  const stage = { g, grid, light: build.light ?? benchLight, filament: build.filament ?? filaments.ivory };
  const optics = build.optics ?? benchOptics;
  const bare = new Float32Array(3 * g.size);
  shade(stage, { u0: 0, v0: 0, u1: camera.width, v1: camera.height }, bare);
  return {
    stage,
    empty: { z: g.z.slice(), material: g.material.slice(), nx: g.nx.slice(), ny: g.ny.slice(), tone: g.tone.slice() },
    emptyLight: bare.slice(),
    bare,
    full: new Float32Array(bare.length),
    seen: new Float32Array(bare.length),
    vignette: vignetteOf(camera, optics.vignette),
    blur: (optics.blur * camera.width) / 1600,
    touched: null,
  };
}

/** Takes everything off the bed, then puts these objects on it; returns the pixels whose light may have changed. */
export function clearPlate(shop: Workshop, objects: readonly ForeignObject[]): Rect | null {
  const { g, grid } = shop.stage;
  const before = shop.touched;
  if (before !== null) restore(shop, before);
  emptyGrid(grid);
  const scale = g.camera.fx / g.rays.centre[2];
  let rect: Rect | null = null;
  for (const object of objects) {
    const drawn = raiseObject(g, grid, object);
    // Its shadow is about as long as it is high.
    rect = union(rect, drawn === null ? null : grown(drawn, (3.5 + 2 * object.r) * scale, g.camera));
  }
  shop.touched = rect;
  return union(before, rect);
}

function restore(shop: Workshop, rect: Rect): void {
  const { g } = shop.stage;
  for (let v = rect.v0; v < rect.v1; v++) {
    const from = v * g.camera.width + rect.u0;
    const to = v * g.camera.width + rect.u1;
    shop.bare.set(shop.emptyLight.subarray(3 * from, 3 * to), 3 * from);
    for (let base = 0; base < g.z.length; base += g.size) {
      for (const plane of planes) g[plane].set(shop.empty[plane].subarray(base + from, base + to), base + from);
    }
  }
}

function emptyGrid(grid: HeightGrid): void {
  grid.top.fill(0);
  grid.airTop.fill(-1);
  grid.airBottom.fill(1e9);
  grid.highest = 0;
  for (const post of posts) raiseBox(grid, post);
}

/** Draws the beads from `from` on; returns the pixels whose light may have changed. */
export function deposit(shop: Workshop, scene: Scene, from: number): Rect | null {
  const { g, grid } = shop.stage;
  let rect: Rect | null = null;
  for (let index = from; index < scene.beads.count; index++) {
    raiseBead(grid, scene.beads.data, index);
    rect = union(rect, drawBead(g, scene.beads.data, index));
  }
  rect = union(rect, shadowOf(shop.stage, scene, from));
  // Ambient occlusion reaches 3 mm.
  if (rect !== null) rect = grown(rect, (3.5 * g.camera.fx) / g.rays.centre[2], g.camera);
  shop.touched = union(shop.touched, rect);
  return rect;
}

/** The pixels on the bed that the shadow of the beads from `from` on can reach. */
function shadowOf({ g, light }: Stage, { beads }: Scene, from: number): Rect | null {
  let rect: Rect | null = null;
  const { data } = beads;
  for (let at = from * beadStride; at < beads.count * beadStride; at += 3) {
    // A bead's two ends lie three numbers apart; its width and height are skipped.
    const z = Math.max(0, Math.min(20, data[at + 2]!));
    const f = z / Math.max(1, light.lamp[2] - z);
    const x = data[at]! + (data[at]! - light.lamp[0]) * f;
    const y = data[at + 1]! + (data[at + 1]! - light.lamp[1]) * f;
    const [u, v] = project(g.camera, x, y, 0);
    rect = union(rect, { u0: u, v0: v, u1: u, v1: v });
    if (at % beadStride === 3) at += 2;
  }
  return rect;
}
