/** What slicers write into comments: layer marks, heights and the kind of strand. */
import type { Millimetre } from "../kernel/units.ts";

/** What a strand is for, by the slicer's own comments; `unknown` without them. */
export type StrandRole =
  | "wall"
  | "overhang"
  | "infill"
  | "solid"
  | "bridge"
  | "support"
  | "skirt"
  | "custom"
  | "unknown";

/** A comment that means something. */
export type SlicerMark =
  | { readonly kind: "layer" }
  | { readonly kind: "z"; readonly z_mm: Millimetre }
  | { readonly kind: "height"; readonly height_mm: Millimetre }
  | { readonly kind: "role"; readonly role: StrandRole };

const roles: readonly (readonly [RegExp, StrandRole])[] = [
  [/^overhang/i, "overhang"],
  [/^bridge|internal bridge/i, "bridge"],
  [/support|^prime-?tower|^wipe tower/i, "support"],
  [/^skirt|brim/i, "skirt"],
  [/^(external |internal |outer |inner )?(perimeter|wall)|^wall-|^gap (fill|infill)|^thin wall/i, "wall"],
  [/^(top |bottom |internal )?(solid|surface)|^(top|bottom) surface|^skin|^ironing/i, "solid"],
  [/infill|^fill$/i, "infill"],
  [/^custom/i, "custom"],
];

/** The role that a `;TYPE:` text names (PrusaSlicer, OrcaSlicer and Cura spellings). */
export function roleOf(text: string): StrandRole {
  return roles.find(([pattern]) => pattern.test(text))?.[1] ?? "unknown";
}

const SEMICOLON = 59;
/** No mark is longer; longer comments are the slicer's settings. */
const MARK_BYTES = 64;

/**
 * Reads a comment-only line of bytes `start` to `end`. Known marks: `;LAYER_CHANGE`, `;Z:`, `;HEIGHT:`, `;TYPE:`
 * (PrusaSlicer, OrcaSlicer, SuperSlicer) and `;LAYER:n`, `;TYPE:` (Cura). Null: means nothing here.
 */
export function readMark(bytes: Uint8Array, start: number, end: number): SlicerMark | null {
  if (end - start < 3 || end - start > MARK_BYTES || bytes[start] !== SEMICOLON) return null;
  const c = bytes[start + 1];
  // L, Z, H or T: anything else is not worth making a string of.
  if (c !== 76 && c !== 90 && c !== 72 && c !== 84) return null;
  const text = String.fromCharCode(...bytes.subarray(start + 1, end)).trimEnd();
  if (text === "LAYER_CHANGE" || /^LAYER:-?\d{1,6}$/.test(text)) return { kind: "layer" };
  const value = /^(Z|HEIGHT):(\d{1,4}(?:\.\d{1,9})?|\.\d{1,9})$/.exec(text);
  if (value !== null) {
    return value[1] === "Z" ? { kind: "z", z_mm: Number(value[2]) } : { kind: "height", height_mm: Number(value[2]) };
  }
  return text.startsWith("TYPE:") ? { kind: "role", role: roleOf(text.slice(5)) } : null;
}
