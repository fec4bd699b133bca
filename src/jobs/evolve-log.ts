/** What becomes of the state when the log itself goes through a turn: starts are counted, orders of a log before are void. */
import { assert } from "../kernel/assert.ts";
import type { LogEvent } from "./log-event.ts";
import type { State } from "./state.ts";

/** Applies one event of the log itself. */
export function evolveLog(state: State, event: LogEvent): State {
  if (event.type !== "AncestorOrders" && event.type !== "AncestorJobClosed") {
    // Each of the others is the first entry of a start, and no boot of the cell.
    const boots = state.boots + 1;
    return event.type === "LogContinued" ? { ...state, boots, ancestor: event.ancestor.origin } : { ...state, boots };
  }
  assert(state.ancestor !== null, `${event.type} in a log that continues none`);
  if (event.type === "AncestorJobClosed") return state;
  const nonces = { ...state.nonces };
  const voided = { ...state.voided };
  for (const { job, nonce } of event.orders) {
    nonces[nonce] = true;
    voided[job] = nonce;
  }
  return { ...state, nonces, voided };
}
