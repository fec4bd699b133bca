/** What `where-used` and `qa recall` have in common: the thing asked for on the command line, and lists as people read them. */
import { type Thing, type ThingKey, type ThingKind, thingKinds, thingOf } from "../jobs/trace.ts";

/** Kinds that a command line can ask for, each an option of its own; `device` is asked for the other way round. */
export const askable: Readonly<Record<string, ThingKind>> = {
  lot: "lot",
  machine: "machine",
  firmware: "firmware",
  recipe: "recipe",
  model: "model",
  operator: "operator",
  gauge: "gauge",
  udi: "udi",
  equipment: "equipment",
  software: "software",
  design: "design",
  job: "job",
  device: "unit",
};

/** The one kind and name among the options; null where none or several were given. */
export function askedIn(options: Readonly<Record<string, unknown>>): { kind: ThingKind; name: string } | null {
  const given = Object.entries(askable).flatMap(([option, kind]) => {
    const name = options[option];
    return typeof name === "string" ? [{ kind, name: name.trim() }] : [];
  });
  return given.length === 1 ? (given[0] ?? null) : null;
}

/** What is said where an option has no name in it. */
export function noName(kind: ThingKind) {
  const what = `No ${thingKinds[kind].noun} was named.`;
  return { code: "usage", what, remedy: "Write its name, as the record shows it." } as const;
}

/** What is said where nothing that is held names the thing: a slip of the pen must not read like an answer. */
export function neverNamed({ kind, name }: Pick<Thing, "kind" | "name">) {
  const what = `No record names the ${thingKinds[kind].noun} ${name.slice(0, 128)}.`;
  const remedy =
    "Check how it is spelt, and that this is the right folder; this is no answer that nothing was made with it.";
  return { code: "never-named", what, remedy } as const;
}

/** What is said where records have several names that differ from the asked one in capitals alone. */
export function spelledApart({ kind, name }: Pick<Thing, "kind" | "name">, spellings: Iterable<string>) {
  const what = `Records name more than one ${thingKinds[kind].noun} like ${name.slice(0, 128)}.`;
  return { code: "ambiguous", what, remedy: `Ask for one of ${[...spellings].slice(0, 20).join(", ")}.` } as const;
}

/** What is said where the command line does not name one thing. */
export const notOneThing = {
  code: "usage",
  what: "Name one thing to look for.",
  remedy: `Use one of ${Object.keys(askable)
    .map((name) => `--${name}`)
    .join(", ")}.`,
} as const;

/** The parts of a device, a line each, in words. */
export function partLines(parts: readonly ThingKey[]): readonly string[] {
  const things = parts.flatMap((key): readonly Thing[] => {
    const thing = thingOf(key);
    return thing === null ? [] : [thing];
  });
  return things.map(({ kind, name }) => `${thingKinds[kind].words}: ${name}`);
}
