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
  /** A line was not taken: checksum, number. */
  | { readonly kind: "rejected" }
  /** The firmware stopped for good, or a heater is out of control. */
  | { readonly kind: "halted"; readonly text: string }
  | { readonly kind: "thermal"; readonly text: string }
  | { readonly kind: "error"; readonly text: string }
  /** The firmware has just started. */
  | { readonly kind: "banner" }
  | { readonly kind: "busy" }
  | { readonly kind: "wait" }
  | { readonly kind: "heat"; readonly heat: TemperatureReport }
  /** `//action:<name>`, asked by the machine's own panel or sensors. */
  | { readonly kind: "action"; readonly name: string }
  /** `//<text>` by M118 A1. */
  | { readonly kind: "mark"; readonly text: string }
  | { readonly kind: "unknown-command"; readonly command: string }
  | { readonly kind: "not-extruded"; readonly text: string }
  | { readonly kind: "capabilities"; readonly capabilities: ReadonlyMap<string, boolean> }
  | { readonly kind: "firmware"; readonly firmware: Firmware }
  | { readonly kind: "other" };

/** The fields of M115's first line that say who this is. */
export interface Firmware {
  readonly name: string;
  readonly machineType: string;
  readonly uuid: string;
}

/** Reads one line (without its end). Never fails: what is not understood is `other`. */
export function readReply(line: string): Reply {
  const text = line.trim();
  const ok = /^ok\b(?: N(\d{1,9}))?(?: P\d+)?(?: B(\d{1,3}))?/.exec(text);
  if (ok !== null) return { kind: "ok", number: integer(ok[1]), free: integer(ok[2]), heat: readHeat(text) };
  const resend = /^(?:Resend|rs): ?N?(\d{1,9})$/i.exec(text);
  if (resend !== null) return { kind: "resend", number: Number(resend[1]) };
  if (/^Error:/.test(text) || /KILLED|Printer halted/.test(text)) return readError(text);
  if (text === "start") return { kind: "banner" };
  // Somebody, or a sensor, made the printer wait for a person: as good as a pause asked for at its panel.
  if (/^(?:echo:)?busy: ?paused/.test(text)) return { kind: "action", name: "pause" };
  if (/^(?:echo:)?busy:/.test(text)) return { kind: "busy" };
  if (text === "wait") return { kind: "wait" };
  if (text.startsWith("//")) return readSlashes(text);
  if (text.startsWith("FIRMWARE_NAME:")) return { kind: "firmware", firmware: readFirmware(text) };
  if (text.includes("Cap:")) return { kind: "capabilities", capabilities: readCapabilities(text) };
  const unknown = /^echo:Unknown command: "(.*)"$/.exec(text);
  if (unknown !== null) return { kind: "unknown-command", command: unknown[1] ?? "" };
  if (/^echo: ?(?:cold|too long) extrusion prevented/i.test(text)) return { kind: "not-extruded", text };
  const heat = readHeat(text);
  return heat === null ? { kind: "other" } : { kind: "heat", heat };
}

function integer(digits: string | undefined): number | null {
  return digits === undefined ? null : Number(digits);
}

function readError(text: string): Reply {
  if (/check|mismatch|last|line/i.test(text)) return { kind: "rejected" };
  if (/halted|kill/i.test(text)) return { kind: "halted", text };
  if (/thermal|heating|mintemp|maxtemp|heater/i.test(text)) return { kind: "thermal", text };
  return { kind: "error", text };
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
