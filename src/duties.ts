/** Obligations in flight: each is handed out once at a time, answered once, and paced when it has to be tried again. */

import type { Fault } from "./equipment/machine.ts";
import { unseen } from "./jobs/challenge.ts";
import type { Message } from "./jobs/message.ts";
import type { Duty, Obligation } from "./jobs/obligations.ts";
import { unreachable } from "./kernel/assert.ts";
import type { Clock } from "./kernel/ports.ts";
import type { Milliseconds } from "./kernel/units.ts";

export interface Duties {
  /** Hands out one obligation now, unless it is in flight or waits for its next try. */
  owe(obligation: Obligation): void;
  /** Hands out everything owed and forgets the pacing of what is owed no more. */
  settle(owed: readonly Obligation[]): void;
  stop(): void;
}

interface Pace {
  tries: number;
  inFlight: boolean;
  waiting: (() => void) | null;
}

/** Backstop for adapters that break their promise to answer; each has a tighter bound of its own. */
const deadlineMs: Readonly<Record<Duty["kind"], Milliseconds>> = {
  direct: 120_000,
  capture: 30_000,
  inspect: 60_000,
  "check-plate": 60_000,
  challenge: 300_000,
  "print-label": 30_000,
  "destroy-text-key": 30_000,
  "remove-artifacts": 600_000,
};

const firstRetryMs: Milliseconds = 250;
const longestRetryMs: Milliseconds = 30_000;

/** Starts with nothing in flight. `resettle` is called when a waiting time is over. */
export function createDuties(
  clock: Clock,
  perform: (obligation: Obligation) => Promise<Message>,
  post: (message: Message) => void,
  resettle: () => void,
): Duties {
  const paces = new Map<string, Pace>();
  /** What was owed once and may never be owed again, because a machine could do it twice. */
  const spent = new Set<string>();
  let stopped = false;

  function owe(obligation: Obligation): void {
    if (stopped || spent.has(obligation.key)) return;
    const pace = paces.get(obligation.key) ?? { tries: 0, inFlight: false, waiting: null };
    if (pace.inFlight || pace.waiting) return;
    paces.set(obligation.key, pace);
    pace.tries += 1;
    pace.inFlight = true;
    if (!obligation.repeatable) spent.add(obligation.key);
    answerOf(obligation).then((message) => {
      if (stopped) return;
      pace.inFlight = false;
      pace.waiting = clock.after(Math.min(longestRetryMs, firstRetryMs * 2 ** (pace.tries - 1)), () => {
        pace.waiting = null;
        resettle();
      });
      post(message);
    });
  }

  function answerOf(obligation: Obligation): Promise<Message> {
    return new Promise((resolve) => {
      const cancel = clock.after(deadlineMs[obligation.kind], () => resolve(noAnswer(obligation)));
      const answer = (message: Message) => {
        cancel();
        resolve(message);
      };
      perform(obligation).then(answer, () => answer(noAnswer(obligation)));
    });
  }

  function settle(owed: readonly Obligation[]): void {
    const keys = new Set(owed.map((obligation) => obligation.key));
    for (const [key, pace] of paces) {
      if (keys.has(key) || pace.inFlight) continue;
      pace.waiting?.();
      paces.delete(key);
    }
    for (const obligation of owed) owe(obligation);
  }

  return {
    owe,
    settle,
    stop() {
      stopped = true;
      for (const pace of paces.values()) pace.waiting?.();
    },
  };
}

const silence: Fault = {
  code: "no-answer",
  what: "There was no answer in time.",
  remedy: "Check the device; if this stays, call the engineer.",
};

/** Silence says nothing of the paper: the label may come out yet. */
const silentPrinter: Fault = {
  code: "no-answer",
  what: "The label printer did not answer in time: it is not known whether the label was printed.",
  remedy: "Look at the printer and its queue, destroy the label if there is one, void it, and print another.",
};

/** The one message an adapter owed and did not send. */
export function noAnswer(duty: Obligation): Message {
  switch (duty.kind) {
    case "direct": {
      const { equipment, directive } = duty;
      const layer = "releasedLayer" in directive ? directive.releasedLayer : 0;
      const answer = { kind: "unknown", fault: silence } as const;
      return { kind: "answered", equipment, attempt: directive.attempt, directive: directive.kind, layer, answer };
    }
    case "capture":
      return { kind: "capture-failed", attempt: duty.attempt, layer: duty.layer, take: duty.take, fault: silence };
    case "inspect":
      return { kind: "inspection-failed", attempt: duty.attempt, layer: duty.layer, take: duty.take, fault: silence };
    case "check-plate":
      return {
        kind: "plate-checked",
        equipment: duty.equipment,
        check: duty.check,
        clear: false,
        what: silence.what,
        frame: null,
      };
    case "challenge":
      return { kind: "challenged", challenge: duty.challenge, outcome: unseen(silence) };
    case "print-label": {
      const { job, unit, label } = duty;
      return { kind: "label-not-printed", job, unit, label, fault: silentPrinter };
    }
    case "destroy-text-key":
      return { kind: "text-key-destroyed", of: duty.of, done: false };
    case "remove-artifacts":
      return { kind: "artifacts-removed", job: duty.job, removed: null };
    default:
      return unreachable(duty);
  }
}
