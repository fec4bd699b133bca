/** The demo bench as the inspector's tests and the training scripts describe and photograph it. */
import { readFileSync } from "node:fs";
import { commission, type Rig } from "../../src/inspection/commission.ts";
import type { LayerPlan } from "../../src/inspection/expected.ts";
import type { Picture } from "../../src/inspection/picture.ts";
import { readRig } from "../../src/inspection/rig.ts";
import type { CameraSetup } from "../../src/inspection/setup.ts";
import { digestOf } from "../../src/kernel/hash.ts";
import type { Disturbance } from "../../src/simulators/camera/faults.ts";
import type { RendererOptions } from "../../src/simulators/camera/look.ts";
import { createRenderer, type Frame, type Renderer } from "../../src/simulators/camera/renderer.ts";
import { appendBeads, type ForeignObject, noBeads } from "../../src/simulators/camera/scene.ts";
import { parkSlot } from "../../src/toolpath/capture.ts";

/** Height of the nozzle above the layer while the picture is taken. */
export const lift_mm = 2;

const described = readRig(JSON.parse(readFileSync(new URL("../../config/bench-rig.json", import.meta.url), "utf8")));
if (!described.ok) throw new Error(described.error.what);

/** What a technician entered for the bench: a mount measured with a tape, the fiducials from the drawing; it has no clock. */
export const benchRig: Rig = { ...described.value, exposureUnknown: true };

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
  /** Adds beads and takes the picture of `layer` at top height `top_mm`, the toolhead parked. */
  shoot(shot: Shot): Frame;
}

export interface Shot {
  readonly plan: Pick<LayerPlan, "layer" | "top_mm">;
  readonly beads: readonly (readonly number[])[];
  readonly objects?: readonly ForeignObject[];
  readonly disturbance?: Disturbance;
  /** Where the toolhead is parked; by default where `attempt` (A1) parks it at this layer. */
  readonly slot?: number;
  readonly attempt?: string;
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
    shoot({ plan, beads: added, objects = [], disturbance, slot, attempt = "A1", replace = false }) {
      if (replace) {
        beads = noBeads();
        epoch++;
      }
      appendBeads(beads, added);
      const head = { x: 15 + 15 * (slot ?? parkSlot(8, attempt, plan.layer)), y: 140, z: plan.top_mm + lift_mm };
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
  const setup = commission(empty, rig, digestOf(empty.data), 1_770_000_000_000);
  if (!setup.ok) throw new Error(setup.error.what);
  return { setup: setup.value, empty };
}
