/** Checks a judged program against what the signed order says, and the park positions against the part. */
import { parkPosition } from "./capture.ts";
import type { Box, LayerEntry } from "./layers.ts";
import type { GuardLimits, OrderExpectation, ToolpathRecipe } from "./limits.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** What is known of a program when it is compared with the order. */
interface Built {
  readonly layers: readonly LayerEntry[];
  readonly box: Box;
  readonly extruded_mm3: number;
  readonly seconds: number;
  readonly leastSeconds: number | null;
}

/** The recipe with its material window narrowed to the order's; an empty intersection lets nothing print. */
export function narrowed(recipe: ToolpathRecipe, order: OrderExpectation): ToolpathRecipe {
  const asked = order.printing_C;
  if (asked === undefined) return recipe;
  const own = recipe.guard.printing_C;
  const both = (a: { min: number; max: number }, b: { min: number; max: number }) => ({
    min: Math.max(a.min, b.min),
    max: Math.min(a.max, b.max),
  });
  const printing_C: GuardLimits["printing_C"] = {
    hotend: both(own.hotend, asked.hotend),
    bed: both(own.bed, asked.bed),
  };
  return { ...recipe, guard: { ...recipe.guard, printing_C } };
}

/** Layer count, material, time and outer limits against the order. */
export function checkOrder(built: Built, order: OrderExpectation): readonly Refusal[] {
  const refusals: Refusal[] = [];
  const count = built.layers.length;
  if (order.layers !== undefined && order.layers !== count) {
    refusals.push(refuse("layer-count", 0, "", `The program prints ${count} layers; the order says ${order.layers}.`));
  }
  const { material_mm3: material, motion_s: motion, least_s: least } = order;
  if (material !== undefined && !within(built.extruded_mm3, material)) {
    const what = `The program lays down ${Math.round(built.extruded_mm3)} mm3 of material; the order says ${material.min} to ${material.max} mm3.`;
    refusals.push(refuse("material-volume", 0, "", what));
  }
  if (motion !== undefined && !within(built.seconds, motion)) {
    const what = `The program moves for ${Math.round(built.seconds)} s at its feeds; the order says ${motion.min} to ${motion.max} s.`;
    refusals.push(refuse("motion-time", 0, "", what));
  }
  if (least !== undefined && !(built.leastSeconds !== null && within(built.leastSeconds, least))) {
    const takes =
      built.leastSeconds === null
        ? "The recipe does not say the machine's accelerations, so that its least time is not known"
        : `The program takes no less than ${Math.round(built.leastSeconds)} s`;
    refusals.push(refuse("motion-time", 0, "", `${takes}; the order says ${least.min} to ${least.max} s.`));
  }
  const box = order.box_mm;
  if (box === undefined) return refusals;
  const off = [0, 1, 2].findIndex(
    (k) =>
      Math.abs(built.box.min[k]! - box.min[k]!) > box.tolerance ||
      Math.abs(built.box.max[k]! - box.max[k]!) > box.tolerance,
  );
  if (off < 0) return refusals;
  const axis = "XYZ"[off];
  const what = `The program prints from ${axis} ${built.box.min[off]} to ${built.box.max[off]} mm; the order says ${box.min[off]} to ${box.max[off]}.`;
  return [...refusals, refuse("bounding-box", 0, "", what)];
}

function within(value: number, { min, max }: { readonly min: number; readonly max: number }): boolean {
  return value >= min && value <= max;
}

/** No park position may stand over the part: the toolhead would hide it, and drip on it. */
export function checkPark(built: Built, recipe: ToolpathRecipe): readonly Refusal[] {
  const { park } = recipe.capture;
  const [minX, minY] = built.box.min;
  const [maxX, maxY] = built.box.max;
  for (let slot = 0; slot < park.slots; slot += 1) {
    const { x_mm, y_mm } = parkPosition(recipe.capture, slot);
    if (x_mm >= minX && x_mm <= maxX && y_mm >= minY && y_mm <= maxY) {
      return [
        refuse("park-over-part", 0, "", `Park position X${x_mm} Y${y_mm} of the capture macro is over the part.`),
      ];
    }
  }
  return [];
}
