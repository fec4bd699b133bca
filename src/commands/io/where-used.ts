/** `cellward where-used`: at the cell and offline, which of its devices were made with a thing, or what one was made with. */
import {
  createTraceIndex,
  isTraced,
  keyOf,
  spellingMeant,
  spellingsIn,
  type Thing,
  type ThingKey,
  type TraceIndex,
  thingKinds,
  thingOf,
  unitOfName,
  usesIn,
} from "../../jobs/trace.ts";
import type { Finding } from "../../ledger/finding.ts";
import { type RowsRead, readRows } from "../../ledger/io/read-rows.ts";
import { exitCode } from "../exit-code.ts";
import { askedIn, neverNamed, noName, notOneThing, partLines, spelledApart } from "../recall-words.ts";
import type { Terminal } from "./terminal.ts";

export interface WhereUsedOptions {
  readonly data: string;
  /** Data folders of the logs that this one continues. */
  readonly ancestor?: readonly string[];
  readonly [kind: string]: unknown;
}

const tellEvery = 100_000;

/** What was read of all the folders that were named. */
interface Reading {
  readonly index: TraceIndex;
  readonly logs: readonly RowsRead[];
  /** How entries spell the thing, capitals aside. */
  readonly spellings: ReadonlySet<string>;
}

/** Reads the whole ledger, also while the cell runs on it, and answers from it alone. */
export async function whereUsed(terminal: Terminal, options: WhereUsedOptions): Promise<number> {
  const asked = askedIn(options);
  if (asked === null) return terminal.trouble(notOneThing, exitCode.usage);
  if (asked.name === "") return terminal.trouble(noName(asked.kind), exitCode.usage);
  if (asked.kind === "unit" && unitOfName(asked.name) === null) {
    const what = `"${asked.name.slice(0, 64)}" names no device.`;
    return terminal.trouble({ code: "usage", what, remedy: "Say job and copy, like J-2026-000042/1." }, exitCode.usage);
  }
  const index = createTraceIndex();
  const logs: RowsRead[] = [];
  const spellings = new Set<string>();
  let entries = 0;
  for (const folder of [options.data, ...(options.ancestor ?? [])]) {
    const read = readRows(folder, ({ origin, entry, body }) => {
      entries += 1;
      if (entries % tellEvery === 0) terminal.progress(`${entries} entries read`);
      if (!isTraced(entry.type)) return;
      const uses = usesIn(origin, entry, body);
      for (const name of spellingsIn(asked, entry, body, uses)) spellings.add(name);
      index.add(uses);
    });
    if (!read.ok) return terminal.trouble(read.error, exitCode.notReady);
    logs.push(read.value);
  }
  const name = spellingMeant(asked.name, spellings);
  if (name === null && spellings.size > 0) return terminal.trouble(spelledApart(asked, spellings), exitCode.usage);
  return answer(terminal, { ...asked, name: name ?? asked.name }, { index, logs, spellings });
}

function answer(terminal: Terminal, asked: Pick<Thing, "kind" | "name">, { index, logs, spellings }: Reading): number {
  const things = (thingKinds[asked.kind].global ? [null] : logs.map(({ origin }) => origin)).map(
    (origin): Thing => ({ ...asked, origin }),
  );
  const [thing] = things;
  const entries = logs.reduce((sum, log) => sum + log.entries, 0);
  const unread = logs.flatMap(({ origin, ...log }) => log.unread.map((one) => ({ origin, ...one })));
  const unreadInAll = logs.reduce((sum, log) => sum + log.unreadInAll, 0);
  const ancestors = logs.flatMap(({ ancestor }) =>
    ancestor === null || logs.some(({ origin }) => origin === ancestor) ? [] : [ancestor],
  );
  const short = { unread, unreadInAll, ancestors };
  const whole = unreadInAll === 0 && ancestors.length === 0;
  const around = { ok: whole, thing, entries, ...short };
  if (asked.kind === "unit") {
    const parts = [...new Set(things.flatMap((one) => index.partsOf(keyOf(one))))].sort();
    if (parts.length === 0 && whole && spellings.size === 0)
      return terminal.trouble(neverNamed(asked), exitCode.neverNamed);
    const lines = parts.length === 0 ? ["Nothing that could be read says what it was made with."] : partLines(parts);
    terminal.result({ ...around, parts }, [...lines, ...shortLines(short)].join("\n"));
    return codeOf(short);
  }
  const keys = [...new Set(things.flatMap((one) => index.wholesOf(keyOf(one), "unit")))].sort();
  if (keys.length === 0 && whole && spellings.size === 0)
    return terminal.trouble(neverNamed(asked), exitCode.neverNamed);
  const devices = keys.map((key) => deviceOf(key, index.partsOf(key)));
  const total = `${devices.length} ${devices.length === 1 ? "device" : "devices"} of this cell`;
  const lines = devices.map(({ name, outcomes }) => `${name}  ${outcomes.join(", ") || "under way"}`);
  const head = `${total} ${devices.length === 1 ? "was" : "were"} made with ${asked.name}.`;
  terminal.result({ ...around, total: devices.length, devices }, [head, ...lines, ...shortLines(short)].join("\n"));
  return codeOf(short);
}

/** Why there may be more than what was found. */
interface Short {
  readonly unread: readonly (Finding & { readonly origin: string })[];
  readonly unreadInAll: number;
  /** Logs that were continued under those that were read, and were not read themselves. */
  readonly ancestors: readonly string[];
}

function codeOf({ unreadInAll, ancestors }: Short): number {
  if (unreadInAll > 0) return exitCode.verificationFailed;
  return ancestors.length > 0 ? exitCode.notReady : exitCode.ok;
}

function shortLines({ unread, unreadInAll, ancestors }: Short): readonly string[] {
  const rotten =
    unreadInAll === 0
      ? []
      : [
          `THIS LIST MAY BE SHORT: ${unreadInAll} ${unreadInAll === 1 ? "entry" : "entries"} cannot be read as written.`,
          ...unread.map(({ origin, what }) => `- ${origin}: ${what}`),
          "  What to do: hold what could be concerned; mend the record (`cellward repair`), or ask central QA's copy, and ask again.",
        ];
  const before = ancestors.map(
    (origin) =>
      `THIS LIST MAY BE SHORT: the cell's log before, ${origin}, was not read.\n  What to do: name its data folder with --ancestor, or ask central QA.`,
  );
  return [...rotten, ...before];
}

function deviceOf(key: ThingKey, parts: readonly ThingKey[]) {
  const outcomes = parts.flatMap((part) => {
    const found = thingOf(part);
    return found?.kind === "outcome" ? [found.name] : [];
  });
  const thing = thingOf(key);
  return { name: thing?.name ?? key, origin: thing?.origin ?? null, outcomes };
}
