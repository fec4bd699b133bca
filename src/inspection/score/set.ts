/** `set.toml`: what a set of pictures says about itself. */
import { z } from "zod";
import { type PackPhase, type ProcessPack, type SurfaceRules, surfaceOf } from "../../jobs/process-pack.ts";
import { err, ok, type Result } from "../../kernel/result.ts";

export interface SetDescription {
  /** Which process made the surface, and when in the layer the picture was taken: names of a process pack. */
  readonly process: string;
  readonly phase: string;
  /** Millimetres a pixel of the frames, or null where it is not said. */
  readonly mmPerPixel: number | null;
  /** Whether the expected layers lie pixel on pixel on the frames; null where it is not said. */
  readonly expectedRegistered: boolean | null;
  /** What was taken for granted or passed over, a sentence each. */
  readonly notes: readonly string[];
}

/** A set as it describes itself, and what its process pack says of that. */
export interface Described {
  readonly description: SetDescription;
  readonly pack: ProcessPack;
  readonly rules: SurfaceRules;
}

const mmNames: readonly string[] = ["mm_per_pixel", "mm_per_px", "mmperpixel", "mmperpx", "pixel_mm", "pixel_size_mm"];

const description = z.record(z.string(), z.unknown());

const registeredNames: readonly string[] = ["registered", "expected_registered", "expected.registered"];

/** Reads the parsed table; keys may be spelt with spaces, hyphens or capitals. */
export function readDescription(table: unknown, packs: readonly ProcessPack[]): Result<Described, string> {
  const parsed = description.safeParse(table);
  if (!parsed.success) return err("it holds no keys");
  const notes: string[] = [];
  const keys = new Map(Object.entries(flat(parsed.data)).map(([k, v]) => [k.toLowerCase().replace(/[ -]/g, "_"), v]));
  const pack = packOf(keys.get("process"), packs, notes);
  if (!pack.ok) return pack;
  const phase = phaseOf(keys.get("phase"), pack.value, notes);
  if (!phase.ok) return phase;
  const rules = surfaceOf(phase.value);
  if (rules === null) return err(`the pack ${pack.value.process} judges ${phase.value.title} by the toolpath alone`);
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
  const { process } = pack.value;
  const said = { process, phase: phase.value.id, mmPerPixel, expectedRegistered, notes };
  return ok({ description: said, pack: pack.value, rules });
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

/** The pack that is named; where none has the name, the one that alone is meant by a neighbouring word. */
function packOf(said: unknown, packs: readonly ProcessPack[], notes: string[]): Result<ProcessPack, string> {
  const named = packs.find(({ process }) => process === said);
  if (named !== undefined) return ok(named);
  const meant = packs.filter((each) => isMeant(each, said));
  const [first] = meant;
  if (first === undefined) return err(`\`process\` must say ${anyOf(packs.map(({ process }) => process))}`);
  if (meant.length > 1) {
    return err(`\`process\` is "${said}", which can mean ${anyOf(meant.map(({ process }) => process))}`);
  }
  if (`${said}`.toLowerCase() !== first.process)
    notes.push(`"${`${said}`.slice(0, 40)}" is taken for ${first.process}.`);
  return ok(first);
}

/** A process of one phase has its pictures in no other. */
function phaseOf(said: unknown, { phases }: ProcessPack, notes: string[]): Result<PackPhase, string> {
  const [first] = phases;
  if (phases.length === 1 && first !== undefined) return ok(first);
  if (said === undefined && first !== undefined) {
    notes.push(`set.toml does not say the phase: the layers are taken for ${first.title}.`);
    return ok(first);
  }
  const meant = phases.find(({ id }) => id === said) ?? phases.find((each) => isMeant(each, said));
  if (meant === undefined) return err(`\`phase\` must say ${anyOf(phases.map(({ id }) => id))}`);
  if (`${said}`.toLowerCase() !== meant.id) notes.push(`"${`${said}`.slice(0, 40)}" is taken for ${meant.id}.`);
  return ok(meant);
}

function isMeant({ spelled }: Pick<PackPhase, "spelled">, said: unknown): boolean {
  return typeof said === "string" && spelled.some((word) => said.toLowerCase().includes(word));
}

const anyOf = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(" or ");

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
