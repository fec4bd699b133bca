/** Whoever begins a shift in virtual time: clears the plate, has the inspection challenged, and sometimes oversteps. */
import { whySuspended } from "../../src/jobs/challenge.ts";
import { challengeMeaning, shownForChallenge } from "../../src/jobs/decide/challenge.ts";
import type { Message } from "../../src/jobs/message.ts";
import type { State } from "../../src/jobs/state.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { Eye } from "./eye.ts";
import { digest, versions } from "./orders.ts";
import { quality, technician } from "./people.ts";
import type { Printer, Storm } from "./printer.ts";
import type { Random } from "./time.ts";

export interface ChallengersWorld {
  readonly random: Random;
  readonly storm: Storm;
  readonly printer: Printer;
  readonly eye: Eye;
}

/** Puts somebody beside the cell who asks for a challenge where one is due, and now and then where none is. */
export function createChallengers({ random, storm, printer, eye }: ChallengersWorld) {
  const errs = (p: number) => random() < p * storm.strength;
  return {
    visit(state: State, say: (message: Message) => void): void {
      const rule = {
        validMs: state.setup?.challengeValidMs ?? null,
        model: versions.modelDigest,
        setup: versions.cameraDigest,
      };
      const due = whySuspended(state.challenge, rule, state.clock.highest) !== null;
      if (state.boot === null || (due ? random() < 0.3 : !errs(0.01))) return;
      if (!errs(0.1)) printer.clearPlate();
      if (state.challenge.last?.passed === false && !errs(0.3)) eye.mend();
      const shown = errs(0.05) ? digest("something else") : digestOfValue(shownForChallenge(state));
      const person = errs(0.1) ? quality : technician;
      const approval = { person, name: "sealed", at: 0, meaning: challengeMeaning, shown };
      say({ kind: "start-challenge", approval });
      if (errs(0.1)) say({ kind: "start-challenge", approval });
    },
  };
}
