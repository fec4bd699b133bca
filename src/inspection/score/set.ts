/** `set.toml`: what a set of pictures says about itself. */
import { z } from "zod";
import { err, ok, type Result } from "../../kernel/result.ts";

/** Which machine made the surface: each process has its own way of being looked at. */
export type Process = "powder-bed" | "filament";
/** When the picture was taken: powder spread, layer fused, or a filament layer done. */
export type Phase = "recoated" | "fused" | "printed";

export interface SetDescription {
  readonly process: Process;
  readonly phase: Phase;
  /** Millimetres a pixel of the frames, or null where it is not said. */
  readonly mmPerPixel: number | null;
  /** Whether the expected layers lie pixel on pixel on the frames; null where it is not said. */
  readonly expectedRegistered: boolean | null;
  /** What was taken for granted or passed over, a sentence each. */
  readonly notes: readonly string[];
}

const processes: readonly (readonly [Process, RegExp])[] = [
  ["powder-bed", /powder|p?bf|slm|sls|dmls|dmlm|ebm|binder|laser|melt|sinter/],
  ["filament", /filament|fdm|fff|extru|mex/],
];
const phases: readonly (readonly [Phase, RegExp])[] = [
  ["recoated", /recoat|spread|powder|before|pre/],
  ["fused", /fuse|melt|expos|sinter|print|after|post|scan|layer|part/],
];

const mmNames: readonly string[] = ["mm_per_pixel", "mm_per_px", "mmperpixel", "mmperpx", "pixel_mm", "pixel_size_mm"];

const description = z.record(z.string(), z.unknown());

const registeredNames: readonly string[] = ["registered", "expected_registered", "expected.registered"];

/** Reads the parsed table; keys may be spelt with spaces, hyphens or capitals. */
export function readDescription(table: unknown): Result<SetDescription, string> {
  const parsed = description.safeParse(table);
  if (!parsed.success) return err("it holds no keys");
  const notes: string[] = [];
  const keys = new Map(Object.entries(flat(parsed.data)).map(([k, v]) => [k.toLowerCase().replace(/[ -]/g, "_"), v]));
  const process = among(processes, keys.get("process"), notes);
  if (process === null) return err('`process` must say "powder-bed" or "filament"');
  const phase = process === "filament" ? "printed" : phaseOf(keys.get("phase"), notes);
  if (phase === null) return err('`phase` must say "recoated" or "fused"');
  const mm = mmNames.map((name) => keys.get(name)).find((v) => v !== undefined);
  const mmPerPixel = mm === undefined ? null : Number(mm);
  if (mmPerPixel !== null && !(mmPerPixel > 0 && mmPerPixel < 100)) {
    return err("`mm_per_pixel` must be a number of millimetres above 0");
  }
  const registered = registeredNames.map((name) => keys.get(name)).find((v) => v !== undefined);
  if (registered !== undefined && !["true", "false"].includes(`${registered}`)) {
    return err("`registered` must be true or false");
  }
  const strange = strangeKeys(parsed.data);
  if (strange.length > 0)
    notes.push(`set.toml says ${strange.slice(0, 5).join(", ")}, of which nothing is known here.`);
  const expectedRegistered = registered === undefined ? null : `${registered}` === "true";
  return ok({ process, phase, mmPerPixel, expectedRegistered, notes });
}

/** Keys, as they are spelt, of which no meaning is known. */
function strangeKeys(table: Readonly<Record<string, unknown>>): string[] {
  const known = ["process", "phase", ...mmNames, ...registeredNames];
  return Object.entries(table).flatMap(([key, value]) => {
    const inner = description.safeParse(value);
    const within =
      inner.success && !Array.isArray(value) ? Object.keys(inner.data).map((k) => [`${key}.${k}`, k]) : [[key]];
    const isKnown = (name: string): boolean => known.includes(name.toLowerCase().replace(/[ -]/g, "_"));
    return within.flatMap((names) => (names.some(isKnown) ? [] : [names[0]!]));
  });
}

function phaseOf(said: unknown, notes: string[]): Phase | null {
  if (said !== undefined) return among(phases, said, notes);
  notes.push("set.toml does not say the phase: the layers are taken for recoated powder.");
  return "recoated";
}

/** Tables within the table, their keys joined with a dot. */
function flat(table: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(table)) {
    const inner = description.safeParse(value);
    if (!inner.success || Array.isArray(value)) out[key] = value;
    else for (const [k, v] of Object.entries(inner.data)) Object.assign(out, { [`${key}.${k}`]: v, [k]: out[k] ?? v });
  }
  return out;
}

/** The one that is said, or what is meant by a neighbouring word, which is noted. */
function among<T extends string>(known: readonly (readonly [T, RegExp])[], said: unknown, notes: string[]): T | null {
  if (typeof said !== "string") return null;
  const meant = known.find(([, pattern]) => pattern.test(said.toLowerCase()))?.[0] ?? null;
  if (meant !== null && meant !== said.toLowerCase()) notes.push(`"${said.slice(0, 40)}" is taken for ${meant}.`);
  return meant;
}
