/** The writer thread (entry file): the only one that writes the ledger; what is waiting goes down in one commit. */
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../kernel/assert.ts";
import { brokenAt } from "../damage.ts";
import { finding } from "../finding.ts";
import type { LedgerFault } from "../ledger.ts";
import { leavesFrom } from "../marks.ts";
import { sqliteCode } from "./database.ts";
import type { AppendRequest, FromWriter, ToWriter, WriterData } from "./protocol.ts";
import { openStore, type Store } from "./store.ts";

/** Most entries in one transaction: bounds how long one commit takes. */
const maxGroup = 512;

assert(parentPort !== null, "the writer runs as a worker thread");
const port = parentPort;
const waiting: AppendRequest[] = [];
let flushing = false;
let failed: LedgerFault | null = null;

const opened = openStore(workerData as WriterData, (fault) => say({ kind: "failing", fault }));
if (opened.ok) serve(opened.value);
else say({ kind: "refused", fault: opened.error });

function serve(store: Store): void {
  const { report, chain, floor } = store.verified;
  const { verifiedFrom, lastNote } = store;
  const lastBoot = chain.boot < 0 ? null : chain.boot;
  say({ kind: "opened", head: store.head(), report, lastBoot, floor, lastNote, verifiedFrom });
  port.on("message", (message: ToWriter) => {
    if (failed !== null && message.kind !== "close") return;
    if (message.kind === "append") {
      waiting.push(...(JSON.parse(message.requests) as AppendRequest[]));
      schedule(store);
    } else if (message.kind === "page" || message.kind === "frontier" || message.kind === "leaves") {
      say(answer(store, message));
    } else if (message.kind === "note") {
      say({ kind: "note", id: message.id, note: store.note(message.size) });
    } else if (message.kind === "receipt") {
      say({ kind: "receipt", id: message.id, note: store.receipt(message.size) });
    } else if (message.kind === "checkpoint" || message.kind === "cosignature") {
      const put = message.kind === "checkpoint" ? store.putCheckpoint : store.putCosignature;
      const fault = put(message.size, message.note);
      if (fault === null) say({ kind: "done", id: message.id });
      else fail(fault);
    } else {
      while (failed === null && waiting.length > 0) flush(store);
      const fault = store.close();
      if (fault === null) say({ kind: "done", id: message.id });
      else fail(fault);
      port.close();
    }
  });
}

type Asked = Extract<ToWriter, { kind: "page" | "frontier" | "leaves" }>;

/** What was asked of the entries; where the file is damaged there, this one question fails. */
function answer(store: Store, message: Asked): FromWriter {
  try {
    return provenAnswer(store, message);
  } catch (problem) {
    const code = sqliteCode(problem);
    if (!code.startsWith("SQLITE_CORRUPT")) throw problem;
    const seq = message.kind === "frontier" ? leavesFrom(message.size) : message.from;
    const wrong = finding("database", seq, `From entry ${seq} on the database cannot be read (${code}).`);
    return { kind: "unread", id: message.id, fault: brokenAt(wrong) };
  }
}

/** The answer, unless it would rest on entries that are not as they were cosigned. */
function provenAnswer(store: Store, message: Asked): FromWriter {
  const { id } = message;
  const { prover } = store;
  const [from, to] =
    message.kind === "frontier" ? [leavesFrom(message.size), message.size] : [message.from, message.to];
  const wrong = message.kind === "page" ? prover.wrongRows(from, to) : prover.wrongLeaves(from, to);
  if (wrong !== null) return { kind: "unread", id, fault: brokenAt(wrong) };
  if (message.kind === "page") return { kind: "page", id, rows: store.page(from, to) };
  if (message.kind === "leaves") return { kind: "leaves", id, leaves: prover.leaves(from, to) };
  return { kind: "frontier", id, frontier: store.frontier(message.size) };
}

/** Waits for the messages that are already here, so that they share one flush of the disk. */
function schedule(store: Store): void {
  if (flushing) return;
  flushing = true;
  setImmediate(() => {
    flushing = false;
    flush(store);
    if (failed === null && waiting.length > 0) schedule(store);
  });
}

function flush(store: Store): void {
  const group: AppendRequest[] = [];
  for (let count = 0; waiting.length > 0; ) {
    const next = waiting[0];
    if (next === undefined || (count > 0 && count + next.drafts.length > maxGroup)) break;
    count += next.drafts.length;
    group.push(next);
    waiting.shift();
  }
  if (group.length === 0) return;
  const written = store.append(group.map((request) => request.drafts));
  if (!written.ok) {
    fail(written.error);
    return;
  }
  const results = group.map(({ id }, index) => {
    const entries = (written.value[index] ?? []).map(({ entryText }) => entryText);
    return `[${id},[${entries.join(",")}]]`;
  });
  say({ kind: "appended", results: `[${results.join(",")}]`, head: store.head() });
  // Only now: what was just written is durable, whatever becomes of the log.
  const trouble = store.tidy();
  if (trouble?.stops) fail(trouble.fault);
  else if (trouble) say({ kind: "trouble", fault: trouble.fault });
}

function fail(fault: LedgerFault): void {
  failed = fault;
  say({ kind: "failed", fault });
}

function say(message: FromWriter): void {
  port.postMessage(message);
}
