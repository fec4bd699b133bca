/** What a line from a Marlin-family firmware means; tolerant, because lines arrive damaged and joined. */
import type { Celsius } from "../../kernel/units.ts";

/** One heater as reported: `T:205.1 /205.0`. */
export interface HeaterReport {
  readonly actual: Celsius;
  readonly target: Celsius;
}

export interface TemperatureReport {
  readonly hotend: HeaterReport | null;
  readonly bed: HeaterReport | null;
}

/** A line, understood. Only what the driver acts on has a kind of its own. */
export type Reply =
  /** Queued, not done. `number` and `free` (command buffer slots) only with ADVANCED_OK and not for every command. */
  | {
      readonly kind: "ok";
      readonly number: number | null;
      readonly free: number | null;
      readonly heat: TemperatureReport | null;
    }
  | { readonly kind: "resend"; readonly number: number }
  /** A line was not taken: its bytes were damaged, or its number was not the next. */
  | { readonly kind: "rejected"; readonly why: "damage" | "number" }
  /** The firmware stopped for good, or a heater is out of control. */
  | { readonly kind: "halted"; readonly text: string }
  | { readonly kind: "thermal"; readonly text: string }
  | { readonly kind: "error"; readonly text: string }
  /** The firmware has just started. */
  | { readonly kind: "banner" }
  /** More of what only a start prints, for a port that lost the line `start` itself. */
  | { readonly kind: "startup" }
  /** A peer that this driver must not drive, by its own words. */
  | { readonly kind: "stranger"; readonly peer: Stranger }
  /** `echo:N12 G1 X5*33`: what the firmware carries out, as it took it (M111 S1). */
  | { readonly kind: "echoed"; readonly line: string }
  /** M114: where the plan stands, in the program's coordinates. */
  | { readonly kind: "position"; readonly at: Position }
  /** M413 (or the settings that a start prints): whether it goes on with a print by itself after a power cut. */
  | { readonly kind: "recovery"; readonly on: boolean }
  | { readonly kind: "busy" }
  | { readonly kind: "wait" }
  /** `waiting`: M109 or M190 is under way and shows its progress (`W:`). */
  | { readonly kind: "heat"; readonly heat: TemperatureReport; readonly waiting: boolean }
  /** `//action:<name>`, asked by the machine's own panel or sensors. */
  | { readonly kind: "action"; readonly name: string }
  /** `//<text>` by M118 A1. */
  | { readonly kind: "mark"; readonly text: string }
  | { readonly kind: "unknown-command"; readonly command: string }
  | { readonly kind: "not-extruded"; readonly text: string }
  | { readonly kind: "capabilities"; readonly capabilities: ReadonlyMap<string, boolean> }
  | { readonly kind: "firmware"; readonly firmware: Firmware }
  | { readonly kind: "other" };

/** Peers that answer on a serial line and are not driven by numbered, checksummed lines. */
export type Stranger = "klipper" | "grbl" | "reprapfirmware";

export interface Position {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly e: number;
}

/** The fields of M115's first line that say who this is. */
export interface Firmware {
  readonly name: string;
  readonly machineType: string;
  readonly uuid: string;
}

/** Reads one line (without its end). Never fails: what is not understood is `other`. */
export function readReply(line: string): Reply {
  const text = line.trim();
  const peer = strangerOf(text);
  if (peer !== null) return { kind: "stranger", peer };
  const ok = /^ok\b(?: N(\d{1,9}))?(?: P\d+)?(?: B(\d{1,3}))?/.exec(text);
  if (ok !== null) return { kind: "ok", number: integer(ok[1]), free: integer(ok[2]), heat: readHeat(text) };
  const resend = /^(?:Resend|rs): ?N?(\d{1,9})$/i.exec(text);
  if (resend !== null) return { kind: "resend", number: Number(resend[1]) };
  // `!!` of the RepRap protocol and `fatal:` of Repetier: it has stopped for good.
  if (/^(?:!!|fatal:)/.test(text)) return { kind: "halted", text };
  if (/^Error:/.test(text) || /KILLED|Printer halted/.test(text)) return readError(text);
  // A boot loader or a hot-plugged cable may put noise before the word.
  if (/(?:^|[^ -~])start$/.test(text)) return { kind: "banner" };
  if (startups.test(text)) return { kind: "startup" };
  if (text === "wait") return { kind: "wait" };
  if (text.startsWith("//")) return readSlashes(text);
  return readReport(text);
}

/** Lines that AVR and 32-bit boards print after a start, whatever the reason. */
const startups =
  /^(?:PowerUp|(?:External|Brown out|Watchdog|Software) Reset|Marlin (?:bugfix-)?\d[\w.]*|echo: Last Updated: .*|echo: ?Free Memory: \d.*)$/;

/** A file on its card is printed, or its panel, a sensor or its crash detection put a command among those of the host. */
const ownDoing = /^(?:echo: ?)?(?:enqu\w*ing\b|Now (?:fresh|doing) file:|File opened:)/i;

/** `T:170.5 E:0 W:?`, and `T:25.0 E:0 B:60.0` while the bed heats. */
const heating = /^[TB]:\d+(?:\.\d+)?(?: E:\d+(?: B:\d+(?:\.\d+)?)?)?(?: W:\S+)?$/;

function readReport(text: string): Reply {
  // Somebody, or a sensor, made the printer wait for a person: as good as a pause asked for at its panel.
  if (/^(?:echo:)?busy: ?paused/.test(text)) return { kind: "action", name: "pause" };
  if (ownDoing.test(text)) return { kind: "action", name: "start something of its own" };
  // A wait for heat shows its progress; some firmware does so without a target, and without any `busy`.
  if (/^(?:echo:)?busy:/.test(text) || heating.test(text)) return { kind: "busy" };
  // Firmware without the forms of M118 says its text as it stands.
  const mark = /^(?:echo: ?)?(?:A1 )?(layer:\d+|program-end)$/.exec(text);
  if (mark !== null) return { kind: "mark", text: mark[1] ?? "" };
  if (text.startsWith("FIRMWARE_NAME:")) return { kind: "firmware", firmware: readFirmware(text) };
  if (text.includes("Cap:")) return { kind: "capabilities", capabilities: readCapabilities(text) };
  if (/^echo: ?N\d+ /.test(text)) return { kind: "echoed", line: text.slice(text.indexOf("N")) };
  const recovery = /^(?:echo: *)?(?:M413 S([01])\b|Power-loss recovery (ON|OFF|enabled|disabled))/i.exec(text);
  if (recovery !== null) return { kind: "recovery", on: /^(?:1|on|enabled)$/i.test(recovery[1] ?? recovery[2] ?? "") };
  if (/^echo: ?DEBUG:.*DRYRUN/.test(text)) return { kind: "not-extruded", text };
  const unknown = /^(?:echo: ?)?Unknown (?:command|[A-Z] code): ?"?(?:N\d+ ?)?(.*?)(?:\*\d+)?"?$/.exec(text);
  if (unknown !== null) return { kind: "unknown-command", command: (unknown[1] ?? "").trim() };
  if (/^echo: ?(?:cold|too long) extrusion prevented/i.test(text)) return { kind: "not-extruded", text };
  const at = /^X:(-?\d+\.\d+) Y:(-?\d+\.\d+) Z:(-?\d+\.\d+) E:(-?\d+\.\d+)(?= |$)/.exec(text);
  if (at !== null) return { kind: "position", at: positionOf(at) };
  const heat = readHeat(text);
  return heat === null ? { kind: "other" } : { kind: "heat", heat, waiting: / W:\S+$/.test(text) };
}

function positionOf(match: RegExpExecArray): Position {
  return { x: Number(match[1]), y: Number(match[2]), z: Number(match[3]), e: Number(match[4]) };
}

/** Klipper takes lines whose checksum is wrong; Grbl is no printer; RepRapFirmware marks its layers otherwise. */
function strangerOf(text: string): Stranger | null {
  if (/FIRMWARE_NAME: ?Klipper|^\/\/ Klipper state:/i.test(text)) return "klipper";
  if (/FIRMWARE_NAME: ?RepRapFirmware/i.test(text)) return "reprapfirmware";
  return /^Grbl(?:HAL)? \d|^error:\d{1,3}$|^\[(?:VER|OPT|MSG):|^<(?:Idle|Run|Hold|Alarm|Check|Door|Home|Jog|Sleep)[|:,]/.test(
    text,
  )
    ? "grbl"
    : null;
}

function integer(digits: string | undefined): number | null {
  return digits === undefined ? null : Number(digits);
}

function readError(text: string): Reply {
  const why = whyRejected(text);
  if (why !== null) return { kind: "rejected", why };
  if (/halted|kill/i.test(text)) return { kind: "halted", text };
  if (/thermal|heating|mintemp|maxtemp|heater/i.test(text)) return { kind: "thermal", text };
  return { kind: "error", text };
}

/** How firmware says that it did not take a line; anything else after `Error:` is the machine's own trouble. */
const rejections: readonly (readonly ["damage" | "number", string])[] = [
  ["damage", "checksum mismatch"],
  ["damage", "no checksum with line number"],
  ["damage", "no line number with checksum"],
  ["damage", "missing checksum"],
  ["damage", "wrong checksum"],
  ["damage", "format error"],
  ["number", "line number is not last line number+1"],
  ["number", "expected line "],
];

/** Noise changes bytes, not their number: most of a known sentence at its place is that sentence. */
function whyRejected(text: string): "damage" | "number" | null {
  const said = text.replace(/^Error: ?/, "").toLowerCase();
  for (const [why, sentence] of rejections) {
    let same = 0;
    for (let at = 0; at < sentence.length; at++) if (said[at] === sentence[at]) same++;
    if (same >= 0.7 * sentence.length) return why;
  }
  return /checksum|, last line: ?\d/.test(said) ? "damage" : null;
}

function readSlashes(text: string): Reply {
  const body = text.slice(2).trim();
  return body.startsWith("action:") ? { kind: "action", name: body.slice(7).trim() } : { kind: "mark", text: body };
}

/** Reads every capability of a line: two answers were seen joined into one (`Cap:AUTOLEVEL:0HCap:RUNOUT:0`). */
function readCapabilities(text: string): ReadonlyMap<string, boolean> {
  return new Map([...text.matchAll(/Cap:([A-Z0-9_]+):([01])/g)].map((cap) => [cap[1] ?? "", cap[2] === "1"]));
}

function readFirmware(text: string): Firmware {
  const field = (key: string) => new RegExp(`\\b${key}:(.*?)(?= [A-Z_]+:|$)`).exec(text)?.[1]?.trim() ?? "";
  return { name: field("FIRMWARE_NAME"), machineType: field("MACHINE_TYPE"), uuid: field("UUID") };
}

function readHeat(text: string): TemperatureReport | null {
  const hotend = readHeater(/(?:^|\s)T0?: ?(-?\d+(?:\.\d+)?) ?\/ ?(-?\d+(?:\.\d+)?)(?=\s|$)/.exec(text));
  const bed = readHeater(/(?:^|\s)B: ?(-?\d+(?:\.\d+)?) ?\/ ?(-?\d+(?:\.\d+)?)(?=\s|$)/.exec(text));
  return hotend === null && bed === null ? null : { hotend, bed };
}

/** Values that no thermistor gives are noise on the wire and are left out. */
function readHeater(match: RegExpExecArray | null): HeaterReport | null {
  if (match === null) return null;
  const [actual, target] = [Number(match[1]), Number(match[2])];
  return actual > -60 && actual < 500 && target > -60 && target < 500 ? { actual, target } : null;
}
