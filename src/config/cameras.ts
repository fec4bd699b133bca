/** The inspection's cameras as a configuration names them: the first, and any number of others. */
import { firstCamera } from "../jobs/views.ts";
import type { CellConfig } from "./schema.ts";

/** One camera with what belongs to it alone. */
export interface ConfiguredCamera {
  readonly id: string;
  /** The one machine that it looks at; null: every machine. */
  readonly machine: string | null;
  readonly camera: CellConfig["camera"];
  /** Its set-up, as `cellward camera calibrate` writes it. */
  readonly setup: string;
  readonly rig: string;
  /** Its lens file; undefined where there is none. */
  readonly lens: string | undefined;
}

/** All cameras, `[camera]` first. */
export function camerasIn({
  camera,
  inspection,
}: Pick<CellConfig, "camera" | "inspection">): readonly [ConfiguredCamera, ...ConfiguredCamera[]] {
  const { setup, rig, lens, machine = null, view = [] } = inspection;
  const others = view.map((each) => ({ ...each, machine: each.machine ?? null, lens: each.lens }));
  return [{ id: firstCamera, machine, camera, setup, rig, lens }, ...others];
}

/** The camera of this name; null where there is none. */
export function cameraNamed(config: Pick<CellConfig, "camera" | "inspection">, id: string): ConfiguredCamera | null {
  return camerasIn(config).find((each) => each.id === id) ?? null;
}

/** True where something has to name its camera: there are several, or the only one looks at one machine alone. */
export function hasSeveralViews(config: Pick<CellConfig, "camera" | "inspection">): boolean {
  return (config.inspection.view ?? []).length > 0 || config.inspection.machine !== undefined;
}
