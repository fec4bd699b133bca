/** Draws the toolhead over a finished scene: carriage, beam, nozzle, bright marker, and the shadow they cast. */
import { type Box, bed, marker, toolhead } from "./bench.ts";
import { boxRect, type Face, type GBuffer, grown, meetBox, type Rect, union } from "./gbuffer.ts";
import type { Light } from "./look.ts";
import { project, type Vec3 } from "./pinhole.ts";
import type { Scene } from "./scene.ts";

type Head = NonNullable<Scene["head"]>;

const parts: readonly { readonly box: Box; readonly colour: Vec3 }[] = [
  { box: toolhead.nozzle, colour: [0.4, 0.3, 0.12] },
  { box: toolhead.block, colour: [0.22, 0.2, 0.19] },
  { box: toolhead.carriage, colour: [0.035, 0.036, 0.04] },
  { box: toolhead.beam, colour: [0.3, 0.31, 0.33] },
];
const lit: Record<Face, number> = { top: 0.85, front: 0.6, left: 0.5, right: 0.3 };
const markerColour: Vec3 = [0.75, 0.98, 0.7];

function placed(box: Box, head: Head): Box {
  const add = (corner: Vec3): Vec3 => [corner[0] + head.x, corner[1] + head.y, corner[2] + head.z];
  return { low: add(box.low), high: add(box.high) };
}

/** The rectangles of pixels that the toolhead and its shadow can change; empty when it is out of view. */
export function toolheadRects(g: GBuffer, head: Head, light: Light): Rect[] {
  const { nozzle, carriage, beam } = toolhead;
  const body: Box = { low: [carriage.low[0], carriage.low[1], nozzle.low[2]], high: carriage.high };
  const rects = [
    boxRect(g.camera, placed(body, head)),
    boxRect(g.camera, placed(beam, head)),
    shadowRect(g, head, light),
  ];
  return rects.filter((rect) => rect !== null);
}

/** The box that throws the soft shadow: block and carriage in one. */
function caster(head: Head): Box {
  return placed({ low: [-9, -14, 6], high: [9, 12, 6] }, head);
}

function shadowRect(g: GBuffer, head: Head, light: Light): Rect | null {
  const box = caster(head);
  const reach = (corner: Vec3): Rect => {
    const f = corner[2] / Math.max(1, light.lamp[2] - corner[2]);
    const x = corner[0] + (corner[0] - light.lamp[0]) * f;
    const y = corner[1] + (corner[1] - light.lamp[1]) * f;
    const [u, v] = project(g.camera, x, y, 0);
    return { u0: u, v0: v, u1: u, v1: v };
  };
  const { low, high } = box;
  let rect = union(reach(low), reach(high));
  rect = union(rect, union(reach([low[0], high[1], low[2]]), reach([high[0], low[1], low[2]])));
  return rect === null ? null : grown(rect, 60, g.camera);
}

/** Darkens what lies in the shadow and draws the parts into `linear`. */
export function drawToolhead(g: GBuffer, head: Head, light: Light, linear: Float32Array): void {
  drawShadow(g, head, light, linear);
  const z = new Map<number, number>();
  for (const { box, colour } of parts) drawPart(g, placed(box, head), colour, light, linear, z);
  drawMarker(g, head, linear);
}

function drawShadow(g: GBuffer, head: Head, light: Light, linear: Float32Array): void {
  const rect = shadowRect(g, head, light);
  if (rect === null) return;
  const box = caster(head);
  const { centre, rx, ry } = g.rays;
  for (let v = rect.v0; v < rect.v1; v++) {
    for (let u = rect.u0; u < rect.u1; u++) {
      const pixel = v * g.camera.width + u;
      const z = g.z[pixel]!;
      const rise = box.low[2] - z;
      if (rise <= 0) continue;
      const x = centre[0] + (centre[2] - z) * rx[pixel]!;
      const y = centre[1] + (centre[2] - z) * ry[pixel]!;
      // Where this point's ray to the lamp passes the caster's height.
      const f = rise / (light.lamp[2] - z);
      const px = x + (light.lamp[0] - x) * f;
      const py = y + (light.lamp[1] - y) * f;
      const inside = Math.min(px - box.low[0], box.high[0] - px, py - box.low[1], box.high[1] - py);
      const soft = 1 + rise * 0.12;
      const dark = Math.max(0, Math.min(1, 0.5 + inside / (2 * soft)));
      const keep = 1 - 0.72 * dark * dark * (3 - 2 * dark);
      for (let channel = 0; channel < 3; channel++) linear[3 * pixel + channel]! *= keep;
    }
  }
}

function drawPart(
  g: GBuffer,
  box: Box,
  colour: Vec3,
  light: Light,
  linear: Float32Array,
  z: Map<number, number>,
): void {
  const rect = boxRect(g.camera, box);
  if (rect === null) return;
  for (let v = rect.v0; v < rect.v1; v++) {
    for (let u = rect.u0; u < rect.u1; u++) {
      const pixel = v * g.camera.width + u;
      const hit = meetBox(g.rays.centre, g.rays.rx[pixel]!, g.rays.ry[pixel]!, box);
      if (hit === null || hit.z < (z.get(pixel) ?? g.z[pixel]!)) continue;
      z.set(pixel, hit.z);
      // Bevelled edges and a little wear, so that it is not a flat polygon.
      const fall = g.rays.centre[2] - hit.z;
      const x = g.rays.centre[0] + fall * g.rays.rx[pixel]!;
      const edge = Math.min(x - box.low[0], box.high[0] - x, (box.high[2] - hit.z) * 2 + (hit.face === "top" ? 9 : 0));
      const worn = 1 + 0.6 * Math.max(0, 1 - edge / 0.7) + 0.25 * ((hit.z - box.low[2]) / (box.high[2] - box.low[2]));
      for (let channel = 0; channel < 3; channel++) {
        linear[3 * pixel + channel] =
          colour[channel]! * worn * (lit[hit.face] * light.colour[channel]! + light.ambient[channel]!);
      }
    }
  }
}

/** The marker glows: its brightness does not depend on the lamp. */
function drawMarker(g: GBuffer, head: Head, linear: Float32Array): void {
  const centre: Vec3 = [head.x + marker.dx, head.y + marker.dy - 0.01, head.z + marker.dz];
  const half = marker.diameter / 2;
  const rect = boxRect(g.camera, {
    low: [centre[0] - half, centre[1] - 0.1, centre[2] - half],
    high: [centre[0] + half, centre[1] + 0.1, centre[2] + half],
  });
  if (rect === null) return;
  for (let v = rect.v0; v < rect.v1; v++) {
    for (let u = rect.u0; u < rect.u1; u++) {
      const pixel = v * g.camera.width + u;
      const fall = (centre[1] - g.rays.centre[1]) / g.rays.ry[pixel]!;
      const z = g.rays.centre[2] - fall;
      const x = g.rays.centre[0] + fall * g.rays.rx[pixel]!;
      const r = Math.hypot(x - centre[0], z - centre[2]);
      if (r > half || z < g.z[pixel]!) continue;
      const glow = r < half - 1 ? 1 : 0.8;
      for (let channel = 0; channel < 3; channel++) linear[3 * pixel + channel] = glow * markerColour[channel]!;
    }
  }
}

/** Where the marker's centre is seen when the nozzle is at `head`, in pixels. */
export function markerAt(g: Pick<GBuffer, "camera">, head: Head): [number, number] {
  return project(g.camera, head.x + marker.dx, head.y + marker.dy, head.z + marker.dz);
}

/** True when the nozzle stands where the capture macro parks it: behind the region that holds parts. */
export function isParked(head: Head): boolean {
  return head.y > 130 && head.y < bed.y1;
}
