/** Whoever looks at layers again in virtual time: finds one bad that had passed, and sometimes oversteps. */
import { acceptedVerdict, meaningOfFoundBad, shownForFoundBad } from "../../src/jobs/decide/review.ts";
import type { Message } from "../../src/jobs/message.ts";
import { foundClasses } from "../../src/jobs/review-event.ts";
import type { State } from "../../src/jobs/state.ts";
import { digestOfValue } from "../../src/kernel/hash.ts";
import type { PersonId } from "../../src/kernel/names.ts";
import { digest } from "./orders.ts";
import { quality, technician } from "./people.ts";
import type { Storm } from "./printer.ts";
import type { Random } from "./time.ts";

/** Puts reviewers beside the cell; their chance is their own, so that nobody else's day changes by it. */
export function createReviewers({ random, storm }: { readonly random: Random; readonly storm: Storm }) {
  const errs = (p: number) => random() < p * storm.strength;

  function find(state: State, say: (message: Message) => void): void {
    const open = Object.values(state.jobs).filter((job) => !job.ended);
    const attempts = open.flatMap((job) => job.attempts.map((attempt) => ({ job: job.order.id, attempt })));
    const chosen = attempts[Math.floor(random() * attempts.length)];
    if (!chosen || chosen.attempt.verdicts === "") return;
    const { job, attempt } = chosen;
    const layer = 1 + Math.floor(random() * (attempt.verdicts.length + (errs(0.2) ? 2 : 0)));
    const finding = foundClasses[Math.floor(random() * foundClasses.length)]!;
    const evidence = { frame: digest(`picture ${attempt.id}/${layer}`), report: digest("r") };
    const said = { job, attempt: attempt.id, layer, finding, reason: "seen on the part", evidence };
    const verdict = acceptedVerdict(attempt, layer) ?? "pass";
    const shown = digestOfValue(shownForFoundBad(errs(0.1) ? { ...said, layer: layer + 1 } : said, verdict));
    const person = errs(0.1) ? ("nobody" as PersonId) : random() < 0.5 ? quality : technician;
    const approval = { person, name: "sealed", at: 0, meaning: meaningOfFoundBad(verdict), shown };
    say({ kind: "find-layer-bad", ...said, approval });
    if (errs(0.3)) say({ kind: "find-layer-bad", ...said, approval });
  }

  return {
    visit(state: State, say: (message: Message) => void): void {
      if (errs(0.01)) find(state, say);
    },
  };
}
