/** Whoever keeps the record in virtual time: sets the clock right and signs that it was wrong, and sometimes oversteps. */
import { clockMeaning, shownForClock } from "../../src/jobs/decide/clock.ts";
import type { TimeSupport } from "../../src/jobs/keeping-event.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { State } from "../../src/jobs/state.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { PersonId } from "../../src/kernel/names.ts";
import { epochMs } from "./orders.ts";
import { both, quality, technician } from "./people.ts";
import type { Storm } from "./printer.ts";
import type { Random, VirtualTime } from "./time.ts";

export interface KeepersWorld {
  readonly random: Random;
  readonly storm: Storm;
  readonly time: VirtualTime;
  /** Sets the cell's clock to the true time. */
  readonly setRight: () => void;
}

export interface Keepers {
  visit(state: State, say: (message: Message) => void): void;
}

/** Puts keepers beside the cell. */
export function createKeepers({ random, storm, time, setRight }: KeepersWorld): Keepers {
  const errs = (p: number) => random() < p * storm.strength;

  function support(): TimeSupport | null {
    if (errs(0.1)) return null;
    return { by: "network-time", at: epochMs + Math.floor(time.elapsed()) };
  }

  function correct(state: State, say: (message: Message) => void): void {
    const { past } = state.clock;
    const first = past[Math.floor(random() * past.length)];
    if (!first) return;
    const last = errs(0.3) ? (past.at(-1) ?? first) : first;
    const { from } = first;
    const to = errs(0.1) ? last.to + 1 : last.to;
    const shown = digestOfValue(shownForClock(state.clock, from, to));
    const signed = (person: PersonId) =>
      ({ person, name: "sealed", at: time.clock.now(), meaning: clockMeaning, shown }) as const;
    const approval = signed(errs(0.1) ? technician : quality);
    const second = signed(errs(0.3) ? quality : random() < 0.5 ? both : technician);
    say({ kind: "correct-clock", from, to, approval, second, support: support() });
  }

  return {
    visit(state, say) {
      if (random() >= 0.04) return;
      // Not always: a clock that is wrong still must not be believed.
      if (!errs(0.2)) setRight();
      time.after(1_000, () => correct(state, say));
    },
  };
}
