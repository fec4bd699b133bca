/** Watches the machines' live values against the windows of what they are at work on, and tells the cell of breaches. */

import type { Machine } from "./drivers/machine.ts";
import type { Fault, Telemetry } from "./equipment/machine.ts";
import {
  isWithin,
  limitsText,
  lookThrough,
  newWindowWatch,
  numberOf,
  type ParameterWindow,
  type WindowWatch,
} from "./equipment/window.ts";
import type { Controller } from "./jobs/controller.ts";
import { windowsOf } from "./jobs/order.ts";
import { type Attempt, findAttempt, type Job, layersOf, openAttempts, operationOf } from "./jobs/state.ts";
import type { WindowAccount } from "./jobs/watch-event.ts";
import type { AttemptId } from "./kernel/names.ts";
import type { Clock } from "./kernel/ports.ts";
import type { Milliseconds, MonotonicMs, Seconds } from "./kernel/units.ts";

export interface WindowKeeper {
  /** Why the machine must not begin: a value that has to be in its window before is not, or is not heard. */
  whyNotBegin(attempt: AttemptId): Fault | null;
  /** What the windows of an attempt have seen so far; empty where none is watched. */
  accountOf(attempt: AttemptId): readonly WindowAccount[];
  /** One look at everything; the keeper takes one every half second by itself. */
  look(): void;
  stop(): void;
}

interface Heard {
  readonly telemetry: Telemetry;
  readonly at: MonotonicMs;
}

/** The windows of one attempt; its course stands still while the attempt waits. */
interface Watched {
  readonly watches: Map<string, WindowWatch>;
  course: Seconds;
  last: MonotonicMs;
  /** Values that were told of; told again only after the attempt went on. */
  readonly told: Set<string>;
}

const every: Milliseconds = 500;

/** Starts to watch; what is heard twice counts once, and its age is that of this program's own clock. */
export function keepWindows(
  cell: Pick<Controller, "state" | "submit">,
  machines: ReadonlyMap<string, Pick<Machine, "telemetry">>,
  clock: Clock,
): WindowKeeper {
  const heard = new Map<string, Heard>();
  const watched = new Map<AttemptId, Watched>();
  let cancel = () => {};

  function hear(): void {
    for (const [id, machine] of machines) {
      const telemetry = machine.telemetry();
      if (telemetry !== null && telemetry !== heard.get(id)?.telemetry)
        heard.set(id, { telemetry, at: clock.monotonic() });
    }
  }

  function look(): void {
    hear();
    const open = openAttempts(cell.state());
    for (const { job, attempt } of open) watch(job, attempt);
    const alive = new Set(open.map(({ attempt }) => attempt.id));
    for (const id of watched.keys()) if (!alive.has(id)) watched.delete(id);
  }

  function watch(job: Job, attempt: Attempt): void {
    const windows = windowsOf(operationOf(job.order, attempt.operation));
    if (windows.length === 0 || !isAtWork(job, attempt)) return;
    const now = clock.monotonic();
    const mine = watched.get(attempt.id) ?? { watches: new Map(), course: 0, last: now, told: new Set() };
    watched.set(attempt.id, mine);
    const passed = (now - mine.last) / 1000;
    const before = mine.last;
    mine.last = now;
    if (attempt.hold) return pause(mine);
    mine.course += passed;
    const news = heard.get(attempt.equipment);
    const isNew = news !== undefined && (news.at > before || mine.watches.size === 0);
    for (const window of windows) {
      const value = isNew ? numberOf(news.telemetry, window) : null;
      const so = mine.watches.get(window.id) ?? newWindowWatch(mine.course);
      const { watch: next, breach } = lookThrough(window, so, value, mine.course);
      mine.watches.set(window.id, next);
      if (breach === null || mine.told.has(window.id)) continue;
      mine.told.add(window.id);
      cell.submit({ kind: "window-left", attempt: attempt.id, window: window.id, breach }).catch(() => undefined);
    }
  }

  /** Goes on with a clean sheet afterwards, but for what it has seen. */
  function pause(mine: Watched): void {
    mine.told.clear();
    for (const [id, so] of mine.watches) mine.watches.set(id, { ...so, outsideSince: null, heard: mine.course });
  }

  function whyNotBegin(id: AttemptId): Fault | null {
    hear();
    const found = findAttempt(cell.state(), id);
    if (!found) return null;
    const news = heard.get(found.attempt.equipment);
    const age = news === undefined ? null : (clock.monotonic() - news.at) / 1000;
    for (const window of windowsOf(operationOf(found.job.order, found.attempt.operation))) {
      if (window.before === null) continue;
      const value =
        news === undefined || age === null || age > window.silent_s ? null : numberOf(news.telemetry, window);
      if (value === null) return beforeFault(window, "is not reported");
      if (!isWithin(value, window.before)) return beforeFault(window, `is ${value} ${window.unit}`);
    }
    return null;
  }

  function again(): void {
    look();
    cancel = clock.after(every, again);
  }

  again();
  return {
    whyNotBegin,
    accountOf: (id) => accountOf(watched.get(id)),
    look,
    stop: () => cancel(),
  };
}

/** A task from its begin to its end; a build from the end of its first layer, when it is warm, to that of its last. */
function isAtWork(job: Job, { phase, finished, operation, printed }: Attempt): boolean {
  if (phase !== "running" || finished !== null) return false;
  const planned = layersOf(operationOf(job.order, operation));
  return planned === 0 || (printed >= 1 && printed < planned);
}

function accountOf(watched: Watched | undefined): readonly WindowAccount[] {
  return [...(watched?.watches ?? [])].map(([window, { samples, min, max, longestOutside_s }]) => ({
    ...{ window, samples, min, max },
    longestOutside_s: Number(longestOutside_s.toFixed(3)),
  }));
}

function beforeFault({ title, unit, before }: ParameterWindow, is: string): Fault {
  return {
    code: "parameter-before-start",
    what: `${title} ${is}; for a start it has to be ${limitsText(before ?? { lower: null, upper: null }, unit)}.`,
    remedy: "Set the machine as the recipe asks, wait until the value is there, and start again.",
  };
}
