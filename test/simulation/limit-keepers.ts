/** Whoever answers for limit sets in virtual time: signs for tighter limits, withdraws them, and sometimes oversteps. */
import { limitMeanings, shownForLimits, shownForWithdrawal } from "../../src/jobs/decide/limits.ts";
import type { LimitSetFacts } from "../../src/jobs/limit-event.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { State } from "../../src/jobs/state.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { PersonId } from "../../src/kernel/names.ts";
import type { Keepers } from "./keepers.ts";
import { chief, engineer } from "./model-keepers.ts";
import { digest, model } from "./orders.ts";
import { quality, technician } from "./people.ts";
import type { Storm } from "./printer.ts";
import type { Random } from "./time.ts";

/** The camera's set-up that the eye goes by. */
export const seenBy = digest("s");

/** Puts them beside the cell; `serial` makes every set another. */
export function createLimitKeepers({ random, storm }: { random: Random; storm: Storm }): Keepers {
  const errs = (p: number) => random() < p * storm.strength;
  let serial = 0;

  function approve(state: State, say: (message: Message) => void): void {
    const facts: LimitSetFacts = {
      ...{ set: digest(`limit set ${serial++}`), recipe: digest("recipe"), model: model.model },
      ...{ setup: errs(0.1) ? digest("another camera") : seenBy, limits: digest("l"), base: digest("own") },
      tightened: [{ limit: "extra_mm", from: 1.5, to: errs(0.1) ? 1.6 : 1.1 }],
      budget: { share: 1e-4, confidence: 0.95 },
      ...{ layers: 1_000, builds: 20, upTo: 1 },
    };
    const shown = digestOfValue(shownForLimits(state, facts));
    const signed = (person: PersonId) =>
      ({ person, name: "sealed", at: 0, meaning: limitMeanings.approve, shown }) as const;
    const alone = errs(0.3);
    const first = alone ? chief : errs(0.05) ? technician : quality;
    const second = alone ? chief : errs(0.05) ? technician : engineer;
    say({ kind: "approve-limits", facts, approval: signed(first), second: signed(second) });
  }

  return {
    visit(state, say) {
      const [known] = Object.values(state.limitSets);
      if (known === undefined) {
        if (random() < 0.1) approve(state, say);
        return;
      }
      if (!errs(0.02)) return;
      const shown = digestOfValue(shownForWithdrawal(state, known.set, "changed"));
      const person = errs(0.1) ? engineer : quality;
      const approval = { person, name: "sealed", at: 0, meaning: limitMeanings.withdraw, shown } as const;
      say({ kind: "withdraw-limits", set: known.set, reason: "changed", approval });
    },
  };
}
