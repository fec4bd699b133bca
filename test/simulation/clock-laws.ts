/** The laws of the clock, asked of what is on disk: which readings count, and what may be signed about the others. */
import type { Case } from "./case.ts";
import { epochMs } from "./orders.ts";
import type { Fact } from "./witness.ts";

/** For every fact the highest reading that counts when it was written: all so far but those that were corrected before it. */
export function countingTimes(facts: readonly Fact[]): readonly number[] {
  const wrong: { from: number; to: number }[] = [];
  let now = 0;
  return facts.map(({ type, at, body }, index) => {
    now = Math.max(now, at);
    if (type !== "ClockCorrected") return now;
    wrong.push(body);
    const counts = (seq: number) => !wrong.some(({ from, to }) => seq >= from && seq <= to);
    now = Math.max(...facts.slice(0, index + 1).map((fact, seq) => (counts(seq) ? fact.at : 0)));
    return now;
  });
}

/** How far from the true time a clock may be by which a correction is signed. */
const nearMs = 5 * 60_000 + 1_000;

/** A correction is signed by two, once for each entry, by a clock that is right, about readings that were ahead of it. */
export function judgeClock({ accuse }: Case, facts: readonly Fact[]): void {
  const corrected = new Set<number>();
  for (const { type, at, mono, body } of facts) {
    if (type !== "ClockCorrected") continue;
    const name = `the correction of entries ${body.from} to ${body.to}`;
    if (Math.abs(epochMs + mono - at) > nearMs) accuse(`${name} was signed by a clock that was wrong itself`);
    if (body.approval.person === body.second.person) accuse(`${name} has one signer`);
    for (let seq = body.from; seq <= body.to; seq += 1) {
      if (corrected.has(seq)) accuse(`${name} corrects entry ${seq} a second time`);
      corrected.add(seq);
    }
    const said = Math.max(...facts.slice(body.from, body.to + 1).map((fact) => fact.at));
    if (said <= at) accuse(`${name} is of readings that were not ahead`);
  }
}
