/** Whoever answers for the inspection model in virtual time: retires it, signs for it anew, for a while or for good, and sometimes wrongly. */
import { modelMeanings, shownForModel, shownForRetirement } from "../../src/jobs/decide/models.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { State } from "../../src/jobs/state.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { PersonId } from "../../src/kernel/names.ts";
import { model } from "./orders.ts";
import { quality, technician } from "./people.ts";
import type { Storm } from "./printer.ts";
import type { Random, VirtualTime } from "./time.ts";

export const engineer = "engineer" as PersonId;
/** QA and engineer in one, who cannot be both of the two. */
export const chief = "chief" as PersonId;

export interface ModelKeepers {
  visit(state: State, say: (message: Message) => void): void;
}

/** Puts them beside the cell. */
export function createModelKeepers(world: { random: Random; storm: Storm; time: VirtualTime }): ModelKeepers {
  const { random, storm, time } = world;
  const errs = (p: number) => random() < p * storm.strength;

  function retire(state: State, say: (message: Message) => void): void {
    const shown = digestOfValue(shownForRetirement(state, model.model, "drift"));
    const person = errs(0.1) ? engineer : quality;
    const approval = { person, name: "sealed", at: time.clock.now(), meaning: modelMeanings.retire, shown };
    say({ kind: "retire-model", model: model.model, reason: "drift", approval });
  }

  function approve(state: State, say: (message: Message) => void): void {
    const at = Math.max(state.clock.highest, time.clock.now());
    const until = errs(0.7) ? at + 60_000 + Math.floor(random() * 900_000) : null;
    const wanted = { from: errs(0.2) ? at + 60_000 : null, until, recipes: null };
    const shown = digestOfValue(shownForModel(state, model, wanted));
    const signed = (person: PersonId) =>
      ({ person, name: "sealed", at: time.clock.now(), meaning: modelMeanings.approve, shown }) as const;
    const alone = errs(0.3);
    const first = alone ? chief : errs(0.05) ? technician : quality;
    const second = alone ? chief : errs(0.05) ? technician : engineer;
    say({ kind: "approve-model", facts: model, wanted, approval: signed(first), second: signed(second) });
  }

  return {
    visit(state, say) {
      const known = state.models[model.model];
      if (!known) return;
      const over = known.until !== null && state.clock.highest >= known.until;
      // Signed for by a clock that ran ahead: nobody waits for that day, also where the clock was set right since.
      const far = known.from !== null && known.from > time.clock.now() + 600_000;
      if (known.status === "retired" || over || far) {
        if (random() < 0.15) approve(state, say);
      } else if (errs(0.02)) retire(state, say);
    },
  };
}
