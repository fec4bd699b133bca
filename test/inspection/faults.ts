/** Plants printing faults in a layer's strands and says, cell by cell, what became of the layer. */
import { expectLayer, type LayerPlan, type Strand } from "../../src/inspection/expected.ts";
import type { Grid } from "../../src/inspection/grid.ts";

/** What was really laid down: the program's strands that came out, and material that was never ordered. */
export interface Printed {
  readonly strands: readonly Strand[];
  /** Strands of the program that came out too thin. */
  readonly thinned: readonly Strand[];
  /** Beads that no program asked for: x0, y0, z0, x1, y1, z1, width, height (mm, z of the top). */
  readonly extra: readonly (readonly number[])[];
}

export type FaultName = "none" | "drop-some" | "drop-patch" | "thin-all" | "thin-patch" | "blobs" | "strings" | "shift";

/** Applies one fault to a layer. */
export function plant(plan: LayerPlan, name: FaultName, random: () => number): Printed {
  const between = (low: number, high: number): number => low + (high - low) * random();
  const any = (): Strand => plan.strands[Math.floor(random() * plan.strands.length)]!;
  const near = (reach: number): ((s: Strand) => boolean) => {
    const c = any();
    const [x, y] = [(c.x0 + c.x1) / 2, (c.y0 + c.y1) / 2];
    return (s) => Math.hypot((s.x0 + s.x1) / 2 - x, (s.y0 + s.y1) / 2 - y) < reach;
  };
  const whole = { strands: plan.strands, thinned: [], extra: [] };
  const thinBy = (hit: (s: Strand) => boolean, share: number): Printed => ({
    strands: plan.strands.map((s) => (hit(s) ? { ...s, width: s.width * share } : s)),
    thinned: plan.strands.filter(hit),
    extra: [],
  });
  switch (name) {
    case "none":
      return whole;
    case "drop-some": {
      const share = between(0.01, 0.35);
      return { ...whole, strands: plan.strands.filter(() => random() > share) };
    }
    case "drop-patch": {
      const hit = near(between(1.5, 10));
      return { ...whole, strands: plan.strands.filter((s) => !hit(s)) };
    }
    case "thin-all":
      return thinBy(() => true, between(0.4, 0.75));
    case "thin-patch":
      return thinBy(near(between(2, 12)), between(0.35, 0.75));
    case "blobs":
      return { ...whole, extra: Array.from({ length: 1 + Math.floor(random() * 4) }, () => blob(any(), plan, random)) };
    case "strings":
      return {
        ...whole,
        extra: Array.from({ length: 2 + Math.floor(random() * 8) }, () => string(any(), plan, random)),
      };
    case "shift": {
      const [angle, far] = [between(0, 2 * Math.PI), between(0.3, 1.5)];
      return { ...whole, strands: plan.strands.map((s) => moved(s, far * Math.cos(angle), far * Math.sin(angle))) };
    }
  }
}

function blob(at: Strand, plan: LayerPlan, random: () => number): number[] {
  const size = 1 + 2.5 * random();
  const [x, y] = [at.x0 + (random() - 0.5) * 3, at.y0 + (random() - 0.5) * 3];
  const z = plan.top_mm + size * (0.15 + 0.4 * random());
  return [x, y, z, x + 0.02, y, z, size, size * 0.6];
}

function string(at: Strand, plan: LayerPlan, random: () => number): number[] {
  const [angle, length] = [random() * 2 * Math.PI, 1.5 + 5 * random()];
  const z = plan.top_mm + 0.1 + 1.5 * random();
  return [
    at.x0,
    at.y0,
    z,
    at.x0 + length * Math.cos(angle),
    at.y0 + length * Math.sin(angle),
    z + random() - 0.5,
    0.3 + 0.25 * random(),
    0.4,
  ];
}

function moved(s: Strand, dx: number, dy: number): Strand {
  return { ...s, x0: s.x0 + dx, x1: s.x1 + dx, y0: s.y0 + dy, y1: s.y1 + dy };
}

/** Class of every cell (as `tensor.ts` numbers them): 0 ok, 1 missing, 2 thin, 3 extra; 255 where nobody can say. */
export function labelsOf(
  plan: LayerPlan,
  printed: Printed,
  grid: Grid,
  lens: (x: number, y: number, z: number) => readonly [number, number],
): Uint8Array {
  const ordered = expectLayer(plan, grid);
  const there = expectLayer({ ...plan, strands: printed.strands }, grid);
  const thin = expectLayer({ ...plan, strands: printed.thinned }, grid);
  const added = expectLayer({ ...plan, strands: printed.extra.map((b) => flatten(b, plan, lens)) }, grid);
  const labels = new Uint8Array(ordered.footprint.length);
  for (let i = 0; i < labels.length; i++) {
    if (added.ridge[i]! > 0) labels[i] = added.ridge[i]! > 0.15 ? 3 : 255;
    else if (ordered.footprint[i] === 1 && there.footprint[i] === 0 && thin.footprint[i] === 0)
      labels[i] = ordered.ridge[i]! > 0.25 ? 1 : 255;
    else if (thin.footprint[i] === 1) labels[i] = thin.ridge[i]! >= ordered.ridge[i]! - 0.01 ? 2 : 255;
    else if (there.footprint[i] === 1 && ordered.footprint[i] === 0) labels[i] = there.ridge[i]! > 0.25 ? 3 : 255;
  }
  return labels;
}

/** Where a raised bead is seen on the plane of the layer's top: its shadowless picture, as a flat strand there. */
function flatten(
  b: readonly number[],
  plan: LayerPlan,
  seenAt: (x: number, y: number, z: number) => readonly [number, number],
): Strand {
  const rise = (z: number, height: number): number => Math.max(0, z - height / 2 - plan.top_mm);
  const a = seenAt(b[0]!, b[1]!, rise(b[2]!, b[7]!));
  const c = seenAt(b[3]!, b[4]!, rise(b[5]!, b[7]!));
  return { x0: a[0], y0: a[1], x1: c[0], y1: c[1], width: b[6]! };
}
