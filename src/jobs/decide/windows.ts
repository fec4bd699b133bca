/** Watched values that left their window, or that nobody heard: the attempt is held, once, with value, limits and time. */
import { type Breach, breachText, type ParameterWindow } from "../../equipment/window.ts";
import type { AttemptId } from "../../kernel/names.ts";
import type { NonconformityCause } from "../event.ts";
import type { Message } from "../message.ts";
import { windowsOf } from "../order.ts";
import { operationOf } from "../state.ts";
import type { WindowAccount } from "../watch-event.ts";
import type { Draft } from "./draft.ts";
import { openAttempt, raise } from "./draft.ts";

type Found = NonNullable<ReturnType<typeof openAttempt>>;

/**
 * Records it and holds the attempt. While its nonconformity waits for a decision nothing more is written of the same
 * window, however often it is told.
 */
export function windowLeft(draft: Draft, message: Extract<Message, { kind: "window-left" }>): void {
  const found = openAttempt(draft, message.attempt);
  const window = found && windowsHere(found).find(({ id }) => id === message.window);
  if (!found || !window) return;
  const { job, attempt } = found;
  const { breach } = message;
  const what = breachText(window, breach);
  if (isRaised(found, window)) return;
  const { equipment, id } = attempt;
  draft.add({ type: "WindowLeft", job: job.order.id, attempt: id, equipment, window: window.id, breach, what });
  holdWith(draft, found, causeOf(breach), what);
}

/** A finish that comes without a single value of a window: what nobody watched was not in its window (law 3). */
export function holdUnwatched(draft: Draft, id: AttemptId, accounts: readonly WindowAccount[]): void {
  const found = openAttempt(draft, id);
  if (!found) return;
  const seen = new Set(accounts.filter(({ samples }) => samples > 0).map(({ window }) => window));
  const unseen = windowsHere(found).filter((window) => !seen.has(window.id) && !isRaised(found, window));
  if (unseen.length === 0) return;
  const names = unseen.map(({ title }) => title).join(", ");
  holdWith(draft, found, "parameter-not-watched", `Not one value was heard while it was made: ${names}.`);
}

function windowsHere({ job, attempt }: Found): readonly ParameterWindow[] {
  return windowsOf(operationOf(job.order, attempt.operation));
}

function causeOf({ kind }: Breach): NonconformityCause {
  return kind === "outside" ? "parameter-out-of-window" : "parameter-not-watched";
}

/** A nonconformity of this attempt and this window is open; its sentence begins with the window's title. */
function isRaised({ job, attempt }: Found, { title }: ParameterWindow): boolean {
  return job.nonconformities.some(
    (each) => each.attempt === attempt.id && each.disposition === null && each.what.startsWith(`${title} was `),
  );
}

function holdWith(draft: Draft, { job, attempt }: Found, cause: NonconformityCause, what: string): void {
  if (!attempt.hold) {
    const why = { attempt: attempt.id, layer: null, cause: "parameter", what, person: null } as const;
    draft.add({ type: "HoldRaised", job: job.order.id, ...why });
  }
  raise(draft, job.order.id, attempt, cause, what);
}
