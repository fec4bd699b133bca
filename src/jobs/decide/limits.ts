/** Limit sets: approved by QA and an engineer, tighter than the recipe and never looser; withdrawn by QA. */
import { digestOfValue } from "../../kernel/hash.ts";
import type { Digest } from "../../kernel/names.ts";
import { holds } from "../../people/person.ts";
import { type LimitReason, type LimitSetFacts, limitReasons } from "../limit-event.ts";
import { findLimitSet } from "../limit-sets.ts";
import type { Message } from "../message.ts";
import type { RefusalCode } from "../refusal.ts";
import { findPerson, type State } from "../state.ts";
import type { Draft } from "./draft.ts";
import { refuse } from "./refuse.ts";

type Of<Kind extends Message["kind"]> = Extract<Message, { kind: Kind }>;

/** What the signatures mean. */
export const limitMeanings = {
  approve: "Layers of this recipe are judged by these tighter limits in this cell, from the next start on.",
  withdraw: "I withdraw these limits: the recipe's own count again, from the next start on.",
} as const;

/** Exactly what must be on the screen when a set is approved. */
export function shownForLimits({ setup }: State, facts: LimitSetFacts) {
  const { budget, tightened, ...rest } = facts;
  return {
    cell: setup?.cell ?? null,
    ...rest,
    falsePauses: `at most one in ${Math.round(1 / budget.share)} whole layers, at ${Math.round(1000 * budget.confidence) / 10} % confidence`,
    tightened: tightened.map(({ limit, from, to }) => `${limit}: ${to} instead of ${from}`),
    meaning: limitMeanings.approve,
  };
}

/** And when it is withdrawn. */
export function shownForWithdrawal({ setup }: State, set: Digest, reason: LimitReason) {
  return { cell: setup?.cell ?? null, set, reason: limitReasons[reason], meaning: limitMeanings.withdraw };
}

/** Two people, QA and an engineer, sign for limits that are all tighter than the recipe's. */
export function approveLimits(draft: Draft, { facts, approval, second }: Of<"approve-limits">): void {
  const state = draft.state();
  const reject = (code: RefusalCode, what: string) =>
    refuse(draft, "approve-limits", approval.person, null, { code, what });
  if (!holds(findPerson(state, approval.person), "qa")) return reject("wrong-role", "QA signs first for a limit set.");
  if (!holds(findPerson(state, second.person), "engineer")) {
    return reject("wrong-role", "An engineer signs second for a limit set.");
  }
  if (approval.person === second.person) {
    return reject("own-work", "Two people sign for a limit set. Ask a second person.");
  }
  if (findLimitSet(state.limitSets, facts.set)) return reject("already-decided", "This limit set is in force already.");
  if (facts.tightened.length === 0) return reject("nothing-tighter", "This limit set makes no limit tighter.");
  const looser = facts.tightened.find(({ from, to }) => !(to < from));
  if (looser !== undefined) {
    return reject("nothing-tighter", `This limit set makes ${looser.limit} looser than the recipe does.`);
  }
  const shown = shownForLimits(state, facts);
  const digest = digestOfValue(shown);
  if ([approval, second].some((each) => each.shown !== digest || each.meaning !== shown.meaning)) {
    return reject(
      "not-what-was-shown",
      "The signatures do not belong to what was shown. Open it again and sign again.",
    );
  }
  draft.add({ type: "LimitSetApproved", ...facts, approval, second, artifacts: [facts.set, facts.limits] });
}

/** QA takes a set out of force; what is being built goes on under it, which is the tighter way. */
export function withdrawLimits(draft: Draft, { set, reason, approval }: Of<"withdraw-limits">): void {
  const state = draft.state();
  const reject = (code: RefusalCode, what: string) =>
    refuse(draft, "withdraw-limits", approval.person, null, { code, what });
  if (!holds(findPerson(state, approval.person), "qa"))
    return reject("wrong-role", "Only QA may withdraw a limit set.");
  if (!findLimitSet(state.limitSets, set)) {
    return reject("unknown-limits", "No such limit set is in force in this cell.");
  }
  const shown = shownForWithdrawal(state, set, reason);
  if (approval.shown !== digestOfValue(shown) || approval.meaning !== shown.meaning) {
    return reject(
      "not-what-was-shown",
      "The signature does not belong to what was shown. Open it again and sign again.",
    );
  }
  draft.add({ type: "LimitSetWithdrawn", set, reason, approval });
}
