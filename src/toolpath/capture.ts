/** The capture macro: the lines that take the toolhead out of the picture at a layer mark, and bring it back. */
import { sha256 } from "../kernel/hash.ts";
import type { CaptureMacro } from "./limits.ts";
import type { MachineState } from "./state.ts";

/** The lines around one picture, without newlines. */
export interface CaptureLines {
  /** Sent at the mark; the last one makes the machine say `layer:<n>` when it stands still. */
  readonly before: readonly string[];
  /** Sent after the verdict; they leave position, feed, filament and modes exactly as they were. */
  readonly after: readonly string[];
}

/**
 * Park slot of a layer (1-based) in one attempt: what a fresh picture of it must show. With four slots or more it is
 * (2 layer + bit + start) modulo slots, start and bit from SHA-256 over the attempt and over attempt and layer: layers
 * that follow each other never share a slot, and another attempt has another sequence. With fewer slots there is no
 * room for the bit, and only the start differs.
 */
export function parkSlot(slots: number, attempt: string, layer: number): number {
  const start = hashed(`park-start\n${attempt}`);
  if (slots < 4) return (start + layer) % slots;
  return (start + 2 * layer + (hashed(`park-bit\n${attempt}\n${layer}`) & 1)) % slots;
}

/** The first 32 bits of a text's SHA-256, as a number. */
function hashed(text: string): number {
  return new DataView(sha256(new TextEncoder().encode(text)).buffer).getUint32(0);
}

/** Park position of a slot in machine coordinates. */
export function parkPosition(macro: CaptureMacro, slotIndex: number): { readonly x_mm: number; readonly y_mm: number } {
  return { x_mm: macro.park.x0_mm + slotIndex * macro.park.xStep_mm, y_mm: macro.park.y_mm };
}

/**
 * Renders the macro for `layer` (1-based), parking in `slot`, at the place and in the modes of `state`: absolute or relative distances,
 * absolute or relative extrusion, G92 shifts and inches are honoured, and what the program has already retracted is
 * not retracted again. G90 and G91 change the extruder's mode on Marlin, hence the explicit M82 or M83 after them.
 */
export function renderCaptureMacro(
  macro: CaptureMacro,
  layer: number,
  slot: number,
  state: Readonly<MachineState>,
): CaptureLines {
  const park = parkPosition(macro, slot);
  const pull = state.retracted > 0 ? 0 : macro.retract_mm;
  const filament = (by: number): string => number(state.relativeE ? by : by < 0 ? state.e + by : state.e);
  const extruder = state.relativeE ? "M83" : "M82";
  const x = (machine: number): string => number(machine - state.shiftX);
  const y = (machine: number): string => number(machine - state.shiftY);
  const z = (machine: number): string => number(machine - state.shiftZ);
  const inches = state.unit !== 1;
  const enter = [...(inches ? ["G21"] : []), ...(state.relative ? ["G90", extruder] : [])];
  const leave = [...(state.relative ? ["G91", extruder] : []), ...(inches ? ["G20"] : [])];
  const back = state.feed > 0 ? [`G1 F${number(state.feed)}`] : [];
  return {
    before: [
      ...enter,
      ...(pull > 0 ? [`G1 E${filament(-pull)} F${number(macro.retractFeed_mm_min)}`] : []),
      `G1 Z${z(state.z + macro.lift_mm)} F${number(macro.liftFeed_mm_min)}`,
      `G1 X${x(park.x_mm)} Y${y(park.y_mm)} F${number(macro.travelFeed_mm_min)}`,
      "M400",
      `M118 A1 layer:${layer}`,
    ],
    after: [
      `G1 X${x(state.x)} Y${y(state.y)} F${number(macro.travelFeed_mm_min)}`,
      `G1 Z${z(state.z)} F${number(macro.liftFeed_mm_min)}`,
      ...(pull > 0 ? [`G1 E${filament(pull)} F${number(macro.retractFeed_mm_min)}`] : []),
      ...back,
      ...leave,
    ],
  };
}

/** Shortest plain decimal with at most nine places: no exponent, no trailing zeros, no minus zero. */
function number(value: number): string {
  const text = value.toFixed(9).replace(/\.?0+$/, "");
  return text === "-0" ? "0" : text;
}
