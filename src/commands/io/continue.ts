/** `cellward continue`: a log whose end is lost goes on under a new origin, by two people's word; its orders are void. */
import { cp, mkdir, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { inheritance } from "../../jobs/ancestor.ts";
import type { Event } from "../../jobs/event.ts";
import { evolve } from "../../jobs/evolve.ts";
import type { LogEvent } from "../../jobs/log-event.ts";
import { emptyState, type State } from "../../jobs/state.ts";
import { err, ok, type Result } from "../../kernel/result.ts";
import { isOrigin } from "../../ledger/checkpoint.ts";
import {
  type Continuation,
  type ContinuationReason,
  continuationMeaning,
  continuationReasons,
  continuationRoles,
  shownDigest,
  wrongApprovals,
} from "../../ledger/continuation.ts";
import type { EntryDraft, JsonObject } from "../../ledger/entry.ts";
import { type Ancestor, openAncestor } from "../../ledger/io/ancestor.ts";
import { flushFolder } from "../../ledger/io/files.ts";
import { insideRefusal, openKeys, readTrusted } from "../../ledger/io/keys.ts";
import { createLedger, type Folders, openLedger } from "../../ledger/io/ledger.ts";
import { writeRestoredMarker } from "../../ledger/io/marker.ts";
import { readSuccessor, type Successor, writeSuccessor } from "../../ledger/io/over.ts";
import { verifyFolder } from "../../ledger/io/verify.ts";
import { formatKey } from "../../ledger/note.ts";
import { exitCode } from "../exit-code.ts";
import { systemClockState } from "./clock-state.ts";
import { signAtConsole } from "./console.ts";
import { readWitnesses } from "./given-keys.ts";
import { addIdentity } from "./identity.ts";
import { systemClock } from "./system.ts";
import type { Terminal, Trouble } from "./terminal.ts";

export interface ContinueOptions {
  readonly data: string;
  readonly keys: string;
  readonly origin: string;
  readonly newData: string;
  readonly newKeys: string;
  readonly reason: string;
  readonly witness?: string | undefined;
}

/** Verifies what is left, has two people sign, and lays the new ledger; the old one is closed before the new one can be used. */
export async function continueLog(terminal: Terminal, options: ContinueOptions): Promise<number> {
  const { reason } = options;
  if (!Object.hasOwn(continuationReasons, reason)) {
    const remedy = `Name one of ${Object.keys(continuationReasons).join(", ")}.`;
    return terminal.trouble({ code: "usage", what: `There is no reason ${reason}.`, remedy }, exitCode.usage);
  }
  const witnesses = options.witness === undefined ? ok([]) : await readWitnesses(options.witness);
  if (!witnesses.ok) return terminal.trouble(witnesses.error, exitCode.usage);
  const old = { dataDir: options.data, keysDir: options.keys };
  const before = await successorOf(options.keys);
  if (!before.ok) return terminal.trouble(before.error, exitCode.refused);
  if (before.value !== null) return resume(terminal, options, before.value);
  const refused = await whyNotNow(options);
  if (refused !== null) return terminal.trouble(refused, exitCode.refused);
  const opened = await openAncestor(old, witnesses.value);
  if (!opened.ok) return terminal.trouble(opened.error, exitCode.refused);
  try {
    const done = await continueFrom(terminal, opened.value, options);
    return done.ok ? tell(terminal, options, opened.value, done.value) : terminal.trouble(done.error, exitCode.refused);
  } finally {
    opened.value.close();
  }
}

/** What speaks against it before anything is read or signed: names, folders that touch, and that nothing is written over. */
async function whyNotNow({ data, keys, origin, newData, newKeys }: ContinueOptions): Promise<Trouble | null> {
  if (!isOrigin(origin)) {
    const remedy = "Use a name like hospital.example/cell-1b.";
    return { code: "bad-origin", what: `"${origin}" cannot be the name of a log.`, remedy };
  }
  const pairs = [
    [keys, data],
    [newKeys, newData],
    [newKeys, `${newData}.partial`],
    [newKeys, data],
    [keys, newData],
    [newKeys, keys],
    [newData, data],
  ] as const;
  for (const [one, other] of pairs) {
    if ((await insideRefusal(one, other)) === null) continue;
    const what = `${one} and ${other} are one inside the other.`;
    return { code: "folders-touch", what, remedy: "Name four folders of which none is in another." };
  }
  for (const folder of [newData, newKeys, `${newData}.partial`]) {
    if ((await stat(folder).catch(() => null)) === null) continue;
    return {
      code: "not-empty",
      what: `${folder} is there already.`,
      remedy: "Name a new folder; nothing is written over.",
    };
  }
  return null;
}

function alreadyContinued(origin: string): Trouble {
  const what = `This log was continued as ${origin} already, and a log has one successor.`;
  return {
    code: "continued",
    what,
    remedy: "Use that one, with its own folders; continue it, if its end is lost too.",
  };
}

interface Made {
  readonly key: string;
  readonly recipient: string;
  readonly closed: number;
  readonly voided: number;
}

async function continueFrom(
  terminal: Terminal,
  ancestor: Ancestor,
  options: ContinueOptions,
): Promise<Result<Made, Trouble>> {
  const { keys, origin } = options;
  const reason = options.reason as ContinuationReason;
  if (ancestor.whole && (reason === "restored" || reason === "damaged")) {
    const what = `Nothing of ${ancestor.facts.origin} is missing: the cell goes on under its own name.`;
    return err({ code: "nothing-lost", what, remedy: "Start the cell on its own data folder." });
  }
  const { head, cosigned, floor } = ancestor.facts;
  const before = foldOf(ancestor);
  if (origin === ancestor.facts.origin || origin === before.ancestor) {
    const what = `${origin} is the name of a log that is over; one that continues it has another.`;
    return err({ code: "bad-origin", what, remedy: "Choose a name that no log of this cell has had." });
  }
  const left = inheritance(before, origin);
  terminal.progress(
    [
      `${ancestor.facts.origin} is to be continued as ${origin}: ${continuationReasons[reason]}`,
      `${head.size} entries of it are here, ${cosigned?.size ?? 0} countersigned; the cell is known to have signed ${floor?.size ?? 0}.`,
      `${Object.keys(before.jobs).length} orders become void, ${left.filter(({ type }) => type === "AncestorJobClosed").length} open jobs are closed with unknown outcome.`,
      `Both sign: "${continuationMeaning}"`,
    ].join("\n"),
  );
  const signed = await signAtConsole(keys, continuationRoles);
  if (!signed.ok) return signed;
  const facts = { ancestor: ancestor.facts, reason };
  const shown = shownDigest(origin, facts);
  const approvals = signed.value.map((one) => ({ ...one, meaning: continuationMeaning, shown }));
  const content: Continuation = { ...facts, approvals };
  const wrong = wrongApprovals(origin, content);
  if (wrong !== null)
    return err({ code: "not-signed", what: `It is not signed: ${wrong}.`, remedy: "Two people sign." });
  return lay(options, [{ type: "LogContinued", ...facts, approvals }, ...left]);
}

function foldOf(ancestor: Ancestor): State {
  let state = emptyState;
  for (const { at, type, body } of ancestor.entries()) state = evolve(state, { ...body, type } as unknown as Event, at);
  return state;
}

/** New keys and the new ledger, with its first entries in one write; the old log is closed before the new one is in its place. */
async function lay(options: ContinueOptions, events: readonly LogEvent[]): Promise<Result<Made, Trouble>> {
  const { keys, origin, newData, newKeys } = options;
  const aside: Folders = { dataDir: `${newData}.partial`, keysDir: newKeys };
  await mkdir(dirname(newKeys), { recursive: true });
  const made = await createLedger(aside, origin);
  if (!made.ok) return made;
  await takeAlong(keys, newKeys);
  const opened = await openLedger({ ...aside, checkpointEveryMs: 0 });
  if (!opened.ok) return opened;
  const { ledger } = opened.value;
  try {
    await ledger.append(events.map(draftOf));
  } finally {
    await ledger.close();
  }
  const recipient = await addIdentity(newKeys, "x25519");
  const key = formatKey(made.value.signer.key);
  const wrong = await whyNotWhole(aside);
  if (wrong !== null) return err(wrong);
  if (!(await writeSuccessor(keys, { origin, key }))) return err(alreadyContinued("another log"));
  await putInPlace(options);
  const count = (type: LogEvent["type"]) => events.filter((event) => event.type === type);
  const voided = count("AncestorOrders").reduce((sum, one) => sum + ("orders" in one ? one.orders.length : 0), 0);
  return ok({ key, recipient, closed: count("AncestorJobClosed").length, voided });
}

/** The old log is only closed for one that verifies whole, with the keys that it has. */
async function whyNotWhole({ dataDir, keysDir }: Folders): Promise<Trouble | null> {
  const keys = await openKeys(keysDir, dataDir);
  if (!keys.ok) return keys.error;
  const { ok: good, uncovered, findings } = await verifyFolder(dataDir, { trusted: keys.value.trusted });
  if (good && uncovered === 0) return null;
  const what = `The new log in ${dataDir} does not verify: ${findings[0]?.what ?? "its end is not signed."}`;
  return { code: "not-verified", what, remedy: "The old log was not closed. Look at the disk, and name new folders." };
}

/** The old log is over, and the new one gets its name. */
async function putInPlace({ data, origin, newData }: ContinueOptions): Promise<void> {
  await writeRestoredMarker(data, `This log is over: two people have continued it as ${origin}.`);
  await rename(`${newData}.partial`, newData);
  await flushFolder(dirname(newData));
}

async function successorOf(keys: string): Promise<Result<Successor | null, Trouble>> {
  try {
    return ok(await readSuccessor(keys));
  } catch (problem) {
    const what = `Whether the log was continued cannot be read: ${String(problem)}.`;
    return err({ code: "keys-refused", what, remedy: "Restore the key folder." });
  }
}

/** A run that was cut off after the old log was closed: exactly the log that it had laid is put in its place, and no other. */
async function resume(terminal: Terminal, options: ContinueOptions, { origin, key }: Successor): Promise<number> {
  const aside: Folders = { dataDir: `${options.newData}.partial`, keysDir: options.newKeys };
  const trusted = await readTrusted(aside.keysDir);
  const isThat = origin === options.origin && trusted.ok && trusted.value.some((one) => formatKey(one) === key);
  if (!isThat || (await stat(aside.dataDir).catch(() => null)) === null) {
    return terminal.trouble(alreadyContinued(origin), exitCode.refused);
  }
  const wrong = await whyNotWhole(aside);
  if (wrong !== null) return terminal.trouble(wrong, exitCode.refused);
  await putInPlace(options);
  const what = `${origin} was laid before and is in its place now: ${options.newData}, its keys in ${options.newKeys}. Its key: ${key}`;
  terminal.result({ ok: true, origin, key, resumed: true }, what);
  return exitCode.ok;
}

/**
 * Accounts, and the machines whose certificates are accepted. Not the identity that packages are sealed for: what was sealed
 * for the cell before is not to be opened here.
 */
async function takeAlong(from: string, to: string): Promise<void> {
  for (const name of ["people.json", "opcua"]) {
    if ((await stat(join(from, name)).catch(() => null)) !== null) {
      // The cell's own certificate names the log before: the new one makes its own.
      const own = join(from, "opcua", "own");
      const filter = (source: string) => source !== own;
      await cp(join(from, name), join(to, name), { recursive: true, errorOnExist: true, force: false, filter });
    }
  }
}

function draftOf({ type, ...body }: LogEvent): EntryDraft {
  return {
    job: "job" in body ? body.job : null,
    actorId: null,
    type,
    body: body as unknown as JsonObject,
    at: Math.floor(systemClock.now()),
    mono: Math.floor(systemClock.monotonic()),
    clockState: systemClockState(),
    boot: 1,
  };
}

function tell(terminal: Terminal, options: ContinueOptions, { facts }: Ancestor, made: Made): number {
  const { origin, data, newData, newKeys } = options;
  terminal.result(
    { ok: true, origin, ancestor: facts, ...made },
    [
      `${origin} continues ${facts.origin}. ${made.voided} orders are void, ${made.closed} open jobs are closed with unknown outcome.`,
      `The old record stays in ${data}, to be verified and exported; the new one is in ${newData}, its keys in ${newKeys}.`,
      `In the cell's configuration: origin = "${origin}".`,
      `At central QA the cell's origin and keys move under [[cell.ancestor]]; then: origin = "${origin}", keys = ["${made.key}"].`,
      `Design authorities seal packages for this recipient, addressed to ${origin}; what was ordered before is ordered anew:\n  ${made.recipient}`,
    ].join("\n"),
  );
  return exitCode.ok;
}
