/** The strands of a layer as the program lays them: centre lines with width and role, in machine millimetres. */
import { assert } from "../kernel/assert.ts";
import type { Millimetre } from "../kernel/units.ts";
import { createInterpreter } from "./interpreter.ts";
import type { GuardLimits } from "./limits.ts";
import { contentEnd, lineEnd } from "./lines.ts";
import { readMark, type StrandRole } from "./marks.ts";
import type { ToolpathPlan } from "./plan.ts";
import { coldState, type MachineState } from "./state.ts";

/** One straight bead. */
export interface Strand {
  readonly x0: Millimetre;
  readonly y0: Millimetre;
  readonly x1: Millimetre;
  readonly y1: Millimetre;
  readonly width_mm: Millimetre;
  readonly role: StrandRole;
}

/** Reads the strands of any layer; going forward is cheap, going back costs no more than the layer itself. */
export interface StrandReader {
  /** Strands of `layer` (1-based), in printing order. */
  strands(layer: number): readonly Strand[];
}

interface Checkpoint {
  readonly state: MachineState;
  readonly role: StrandRole;
}

/**
 * Width of a bead of cross-section `area_mm2` and height `height_mm`: a rectangle with half-round sides, the model
 * that slicers publish (PrusaSlicer's flow math, Slic3r manual); thin beads are taken as rectangles.
 */
export function beadWidth(area_mm2: number, height_mm: Millimetre): Millimetre {
  const rounded = (area_mm2 - (Math.PI * height_mm ** 2) / 4) / height_mm + height_mm;
  return Math.max(rounded, area_mm2 / height_mm);
}

/** A reader over a program that `planToolpath` accepted with the same limits. */
export function createStrandReader(program: Uint8Array, plan: ToolpathPlan, limits: GuardLimits): StrandReader {
  const setup = { dialect: limits.dialect, home: limits.home_mm };
  const area = (Math.PI * limits.filamentDiameter_mm ** 2) / 4;
  // State at the start of segment k: 0 the preamble, k layer k.
  const starts: Checkpoint[] = [{ state: coldState(), role: "unknown" }];
  const read = (segment: number, into: Strand[] | null): void => {
    const range = segment === 0 ? plan.preamble : plan.layers[segment - 1]!;
    const height = segment === 0 ? 1 : plan.layers[segment - 1]!.height_mm;
    const from = starts[segment]!;
    const interpreter = createInterpreter(setup, from.state);
    const { move } = interpreter;
    let role = from.role;
    for (let at = range.start; at < range.end; ) {
      const next = lineEnd(program, at, range.end);
      const end = contentEnd(program, at, next);
      const effect = interpreter.step(program, at, end);
      if (effect === "blank") {
        const mark = readMark(program, at, end);
        if (mark?.kind === "role") role = mark.role;
      } else if (into !== null && effect === "move" && move.deposited > 0 && move.planar > 0) {
        const width_mm = beadWidth((move.deposited * area) / move.planar, height);
        into.push({ x0: move.x0, y0: move.y0, x1: move.x1, y1: move.y1, width_mm, role });
      }
      at = next;
    }
    starts[segment + 1] ??= { state: { ...interpreter.state }, role };
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
