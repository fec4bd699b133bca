/** One step of the courier: what it hears changes its state and says what is to be done. Pure. */
import { unreachable } from "../kernel/assert.ts";
import type { DownMessage } from "../ledger/batch.ts";
import { maxBatchEntries } from "../ledger/batch.ts";
import {
  backOff,
  type CourierState,
  type Deadlines,
  type DownReason,
  type Input,
  mostUnderWay,
  type Output,
  patience,
  type Tick,
} from "./courier.ts";
import { judgeReceipt, type Own, type Receipt, type Trust } from "./judge.ts";
import { type Trouble, trouble } from "./trouble.ts";

/** The state being changed within one step; what `step` returns is never changed again. */
interface Draft {
  state: CourierState;
  readonly outputs: Output[];
  readonly tick: Tick;
  readonly trust: Trust;
}

/** Takes one input. The outputs are to be done in order. */
export function step(
  state: CourierState,
  input: Input,
  tick: Tick,
  trust: Trust,
): { state: CourierState; outputs: readonly Output[] } {
  const draft: Draft = { state: { ...state, highest: Math.max(state.highest, tick.wall) }, outputs: [], tick, trust };
  take(draft, input);
  sendOn(draft);
  return { state: draft.state, outputs: draft.outputs };
}

function take(draft: Draft, input: Input): void {
  const { state } = draft;
  switch (input.kind) {
    case "start":
      return open(draft);
    case "connected":
      return connected(draft, input.window);
    case "disconnected":
      return disconnected(draft, input.reason);
    case "head-moved":
      return set(draft, { head: Math.max(state.head, input.size) });
    case "sent":
      return sent(draft, input.serial, input.from, input.to);
    case "too-large":
      if (input.serial === state.composing) {
        const what = `Entry ${input.from} is too large for a message to central QA.`;
        standBefore(draft, input.from, trouble("entry-too-large", what));
      }
      return;
    case "acknowledged":
      return acknowledged(draft, input.serial);
    case "heard":
      return heard(draft, input.message, input.own);
    case "stored":
      return stored(draft, input.size);
    case "bad-decision":
      return raise(draft, trouble("decision-refused", input.what));
    case "time":
      return timePassed(draft);
    default:
      return unreachable(input);
  }
}

function set(draft: Draft, change: Partial<CourierState>): void {
  draft.state = { ...draft.state, ...change };
}

function due(draft: Draft, change: Partial<Deadlines>): void {
  set(draft, { deadlines: { ...draft.state.deadlines, ...change } });
}

function isOver({ phase }: CourierState): boolean {
  return phase === "frozen" || phase === "stopped";
}

/** Says an alarm once; it stands until central QA has countersigned something again. */
function raise(draft: Draft, alarm: Trouble): void {
  const { alarm: before } = draft.state;
  if (before?.code === alarm.code && before.what === alarm.what) return;
  set(draft, { alarm });
  draft.outputs.push({ kind: "alarm", trouble: alarm });
}

// Connection

function open(draft: Draft): void {
  if (draft.state.link !== "down" || draft.state.phase === "stopped") return;
  set(draft, { link: "opening" });
  due(draft, { reconnect: null });
  draft.outputs.push({ kind: "connect" });
}

function connected(draft: Draft, window: number): void {
  if (draft.state.link !== "opening") return;
  set(draft, {
    link: "up",
    window: Math.max(1, Math.min(mostUnderWay, window)),
    upSince: draft.tick.mono,
  });
  ask(draft);
}

function disconnected(draft: Draft, reason: DownReason): void {
  const { state, tick } = draft;
  if (state.link === "down") return;
  const young = state.link === "up" && tick.mono - state.upSince < patience.youngMs;
  const held = state.link === "up" && !young;
  const drops = held ? 0 : state.drops + 1;
  const youngDeaths = young ? state.youngDeaths + 1 : held ? 0 : state.youngDeaths;
  set(draft, { link: "down", drops, youngDeaths });
  forgetUnderWay(draft, state.withQa);
  if (!isOver(state)) set(draft, { phase: "asking" });
  due(draft, { answer: null, retry: null, linger: null, beat: null });
  if (reason === "taken-over") {
    set(draft, { phase: state.phase === "frozen" ? "frozen" : "stopped" });
    const what = "The broker gave this cell's session to another controller with the same certificate.";
    raise(draft, trouble("session-taken", what));
    return;
  }
  if (reason === "refused") {
    raise(draft, trouble("broker-refuses", "The broker does not let this cell in, or not onto its topics."));
  } else if (youngDeaths >= patience.youngDeaths) {
    const what = `The last ${patience.youngDeaths} connections to the broker ended within a minute each.`;
    raise(draft, trouble("connection-unstable", what));
  }
  if (draft.state.phase !== "stopped") due(draft, { reconnect: tick.mono + backOff(drops, tick.chance) });
}

/** Asks where central QA stands. What is under way is forgotten: the answer says what of it has come. */
function ask(draft: Draft): void {
  if (isOver(draft.state) || draft.state.link !== "up") return;
  const serial = draft.state.serial + 1;
  const question = `q-${serial}-${Math.floor(draft.tick.chance * 2 ** 32).toString(36)}`;
  forgetUnderWay(draft, draft.state.withQa);
  set(draft, { phase: "asking", serial, question, askedAt: draft.state.withQa });
  due(draft, { answer: draft.tick.mono + patience.answerMs, retry: null, linger: null, beat: null });
  draft.outputs.push({ kind: "hello", id: question, size: draft.state.head });
}

function forgetUnderWay(draft: Draft, next: number): void {
  set(draft, { underWay: [], composing: null, next });
}

/** Waits longer and longer, then asks again. */
function retryLater(draft: Draft, atLeast = 0): void {
  const { silences } = draft.state;
  const wait = Math.max(atLeast, backOff(silences + 1, draft.tick.chance));
  forgetUnderWay(draft, draft.state.withQa);
  set(draft, { phase: "waiting", silences: silences + 1 });
  due(draft, { answer: null, linger: null, beat: null, retry: draft.tick.mono + wait });
}

// Sending

/** Has the next batch put together, if one may go and there is a reason to; sets what is waited for. */
function sendOn(draft: Draft): void {
  const { state, tick } = draft;
  if (state.phase !== "sending" || state.link !== "up") return;
  const rest = state.head - state.next;
  if (rest === 0) set(draft, { due: false });
  // While a refused batch is taken apart, what comes after it waits.
  const window = state.splitTo > 0 ? 1 : state.window;
  if (state.composing === null && rest > 0 && state.underWay.length < window) {
    if (state.due || rest >= state.limit) {
      const serial = state.serial + 1;
      set(draft, { serial, composing: serial });
      due(draft, { linger: null });
      draft.outputs.push({ kind: "compose", serial, from: state.next, limit: Math.min(state.limit, rest) });
    } else if (state.deadlines.linger === null) {
      due(draft, { linger: tick.mono + patience.lingerMs });
    }
  }
  const { underWay, composing, withQa, told, deadlines } = draft.state;
  const owed = underWay.length > 0 || composing !== null || withQa < told;
  if (owed && deadlines.answer === null) due(draft, { answer: tick.mono + patience.answerMs });
  if (!owed) due(draft, { answer: null });
  const idle = !owed && draft.state.next === draft.state.head;
  if (idle && deadlines.beat === null) due(draft, { beat: tick.mono + patience.beatMs });
  if (!idle) due(draft, { beat: null });
}

function sent(draft: Draft, serial: number, from: number, to: number): void {
  const { state } = draft;
  if (serial !== state.composing) return;
  set(draft, {
    composing: null,
    next: Math.max(state.next, to),
    underWay: [...state.underWay, { serial, from, to, acknowledged: false }],
  });
}

function acknowledged(draft: Draft, serial: number): void {
  const { underWay } = draft.state;
  if (!underWay.some((one) => one.serial === serial && !one.acknowledged)) return;
  set(draft, { underWay: underWay.map((one) => (one.serial === serial ? { ...one, acknowledged: true } : one)) });
  progress(draft);
}

/** Something has moved: the answer is waited for anew. */
function progress(draft: Draft): void {
  if (draft.state.deadlines.answer !== null) due(draft, { answer: draft.tick.mono + patience.answerMs });
}

function stored(draft: Draft, size: number): void {
  const { state } = draft;
  if (size <= state.withQa) return;
  const whole = size >= state.splitTo;
  set(draft, {
    withQa: size,
    next: Math.max(state.next, size),
    underWay: state.underWay.filter((one) => one.to > size),
    wentBackTo: -1,
    silences: 0,
    youngDeaths: 0,
    ...(whole && { limit: maxBatchEntries, splitTo: 0 }),
  });
  if (isOver(draft.state)) return;
  if (size > state.standsBefore) set(draft, { alarm: null, standsBefore: -1 });
  // Central is there again: what else there is need not wait for the retry.
  if (state.phase === "waiting") ask(draft);
  else progress(draft);
}

function timePassed(draft: Draft): void {
  const { deadlines } = draft.state;
  const passed = (at: number | null): boolean => at !== null && at <= draft.tick.mono;
  if (passed(deadlines.reconnect)) open(draft);
  if (passed(deadlines.linger)) {
    due(draft, { linger: null });
    set(draft, { due: true });
  }
  if (passed(deadlines.answer)) noAnswer(draft);
  else if (passed(deadlines.retry) || passed(deadlines.beat)) ask(draft);
}

/** Nothing came: without a PUBACK the connection is dead, with one central QA is silent. */
function noAnswer(draft: Draft): void {
  due(draft, { answer: null });
  if (draft.state.underWay[0]?.acknowledged === false) draft.outputs.push({ kind: "drop" });
  retryLater(draft);
}

// Hearing

function heard(draft: Draft, message: DownMessage, own: Own | null): void {
  if (message.kind === "decision") {
    draft.outputs.push({ kind: "decision", envelope: message.envelope });
    return;
  }
  if (isOver(draft.state) || message.origin !== draft.trust.origin) return;
  if (own !== null) set(draft, { highest: Math.max(draft.state.highest, own.at) });
  switch (message.kind) {
    case "at":
      return hearAt(draft, message, own);
    case "receipt":
      return hearReceipt(draft, message, own);
    case "conflict":
      return hearConflict(draft, message.size);
    case "fork":
      return freeze(draft, trouble("fork", `Central QA holds another record under this cell's name: ${message.what}`));
    case "refused":
      return hearRefused(draft, message);
    default:
      return unreachable(message);
  }
}

/** What is over as soon as central QA answers and its answer fits. */
const mendedByAnswer: ReadonlySet<Trouble["code"]> = new Set(["qa-behind", "broker-refuses", "connection-unstable"]);

function hearAt(draft: Draft, message: Extract<DownMessage, { kind: "at" }>, own: Own | null): void {
  const { state } = draft;
  // An old answer that comes late is no answer.
  if (state.phase !== "asking" || message.id !== state.question) return;
  const { size, root } = message;
  if (own === null) return freeze(draft, aheadOf(size, state.head));
  if (root !== own.root) {
    const what = `Central QA holds other entries than this cell among the first ${size}.`;
    return freeze(draft, trouble("fork", what));
  }
  set(draft, { met: true });
  if (size < state.askedAt) {
    const what = `Central QA says that it holds ${size} entries; it has countersigned ${state.askedAt}.`;
    raise(draft, trouble("qa-behind", what));
    return retryLater(draft);
  }
  if (state.alarm !== null && mendedByAnswer.has(state.alarm.code)) set(draft, { alarm: null });
  set(draft, {
    phase: "sending",
    told: size,
    next: Math.max(size, state.withQa),
    due: true,
    wentBackTo: -1,
    silences: 0,
  });
  due(draft, { answer: null, retry: null });
}

function aheadOf(size: number, head: number): Trouble {
  const what = `Central QA holds ${size} entries of this record, the cell has ${head}: the cell is an older image or a copy.`;
  return trouble("cell-behind", what);
}

function hearReceipt(draft: Draft, message: Receipt, own: Own | null): void {
  const { state, tick, trust } = draft;
  // What is covered already needs no second proof, and an old receipt proves nothing new.
  if (own !== null && message.size <= state.storing) return progress(draft);
  const verdict = judgeReceipt(message, own, tick.wall, trust);
  if (verdict.kind === "ahead") return freeze(draft, aheadOf(message.size, state.head));
  if (verdict.kind === "bad") return raise(draft, verdict.trouble);
  set(draft, { storing: message.size });
  draft.outputs.push({ kind: "store", size: message.size, note: message.note });
}

function hearConflict(draft: Draft, size: number): void {
  const { state } = draft;
  if (state.phase !== "sending") return;
  // Below what is countersigned it may be an old one; above the head it is a claim: only an answer to a question counts.
  if (size < state.withQa || size > state.head) return ask(draft);
  // Each batch behind a lost one says the same; once is enough until something has moved.
  if (size === state.wentBackTo) return;
  forgetUnderWay(draft, size);
  set(draft, { wentBackTo: size, due: true });
  progress(draft);
}

/** A refused batch is halved until one entry is left; before that one sync stands, and says so. */
function hearRefused(draft: Draft, { from, to, what }: Extract<DownMessage, { kind: "refused" }>): void {
  const { state } = draft;
  // An old refusal, of a batch that was taken apart since, strikes no other.
  if (state.phase !== "sending" || !state.underWay.some((one) => one.from === from && one.to === to)) return;
  const count = to - from;
  if (count === 1) {
    const said = `Central QA does not take entry ${from}: ${what}`;
    return standBefore(draft, from, trouble("entry-refused", said));
  }
  forgetUnderWay(draft, from);
  set(draft, { limit: Math.ceil(count / 2), splitTo: Math.max(state.splitTo, to), due: true, wentBackTo: -1 });
  progress(draft);
}

/** Nothing is skipped: sync waits before the entry, and tries again slowly. */
function standBefore(draft: Draft, entry: number, alarm: Trouble): void {
  set(draft, { standsBefore: entry });
  raise(draft, alarm);
  retryLater(draft, patience.longestRetryMs);
}

function freeze(draft: Draft, alarm: Trouble): void {
  forgetUnderWay(draft, draft.state.withQa);
  set(draft, { phase: "frozen", met: true });
  due(draft, { answer: null, retry: null, linger: null, beat: null });
  raise(draft, alarm);
}
