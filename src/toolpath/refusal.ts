/** Refusals of the guard: a stable code, the place, and words for a technician. */
import type { ForbiddenFamily } from "./commands.ts";
import type { LineProblem } from "./words.ts";

/** Why a program or a line is refused. */
export type RefusalCode =
  | LineProblem
  | ForbiddenFamily
  | "byte-order-mark"
  | "command-not-allowed"
  | "unknown-parameter"
  | "missing-value"
  | "wire-line-too-long"
  | "too-many-lines"
  | "too-many-layers"
  | "not-homed"
  | "homing-over-part"
  | "out-of-bounds"
  | "keep-out"
  | "outside-printable"
  | "below-print"
  | "origin-shift"
  | "inches"
  | "no-feed"
  | "feed-range"
  | "temperature-negative"
  | "temperature-low"
  | "temperature-high"
  | "endless-wait"
  | "cold-extrusion"
  | "wrong-material-temperature"
  | "extrusion-too-thick"
  | "flow-too-high"
  | "retraction-too-long"
  | "prime-too-long"
  | "rising-extrusion"
  | "layer-order"
  | "layer-height"
  | "layer-marks-disagree"
  | "layer-count"
  | "bounding-box"
  | "material-volume"
  | "motion-time"
  | "dwell-too-long"
  | "fan-range"
  | "heaters-on-at-end"
  | "empty-program"
  | "nothing-extruded"
  | "capture-moves-state"
  | "park-over-part";

/** One reason why a program may not run. */
export interface Refusal {
  readonly code: RefusalCode;
  /** 1-based line of the program; 0 where the whole program is meant. */
  readonly line: number;
  /** The line's beginning, with everything unprintable replaced. */
  readonly excerpt: string;
  readonly what: string;
  readonly remedy: string;
}

const RESLICE = "Slice the design again with the settings of this recipe; the program's author can do that.";
const ASK = "Give the program back to its author: a print program has no business with this command.";
const MACROS = "Take it out of the slicer's start, end or layer scripts and slice again.";

const remedies: Partial<Record<RefusalCode, string>> = {
  "command-not-allowed": `${MACROS} If the machine needs it, its profile must be changed and approved first.`,
  "cold-extrusion": "Heat with M109 and wait before the first extrusion, in the slicer's start script.",
  "heaters-on-at-end": "End the program with M104 S0 and M140 S0, and make sure that the file is complete.",
  "keep-out": "Move the part on the plate, or look at the slicer's own scripts, and slice again.",
  "not-homed": "Home all axes with G28 before the first move, in the slicer's start script.",
  "layer-order": "Switch off one-object-after-another printing in the slicer, and slice again.",
  "below-print": "Switch off one-object-after-another printing, look at the slicer's layer scripts, and slice again.",
  "rising-extrusion": "Switch off vase mode, scarf seams and sloped extrusion in the slicer, and slice again.",
  "layer-marks-disagree":
    "Do not print: the file was changed after slicing or is damaged, or supports have layers of their own. Slice it again, supports with the part's layers.",
  "layer-height": "Slice again with the layer heights of this recipe, supports and rafts with the part's layers.",
  "layer-count": "Do not print: this is not the program that the order names. Ask the design authority.",
  "material-volume":
    "Do not print: it would be more or less filled than the part that was ordered. Ask the design authority.",
  "motion-time": "Do not print: it was not sliced as the order says. Ask the design authority.",
  "bounding-box": "Do not print: this is not the part that the order names. Ask the design authority.",
  "arc-move": "Switch off arc fitting in the slicer, and slice again.",
  "firmware-retract": "Switch off firmware retraction in the slicer, and slice again.",
  "park-over-part": "Move the part out of the toolhead's park positions, or change the recipe's capture macro.",
  "capture-moves-state": "Change the recipe's capture macro: it must leave the machine as it found it.",
  "wrong-material-temperature": "Use the material profile that belongs to this recipe, and slice again.",
  inches: "Slice in millimetres (G21).",
  "origin-shift": "Take G92 X, Y and Z out of the program: only the extruder may be renamed here.",
};

const askCodes: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  "stored-settings",
  "probe-offset",
  "calibration",
  "heater-tuning",
  "cold-extrusion-switch",
  "firmware-restart",
  "emergency-command",
  "storage-command",
  "power-command",
  "network-command",
  "wire-control",
  "inline-number",
  "inline-checksum",
]);

/** Makes a refusal; `what` is one sentence in plain words. */
export function refuse(code: RefusalCode, line: number, excerpt: string, what: string): Refusal {
  const remedy = remedies[code] ?? (askCodes.has(code) ? ASK : RESLICE);
  return { code, line, excerpt, what, remedy };
}

/** The first 60 bytes of a line, printable. */
export function excerptOf(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end && at < start + 60; at += 1) {
    const c = bytes[at]!;
    text += c >= 32 && c < 127 ? String.fromCharCode(c) : "?";
  }
  return end - start > 60 ? `${text}...` : text;
}

const unreadable: Record<LineProblem, string> = {
  "line-too-long": "The line is longer than 16384 bytes.",
  "control-character":
    "The line holds a control character (such as NUL, TAB or CR), which machines read in different ways.",
  "not-ascii": "The line holds a byte that is not ASCII.",
  "lower-case":
    "The line holds a lower-case letter where a command or a word is expected; machines ignore such lines and say ok.",
  "inline-number": "The line carries a line number of its own; numbers belong to the link to the machine.",
  "inline-checksum": "The line carries a checksum of its own; checksums belong to the link to the machine.",
  "paren-comment": "The line holds a bracket, which some machines take for a comment and others do not.",
  exponent: "A number runs into the letter E, which some machines take for an exponent and others do not.",
  "malformed-number": "A number cannot be read, or has more than nine digits before or after its point.",
  "malformed-line": "The line cannot be read as one command with its words.",
  "duplicate-word": "The same letter stands twice in the line; machines disagree about which one counts.",
  "several-commands": "More than one command stands in the line.",
};

/** What to say of a line that cannot be read. */
export function unreadableText(problem: LineProblem): string {
  return unreadable[problem];
}

const forbidden: Record<ForbiddenFamily, string> = {
  "stored-settings": "would read or change the machine's stored settings",
  "probe-offset": "would change where the machine believes the bed or its probe to be",
  calibration: "would change how far, how fast or how hard the machine moves",
  "heater-tuning": "would change or disturb how the machine controls its heaters",
  "cold-extrusion-switch": "would switch off the machine's protection against cold extrusion",
  "firmware-restart": "would restart the machine or load new firmware",
  "emergency-command": "is an emergency or abort command",
  "storage-command": "would use the machine's own storage, and run or keep programs that nobody has checked",
  "host-message": "would make the machine say something to the controller; layer marks come from the controller alone",
  "operator-wait": "would stop and wait for a person at the machine's own panel",
  override: "would scale every speed or flow after it, past what was checked",
  subroutine: "would run something that is not written in this program",
  "arc-move": "is an arc or a curve, which this machine may not be given",
  "tool-change": "would change to a tool that this recipe does not have",
  "wire-control": "would change the link between the controller and the machine",
  "firmware-retract": "retracts by settings inside the machine, which cannot be checked from here",
  "bed-levelling": "would probe or change the machine's bed compensation",
  "coordinate-system": "would change the coordinate system",
  "power-command": "would switch power, pins, servos or tools",
  "network-command": "would change the machine's network",
};

/** What to say of a command of a forbidden family. */
export function forbiddenText(command: string, family: ForbiddenFamily): string {
  return `${command} ${forbidden[family]}.`;
}
