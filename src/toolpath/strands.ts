/** The strands of a layer as the program lays them: centre lines with width and role, in machine millimetres. */
import { assert } from "../kernel/assert.ts";
import type { Millimetre } from "../kernel/units.ts";
import { createInterpreter } from "./interpreter.ts";
import type { GuardLimits } from "./limits.ts";
import { contentEnd, lineEnd } from "./lines.ts";
import { readMark, type StrandRole } from "./marks.ts";
import type { ToolpathPlan } from "./plan.ts";
import { coldState, type MachineState, type Move } from "./state.ts";
import { bit, commandKey, slot } from "./words.ts";

/** One straight bead. */
export interface Strand {
  readonly x0: Millimetre;
  readonly y0: Millimetre;
  readonly x1: Millimetre;
  readonly y1: Millimetre;
  readonly width_mm: Millimetre;
  /** Of the bead itself; its upper side is the layer's `z_mm`. */
  readonly height_mm: Millimetre;
  readonly role: StrandRole;
  /** Number of its object, from 1 in the order in which the program names them; null for what belongs to none. */
  readonly object: number | null;
}

/** Reads the strands of any layer; going forward is cheap, going back costs no more than the layer itself. */
export interface StrandReader {
  /** Strands of `layer` (1-based), in printing order. */
  strands(layer: number): readonly Strand[];
}

interface Checkpoint {
  readonly state: MachineState;
  readonly role: StrandRole;
  /** Height that the slicer says it gave the beads; where supports have layers of their own it is not the step in Z. */
  readonly height: Millimetre | null;
  readonly object: number | null;
}

/**
 * Width of a bead of cross-section `area_mm2` and height `height_mm`: a rectangle with half-round sides, the model
 * that slicers publish (PrusaSlicer's flow math, Slic3r manual); never thinner than 0.2146 of the height.
 */
export function beadWidth(area_mm2: number, height_mm: Millimetre): Millimetre {
  return (area_mm2 - (Math.PI * height_mm ** 2) / 4) / height_mm + height_mm;
}

/** A comment is not proof: a height far outside the recipe's limits (bridges are round, hence twice) counts as not said. */
function plausible(height: Millimetre, limits: GuardLimits): Millimetre | null {
  return height >= limits.layerHeight_mm.min && height <= 2 * limits.layerHeight_mm.max ? height : null;
}

/** The path as straight pieces, none farther from an arc than {@link SAGITTA_MM}. */
function chordsOf(move: Readonly<Move>): readonly (readonly [Millimetre, Millimetre, Millimetre, Millimetre])[] {
  const { x0, y0, x1, y1, shape, centreX, centreY, sweep } = move;
  if (shape !== "arc") return [[x0, y0, x1, y1]];
  const radius = Math.hypot(x0 - centreX, y0 - centreY);
  const step = 2 * Math.acos(Math.max(0, 1 - SAGITTA_MM / radius));
  const pieces = Math.min(1000, Math.max(1, Math.ceil(Math.abs(sweep) / step)));
  const from = Math.atan2(y0 - centreY, x0 - centreX);
  const at = (n: number): readonly [Millimetre, Millimetre] => {
    if (n === 0) return [x0, y0];
    if (n === pieces) return [x1, y1];
    const angle = from + (sweep * n) / pieces;
    return [centreX + radius * Math.cos(angle), centreY + radius * Math.sin(angle)];
  };
  return Array.from({ length: pieces }, (_, n) => [...at(n), ...at(n + 1)] as const);
}

const SAGITTA_MM = 0.02;
const M486 = commandKey("M486");

/** A reader over a program that `planToolpath` accepted with the same limits. */
export function createStrandReader(program: Uint8Array, plan: ToolpathPlan, limits: GuardLimits): StrandReader {
  const setup = { dialect: limits.dialect, home: limits.home_mm };
  const area = (Math.PI * limits.filamentDiameter_mm ** 2) / 4;
  // State at the start of segment k: 0 the preamble, k layer k.
  const starts: Checkpoint[] = [{ state: coldState(), role: "unknown", height: null, object: null }];
  // Segments are read in order the first time, so that the numbers do not depend on which layer is asked for.
  const numbers = new Map<string, number>();
  // Slicers write labels twice where the firmware knows them: as comments and as M486. The first kind in the program counts.
  let kind: "comment" | "M486" | null = null;
  const numberOf = (label: string): number => {
    const number = numbers.get(label) ?? numbers.size + 1;
    numbers.set(label, number);
    return number;
  };
  const read = (segment: number, into: Strand[] | null): void => {
    const range = segment === 0 ? plan.preamble : plan.layers[segment - 1]!;
    const step = segment === 0 ? 1 : plan.layers[segment - 1]!.height_mm;
    const from = starts[segment]!;
    const interpreter = createInterpreter(setup, from.state);
    const { move } = interpreter;
    let { role, height, object } = from;
    for (let at = range.start; at < range.end; ) {
      const next = lineEnd(program, at, range.end);
      const end = contentEnd(program, at, next);
      const effect = interpreter.step(program, at, end);
      if (effect === "blank") {
        const mark = readMark(program, at, end);
        if (mark?.kind === "role") role = mark.role;
        else if (mark?.kind === "height") height = plausible(mark.height_mm, limits);
        else if (mark?.kind === "object" && kind !== "M486") {
          kind = "comment";
          object = mark.label === null ? null : numberOf(mark.label);
        }
      } else if (interpreter.words.command === M486 && kind !== "comment") {
        const { valued, values } = interpreter.words;
        if ((valued & bit("S")) !== 0) {
          kind = "M486";
          const index = values[slot("S")]!;
          object = index < 0 ? null : numberOf(String(index));
        }
      } else if (into !== null && effect === "move" && move.deposited > 0 && move.planar > 0) {
        const height_mm = height ?? step;
        const width_mm = beadWidth((move.deposited * area) / move.planar, height_mm);
        for (const [x0, y0, x1, y1] of chordsOf(move)) into.push({ x0, y0, x1, y1, width_mm, height_mm, role, object });
      }
      at = next;
    }
    starts[segment + 1] ??= { state: { ...interpreter.state }, role, height, object };
  };
  return {
    strands(layer) {
      assert(
        Number.isInteger(layer) && layer >= 1 && layer <= plan.layers.length,
        "a layer of this program is asked for",
      );
      while (starts.length <= layer) read(starts.length - 1, null);
      const strands: Strand[] = [];
      read(layer, strands);
      return strands;
    },
  };
}
