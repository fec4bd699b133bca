/** `cellward qa recall` and `cellward qa reindex`: devices by what they were made with, and the index made again. */
import type { Thing } from "../../jobs/trace.ts";
import { parseCanonical } from "../../kernel/json.ts";
import { membersOf, textIn } from "../../kernel/members.ts";
import type { RegisteredCell } from "../../qa/judge.ts";
import {
  bringIndexUp,
  csvOf,
  type FoundDevice,
  type Meant,
  madeWith,
  meantBy,
  recall,
  thingAsked,
} from "../../qa/recall.ts";
import type { QaStore } from "../../qa/store.ts";
import { exitCode } from "../exit-code.ts";
import { askedIn, neverNamed, notOneThing, partLines, spelledApart } from "../recall-words.ts";
import { withQa } from "./qa-set-up.ts";
import type { Terminal } from "./terminal.ts";

export interface RecallOptions {
  readonly config: string;
  readonly data: string;
  readonly cell?: string;
  readonly csv?: boolean;
  readonly [kind: string]: unknown;
}

/** Most devices that one call lists; more are counted. */
const mostListed = 200_000;
const mostParts = 10_000;
const entriesInOneGo = 1_000;

/** `cellward qa recall`: the devices that were made with a thing, or with --device what one was made with. */
export function recallAtQa(terminal: Terminal, options: RecallOptions): Promise<number> {
  return withQa(terminal, options, async ({ cells }, store) => {
    const asked = askedIn(options);
    if (asked === null) return terminal.trouble(notOneThing, exitCode.usage);
    const cell = cells.find(({ id }) => id === options.cell) ?? null;
    if (options.cell !== undefined && cell === null) {
      const remedy = `Name one of ${cells.map(({ id }) => id).join(", ")}.`;
      const what = `No cell ${options.cell} is registered.`;
      return terminal.trouble({ code: "no-such-cell", what, remedy }, exitCode.usage);
    }
    const thing = thingAsked(asked.kind, asked.name, cell);
    if (typeof thing === "string") {
      return terminal.trouble(
        { code: "usage", what: thing, remedy: "See `cellward qa recall --help`." },
        exitCode.usage,
      );
    }
    // A central that runs does this by itself; a database that nobody has opened since an update waits for it here.
    await bringIndexUp(store, ({ origin, size, of }) =>
      terminal.progress(`${origin}: ${size} of ${of} entries indexed`),
    );
    const meant = await meantAmong(store, cells, thing);
    if (meant.kind === "never-named") return terminal.trouble(neverNamed(thing), exitCode.neverNamed);
    if (meant.kind === "several") return terminal.trouble(spelledApart(thing, meant.spellings), exitCode.usage);
    if (thing.kind === "unit") {
      const parts = await madeWith(store, cells, meant.thing, mostParts);
      terminal.result(
        { ok: true, thing, parts },
        partLines(parts).join("\n") || "No entry says what it was made with.",
      );
      return exitCode.ok;
    }
    return list(terminal, store, cells, meant.thing, options.csv === true);
  });
}

/** Asks the index first; a lot that was received and never used stands in entries alone, and they are read for it. */
async function meantAmong(store: QaStore, cells: readonly RegisteredCell[], thing: Thing): Promise<Meant> {
  const meant = await meantBy(store, cells, thing, []);
  if (meant.kind !== "never-named" || thing.kind !== "lot") return meant;
  const seen = new Set<string>();
  for (const { origin, of } of await store.indexed()) {
    for (let from = 0; from < of; from += entriesInOneGo) {
      for (const { type, body } of await store.entries(origin, from, entriesInOneGo)) {
        const parsed = type === "LotReceived" ? parseCanonical(body) : null;
        const lot = parsed?.ok ? textIn(membersOf(parsed.value), "lot") : null;
        if (lot !== null) seen.add(lot);
      }
    }
  }
  return meantBy(store, cells, thing, seen);
}

async function list(
  terminal: Terminal,
  store: QaStore,
  cells: readonly RegisteredCell[],
  thing: Thing,
  asCsv: boolean,
): Promise<number> {
  const { total, devices } = await recall(store, cells, thing, { limit: mostListed });
  const value = { ok: true, thing, total, listed: devices.length, devices };
  const text = asCsv ? csvOf(devices) : [headline(thing.name, total), ...devices.map(line)].join("\n");
  terminal.result(value, text);
  return exitCode.ok;
}

function headline(name: string, total: number): string {
  return `${total} ${total === 1 ? "device was" : "devices were"} made with ${name}.`;
}

function line({ cell, origin, job, unit, outcomes, labels }: FoundDevice): string {
  const state = outcomes.length === 0 ? "under way" : outcomes.join(", ");
  return `${cell ?? origin}  ${job}/${unit}  ${state}${labels.length === 0 ? "" : `  ${labels.join(" ")}`}`;
}

/** `cellward qa reindex`: empties the index and makes it again from the entries; what is held does not change. */
export function reindex(terminal: Terminal, options: { config: string; data: string }): Promise<number> {
  return withQa(terminal, options, async (_, store) => {
    const logs = await store.indexed();
    for (const { origin } of logs) await store.forgetIndex(origin);
    await bringIndexUp(store, ({ origin, size, of }) =>
      terminal.progress(`${origin}: ${size} of ${of} entries indexed`),
    );
    const entries = (await store.indexed()).reduce((sum, { size }) => sum + size, 0);
    terminal.result(
      { ok: true, logs: logs.length, entries },
      `The index was made again from ${entries} entries of ${logs.length} ${logs.length === 1 ? "log" : "logs"}.`,
    );
    return exitCode.ok;
  });
}
