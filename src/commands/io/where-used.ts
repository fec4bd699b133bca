/** `cellward where-used`: at the cell and offline, which of its devices were made with a thing, or what one was made with. */
import {
  createTraceIndex,
  isTraced,
  keyOf,
  type Thing,
  type ThingKey,
  thingKinds,
  thingOf,
  unitOfName,
  usesIn,
} from "../../jobs/trace.ts";
import { parseCanonical } from "../../kernel/json.ts";
import { membersOf } from "../../kernel/members.ts";
import { textOf } from "../../ledger/bytes.ts";
import { parseEntry } from "../../ledger/entry.ts";
import { readRows } from "../../ledger/io/read-rows.ts";
import { exitCode } from "../exit-code.ts";
import { askedIn, notOneThing, partLines } from "../recall-words.ts";
import type { Terminal } from "./terminal.ts";

export interface WhereUsedOptions {
  readonly data: string;
  readonly [kind: string]: unknown;
}

const tellEvery = 100_000;

/** Reads the whole ledger, also while the cell runs on it, and answers from it alone. */
export async function whereUsed(terminal: Terminal, options: WhereUsedOptions): Promise<number> {
  const asked = askedIn(options);
  if (asked === null) return terminal.trouble(notOneThing, exitCode.usage);
  if (asked.kind === "unit" && unitOfName(asked.name) === null) {
    const what = `"${asked.name.slice(0, 64)}" names no device.`;
    return terminal.trouble({ code: "usage", what, remedy: "Say job and copy, like J-2026-000042/1." }, exitCode.usage);
  }
  const index = createTraceIndex();
  let entries = 0;
  const read = readRows(options.data, (origin, { entry, body }) => {
    entries += 1;
    if (entries % tellEvery === 0) terminal.progress(`${entries} entries read`);
    const header = parseEntry(textOf(entry) ?? "");
    if (header === null || !isTraced(header.type)) return;
    const parsed = parseCanonical(body);
    const members = parsed.ok ? membersOf(parsed.value) : null;
    if (members !== null) index.add(usesIn(origin, header, members));
  });
  if (!read.ok) return terminal.trouble(read.error, exitCode.notReady);
  const origin = read.value;
  const thing: Thing = { kind: asked.kind, origin: thingKinds[asked.kind].global ? null : origin, name: asked.name };
  if (thing.kind === "unit") {
    const parts = index.partsOf(keyOf(thing));
    terminal.result(
      { ok: true, thing, entries, parts },
      partLines(parts).join("\n") || "This cell holds no record of it.",
    );
    return exitCode.ok;
  }
  const devices = index.wholesOf(keyOf(thing), "unit").map((key) => deviceOf(key, index.partsOf(key)));
  const total = `${devices.length} ${devices.length === 1 ? "device" : "devices"} of this cell`;
  const lines = devices.map(({ name, outcomes }) => `${name}  ${outcomes.join(", ") || "under way"}`);
  terminal.result(
    { ok: true, thing, entries, total: devices.length, devices },
    [`${total} ${devices.length === 1 ? "was" : "were"} made with ${thing.name}.`, ...lines].join("\n"),
  );
  return exitCode.ok;
}

function deviceOf(key: ThingKey, parts: readonly ThingKey[]) {
  const outcomes = parts.flatMap((part) => {
    const found = thingOf(part);
    return found?.kind === "outcome" ? [found.name] : [];
  });
  return { name: thingOf(key)?.name ?? key, outcomes };
}
