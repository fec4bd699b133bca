/** The scrubbing thread (entry file): verifies the whole record again and again, slowly, and keeps a prefix for the next start. */
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../../kernel/assert.ts";
import { canonical } from "../../kernel/json.ts";
import type { Finding } from "../finding.ts";
import { markEvery } from "../marks.ts";
import { endRowsFrom, type Prefix, printPrefix, readPrefix, type Trail } from "../prefix.ts";
import type { RecordDamage, ScrubProgress } from "../scrub.ts";
import { openCaches, provenCache, scrubbedCache } from "./cache.ts";
import { databaseFile, openForReading } from "./database.ts";
import { keepBlock } from "./leaves.ts";
import { openingCache } from "./opening.ts";
import type { FromScrub, ScrubData, ToScrub } from "./scrub-protocol.ts";
import {
  damageOf,
  notesFrom,
  readPage,
  type SignedHeads,
  signedHeads,
  trailFrom,
  type WrongNote,
  wrongNote,
} from "./scrub-reading.ts";

/** Name of the cache that holds how far a round has come. */
const roundCache = "scrub-round";
/** Entries from one saving of a round's progress to the next. */
const saveEvery = 16_384;
/** Entries that a cosigned head has to be ahead of the kept prefix before that is made anew. */
const keepEvery = 1024;

assert(parentPort !== null, "the scrub runs as a worker thread");
const port = parentPort;
const data = workerData as ScrubData;
const db = openForReading(join(data.dataDir, databaseFile));
const caches = openCaches(data.dataDir, data.dataKey, data.program);

/** A round at work; its bounds are those of its beginning. */
interface Round {
  readonly trail: Trail;
  readonly heads: SignedHeads;
  readonly to: number;
  /** False where an earlier start read its first part: what it then found whole may have rotted since. */
  readonly fromZero: boolean;
  saved: number;
  /** The first note that does not hold: it is told when the entries have been read. */
  note: WrongNote | null;
}

/** The prefix kept for the next start, and the trail that it grows on. */
let kept: Prefix | null = readPrefix(await caches.read(openingCache));
let trail: Trail | null = null;
/** The largest prefix that this start knows to lead to a signed root, and up to where its leaf hashes are kept. */
let proven: Prefix | null = readPrefix(await caches.read(provenCache)) ?? kept;
let leavesAt = 0;
let round: Round | null = begin(readPrefix(await caches.read(roundCache)));
let restUntil = 0;
let rounds = 0;
let whole: number | null = null;
let damage: RecordDamage | null = null;
/** Requests that somebody waits for. */
let hurried = 0;
let closed = false;
/** Ends the pauses that are being made. */
const sleepers = new Set<() => void>();
let turn: Promise<unknown> = Promise.resolve();

port.on("message", (message: ToScrub) => {
  if (message.kind === "close") closed = true;
  hurried += 1;
  for (const wake of sleepers) wake();
  turn = turn.then(async () => {
    if (message.kind === "round") await wholeRound();
    else if (message.kind === "keep") while (!closed && (await keepOn(1))) await pause();
    while (!closed && message.kind !== "close" && keepLeaves()) await pause();
    hurried -= 1;
    say({ kind: "done", id: message.id, progress: progress() });
    if (message.kind !== "close") return;
    db.close();
    port.close();
  });
});

void scrub();

async function scrub(): Promise<void> {
  while (!closed) {
    turn = turn.then(async () => {
      if (closed) return;
      await keepOn(keepEvery);
      keepLeaves();
      if (performance.now() >= restUntil) await slice();
    });
    await turn;
    say({ kind: "progress", progress: progress() });
    await pause();
  }
}

/** Between two pages everything else may have the processor, unless somebody waits. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    if (hurried > 0) return void setImmediate(resolve);
    const wake = (): void => {
      sleepers.delete(wake);
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(wake, data.tickMs);
    sleepers.add(wake);
  });
}

function begin(from: Prefix | null): Round {
  const heads = signedHeads(db, data);
  const to = Math.max(heads.own?.size ?? 0, heads.cosigned?.size ?? 0);
  const on = trailFrom(db, data.origin, from !== null && from.size < to ? from : null);
  return { trail: on, heads, to, fromZero: on.size() === 0, saved: on.size(), note: null };
}

async function wholeRound(): Promise<void> {
  round = begin(null);
  for (const mine = round; !closed && round === mine; ) {
    await slice();
    await pause();
  }
}

/** One page of the round; its end is told, and the next one begins after a rest. */
async function slice(): Promise<void> {
  round ??= begin(null);
  const { trail: mine, to, fromZero } = round;
  const from = mine.size();
  const notes = notesFrom(db, from, Math.min(to, from + markEvery));
  const wrong = from < to ? readPage(db, mine, to, round.heads, notes) : null;
  if (wrong !== null) return end(wrong, to);
  round.note ??= wrongNote(notes, data);
  if (mine.size() >= to) {
    await prove(mine.prefix());
    const note = round.note ?? wrongNote(notesFrom(db, to), data);
    return fromZero || note !== null ? end(null, to, note) : beginAnew();
  }
  if (mine.size() - round.saved < saveEvery) return;
  round.saved = mine.size();
  await keep(roundCache, printPrefix(mine.prefix()));
}

/** A round that went on where an earlier start had come to can find damage; that all is whole only one from the first entry says. */
async function beginAnew(): Promise<void> {
  round = null;
  await keep(roundCache, "null");
}

async function end(wrong: Finding | null, size: number, note: WrongNote | null = null): Promise<void> {
  if (wrong === null && note !== null) damage = noteDamage(note);
  else if (wrong === null) [damage, whole, rounds] = [null, size, rounds + 1];
  else damage = await damageOf(db, wrong, kept, size, pause);
  round = null;
  restUntil = performance.now() + data.restMs;
  await keep(roundCache, "null");
  await keep(scrubbedCache, canonical({ size, endedAt: Date.now(), damage }));
  say({ kind: "ended", damage, size });
}

/** A note stands at the last entry that it is over. */
function noteDamage({ finding: { rule, what, remedy }, size }: WrongNote): RecordDamage {
  return { rule, seq: null, from: size - 1, to: size, what, remedy };
}

/** One page towards the newest cosigned head, where that is far enough ahead; false where nothing is left to read. */
async function keepOn(ahead: number): Promise<boolean> {
  const heads = signedHeads(db, data);
  const to = heads.cosigned?.size ?? 0;
  if (damage !== null || to === 0 || to < (kept?.size ?? 0) + ahead) return false;
  trail ??= trailFrom(db, data.origin, kept);
  const wrong = trail.size() < to ? readPage(db, trail, to, heads) : null;
  if (wrong !== null) {
    trail = null;
    await end(wrong, to);
    return false;
  }
  if (trail.size() < to) return true;
  kept = trail.prefix();
  if (kept.size > (proven?.size ?? 0)) await prove(kept);
  await keep(openingCache, printPrefix(kept));
  return false;
}

/** Holds on to a prefix that leads to a signed root: what exports go by where something rots later. */
async function prove(prefix: Prefix): Promise<void> {
  // What was kept of the old last block is made anew with the block.
  leavesAt = Math.min(leavesAt, proven === null ? 0 : endRowsFrom(Math.min(proven.size, prefix.size)));
  proven = prefix;
  await keep(provenCache, printPrefix(prefix));
}

/** Keeps the leaf hashes of one block more; false where all are kept. */
function keepLeaves(): boolean {
  if (proven === null || leavesAt >= proven.size) return false;
  leavesAt = keepBlock(db, data.dataDir, proven, leavesAt);
  return leavesAt < proven.size;
}

/** A cache that cannot be written is one that is not there. */
async function keep(name: string, json: string): Promise<void> {
  await caches.write(name, json).catch(() => undefined);
}

function progress(): ScrubProgress {
  const [at, of] = [round?.trail.size() ?? 0, round?.to ?? 0];
  return { at, of, rounds, whole, damage, kept: kept?.size ?? 0 };
}

function say(message: FromScrub): void {
  port.postMessage(message);
}
