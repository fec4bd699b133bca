/** The sequence mark: the parked toolhead's bright marker must stand in the slot that belongs to this layer of this attempt. */
import { parkSlot } from "../toolpath/capture.ts";
import { type Lens, project } from "./lens.ts";
import { type Picture, sample } from "./picture.ts";
import type { CameraSetup } from "./setup.ts";

/** Which slot the marker stands in, and by how much it outshines the next brightest slot. */
export interface MarkerReading {
  readonly slot: number;
  readonly contrast: number;
}

/** Mean brightness at each slot where the marker could stand while the toolhead is parked above layer top `z_mm`; the marker is an upright disc. */
export function readMarker(picture: Picture, lens: Lens, setup: CameraSetup, z_mm: number): MarkerReading {
  const { marker } = setup;
  const levels = Array.from({ length: marker.slots }, (_, slot) => {
    const at = { x: marker.x0_mm + marker.pitch_mm * slot, y: marker.y_mm, z: z_mm + marker.aboveLayer_mm };
    const [centre, edge] = [project(lens, at), project(lens, { ...at, x: at.x + marker.radius_mm })];
    const lower = project(lens, { ...at, z: at.z - marker.radius_mm });
    const across = Math.abs(edge.x - centre.x) * 0.6;
    const down = Math.abs(lower.y - centre.y) * 0.6;
    let [sum, count] = [0, 0];
    for (let dy = -1; dy <= 1; dy += 0.5) {
      for (let dx = -1; dx <= 1; dx += 0.5) {
        sum += sample(picture, centre.x + dx * across, centre.y + dy * down);
        count++;
      }
    }
    return sum / count;
  });
  const ranked = levels.map((level, slot) => ({ level, slot })).sort((a, b) => b.level - a.level);
  const [first, second] = [ranked[0]!, ranked[1]!];
  const contrast = first.level - second.level;
  return { slot: first.slot, contrast: Number.isFinite(contrast) ? contrast : -1 };
}

/** Says why the marker is no proof that the frame shows this layer; null where it is proof. */
export function staleMark(reading: MarkerReading, attempt: string, layer: number, setup: CameraSetup): string | null {
  const wanted = parkSlot(setup.marker.slots, attempt, layer);
  if (!(reading.contrast >= setup.limits.markerContrast)) {
    return `the mark on the parked toolhead cannot be seen (contrast ${reading.contrast.toFixed(0)}, at least ${setup.limits.markerContrast} is needed)`;
  }
  if (reading.slot !== wanted) {
    return `the toolhead's mark stands in slot ${reading.slot}, but layer ${layer} parks in slot ${wanted}: this picture shows another layer or another attempt`;
  }
  return null;
}
