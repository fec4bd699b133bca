/** Draws what never changes: the textured bed, its frame, the fiducials and their posts. */
import { type Box, bed, fiducialRing, fiducials, frame } from "./bench.ts";
import { boxRect, type GBuffer, material, meetBox, slopesAt } from "./gbuffer.ts";
import { hash, noise2 } from "./random.ts";

/** How the bed looks. */
export interface BedLook {
  /** A grid printed every 10 mm. */
  readonly grid: boolean;
  /** Strength of the surface's grain, 1 for textured PEI, 0 for glass. */
  readonly grain: number;
  readonly seed: number;
}

/** The bed of the bench. */
export const peiBed: BedLook = { grid: true, grain: 1, seed: 11 };

/** Draws the plane z = 0 and the posts into an empty buffer. */
export function drawBench(g: GBuffer, look: BedLook): void {
  const { rays } = g;
  const height = rays.centre[2];
  // A pixel's width on the bed, for edges without steps.
  const footprint = Math.max(0.02, (height / g.camera.fx) * 1.15);
  for (let pixel = 0; pixel < g.size; pixel++) {
    const x = rays.centre[0] + height * rays.rx[pixel]!;
    const y = rays.centre[1] + height * rays.ry[pixel]!;
    g.z[pixel] = 0;
    if (x > bed.x0 && x < bed.x1 && y > bed.y0 && y < bed.y1) drawBed(g, pixel, x, y, footprint, look);
    else drawFrame(g, pixel, x, y, footprint, look);
  }
  // The plane is smooth enough for one sample; only the posts have edges in depth.
  for (let sample = 1; sample < g.offsets.length; sample++) {
    for (const plane of [g.z, g.material, g.nx, g.ny, g.tone]) plane.copyWithin(sample * g.size, 0, g.size);
  }
  for (const post of posts) drawPost(g, post, footprint);
}

function drawBed(g: GBuffer, pixel: number, x: number, y: number, footprint: number, look: BedLook): void {
  g.material[pixel] = material.bed;
  // Powder-coated PEI: grains of about 0.3 mm whose facets glint, over soft stains from use.
  const grain = noise2(x * 3.1, y * 3.1, look.seed) - 0.5;
  const stain = noise2(x * 0.06, y * 0.06, look.seed + 1) - 0.5;
  const facet = look.grain * 0.55;
  g.nx[pixel] = Math.round(127 * facet * (noise2(x * 4.3, y * 4.3, look.seed + 2) - 0.5));
  g.ny[pixel] = Math.round(127 * facet * (noise2(x * 4.3, y * 4.3, look.seed + 3) - 0.5));
  let tone = 1 + look.grain * 0.35 * grain + 0.3 * stain;
  if (look.grid) tone += 1.1 * gridLine(x, y, footprint);
  g.tone[pixel] = Math.max(0, Math.min(255, tone * 80));
}

/** Coverage of the printed lines: 0.35 mm wide every 10 mm, wider every 50 mm. */
function gridLine(x: number, y: number, footprint: number): number {
  const line = (value: number) => {
    const half = Math.abs(value / 50 - Math.round(value / 50)) < 0.01 ? 0.3 : 0.175;
    return stroke(Math.abs(value - 10 * Math.round(value / 10)) - half, footprint);
  };
  return Math.max(line(x), line(y));
}

/** 1 inside (negative distance), 0 outside, a ramp of one footprint between. */
function stroke(distance: number, footprint: number): number {
  return Math.max(0, Math.min(1, 0.5 - distance / footprint));
}

function drawFrame(g: GBuffer, pixel: number, x: number, y: number, footprint: number, look: BedLook): void {
  const inside = Math.min(x - frame.x0, frame.x1 - x, y - frame.y0, frame.y1 - y);
  const onFrame = inside > 0;
  g.material[pixel] = onFrame ? material.frame : material.room;
  // Brushed along x.
  const brush = noise2(x * 0.4, y * 9, look.seed + 5) - 0.5;
  const edge = stroke(inside - 0.8, 0.8);
  g.tone[pixel] =
    150 + 45 * brush - 60 * (onFrame ? edge : 0) + 6 * hash(Math.floor(x * 8), Math.floor(y * 8), look.seed);
  g.ny[pixel] = Math.round(14 * brush);
  if (!onFrame) return;
  for (const centre of fiducials) {
    if (centre[2] !== 0) continue;
    const tone = fiducialTone(x - centre[0], y - centre[1], footprint);
    if (tone !== null) drawCard(g, pixel, tone);
  }
}

/** Brightness 0..1 of a fiducial at an offset from its centre, or null outside its square. */
export function fiducialTone(dx: number, dy: number, footprint: number): number | null {
  if (Math.max(Math.abs(dx), Math.abs(dy)) > fiducialRing.square / 2) return null;
  const r = Math.hypot(dx, dy);
  const ring = stroke(r - fiducialRing.outer / 2, footprint) - stroke(r - fiducialRing.inner / 2, footprint);
  return 1 - 0.94 * ring;
}

function drawCard(g: GBuffer, pixel: number, tone: number): void {
  g.material[pixel] = material.card;
  g.tone[pixel] = 160 * tone;
  g.nx[pixel] = 0;
  g.ny[pixel] = 0;
}

/** The posts that carry the raised fiducials. */
export const posts: readonly Box[] = fiducials
  .filter((centre) => centre[2] > 0)
  .map(([x, y, z]) => {
    const half = fiducialRing.square / 2;
    return { low: [x - half, y - half, 0], high: [x + half, y + half, z] };
  });

function drawPost(g: GBuffer, post: Box, footprint: number): void {
  const rect = boxRect(g.camera, post);
  if (rect === null) return;
  for (let v = rect.v0; v < Math.min(rect.v1, g.camera.height - 1); v++) {
    for (let u = rect.u0; u < Math.min(rect.u1, g.camera.width - 1); u++) {
      for (let sample = 0; sample < g.offsets.length; sample++)
        drawPostAt(g, post, v * g.camera.width + u, sample, footprint);
    }
  }
}

function drawPostAt(g: GBuffer, post: Box, pixel: number, sample: number, footprint: number): void {
  const { centre } = g.rays;
  const [rx, ry] = slopesAt(g, sample, pixel);
  const hit = meetBox(centre, rx, ry, post);
  const at = sample * g.size + pixel;
  if (hit === null || hit.z < g.z[at]!) return;
  g.z[at] = hit.z;
  if (hit.face === "top") {
    const fall = centre[2] - hit.z;
    const dx = centre[0] + fall * rx - (post.low[0] + post.high[0]) / 2;
    const dy = centre[1] + fall * ry - (post.low[1] + post.high[1]) / 2;
    drawCard(g, at, fiducialTone(dx, dy, footprint) ?? 1);
  } else {
    g.material[at] = material.post;
    g.tone[at] = 160;
    g.nx[at] = hit.face === "left" ? -127 : hit.face === "right" ? 127 : 0;
    g.ny[at] = hit.face === "front" ? -127 : 0;
  }
}
