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
  | { readonly kind: "role"; readonly role: StrandRole }
  /** What follows belongs to the object of this label; null: to none. The label may be a file's name: it goes into no record. */
  | { readonly kind: "object"; readonly label: string | null };

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
/** A label holds a file's name. */
const LABEL_BYTES = 320;

/**
 * Reads a comment-only line of bytes `start` to `end`. Known marks: `;LAYER_CHANGE`, `;Z:`, `;HEIGHT:`, `;TYPE:`,
 * `; printing object ...`, `; stop printing object ...` (PrusaSlicer, OrcaSlicer, SuperSlicer) and `;LAYER:n`, `;TYPE:`,
 * `;MESH:` (Cura). Null: means nothing here.
 */
export function readMark(bytes: Uint8Array, start: number, end: number): SlicerMark | null {
  if (end - start < 3 || end - start > LABEL_BYTES || bytes[start] !== SEMICOLON) return null;
  const c = bytes[start + 1];
  const next = bytes[start + 2];
  // M, or a space before p or s: perhaps a label.
  if (c === 77 || (c === 32 && (next === 112 || next === 115))) return readLabel(textOf(bytes, start, end));
  // L, Z, H or T: anything else is not worth making a string of.
  if (end - start > MARK_BYTES || (c !== 76 && c !== 90 && c !== 72 && c !== 84)) return null;
  const text = textOf(bytes, start, end);
  if (text === "LAYER_CHANGE" || /^LAYER:-?\d{1,6}$/.test(text)) return { kind: "layer" };
  const value = /^(Z|HEIGHT):(\d{1,4}(?:\.\d{1,9})?|\.\d{1,9})$/.exec(text);
  if (value !== null) {
    return value[1] === "Z" ? { kind: "z", z_mm: Number(value[2]) } : { kind: "height", height_mm: Number(value[2]) };
  }
  return text.startsWith("TYPE:") ? { kind: "role", role: roleOf(text.slice(5)) } : null;
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start + 1, end)).trimEnd();
}

/** PrusaSlicer ends an object where it begins the next; Cura says of all that is no object that it is NONMESH. */
function readLabel(text: string): SlicerMark | null {
  const begun = /^ printing object (.+)$/.exec(text);
  if (begun !== null) return { kind: "object", label: begun[1]! };
  if (/^ stop printing object/.test(text)) return { kind: "object", label: null };
  const mesh = /^MESH:(.+)$/.exec(text);
  return mesh === null ? null : { kind: "object", label: mesh[1] === "NONMESH" ? null : mesh[1]! };
}
