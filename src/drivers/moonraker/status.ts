/** What Klipper's objects say, put together from the first answer and the changes after it. */
import type { Json } from "../../kernel/json.ts";
import { type Members, memberOf, membersOf, textIn } from "../../kernel/members.ts";
import type { Celsius } from "../../kernel/units.ts";

/** The objects that are watched, each with the fields that the driver reads. */
export const watched: { readonly [object: string]: readonly string[] } = {
  webhooks: ["state", "state_message"],
  print_stats: ["state", "filename", "message"],
  virtual_sdcard: ["file_position", "is_active", "file_path"],
  pause_resume: ["is_paused"],
  extruder: ["temperature", "target"],
  heater_bed: ["temperature", "target"],
  gcode_move: ["speed_factor", "extrude_factor", "homing_origin"],
};

/** Objects without which a printer cannot be driven: Klipper loads them where its configuration has their sections. */
export const needed = ["webhooks", "print_stats", "virtual_sdcard", "pause_resume", "extruder"] as const;

/** Fields by object, as last told. */
export type Status = { readonly [object: string]: Members };

/** The status with an update's fields; what is not watched is left out, so that it stays small. */
export function merge(status: Status, update: Json | undefined): Status {
  const told = membersOf(update);
  if (told === null) return status;
  const next: Record<string, Members> = { ...status };
  for (const [object, fields] of Object.entries(watched)) {
    const news = memberOf(told, object);
    if (news === null) continue;
    const kept = fields.flatMap((field) => (field in news ? [[field, news[field]!] as const] : []));
    next[object] = { ...next[object], ...Object.fromEntries(kept) };
  }
  return next;
}

/** The state of Klipper itself: ready, startup, error, shutdown; after an emergency stop this alone tells it. */
export function hostState(status: Status): { readonly state: string; readonly words: string } {
  const webhooks = status["webhooks"] ?? null;
  return { state: textIn(webhooks, "state") ?? "unknown", words: textIn(webhooks, "state_message") ?? "" };
}

export interface PrintState {
  /** `standby`, `printing`, `paused`, `complete`, `cancelled`, `error`; `unknown` where it was not told. */
  readonly state: string;
  readonly file: string;
  readonly words: string;
  /** Byte behind the last line that was carried out; -1 where it was not told. */
  readonly position: number;
}

/** What is printed, and how far. */
export function printState(status: Status): PrintState {
  const stats = status["print_stats"] ?? null;
  const position = status["virtual_sdcard"]?.["file_position"];
  return {
    state: textIn(stats, "state") ?? "unknown",
    file: textIn(stats, "filename") ?? "",
    words: textIn(stats, "message") ?? "",
    position: typeof position === "number" ? position : -1,
  };
}

/** Something is being printed, or a print is paused. */
export function isPrinting(status: Status): boolean {
  const { state } = printState(status);
  return state === "printing" || state === "paused" || status["virtual_sdcard"]?.["is_active"] === true;
}

export interface Heaters {
  readonly hotend: { readonly actual: Celsius; readonly target: Celsius };
  readonly bed: { readonly actual: Celsius; readonly target: Celsius };
}

/** Both heaters; null while the hotend's values are not known. A printer without a heated bed has a cold one. */
export function heaters(status: Status): Heaters | null {
  const hotend = heater(status["extruder"]);
  const bed = status["heater_bed"] === undefined ? { actual: 0, target: 0 } : heater(status["heater_bed"]);
  return hotend === null || bed === null ? null : { hotend, bed };
}

function heater(fields: Members | undefined): Heaters["hotend"] | null {
  const [actual, target] = [fields?.["temperature"], fields?.["target"]];
  return typeof actual === "number" && typeof target === "number" ? { actual, target } : null;
}

/** Nothing is to be heated. */
export function isCold(status: Status): boolean {
  const heat = heaters(status);
  return heat !== null && heat.hotend.target === 0 && heat.bed.target === 0;
}

/** Somebody has set speed, flow or an offset at the printer itself: programs are not allowed to. */
export function overridden(status: Status): string | null {
  const move = status["gcode_move"] ?? null;
  if (move === null) return null;
  if (isOther(move["speed_factor"], 1)) return "set another speed";
  if (isOther(move["extrude_factor"], 1)) return "set another flow";
  const origin = move["homing_origin"];
  const moved = Array.isArray(origin) && origin.slice(0, 3).some((each) => isOther(each, 0));
  return moved ? "shifted its origin" : null;
}

function isOther(value: Json | undefined, usual: number): boolean {
  return typeof value === "number" && Math.abs(value - usual) > 1e-6;
}
