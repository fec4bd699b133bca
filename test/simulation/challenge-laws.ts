/** The laws of the challenge, asked of what is on disk and of what the world knows: nothing is built by an inspection that missed. */
import type { Case } from "./case.ts";
import { countingTimes } from "./clock-laws.ts";
import type { Fact } from "./witness.ts";

/** A build begins only where the last challenge was really passed, is not under way, and is not too old where that is asked for. */
export function judgeChallenges({ eye, second, accuse }: Case, facts: readonly Fact[]): void {
  const times = countingTimes(facts);
  let open: string | null = null;
  let last: { readonly passed: boolean; readonly at: number } | null = null;
  let validMs: number | null = null;
  for (const [index, { type, body }] of facts.entries()) {
    const now = times[index]!;
    if (type === "CellBooted") {
      validMs = body.setup.challengeValidMs ?? null;
      if (open !== null) last = { passed: false, at: now };
      open = null;
    }
    if (type === "ChallengeStarted") {
      if (open !== null) accuse(`${body.challenge} was begun while ${open} was under way`);
      open = body.challenge;
    }
    if (type === "ChallengeJudged") {
      if (body.challenge !== open) accuse(`${body.challenge} was judged and was not under way`);
      const of = body.views?.[0]?.artifacts?.at(-1) ?? "";
      const first = eye.challenges.get(body.artifacts.at(-1) ?? "") ?? false;
      const truth = first && (second === null || (second.challenges.get(of) ?? false));
      if (body.passed && !truth) accuse(`law 3: ${body.challenge} passed, and the inspection had missed`);
      open = null;
      last = { passed: truth, at: now };
    }
    if (type !== "AttemptStarted" || body.plateCheck === null) continue;
    if (open !== null) accuse(`law 3: ${body.attempt} began while the inspection was being challenged`);
    if (last !== null && !last.passed)
      accuse(`law 3: ${body.attempt} began after the inspection had missed its challenge`);
    if (validMs === null) continue;
    const age = last === null ? Number.POSITIVE_INFINITY : now - last.at;
    if (!(age >= 0 && age <= validMs)) accuse(`law 3: ${body.attempt} began without a challenge that still counts`);
  }
}
