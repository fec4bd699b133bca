/** What becomes of the state when the log itself goes through a turn: starts are counted, orders of a log before are void. */
import { assert } from "../kernel/assert.ts";
import type { Event } from "./event.ts";
import type { LogEvent } from "./log-event.ts";
import type { State } from "./state.ts";

const logTypes: Readonly<Record<LogEvent["type"], true>> = {
  KeyRotated: true,
  KeyRevoked: true,
  RecordRepaired: true,
  LogContinued: true,
  AncestorOrders: true,
  AncestorJobClosed: true,
  AncestorHolds: true,
};

/** Whether an event is of the log itself. */
export function isLogEvent(event: Event): event is LogEvent {
  return Object.hasOwn(logTypes, event.type);
}

/** Applies one event of the log itself. */
export function evolveLog(state: State, event: LogEvent): State {
  if (event.type !== "AncestorOrders" && event.type !== "AncestorJobClosed" && event.type !== "AncestorHolds") {
    // Each of the others is the first entry of a start, and no boot of the cell.
    const boots = state.boots + 1;
    return event.type === "LogContinued" ? { ...state, boots, ancestor: event.ancestor.origin } : { ...state, boots };
  }
  assert(state.ancestor !== null, `${event.type} in a log that continues none`);
  if (event.type === "AncestorJobClosed") return state;
  if (event.type === "AncestorHolds") return held(state, event);
  const nonces = { ...state.nonces };
  const voided = { ...state.voided };
  for (const { job, nonce } of event.orders) {
    nonces[nonce] = true;
    voided[job] = nonce;
  }
  return { ...state, nonces, voided };
}

function held(state: State, event: Extract<LogEvent, { type: "AncestorHolds" }>): State {
  const { holds, legal, frozen, provenAt, demonstration } = event;
  const central = { ...state.central, holds: [...state.central.holds, ...holds], frozen, provenAt, demonstration };
  return { ...state, central, keeping: { ...state.keeping, holds: [...state.keeping.holds, ...legal] } };
}
