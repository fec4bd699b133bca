/** Three small parts that the network was never trained on and no limit was set with, sliced by PrusaSlicer on the spot. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LayerPlan } from "../src/inspection/expected.ts";
import { planToolpath } from "../src/toolpath/plan.ts";
import { createStrandReader } from "../src/toolpath/strands.ts";
import { recipe } from "../test/inspection/drill-guide.ts";

/** A part: its program as the printer gets it, and its layers. */
export interface Part {
  readonly name: string;
  readonly program: Uint8Array;
  readonly layers: readonly LayerPlan[];
}

type Point = readonly [x: number, y: number];
type Triangle = readonly (readonly [number, number, number])[];

/** Corners of a regular polygon. */
function ring(x: number, y: number, r: number, corners = 48): Point[] {
  return Array.from({ length: corners }, (_, i) => {
    const turn = (2 * Math.PI * i) / corners;
    return [x + r * Math.cos(turn), y + r * Math.sin(turn)];
  });
}

function bar(x: number, y: number, w: number, h: number, turn_deg = 0): Point[] {
  const [c, s] = [Math.cos((turn_deg * Math.PI) / 180), Math.sin((turn_deg * Math.PI) / 180)];
  const corners: Point[] = [
    [-w / 2, -h / 2],
    [w / 2, -h / 2],
    [w / 2, h / 2],
    [-w / 2, h / 2],
  ];
  return corners.map(([dx, dy]) => [x + c * dx - s * dy, y + s * dx + c * dy]);
}

/** The wall between two outlines of equal length, counter-clockwise seen from above. */
function wall(low: readonly Point[], high: readonly Point[], z0: number, z1: number): Triangle[] {
  return low.flatMap((a, i) => {
    const n = (i + 1) % low.length;
    const [b, c, d] = [low[n]!, high[n]!, high[i]!];
    const corner = (p: Point, z: number) => [p[0], p[1], z] as const;
    return [
      [corner(a, z0), corner(b, z0), corner(c, z1)],
      [corner(a, z0), corner(c, z1), corner(d, z1)],
    ];
  });
}

/** A convex solid between a lower and an upper outline. */
function loft(low: readonly Point[], high: readonly Point[], z0: number, z1: number): Triangle[] {
  const cap = (outline: readonly Point[], z: number, up: boolean): Triangle[] =>
    outline.slice(1, -1).map((p, i) => {
      const corners = [outline[0]!, p, outline[i + 2]!].map(([x, y]) => [x, y, z] as const);
      return up ? corners : corners.reverse();
    });
  return [...wall(low, high, z0, z1), ...cap(low, z0, false), ...cap(high, z1, true)];
}

function tube(x: number, y: number, outer: number, inner: number, z0: number, z1: number): Triangle[] {
  const [out, hole] = [ring(x, y, outer), ring(x, y, inner)];
  const flipped = (t: Triangle): Triangle => [...t].reverse();
  const floor = (z: number) => wall(hole, out, z, z);
  return [...wall(out, out, z0, z1), ...wall(hole, hole, z0, z1).map(flipped), ...floor(z1).map(flipped), ...floor(z0)];
}

/** Overlapping shells: the slicer joins them. */
const solids: Readonly<Record<string, () => Triangle[]>> = {
  hinge: () => [
    ...tube(-22, 0, 12, 7, 0, 4.4),
    ...tube(22, 4, 9, 4, 0, 4.4),
    ...loft(bar(0, 1, 32, 9, 6), bar(0, 1, 32, 9, 6), 0, 3.6),
    ...loft(ring(0, 1, 4.2), ring(0, 1, 2.4), 2, 4.4),
  ],
  wedge: () => [
    ...loft(bar(-4, 0, 44, 15, -12), bar(2, 1, 36, 22, -12), 0, 5),
    ...loft(bar(18, -14, 9, 22, 20), bar(18, -14, 9, 22, 20), 0, 2.6),
  ],
  tray: () => [
    ...loft(ring(0, 0, 23), ring(0, 0, 23), 0, 0.8),
    ...tube(0, 0, 23, 20.6, 0, 4.4),
    ...[0, 72, 144, 216, 288].flatMap((turn) => {
      const [x, y] = [11 * Math.cos((turn * Math.PI) / 180), 11 * Math.sin((turn * Math.PI) / 180)];
      return loft(ring(x, y, 4.2, 8), ring(x, y, 3.2, 8), 0.4, 4.4);
    }),
  ],
};

function stlOf(triangles: readonly Triangle[]): string {
  const facets = triangles.map(
    (t) =>
      `facet normal 0 0 0\nouter loop\n${t.map((p) => `vertex ${p.map((v) => v.toFixed(5)).join(" ")}`).join("\n")}\nendloop\nendfacet`,
  );
  return `solid part\n${facets.join("\n")}\nendsolid part\n`;
}

/** Slices all parts in a temporary folder with the example's settings; throws where PrusaSlicer is missing or refuses. */
export function unseenParts(): Part[] {
  const folder = mkdtempSync(join(tmpdir(), "cellward-parts-"));
  try {
    return Object.entries(solids).map(([name, solid]) => {
      const program = sliced(folder, name, stlOf(solid()));
      return { name, program, layers: layersOf(program) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sliced(folder: string, name: string, stl: string): Uint8Array {
  const settings = fileURLToPath(new URL("../config/examples/drill-guide/slicer.ini", import.meta.url));
  const [from, to] = [join(folder, `${name}.stl`), join(folder, `${name}.gcode`)];
  writeFileSync(from, stl);
  const options = ["--datadir", join(folder, "settings"), "--load", settings, "--center", "75,72"];
  const done = spawnSync("prusa-slicer", [...options, "--export-gcode", "--output", to, from], { encoding: "utf8" });
  if (done.error !== undefined || done.status !== 0)
    throw new Error(`prusa-slicer (Debian package prusa-slicer) did not slice ${name}: ${done.error ?? done.stderr}`);
  const text = readFileSync(to, "utf8").replace(/^; prusaslicer_config = begin[\s\S]*$/m, "");
  return new TextEncoder().encode(text);
}

function layersOf(program: Uint8Array): LayerPlan[] {
  const plan = planToolpath(program, recipe);
  if (!plan.ok) throw new Error(plan.error[0]?.what);
  const reader = createStrandReader(program, plan.value, recipe.guard);
  return plan.value.layers.map(({ layer, z_mm, height_mm }) => ({
    layer,
    top_mm: z_mm,
    height_mm,
    strands: reader.strands(layer).map(({ x0, y0, x1, y1, width_mm }) => ({ x0, y0, x1, y1, width: width_mm })),
  }));
}
