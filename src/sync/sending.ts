/** What the courier sends: batches up to the window, and what moves the cursor on. */
import { maxBatchEntries } from "../ledger/batch.ts";
import { patience } from "./courier.ts";
import { ask, type Draft, due, isOver, progress, raise, retryLater, set } from "./draft.ts";
import type { Trouble } from "./trouble.ts";

export function sendOn(draft: Draft): void {
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

export function sent(draft: Draft, serial: number, from: number, to: number): void {
  const { state } = draft;
  if (serial !== state.composing) return;
  set(draft, {
    composing: null,
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

export function standBefore(draft: Draft, entry: number, alarm: Trouble): void {
  set(draft, { standsBefore: entry });
  raise(draft, alarm);
  retryLater(draft, patience.longestRetryMs);
}
