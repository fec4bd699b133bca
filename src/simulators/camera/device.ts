/** The camera as a device: a renderer and the faults it suffers from, without any wire. */
import { type CameraFault, type Disturbance, disturbanceOf } from "./faults.ts";
import type { RendererOptions } from "./look.ts";
import { benchMount, cameraAt, knocked } from "./pinhole.ts";
import { createRenderer, type Frame, type Renderer } from "./renderer.ts";
import type { Scene } from "./scene.ts";

/** One exposure; `repeated` says that the picture is the very one that was taken before. */
export interface Exposure {
  readonly frame: Frame;
  readonly repeated: boolean;
}

/** A camera with faults that come and go. */
export interface CameraDevice {
  /** Takes a picture of the scene, or what the faults make of it. */
  take(scene: Scene): Exposure;
  /** Adds a fault, or replaces the one of the same name. */
  fault(fault: CameraFault): void;
  /** Removes the fault of this name, or all of them. */
  clear(name?: CameraFault["name"]): void;
  /** The faults in force. */
  faults(): readonly CameraFault[];
}

/** Makes a healthy camera. */
export function createDevice(options: RendererOptions = {}): CameraDevice {
  const camera = options.camera ?? cameraAt(benchMount, 1600, 1200);
  const faults = new Map<CameraFault["name"], CameraFault>();
  let disturbance: Disturbance = disturbanceOf([]);
  let renderer: Renderer = createRenderer({ ...options, camera });
  let last: { readonly frame: Frame; readonly scene: Scene } | null = null;
  const settle = (poseChanged: boolean) => {
    disturbance = disturbanceOf(faults.values());
    const moved = faults.get("moved");
    if (!poseChanged) return;
    // A knock at the bracket: mostly sideways and down.
    const shift = moved?.name === "moved" ? ([0.8 * moved.mm, 0.36 * moved.mm, -0.48 * moved.mm] as const) : null;
    const turn = moved?.name === "moved" ? moved.deg : 0;
    renderer = createRenderer({ ...options, camera: shift === null ? camera : knocked(camera, shift, turn) });
  };
  return {
    take(scene) {
      const frozen = faults.get("frozen");
      if (frozen?.name === "frozen" && last !== null) {
        if (!frozen.fresh) return { frame: last.frame, repeated: true };
        return { frame: renderer.render(last.scene, disturbance), repeated: false };
      }
      const frame = renderer.render(scene, disturbance);
      // A frozen frame must not grow when its bead list does.
      last = { frame, scene: { ...scene, beads: { ...scene.beads } } };
      return { frame, repeated: false };
    },
    fault(fault) {
      faults.set(fault.name, fault);
      settle(fault.name === "moved");
    },
    clear(name) {
      const wasMoved = faults.has("moved") && (name === undefined || name === "moved");
      if (name === undefined) faults.clear();
      else faults.delete(name);
      settle(wasMoved);
    },
    faults: () => [...faults.values()],
  };
}
