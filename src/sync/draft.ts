/** The courier's state while one step changes it, and the few moves that every part of a step makes. */
import { backOff, type CourierState, type Deadlines, type Output, patience, type Tick } from "./courier.ts";
import type { Trust } from "./judge.ts";
import type { Trouble } from "./trouble.ts";

export interface Draft {
  state: CourierState;
  readonly outputs: Output[];
  readonly tick: Tick;
  readonly trust: Trust;
}

export function set(draft: Draft, change: Partial<CourierState>): void {
  draft.state = { ...draft.state, ...change };
}

export function due(draft: Draft, change: Partial<Deadlines>): void {
  set(draft, { deadlines: { ...draft.state.deadlines, ...change } });
}

export function isOver({ phase }: CourierState): boolean {
  return phase === "frozen" || phase === "stopped";
}

export function raise(draft: Draft, alarm: Trouble): void {
  const { alarm: before } = draft.state;
  if (before?.code === alarm.code && before.what === alarm.what && before.proven === alarm.proven) return;
  set(draft, { alarm });
  draft.outputs.push({ kind: "alarm", trouble: alarm });
}

export function ask(draft: Draft): void {
  if (isOver(draft.state) || draft.state.link !== "up") return;
  const serial = draft.state.serial + 1;
  const question = `q-${serial}-${Math.floor(draft.tick.chance * 2 ** 32).toString(36)}`;
  forgetUnderWay(draft, draft.state.withQa);
  set(draft, { phase: "asking", serial, question, askedAt: draft.state.withQa });
  due(draft, { answer: draft.tick.mono + patience.questionMs, retry: null, linger: null, beat: null });
  draft.outputs.push({ kind: "hello", id: question, size: draft.state.head });
}

export function forgetUnderWay(draft: Draft, next: number): void {
  set(draft, { underWay: [], composing: null, filling: null, next });
}

export function retryLater(draft: Draft, atLeast = 0): void {
  const { silences } = draft.state;
  const wait = Math.max(atLeast, backOff(silences + 1, draft.tick.chance));
  forgetUnderWay(draft, draft.state.withQa);
  set(draft, { phase: "waiting", silences: silences + 1 });
  due(draft, { answer: null, linger: null, beat: null, retry: draft.tick.mono + wait });
}

export function progress(draft: Draft): void {
  if (draft.state.deadlines.answer !== null) due(draft, { answer: draft.tick.mono + patience.answerMs });
}
