/** What the courier sends: batches up to the window, and what moves the cursor on. */
import { maxBatchEntries } from "../ledger/batch.ts";
import { emptied, openAt, filled as refilled } from "./bucket.ts";
import { type Input, patience } from "./courier.ts";
import { ask, type Draft, due, isOver, progress, raise, retryLater, set } from "./draft.ts";
import { type Trouble, trouble } from "./trouble.ts";

export function sendOn(draft: Draft): void {
  if (draft.state.phase !== "sending" || draft.state.link !== "up") return;
  set(draft, { bucket: refilled(draft.state.bucket, draft.tick.mono) });
  const budget = openAt(draft.state.bucket);
  due(draft, { budget });
  if (budget === null) sendRecords(draft);
  if (budget === null) sendWanted(draft);
  keepTimers(draft);
}

function sendRecords(draft: Draft): void {
  const { state, tick } = draft;
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
}

/**
 * What central QA has lost goes when no record can go now, one message at a time: it asks for the next itself. It does not
 * wait for answers: central may be unable to take a record before it has this.
 */
function sendWanted(draft: Draft): void {
  const { state } = draft;
  const recordsGo = state.composing !== null || (state.next < state.head && state.underWay.length < state.window);
  if (state.wanted === null || state.filling !== null || recordsGo) return;
  const serial = state.serial + 1;
  draft.outputs.push({ kind: "fill", serial, wanted: state.wanted });
  set(draft, { serial, filling: serial, wanted: null });
}

function keepTimers(draft: Draft): void {
  const { tick } = draft;
  const { underWay, composing, withQa, told, deadlines } = draft.state;
  const owed = underWay.length > 0 || composing !== null || withQa < told;
  if (owed && deadlines.answer === null) due(draft, { answer: tick.mono + patience.answerMs });
  if (!owed) due(draft, { answer: null });
  const idle = !owed && draft.state.next === draft.state.head;
  if (idle && deadlines.beat === null) due(draft, { beat: tick.mono + patience.beatMs });
  if (!idle) due(draft, { beat: null });
}

export function filled(draft: Draft, serial: number, bytes: number): void {
  const { state } = draft;
  if (serial === state.filling) set(draft, { filling: null, bucket: emptied(state.bucket, bytes) });
}

export function sent(draft: Draft, { serial, from, to, bytes }: Extract<Input, { kind: "sent" }>): void {
  const { state } = draft;
  if (serial !== state.composing) return;
  set(draft, {
    composing: null,
    bucket: emptied(state.bucket, bytes),
    next: Math.max(state.next, to),
    underWay: [...state.underWay, { serial, from, to, acknowledged: false }],
  });
}

export function acknowledged(draft: Draft, serial: number): void {
  const { underWay } = draft.state;
  if (!underWay.some((one) => one.serial === serial && !one.acknowledged)) return;
  set(draft, { underWay: underWay.map((one) => (one.serial === serial ? { ...one, acknowledged: true } : one)) });
  progress(draft);
}

export function stored(draft: Draft, size: number): void {
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

/** Central QA has these entries, whether or not it cosigns them yet. */
export function landed(draft: Draft, size: number): void {
  set(draft, { underWay: draft.state.underWay.filter((one) => one.to > size), silences: 0 });
  // All that it had countersigned is there again.
  if (size >= draft.state.withQa && draft.state.alarm?.code === "qa-behind") set(draft, { alarm: null });
  progress(draft);
}

/** What stands before the damage goes; sync then stands before the damaged entry: a batch has no holes, and no entry goes without its body. */
export function unreadable(draft: Draft, { serial, from, bad, what }: Extract<Input, { kind: "unreadable" }>): void {
  const { state } = draft;
  if (serial !== state.composing) return;
  if (bad === null || bad <= from || bad >= from + state.limit) {
    return standBefore(draft, from, trouble("record-damaged", what));
  }
  set(draft, { composing: null, limit: bad - from, splitTo: bad, due: true });
}

export function standBefore(draft: Draft, entry: number, alarm: Trouble): void {
  set(draft, { standsBefore: entry });
  raise(draft, alarm);
  retryLater(draft, patience.longestRetryMs);
}
