/** Which words each followed command may carry, and why the well-known dangerous commands are refused. */
import { bit, commandKey } from "./words.ts";

/** Words of a followed command. */
export interface CommandForm {
  /** Letters that may stand in the line. */
  readonly allowed: number;
  /** Letters that may stand without a number. */
  readonly flags: number;
  /** At least one of these must stand with a number; 0: none needed. */
  readonly needed: number;
}

function letters(text: string): number {
  let mask = 0;
  for (const letter of text) mask |= bit(letter);
  return mask;
}

function form(allowed: string, flags = "", needed = ""): CommandForm {
  return { allowed: letters(allowed), flags: letters(flags), needed: letters(needed) };
}

/** Forms by command key. Autotemp (M104 F B), presets (I) and the like are left out on purpose. */
export const COMMAND_FORMS: ReadonlyMap<number, CommandForm> = new Map(
  Object.entries({
    G0: form("XYZEF"),
    G1: form("XYZEF"),
    // P (more than one turn) and K (another plane) are left out on purpose.
    G2: form("XYZEFIJR", "", "IJR"),
    G3: form("XYZEFIJR", "", "IJR"),
    G4: form("SP", "", "SP"),
    G20: form(""),
    G21: form(""),
    G28: form("XYZ", "XYZ"),
    G90: form(""),
    G91: form(""),
    G92: form("XYZE"),
    M18: form("XYZE", "XYZE"),
    M73: form("PRQS"),
    M82: form(""),
    M83: form(""),
    M84: form("XYZE", "XYZE"),
    M104: form("ST", "", "S"),
    M105: form(""),
    M106: form("SP"),
    M107: form("P"),
    M109: form("SRT", "", "SR"),
    M114: form(""),
    M117: form(""),
    M118: form(""),
    M140: form("S", "", "S"),
    M190: form("SR", "", "SR"),
    M400: form(""),
    // Labels of objects; to leave one out (P, U, C) is no program's to say.
    M486: form("ST", "", "ST"),
    T0: form(""),
  }).map(([name, value]) => [commandKey(name), value]),
);

/** Families of commands that are refused with a reason of their own; the rest is `command-not-allowed`. */
export type ForbiddenFamily =
  | "stored-settings"
  | "probe-offset"
  | "calibration"
  | "heater-tuning"
  | "cold-extrusion-switch"
  | "firmware-restart"
  | "emergency-command"
  | "storage-command"
  | "host-message"
  | "operator-wait"
  | "override"
  | "subroutine"
  | "arc-move"
  | "tool-change"
  | "wire-control"
  | "firmware-retract"
  | "bed-levelling"
  | "coordinate-system"
  | "power-command"
  | "network-command";

const families: readonly (readonly [ForbiddenFamily, string])[] = [
  ["stored-settings", "M500 M501 M502 M503 M504"],
  ["probe-offset", "M851 M401 M402 M206 M428 M565"],
  ["calibration", "M92 M200 M201 M203 M204 M205 M207 M208 M209 M211 M218 M425 M569 M593 M665 M666 M900 M906 M913 M914"],
  ["heater-tuning", "M301 M303 M304 M305 M306 M86 M87 M108 M570"],
  ["cold-extrusion-switch", "M302"],
  ["firmware-restart", "M997 M998 M999"],
  ["emergency-command", "M112 M410 M524 M876"],
  ["storage-command", "M20 M21 M22 M23 M24 M25 M26 M27 M28 M29 M30 M31 M32 M33 M34 M413 M808 M928 M1001"],
  ["host-message", "M118 M16 M115 M119"],
  ["operator-wait", "M0 M1 M2 M125 M226 M600 M601 M602 M603 M701 M702"],
  ["override", "M220 M221 M290"],
  ["subroutine", "M98 M99 G65 M810 M811 M812 M813 M814 M815 M816 M817 M818 M819"],
  ["arc-move", "G2 G3 G5 G6 G17 G18 G19"],
  ["wire-control", "M110 M111 M113 M154 M155 M575"],
  ["firmware-retract", "G10 G11"],
  ["bed-levelling", "G29 G30 G31 G32 G33 G34 G35 G42 M420 M421 M48"],
  ["coordinate-system", "G53 G54 G55 G56 G57 G58 G59 G68 G69"],
  ["power-command", "M80 M81 M42 M43 M280 M282 M3 M4 M5 M355 M380 M381"],
  ["network-command", "M550 M551 M552 M553 M554 M586 M587 M588 M589"],
];

/** Why a command is refused in a program whatever its profile says; absent: no reason of its own. */
export const FORBIDDEN: ReadonlyMap<number, ForbiddenFamily> = new Map(
  families.flatMap(([family, names]) =>
    names.split(" ").map((name): [number, ForbiddenFamily] => [commandKey(name), family]),
  ),
);
