/** Recall and where-used (feature 45): which devices were made with a thing, what a device was made with, and what to hold. */
import {
  keyOf,
  spellingMeant,
  type Thing,
  type ThingKey,
  type ThingKind,
  thingKinds,
  thingOf,
  unitOfName,
} from "../jobs/trace.ts";
import { digestOfValue } from "../kernel/hash.ts";
import type { Digest, JobId } from "../kernel/names.ts";
import { toHex, utf8 } from "../ledger/bytes.ts";
import type { DecisionReason } from "../ledger/decision.ts";
import type { Asked, TargetKind } from "./decide.ts";
import { wrongTarget } from "./decide.ts";
import type { RegisteredCell } from "./judge.ts";
import { cellOfLog, originsOf } from "./logs.ts";
import type { Indexed, TraceStore } from "./traces.ts";

/** A device that was found, and what is known of it. */
export interface FoundDevice {
  readonly key: ThingKey;
  readonly origin: string;
  /** Id of the cell that made it, under whichever of its logs; null where it is not registered (any more). */
  readonly cell: string | null;
  readonly job: JobId;
  readonly unit: number;
  /** `released`, `scrapped`, `simulated`; empty while it is under way. */
  readonly outcomes: readonly string[];
  /** Codes of its labels. */
  readonly labels: readonly string[];
}

/** One page of what a recall finds. */
export interface Recall {
  readonly thing: Thing;
  /** Devices in all. */
  readonly total: number;
  readonly devices: readonly FoundDevice[];
  /** Where the next page begins; null where this is the last. */
  readonly next: ThingKey | null;
  /** Logs that the index does not cover wholly yet: there may be more. */
  readonly behind: readonly Indexed[];
}

/** The kinds that a recall is asked by, the usual ones first. */
export const askedKinds: readonly ThingKind[] = [
  ...(["lot", "machine", "firmware", "recipe", "model", "operator", "gauge", "udi", "job", "unit"] as const),
  ...(["equipment", "software", "config", "camera", "design", "tag", "container", "nonconformity"] as const),
];

/** The thing that somebody names; a sentence where it cannot be one. */
export function thingAsked(kind: string, name: string, cell: RegisteredCell | null): Thing | string {
  if (!(askedKinds as readonly string[]).includes(kind)) return `There is no kind ${kind.slice(0, 40)} to ask for.`;
  const known = kind as ThingKind;
  if (name.trim() === "") return `Say which ${thingKinds[known].noun} is meant.`;
  if (!thingKinds[known].global && cell === null) {
    return `Say at which cell: a ${thingKinds[known].noun} is named by its cell alone.`;
  }
  if (known === "unit" && unitOfName(name.trim()) === null) {
    return "A device is named by its job, a slash and the number of the copy, like J-2026-000042/1.";
  }
  return { kind: known, origin: thingKinds[known].global ? null : (cell?.origin ?? null), name: name.trim() };
}

/** Finds devices that were made with a thing, a page at a time. Rejects with StoreFailed. */
export async function recall(
  store: TraceStore,
  cells: readonly RegisteredCell[],
  thing: Thing,
  { after = null, limit }: { readonly after?: ThingKey | null; readonly limit: number },
): Promise<Recall> {
  const pages = await Promise.all(keysOf(cells, thing).map((key) => store.wholesOf(key, "unit", after, limit)));
  const keys = inOrder(pages.flatMap((page) => page.keys)).slice(0, limit);
  // What is named by its cell alone leads to devices of its own log only, so none is counted twice.
  const total = pages.reduce((sum, page) => sum + page.total, 0);
  const behind = (await store.indexed()).filter(({ size, of }) => size < of);
  const devices = await describe(store, cells, keys);
  const next = keys.length === limit ? (keys.at(-1) ?? null) : null;
  return { thing, total, devices, next, behind };
}

/** Spellings that are told where a name fits several. */
const mostSpellings = 20;

/** Which thing is meant by a name, or that records have none like it, or several. */
export type Meant =
  | { readonly kind: "meant"; readonly thing: Thing }
  | { readonly kind: "never-named" }
  | { readonly kind: "several"; readonly spellings: readonly string[] };

/**
 * The thing as records spell it: exactly, or where only capitals differ and one alone fits. `seen` are names of its kind
 * that records have without anything made with it, such as lots that were received. Rejects with StoreFailed.
 */
export async function meantBy(
  store: TraceStore,
  cells: readonly RegisteredCell[],
  thing: Thing,
  seen: Iterable<string>,
): Promise<Meant> {
  const like = keysOf(cells, thing).map((key) => store.spelledLike(key, thing.kind, mostSpellings));
  const indexed = (await Promise.all(like)).flat().flatMap((key) => thingOf(key)?.name ?? []);
  const unused = [...seen].filter((name) => name.toLowerCase() === thing.name.toLowerCase());
  const spellings = new Set([...indexed, ...unused]);
  const name = spellingMeant(thing.name, spellings);
  if (name !== null) return { kind: "meant", thing: { ...thing, name } };
  return spellings.size === 0 ? { kind: "never-named" } : { kind: "several", spellings: [...spellings] };
}

/** What a device was made with, under whichever of its cell's logs, at most `limit`. Rejects with StoreFailed. */
export async function madeWith(
  store: TraceStore,
  cells: readonly RegisteredCell[],
  device: Thing,
  limit: number,
): Promise<readonly ThingKey[]> {
  const found = await Promise.all(keysOf(cells, device).map((key) => store.partsOf(key, limit)));
  return inOrder(found.flat()).slice(0, limit);
}

/** A cell keeps its people, machines and jobs when its log is continued under another name: all its logs are asked. */
function keysOf(cells: readonly RegisteredCell[], thing: Thing): readonly ThingKey[] {
  const cell = thing.origin === null ? null : cellOfLog(cells, thing.origin);
  const origins = cell === null ? [thing.origin] : originsOf(cell);
  return origins.map((origin) => keyOf({ ...thing, origin }));
}

/** Each once, in the order of their bytes, as stores have them. */
function inOrder(keys: readonly ThingKey[]): readonly ThingKey[] {
  const bytes = new Map(keys.map((key) => [toHex(utf8(key)), key]));
  return [...bytes.keys()].sort().map((hex) => bytes.get(hex) ?? "");
}

/** What is asked of the store in one go. */
const describedInOneGo = 1_000;

async function describe(
  store: TraceStore,
  cells: readonly RegisteredCell[],
  keys: readonly ThingKey[],
): Promise<readonly FoundDevice[]> {
  const facts = new Map<ThingKey, { outcomes: Set<string>; labels: Set<string> }>();
  const byOrigin = new Map(cells.flatMap((cell) => originsOf(cell).map((origin) => [origin, cell.id])));
  for (let start = 0; start < keys.length; start += describedInOneGo) {
    const some = keys.slice(start, start + describedInOneGo);
    for (const key of some) facts.set(key, { outcomes: new Set(), labels: new Set() });
    const direct = await store.directPartsOf(some, ["outcome", "udi", "nonconformity"]);
    const raised = new Map<ThingKey, ThingKey>();
    for (const { whole, part } of direct) {
      const found = thingOf(part);
      if (found?.kind === "outcome") facts.get(whole)?.outcomes.add(found.name);
      if (found?.kind === "udi") facts.get(whole)?.labels.add(found.name);
      if (found?.kind === "nonconformity") raised.set(part, whole);
    }
    if (raised.size === 0) continue;
    for (const { whole, part } of await store.directPartsOf([...raised.keys()], ["outcome"])) {
      facts.get(raised.get(whole) ?? "")?.outcomes.add(thingOf(part)?.name ?? "");
    }
  }
  return keys.flatMap((key): FoundDevice[] => {
    const thing = thingOf(key);
    const named = thing === null ? null : unitOfName(thing.name);
    if (thing?.origin == null || named === null) return [];
    const { outcomes, labels } = facts.get(key) ?? { outcomes: new Set<string>(), labels: new Set<string>() };
    const { origin } = thing;
    const cell = byOrigin.get(origin) ?? null;
    const job = named.job as JobId;
    return [{ key, origin, cell, job, unit: named.unit, outcomes: [...outcomes].sort(), labels: [...labels].sort() }];
  });
}

/** Most decisions that are signed in one step. */
export const mostHeldAtOnce = 500;

/** What a hold on everything that was found comes to. */
export interface HoldPlan {
  /** The holds, the thing itself before the jobs. */
  readonly holds: readonly Omit<Asked, "reason" | "person">[];
  readonly cells: readonly string[];
  readonly jobs: number;
  /** Devices of logs that are registered nowhere: nobody can be told to hold them. */
  readonly unreached: number;
  /** Of exactly this plan: what is signed is what was shown (21 CFR 11.70). */
  readonly digest: Digest;
}

/** Kinds of things that a cell can be told to hold by themselves. */
const holdable: Readonly<Partial<Record<ThingKind, TargetKind>>> = {
  lot: "lot",
  recipe: "recipe",
  model: "model",
  equipment: "machine",
};

/**
 * The holds that stop what was found: the thing itself at each cell that is concerned, where a cell can hold such a
 * thing, and each job with a device in it. `concerned` are further cells whose records name the thing. A sentence where
 * that is more than one step may sign. What was made under a log that is over is held by the one that its cell keeps now.
 */
export function planHold(
  thing: Thing,
  devices: readonly FoundDevice[],
  concerned: readonly RegisteredCell[],
  cells: readonly RegisteredCell[],
): HoldPlan | string {
  const registered = new Map(cells.flatMap((cell) => originsOf(cell).map((origin) => [origin, cell])));
  const jobs = new Map<string, { readonly origin: string; readonly job: JobId }>();
  const origins = new Set(concerned.map(({ origin }) => origin));
  for (const { origin: log, job } of devices) {
    const origin = registered.get(log)?.origin;
    if (origin === undefined) continue;
    origins.add(origin);
    jobs.set(`${origin} ${job}`, { origin, job });
  }
  const kind = holdable[thing.kind];
  const itself = kind !== undefined && wrongTarget(kind, thing.name) === null ? { kind, id: thing.name } : null;
  const place = thing.origin === null ? null : (registered.get(thing.origin)?.origin ?? thing.origin);
  const own = [...origins]
    .filter((origin) => place === null || place === origin)
    .map((origin) => ({ origin, action: "hold" as const, target: itself }));
  const holds = [
    ...own.flatMap(({ target, ...rest }) => (target === null ? [] : [{ ...rest, target }])),
    ...[...jobs.values()].map(({ origin, job }) => ({
      origin,
      action: "hold" as const,
      target: { kind: "job" as const, id: job as string },
    })),
  ];
  if (holds.length === 0) return "Nothing was found that a cell could be told to hold.";
  if (holds.length > mostHeldAtOnce) {
    return `This would be ${holds.length} decisions; at most ${mostHeldAtOnce} are signed in one step. Hold the cells instead, or narrow it down.`;
  }
  const unreached = devices.filter(({ origin }) => !registered.has(origin)).length;
  const names = [...origins].flatMap((origin) => registered.get(origin)?.title ?? []);
  return { holds, cells: names, jobs: jobs.size, unreached, digest: digestOfValue({ holds, unreached }) };
}

/** The reasons that fit a hold after a recall, as a proposal. */
export function reasonFor(kind: ThingKind): DecisionReason {
  const fitting: Partial<Record<ThingKind, DecisionReason>> = {
    lot: "material-recall",
    gauge: "calibration-doubt",
    model: "model-fault",
    recipe: "recipe-fault",
    firmware: "software-fault",
    software: "software-fault",
  };
  return fitting[kind] ?? "field-report";
}

/** What was found as lines of comma-separated values; text that a table could take for a formula is defused. */
export function csvOf(devices: readonly FoundDevice[]): string {
  const cell = (text: string) => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
  const rows = devices.map(({ cell: id, origin, job, unit, outcomes, labels }) =>
    [id ?? "", origin, job, String(unit), outcomes.join(" "), labels.join(" ")].map(cell).join(","),
  );
  return [["cell", "log", "job", "unit", "state", "label"].map(cell).join(","), ...rows].join("\r\n");
}

/** Entries taken into the index in one go. */
const indexedInOneGo = 2_000;

/** Brings the index of every log up to date, in steps between which others have their turn. Rejects with StoreFailed. */
export async function bringIndexUp(store: TraceStore, tell: (at: Indexed) => void = () => undefined): Promise<void> {
  for (const log of await store.indexed()) {
    for (let at = log; at.size < at.of; ) {
      const next = await store.indexMore(log.origin, indexedInOneGo);
      if (next.size === at.size) break;
      tell(next);
      at = next;
    }
  }
}
