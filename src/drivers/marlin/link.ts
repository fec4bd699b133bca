/** The numbered, checksummed stream to a Marlin: window, history, resends; it knows nothing of jobs. */
import type { Fault } from "../../equipment/machine.ts";
import type { Milliseconds, MonotonicMs } from "../../kernel/units.ts";
import { faults } from "./faults.ts";
import type { Reply } from "./reply.ts";
import { firstNumber, frame } from "./wire.ts";

/** Bounds of one link; the values of {@link defaultLimits} suit a firmware with a 128-byte receive ring. */
export interface LinkLimits {
  /** Bytes not yet confirmed that the firmware can hold while it is busy (its receive ring, less one). */
  readonly rxBytes: number;
  /** Most lines not yet confirmed, whatever the firmware offers. */
  readonly maxInFlight: number;
  /** The same where the firmware says nothing of its buffers (no ADVANCED_OK): 1, unless its dialect knows better. */
  readonly plainInFlight: number;
  /** Quiet time after an error before lines are repeated: the firmware discards what arrives meanwhile. */
  readonly settle: Milliseconds;
  /** Without progress or keep-alive for so long, an answer was lost. */
  readonly stall: Milliseconds;
  readonly resendsOfOneLine: number;
  readonly resendsPerHundred: number;
  readonly stallsInRow: number;
  /** Without keep-alive a command that waits for heat or motion may be silent for so long, and one that moves for so long. */
  readonly slow: Milliseconds;
  readonly move: Milliseconds;
  /** A single command that takes longer, however often the firmware says `busy`, never ends. */
  readonly longest: Milliseconds;
  /** From this number on numbering starts afresh where nothing is under way: a longer number would make a line too long. */
  readonly renumberFrom: number;
}

export const defaultLimits: LinkLimits = {
  rxBytes: 127,
  maxInFlight: 6,
  plainInFlight: 1,
  settle: 40,
  stall: 2500,
  resendsOfOneLine: 5,
  resendsPerHundred: 10,
  stallsInRow: 5,
  slow: 120_000,
  move: 30_000,
  longest: 1_800_000,
  renumberFrom: 1_000_000,
};

/** Commands that end when heat, motion or time says so, and those that wait for a place among the planned moves. */
const slowCommand = /^(?:G4|G28|G29|M0|M1|M109|M190|M191|M400)\b/;
const moveCommand = /^G[0-3]\b/;
/** So many confirmed lines may still wait in a firmware that confirms a line when it has read it. */
const heldAtMost = 4;

/** Lines kept for repetition; a firmware may re-request lines that it has confirmed already. */
const historyKept = 2048;
/** A harmless command whose `ok` carries its number: sent to find out where the firmware stands. */
export const probe = "M113 S1";

/** Gives the next command to send, or null when nothing may be sent now. */
export type NextCommand = () => string | null;

/** The state of one connection's outgoing stream. Only the functions of this file change it. */
export interface Link {
  readonly limits: LinkLimits;
  /** Number of the M110 that opened this numbering. */
  base: number;
  /** Commands by number, from `oldest` on. */
  history: string[];
  oldest: number;
  /** Number that is written next; below the end of history while lines are repeated. */
  cursor: number;
  /** Highest number believed to be confirmed. Flow control only: what must be certain is asked for by a mark. */
  acked: number;
  /** Free command slots as last told (ADVANCED_OK), null while nothing was told. */
  free: number | null;
  /** The firmware says `busy` while a command takes its time. */
  keepsAlive: boolean;
  recovery: { number: number; stale: number; until: MonotonicMs } | null;
  stallAt: MonotonicMs;
  /** Since when the oldest unconfirmed line is the oldest. */
  oldestSince: MonotonicMs;
  stalls: number;
  /** What the firmware last said of a line that it did not take. */
  rejected: "damage" | "number" | null;
  /** A line was damaged, and the firmware asked for the one after it: it may have been skipped. */
  doubted: number | null;
  /** A line was sent past the window to find out: the next `ok` speaks for all that were sent. */
  resynced: boolean;
  /** A command that was taken from the source but does not fit the window yet. */
  waiting: string | null;
  output: string;
  resends: number;
  repeated: { number: number; count: number };
  resentAt: number[];
  /** Why this link cannot go on; stays until `rebase`. */
  fault: Fault | null;
}

/** A link that has sent nothing yet; call {@link rebase} when the port is open. */
export function newLink(limits: LinkLimits = defaultLimits): Link {
  const base = firstNumber - 1;
  return {
    ...{ limits, base, history: [], oldest: base, cursor: base, acked: base - 1, free: null, recovery: null },
    keepsAlive: true,
    ...{
      stallAt: 0,
      oldestSince: 0,
      rejected: null,
      doubted: null,
      stalls: 0,
      resynced: false,
      waiting: null,
      output: "",
      resends: 0,
      resentAt: [],
      fault: null,
    },
    repeated: { number: -1, count: 0 },
  };
}

/** Number that the next new line gets. */
export function end(link: Link): number {
  return link.oldest + link.history.length;
}

/** True when everything taken from the source was sent and confirmed. */
export function isIdle(link: Link): boolean {
  return link.waiting === null && link.acked === end(link) - 1;
}

/** The text sent with a number, or null when it was never sent or is forgotten. */
export function sentAs(link: Link, number: number): string | null {
  return link.history[number - link.oldest] ?? null;
}

/** How long a firmware without keep-alive may be silent over what it is at. */
export function quietAllowed(link: Link): Milliseconds {
  if (link.keepsAlive || link.acked + 1 >= link.cursor) return 0;
  let most = 0;
  for (let number = Math.max(link.oldest, link.acked + 1 - heldAtMost); number < link.cursor; number++) {
    const text = command(link, number);
    if (slowCommand.test(text)) return link.limits.slow;
    if (moveCommand.test(text)) most = link.limits.move;
  }
  return most;
}

function patience(link: Link): Milliseconds {
  return Math.max(quietAllowed(link), link.limits.stall);
}

/** True when one of the latest lines is exactly this command. */
export function sentLately(link: Link, command: string): boolean {
  return link.history.slice(-64).includes(command);
}

/** Text to write since the last call. */
export function takeOutput(link: Link): string {
  const text = link.output;
  link.output = "";
  return text;
}

/**
 * Forgets all lines and starts numbering afresh behind everything sent before, or, after very many, from the start; M110 is obeyed whatever its number
 * (transcript 04). Nothing else is sent until it is confirmed.
 */
export function rebase(link: Link, now: MonotonicMs): void {
  const base = end(link) >= link.limits.renumberFrom ? firstNumber : Math.max(firstNumber, end(link));
  const { resends, free, keepsAlive } = link;
  Object.assign(link, newLink(link.limits), { resends, free, keepsAlive });
  Object.assign(link, { base, oldest: base, cursor: base, acked: base - 1, history: [`M110 N${base}`] });
  write(link, now);
}

function command(link: Link, number: number): string {
  return link.history[number - link.oldest] ?? probe;
}

/**
 * On a wire that was seen to do damage, a line with an empty one before it: where noise ate the end of the line before,
 * the two would be read as one. Empty lines get no answer (transcript 05), but each costs a byte of the wire.
 */
function onWire(link: Link, number: number, text: string): string {
  return link.resends > 0 || number === link.base ? `\n${frame(number, text)}` : frame(number, text);
}

function write(link: Link, now: MonotonicMs): void {
  const first = link.cursor - 1 <= link.acked;
  link.output += onWire(link, link.cursor, command(link, link.cursor));
  link.cursor++;
  if (!first) return;
  link.stallAt = now + patience(link);
  link.oldestSince = now;
}

function fits(link: Link, text: string): boolean {
  const lines = link.cursor - 1 - link.acked;
  if (lines <= 0) return true;
  // The M110 is still unconfirmed: what was sent after it would be numbered for nobody.
  if (link.acked < link.base) return false;
  const window =
    link.free === null ? link.limits.plainInFlight : Math.max(1, Math.min(link.limits.maxInFlight, link.free));
  if (lines >= window) return false;
  let bytes = onWire(link, link.cursor, text).length;
  for (let number = link.acked + 1; number < link.cursor; number++)
    bytes += onWire(link, number, command(link, number)).length;
  return bytes <= link.limits.rxBytes;
}

function append(link: Link, text: string): void {
  link.history.push(text);
  // Dropped in blocks, so that the cost of the shift does not fall on every line.
  if (link.history.length < 2 * historyKept || link.acked - link.oldest < historyKept) return;
  link.history = link.history.slice(historyKept);
  link.oldest += historyKept;
}

/** Sends what the window allows, repeats what was asked for, and finds out what became of unanswered lines. */
export function pump(link: Link, now: MonotonicMs, source: NextCommand): void {
  if (link.fault !== null) return;
  if (link.recovery !== null) {
    if (now < link.recovery.until) return;
    link.recovery = null;
  }
  while (link.cursor < end(link) && fits(link, command(link, link.cursor))) write(link, now);
  while (link.cursor === end(link)) {
    link.waiting ??= source();
    if (link.waiting === null || !fits(link, link.waiting)) break;
    append(link, link.waiting);
    link.waiting = null;
    write(link, now);
  }
  if (link.cursor - 1 <= link.acked) return;
  if (now - link.oldestSince >= link.limits.longest) link.fault = faults.endless(link.limits.longest / 60_000);
  else if (now >= link.stallAt) resync(link, now, source);
}

/**
 * Sends one line past the window: a duplicate of the newest line is dropped without a word, but the next number
 * brings either its `ok` or the Resend of what was lost. An unconfirmed M110 is repeated itself.
 */
function resync(link: Link, now: MonotonicMs, source: NextCommand): void {
  link.stalls++;
  if (link.stalls > link.limits.stallsInRow) {
    link.fault = faults.stalled();
    return;
  }
  if (link.acked < link.base) link.cursor = link.base;
  else if (link.cursor === end(link)) {
    append(link, link.waiting ?? source() ?? probe);
    link.waiting = null;
  }
  write(link, now);
  link.resynced = true;
  link.stallAt = now + link.limits.stall;
}

/** Takes a reply's meaning for the stream; call {@link pump} afterwards. */
export function hear(link: Link, reply: Reply, now: MonotonicMs): void {
  if (reply.kind === "ok") hearOk(link, reply, now);
  else if (reply.kind === "resend") hearResend(link, reply.number, now);
  else if (reply.kind === "busy" || (reply.kind === "heat" && reply.waiting))
    link.stallAt = Math.max(link.stallAt, now + patience(link));
  if (reply.kind === "rejected") link.rejected = reply.why;
  // An error whose Resend was lost, or a firmware that says it has nothing to do: no need to wait the full time.
  if (reply.kind === "rejected" || reply.kind === "wait")
    link.stallAt = Math.min(link.stallAt, now + 5 * link.limits.settle);
}

function confirm(link: Link, number: number, now: MonotonicMs): void {
  if (number <= link.acked || number >= end(link)) return;
  link.acked = number;
  link.resynced = false;
  link.cursor = Math.max(link.cursor, number + 1);
  link.stalls = 0;
  link.stallAt = now + patience(link);
  link.oldestSince = now;
  if (link.doubted !== null && number >= link.doubted) link.doubted = null;
  if (number >= link.repeated.number) link.repeated = { number: -1, count: 0 };
}

function hearOk(link: Link, reply: Extract<Reply, { kind: "ok" }>, now: MonotonicMs): void {
  if (reply.number !== null) {
    if (reply.free !== null) link.free = reply.free;
    confirm(link, reply.number, now);
  } else if (link.recovery !== null && reply.heat === null) {
    // The `ok` that ends Error and Resend is not progress; with no stale line left it means: go on.
    if (link.recovery.stale <= 0) link.recovery.until = now;
  } else if (link.free === null) confirm(link, link.resynced ? link.cursor - 1 : plainNext(link), now);
  else if (reply.heat !== null) confirmQuery(link, now);
}

/** Without numbers each `ok` is the oldest line's. */
function plainNext(link: Link): number {
  return Math.min(link.acked + 1, link.cursor - 1);
}

/** Marlin leaves the number out of the `ok` to M105 even with ADVANCED_OK; commands are carried out in order. */
function confirmQuery(link: Link, now: MonotonicMs): void {
  for (let number = link.acked + 1; number < link.cursor; number++) {
    if (/^M105\b/.test(command(link, number))) return confirm(link, number, now);
  }
}

/** Every line in flight behind a bad one brings an error of its own (transcript 03): those ask for nothing new. */
function hearResend(link: Link, asked: number, now: MonotonicMs): void {
  const why = link.rejected;
  link.rejected = null;
  if (asked === end(link) && (link.acked >= end(link) - 1 || isSkipped(link, why))) return;
  if (link.recovery !== null && link.recovery.number === asked && link.recovery.stale > 0) {
    link.recovery.stale--;
    link.recovery.until = now + link.limits.settle;
    return;
  }
  // A number never given, or long forgotten, is noise or a confused firmware: repeat from what is not sure.
  const known = asked < end(link) && asked >= link.oldest;
  if (asked === end(link) && why !== "damage") return confirm(link, asked - 1, now);
  const number = known ? asked : Math.min(Math.max(link.acked + 1, link.oldest), end(link) - 1);
  countResend(link, number);
  const stale = Math.max(0, link.cursor - 1 - number);
  link.recovery = { number, stale, until: now + link.limits.settle };
  link.cursor = number;
  link.acked = number - 1;
  link.resynced = false;
  link.stallAt = now + link.limits.stall;
}

/**
 * A line was damaged, and yet the firmware asks for the next one. Either its answer was damaged too, and repeating the
 * line mends it; or it really counts the damaged line as taken, and says so again when it is repeated. Then the line
 * is lost, and whatever follows would be another program.
 */
function isSkipped(link: Link, why: Link["rejected"]): boolean {
  if (why === "damage") link.doubted = end(link) - 1;
  else if (why === "number" && link.doubted !== null) {
    link.fault = faults.lineLost();
    return true;
  }
  return false;
}

function countResend(link: Link, number: number): void {
  const { limits, repeated } = link;
  link.resends++;
  link.repeated = { number, count: repeated.number === number ? repeated.count + 1 : 1 };
  const newest = end(link);
  link.resentAt = [...link.resentAt.filter((at) => at > newest - 100), newest];
  const worst = Math.max(link.repeated.count, link.resentAt.length);
  if (link.repeated.count >= limits.resendsOfOneLine || link.resentAt.length > limits.resendsPerHundred)
    link.fault = faults.resendStorm(worst);
}
