/** One step of the courier: what it hears changes its state and says what is to be done. Pure. */
import { unreachable } from "../kernel/assert.ts";
import { connected, disconnected, open } from "./connection.ts";
import type { CourierState, Input, Output, Tick } from "./courier.ts";
import { ask, type Draft, due, raise, retryLater, set } from "./draft.ts";
import { heard } from "./hearing.ts";
import type { Trust } from "./judge.ts";
import { acknowledged, filled, sendOn, sent, standBefore, stored, unreadable } from "./sending.ts";
import { trouble } from "./trouble.ts";

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
      return sent(draft, input);
    case "filled":
      return filled(draft, input.serial, input.bytes);
    case "too-large":
      if (input.serial === state.composing) {
        const what = `Entry ${input.from} is too large for a message to central QA.`;
        standBefore(draft, input.from, trouble("entry-too-large", what));
      }
      return;
    case "unreadable":
      return unreadable(draft, input);
    case "damage":
      if (input.serial !== null && input.serial === state.filling) set(draft, { filling: null });
      return raise(draft, trouble("record-damaged", input.what));
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

function noAnswer(draft: Draft): void {
  due(draft, { answer: null });
  if (draft.state.underWay[0]?.acknowledged === false) draft.outputs.push({ kind: "drop" });
  retryLater(draft);
}
