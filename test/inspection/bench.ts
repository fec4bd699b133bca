/** The demo bench as the inspector's tests and the training scripts describe and photograph it. */
import { commission, type Rig } from "../../src/inspection/commission.ts";
import type { LayerPlan } from "../../src/inspection/expected.ts";
import type { Picture } from "../../src/inspection/picture.ts";
import type { CameraSetup } from "../../src/inspection/setup.ts";
import { marker as trueMarker } from "../../src/simulators/camera/bench.ts";
import type { Disturbance } from "../../src/simulators/camera/faults.ts";
import type { RendererOptions } from "../../src/simulators/camera/look.ts";
import { createRenderer, type Frame, type Renderer } from "../../src/simulators/camera/renderer.ts";
import { appendBeads, type ForeignObject, noBeads } from "../../src/simulators/camera/scene.ts";

/** Height of the nozzle above the layer while the picture is taken. */
export const lift_mm = 2;

/** What a technician would enter for the bench: a mount measured with a tape, the fiducials from the drawing. */
export const benchRig: Rig = {
  camera: "bench-camera",
  mount: {
    eye: { x: 74, y: -94, z: 304 },
    target: { x: 75, y: 68, z: 0 },
    focal_px: 2400,
    width_px: 1600,
    height_px: 1200,
  },
  fiducials: [
    [-8, -8, 0],
    [158, -8, 0],
    [-8, 158, 0],
    [158, 158, 0],
    [75, -8, 0],
    [-10, 40, 20],
    [160, 40, 20],
    [-10, 110, 20],
    [160, 110, 20],
  ].map(([x, y, z], i) => ({ id: `F${i + 1}`, at: { x: x!, y: y!, z: z! } })),
  fiducialRadius_mm: 4,
  middle: { x: 75, y: 72, z: 6 },
  plate: { x0_mm: 15, y0_mm: 15, x1_mm: 135, y1_mm: 117 },
  marker: {
    slots: 8,
    x0_mm: 15,
    pitch_mm: 15,
    y_mm: 140 + trueMarker.dy,
    aboveLayer_mm: lift_mm + trueMarker.dz,
    radius_mm: 4,
  },
  bare: [
    { id: "front-left", x0: 8, y0: -12, x1: 60, y1: -4 },
    { id: "front-right", x0: 90, y0: -12, x1: 142, y1: -4 },
    { id: "left", x0: -14, y0: 62, x1: -4, y1: 92 },
    { id: "right", x0: 154, y0: 62, x1: 164, y1: 92 },
  ],
};

/** The same rig at another picture width (4:3). */
export function rigAt(width: number): Rig {
  const factor = width / benchRig.mount.width_px;
  const mount = {
    ...benchRig.mount,
    focal_px: benchRig.mount.focal_px * factor,
    width_px: width,
    height_px: (width * 3) / 4,
  };
  return { ...benchRig, mount };
}

/** The frame's green channel: what the inspector decodes from a JPEG. */
export function greenOf(frame: Frame): Picture {
  const data = new Uint8Array(frame.width * frame.height);
  for (let i = 0; i < data.length; i++) data[i] = frame.rgb[3 * i + 1]!;
  return { width: frame.width, height: frame.height, data };
}

/** A bench that prints plans and photographs itself. */
export interface Bench {
  readonly renderer: Renderer;
  /** Adds beads and takes the picture of `layer` at top height `top_mm`, the toolhead parked in `slot`. */
  shoot(shot: Shot): Frame;
}

export interface Shot {
  readonly plan: Pick<LayerPlan, "layer" | "top_mm">;
  readonly beads: readonly (readonly number[])[];
  readonly objects?: readonly ForeignObject[];
  readonly disturbance?: Disturbance;
  readonly slot?: number;
  /** True where the beads replace everything that stood there. */
  readonly replace?: boolean;
}

/** Makes a bench. */
export function createBench(options: RendererOptions = {}): Bench {
  const renderer = createRenderer(options);
  let beads = noBeads();
  let epoch = 1;
  return {
    renderer,
    shoot({ plan, beads: added, objects = [], disturbance, slot, replace = false }) {
      if (replace) {
        beads = noBeads();
        epoch++;
      }
      appendBeads(beads, added);
      const head = { x: 15 + 15 * (slot ?? plan.layer % 8), y: 140, z: plan.top_mm + lift_mm };
      return renderer.render({ epoch, beads, objects, head }, disturbance);
    },
  };
}

/** Commissions the bench's camera on its empty plate; throws where that fails. */
export function commissioned(
  bench: Bench,
  rig: Rig = benchRig,
): { readonly setup: CameraSetup; readonly empty: Picture } {
  const empty = greenOf(bench.shoot({ plan: { layer: 0, top_mm: 0 }, beads: [] }));
  const setup = commission(empty, rig);
  if (!setup.ok) throw new Error(setup.error.what);
  return { setup: setup.value, empty };
}
