/** What was made with what, read off single entries (feature 45): from lots, machines and people up to devices, and back. */
import type { Json } from "../kernel/json.ts";
import { countIn, listIn, type Members, memberOf, membersOf, textIn } from "../kernel/members.ts";

/** Kinds of things that records name. Those of one cell alone carry their log's origin; the others are the same everywhere. */
export const thingKinds = {
  unit: { global: false, noun: "device", words: "device" },
  job: { global: false, noun: "job", words: "job" },
  attempt: { global: false, noun: "attempt", words: "attempt" },
  boot: { global: false, noun: "start", words: "start of the cell" },
  equipment: { global: false, noun: "machine", words: "machine, by its id in the cell" },
  operator: { global: false, noun: "person", words: "person, by the cell's pseudonym" },
  nonconformity: { global: false, noun: "nonconformity", words: "nonconformity" },
  lot: { global: true, noun: "lot", words: "lot" },
  machine: { global: true, noun: "machine", words: "machine, by its serial number" },
  firmware: { global: true, noun: "firmware", words: "firmware of a machine" },
  gauge: { global: true, noun: "instrument", words: "measuring instrument" },
  recipe: { global: true, noun: "recipe", words: "recipe, by its digest" },
  model: { global: true, noun: "inspection model", words: "inspection model, by its digest" },
  software: { global: true, noun: "software", words: "software of the cell, by version or digest" },
  config: { global: true, noun: "configuration", words: "configuration of the cell, by its digest" },
  camera: { global: true, noun: "set-up of the camera", words: "set-up of the camera, by its digest" },
  design: { global: true, noun: "design", words: "design" },
  udi: { global: true, noun: "label", words: "label's code" },
  tag: { global: true, noun: "tag", words: "tag of the part" },
  container: { global: true, noun: "container", words: "container that it was handed over in" },
  outcome: { global: true, noun: "outcome", words: "what became of it" },
} as const;

export type ThingKind = keyof typeof thingKinds;

/** A thing that records name. */
export interface Thing {
  readonly kind: ThingKind;
  /** The log in which the name counts; null where it is the same everywhere. */
  readonly origin: string | null;
  readonly name: string;
}

/** A thing in one line, as indexes hold it: kind, origin or a hyphen, name. */
export type ThingKey = string;

/** `whole` was made with `part`: a device with a lot, a lot with the lots it was blended from. */
export interface Use {
  readonly whole: ThingKey;
  readonly part: ThingKey;
}

/** What of an entry says where it belongs. */
export interface TracedEntry {
  readonly type: string;
  readonly job: string | null;
  /** Number of the cell's start that wrote it. */
  readonly boot: number;
}

const mostNameLength = 128;
/** A body of 192 KiB could name thousands of things; no record of a device does. */
export const mostUsesOfEntry = 200;

/** The key of a thing. What no text column can hold is shown as a question mark. */
export function keyOf({ kind, origin, name }: Thing): ThingKey {
  return `${kind} ${origin ?? "-"} ${name.slice(0, mostNameLength).replaceAll(/\p{Cc}/gu, "?")}`;
}

/** Reads a key back; null where it is none. */
export function thingOf(key: ThingKey): Thing | null {
  const [, kind = "", origin = "", name = ""] = /^([a-z]+) ([^ ]+) (.+)$/s.exec(key) ?? [];
  if (!Object.hasOwn(thingKinds, kind)) return null;
  return { kind: kind as ThingKind, origin: origin === "-" ? null : origin, name };
}

/** The device's key: a copy of a job. */
export function unitKey(origin: string, job: string, unit: number): ThingKey {
  return keyOf({ kind: "unit", origin, name: `${job}/${unit}` });
}

/** Job and number of a device's name; null where it is none. */
export function unitOfName(name: string): { readonly job: string; readonly unit: number } | null {
  const [, job, unit] = /^([^/]+)\/([0-9]{1,9})$/.exec(name) ?? [];
  return job === undefined || unit === undefined ? null : { job, unit: Number(unit) };
}

/** Types of entries that say what was made with what; whoever reads a whole log can leave out the others. */
export const tracedTypes: readonly string[] = [
  ...["CellBooted", "LotReceived", "JobOrderAccepted", "IdentityConfirmed", "AttemptStarted", "ResultsJudged"],
  ...["AttemptResumed", "AttemptEnded", "RetakeOrdered", "HoldRaised", "PartTagged", "PartConfirmed"],
  ...["LabelRequested", "LabelVerified", "LabelVoided", "HandedOver", "UnitReleased", "OperationCompleted"],
  ...["NonconformityRaised", "DispositionSigned"],
];
const traced: ReadonlySet<string> = new Set(tracedTypes);

/** Whether entries of this type say anything of the kind. */
export function isTraced(type: string): boolean {
  return traced.has(type);
}

/**
 * What one entry says was made with what, each once. Any body is taken: what is missing in it, or of another form, is
 * left out, since a cell may be newer than whoever reads, or its key in the wrong hands.
 */
export function usesIn(origin: string, entry: TracedEntry, body: Members): readonly Use[] {
  if (!isTraced(entry.type)) return [];
  const found = new Map<string, Use>();
  const own = (kind: ThingKind, name: string) => keyOf({ kind, origin: thingKinds[kind].global ? null : origin, name });
  const use = (whole: ThingKey | null, kind: ThingKind, name: string | null) => {
    if (whole === null || name === null || name === "" || found.size >= mostUsesOfEntry) return;
    const part = own(kind, name);
    if (part !== whole) found.set(`${whole}\n${part}`, { whole, part });
  };
  const { job, type } = entry;
  const number = countIn(body, "unit");
  const unit = job === null || number === null ? null : unitKey(origin, job, number);
  const named = (kind: ThingKind, member: string) => {
    const name = textIn(body, member);
    return name === null ? null : own(kind, name);
  };
  use(unit, "job", job);
  const hand = textIn(memberOf(body, "approval"), "person") ?? textIn(body, "person");
  if (type !== "LotReceived" && type !== "CellBooted") {
    const touched = unit ?? named("attempt", "attempt") ?? named("nonconformity", "nonconformity");
    use(touched ?? (job === null ? null : own("job", job)), "operator", hand);
  }
  readers[type]?.({ entry, body, unit, use, named, own });
  return [...found.values()];
}

/**
 * How an entry spells a thing, capitals aside, also where nothing was made with it: a lot that was only received, a job
 * that was only accepted. `uses` are those of the entry.
 */
export function spellingsIn(
  { kind, name }: Pick<Thing, "kind" | "name">,
  { type, job }: TracedEntry,
  body: Members,
  uses: readonly Use[],
): readonly string[] {
  const named = [type === "LotReceived" && kind === "lot" ? textIn(body, "lot") : null, kind === "job" ? job : null];
  const used = uses.flatMap(({ whole, part }) => [thingOf(whole), thingOf(part)]);
  const names = [...named, ...used.map((thing) => (thing?.kind === kind ? thing.name : null))];
  return names.filter((each) => each !== null).filter((each) => each.toLowerCase() === name.toLowerCase());
}

/** The one spelling that is meant: the asked one where records have it, else the only one that differs in capitals; null where none or several do. */
export function spellingMeant(name: string, spellings: ReadonlySet<string>): string | null {
  if (spellings.has(name)) return name;
  const [only, ...others] = spellings;
  return only !== undefined && others.length === 0 ? only : null;
}

interface Reading {
  readonly entry: TracedEntry;
  readonly body: Members;
  readonly unit: ThingKey | null;
  readonly use: (whole: ThingKey | null, kind: ThingKind, name: string | null) => void;
  readonly named: (kind: ThingKind, member: string) => ThingKey | null;
  readonly own: (kind: ThingKind, name: string) => ThingKey;
}

/** What an entry of a type says beside job and person. */
const readers: Readonly<Record<string, (reading: Reading) => void>> = {
  CellBooted({ entry, body, use, own }) {
    const boot = own("boot", String(entry.boot));
    const versions = memberOf(body, "versions");
    use(boot, "software", textIn(versions, "software"));
    use(boot, "software", textIn(versions, "softwareDigest"));
    use(boot, "config", textIn(versions, "configDigest"));
    use(boot, "model", textIn(versions, "modelDigest"));
    use(boot, "camera", textIn(versions, "cameraDigest"));
    for (const view of listIn(versions, "views")) use(boot, "camera", textIn(membersOf(view), "setup"));
  },
  LotReceived({ body, use, named }) {
    for (const parent of listIn(body, "parents")) use(named("lot", "lot"), "lot", textOf(parent));
  },
  JobOrderAccepted({ entry, body, use, own }) {
    const order = memberOf(body, "order");
    const job = entry.job === null ? null : own("job", entry.job);
    use(job, "recipe", textIn(order, "recipe"));
    use(job, "design", textIn(memberOf(order, "lineage"), "design"));
  },
  AttemptStarted({ entry, body, unit, use }) {
    use(unit, "attempt", textIn(body, "attempt"));
    use(unit, "boot", String(entry.boot));
    use(unit, "equipment", textIn(body, "equipment"));
    const machine = memberOf(body, "machine");
    use(unit, "machine", textIn(machine, "serial"));
    use(unit, "firmware", textIn(machine, "firmware"));
    for (const issued of listIn(body, "materials")) use(unit, "lot", textIn(membersOf(issued), "lot"));
    if (body["simulated"] === true) use(unit, "outcome", "simulated");
  },
  ResultsJudged({ body, use, named }) {
    const attempt = named("attempt", "attempt");
    for (const result of listIn(body, "results")) use(attempt, "gauge", textIn(membersOf(result), "gauge"));
  },
  PartTagged: ({ body, unit, use }) => use(unit, "tag", textIn(body, "tag")),
  LabelRequested: ({ body, unit, use }) => use(unit, "udi", textIn(memberOf(body, "content"), "code")),
  HandedOver: ({ body, unit, use }) => use(unit, "container", textIn(body, "container")),
  UnitReleased: ({ unit, use }) => use(unit, "outcome", "released"),
  NonconformityRaised: ({ body, unit, use }) => use(unit, "nonconformity", textIn(body, "nonconformity")),
  DispositionSigned({ body, use, named }) {
    if (textIn(body, "disposition") === "scrap") {
      use(named("nonconformity", "nonconformity"), "outcome", "scrapped");
    }
  },
};

function textOf(value: Json): string | null {
  return typeof value === "string" ? value : null;
}

/** An index in memory over what entries say; the cell uses it, and the stores of central QA are held against it. */
export interface TraceIndex {
  add(uses: readonly Use[]): void;
  /** Everything of this kind that was made with the thing, directly or by way of others, in order of key. */
  wholesOf(part: ThingKey, kind: ThingKind): readonly ThingKey[];
  /** Everything that the thing was made with, directly or by way of others, in order of key. */
  partsOf(whole: ThingKey): readonly ThingKey[];
}

/** An index of nothing. */
export function createTraceIndex(): TraceIndex {
  const up = new Map<ThingKey, Set<ThingKey>>();
  const down = new Map<ThingKey, Set<ThingKey>>();
  const note = (map: Map<ThingKey, Set<ThingKey>>, from: ThingKey, to: ThingKey) => {
    const known = map.get(from);
    if (known) known.add(to);
    else map.set(from, new Set([to]));
  };
  return {
    add(uses) {
      for (const { whole, part } of uses) {
        note(up, part, whole);
        note(down, whole, part);
      }
    },
    wholesOf: (part, kind) => reached(up, part).filter((key) => key.startsWith(`${kind} `)),
    partsOf: (whole) => reached(down, whole),
  };
}

/** Everything that can be reached from `start`, itself left out, in order; a ring ends the walk as any end does. */
function reached(map: ReadonlyMap<ThingKey, ReadonlySet<ThingKey>>, start: ThingKey): readonly ThingKey[] {
  const seen = new Set<ThingKey>([start]);
  for (const at of seen) for (const next of map.get(at) ?? []) seen.add(next);
  seen.delete(start);
  return [...seen].sort();
}
