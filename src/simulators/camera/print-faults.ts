/** What goes wrong while a layer of filament is printed: what each fault lays down instead of the layer's strands. */
import { randomOf } from "./random.ts";
import type { ForeignObject } from "./scene.ts";

/** A strand as its program lays it: both ends and its width, in millimetres. */
export interface Strand {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly width: number;
}

/** A layer of strands; lengths in millimetres, `top_mm` above the plate. */
export interface StrandLayer {
  /** 1-based. */
  readonly layer: number;
  readonly top_mm: number;
  readonly height_mm: number;
  readonly strands: readonly Strand[];
}

/** The strands as beads of the scene, `z` the top of the layer. */
export function beadsOf(plan: StrandLayer, strands: readonly Strand[] = plan.strands, lift_mm = 0): number[][] {
  const z = plan.top_mm + lift_mm;
  return strands.map((s) => [s.x0, s.y0, z, s.x1, s.y1, z, s.width, plan.height_mm]);
}

/** What a fault makes of one layer: beads in the world link's form, things on the plate, and whether all was moved. */
export interface Damage {
  readonly beads: readonly (readonly number[])[];
  readonly objects?: readonly ForeignObject[];
  /** Applied to everything printed before. */
  readonly displace?: (bead: readonly number[]) => readonly number[];
}

export type PrintFault = (plan: StrandLayer, layersSince: number) => Damage;

const thinner =
  (factor: number) =>
  (s: Strand, height: number): Strand => {
    // The bead's cross-section shrinks with the flow; its height is the gap under the nozzle.
    const rounding = height * (1 - Math.PI / 4);
    return { ...s, width: Math.max(0.05, (s.width - rounding) * factor + rounding) };
  };
const moved = (s: Strand, dx: number, dy: number): Strand => ({
  ...s,
  x0: s.x0 + dx,
  x1: s.x1 + dx,
  y0: s.y0 + dy,
  y1: s.y1 + dy,
});
const keep =
  (test: (s: Strand, i: number) => boolean): PrintFault =>
  (plan) => ({ beads: beadsOf(plan, plan.strands.filter(test)) });
const longest = (plan: StrandLayer): Strand =>
  plan.strands.reduce((best, s) =>
    Math.hypot(s.x1 - s.x0, s.y1 - s.y0) > Math.hypot(best.x1 - best.x0, best.y1 - best.y0) ? s : best,
  );
const shifted =
  (dx: number, dy: number): PrintFault =>
  (plan) => ({
    beads: beadsOf(
      plan,
      plan.strands.map((s) => moved(s, dx, dy)),
    ),
  });
const under =
  (factor: number): PrintFault =>
  (plan) => ({
    beads: beadsOf(
      plan,
      plan.strands.map((s) => thinner(factor)(s, plan.height_mm)),
    ),
  });
const lump =
  (size: number): PrintFault =>
  (plan, since) => {
    const at = longest(plan);
    const [x, y, z] = [(at.x0 + at.x1) / 2, (at.y0 + at.y1) / 2, plan.top_mm + size / 2];
    return { beads: [...beadsOf(plan), ...(since === 0 ? [[x, y, z, x, y, z, size, size * 0.6]] : [])] };
  };
const thing =
  (x: number, y: number, r: number): PrintFault =>
  (plan) => ({
    beads: beadsOf(plan),
    objects: [{ kind: "foreign", x, y, z: 0, r }],
  });

/** A part that came loose: everything printed so far moves and turns, and the rest lands astray. */
const detached: PrintFault = (plan, since) => {
  const random = randomOf(plan.layer);
  const wander = (): number => (random() - 0.5) * 3;
  const astray = plan.strands.map((s) => ({
    ...s,
    x0: s.x0 + wander(),
    y0: s.y0 + wander(),
    x1: s.x1 + wander(),
    y1: s.y1 + wander(),
  }));
  const [c, n] = [Math.cos(0.2), Math.sin(0.2)];
  const turn = (x: number, y: number): [number, number] => [
    75 + c * (x - 75) - n * (y - 72) + 6,
    72 + n * (x - 75) + c * (y - 72) + 4,
  ];
  return {
    beads: beadsOf(plan, astray),
    ...(since > 0
      ? {}
      : {
          displace: (b: readonly number[]) => [
            ...turn(b[0]!, b[1]!),
            b[2]!,
            ...turn(b[3]!, b[4]!),
            b[5]!,
            b[6]!,
            b[7]!,
          ],
        }),
  };
};

/** Filament that sticks to nothing: loops where the nozzle was. */
const spaghetti: PrintFault = (plan) => {
  const random = randomOf(plan.layer * 31);
  const beads = plan.strands
    .filter((_, i) => i % 3 === 0)
    .map((s) => {
      const angle = random() * 2 * Math.PI;
      const z = plan.top_mm + 0.4 + 3 * random();
      return [s.x1, s.y1, z, s.x1 + 5 * Math.cos(angle), s.y1 + 5 * Math.sin(angle), z + random() - 0.4, 0.4, 0.4];
    });
  return { beads };
};

/** The faults of the demo and smaller ones, by name. */
export const printFaults: Readonly<Record<string, PrintFault>> = {
  "nothing printed": () => ({ beads: [] }),
  "under-extrusion 0.6": under(0.6),
  "under-extrusion 0.8": under(0.8),
  "every 3rd strand missing": keep((_, i) => i % 3 !== 0),
  "every 20th strand missing": keep((_, i) => i % 20 !== 0),
  "longest strand missing": (plan) => ({
    beads: beadsOf(
      plan,
      plan.strands.filter((s) => s !== longest(plan)),
    ),
  }),
  "lump of 2 mm": lump(2),
  "lump of 3 mm": lump(3),
  "shift 0.4 mm in x": shifted(0.4, 0),
  "shift 0.4 mm in y": shifted(0, 0.4),
  "shift 2 mm in x": shifted(2, 0),
  "detached part": detached,
  "foreign object 3 mm": thing(100, 35, 1.5),
  "foreign object 8 mm": thing(60, 60, 4),
  spaghetti,
};
