/** Which limits a build is judged by: the recipe's own, or tighter ones that two people signed for (feature 53). */
import { type Digest, own, type PersonId } from "../kernel/names.ts";
import type { LimitEvent, LimitSetFacts } from "./limit-event.ts";

/** A set in force. */
export interface KnownLimitSet extends LimitSetFacts {
  readonly by: readonly PersonId[];
}

/** Sets in force, by what they count for; at most one for each. */
export type LimitSets = Readonly<Record<string, KnownLimitSet>>;

/** What layers of one attempt are judged by that a camera saw, where that is a set. */
export interface LimitSetOnDuty extends Pick<LimitSetFacts, "set" | "setup" | "limits"> {
  readonly by: readonly PersonId[];
}

type For = Pick<LimitSetFacts, "recipe" | "setup" | "model">;

const nameOf = ({ recipe, setup, model }: For): string => `${recipe} ${setup} ${model}`;

/** The state after one more event. */
export function afterLimitEvent(before: LimitSets, event: LimitEvent): LimitSets {
  if (event.type === "LimitSetApproved") {
    const { type: _, artifacts: __, approval, second, ...facts } = event;
    return { ...before, [nameOf(facts)]: { ...facts, by: [approval.person, second.person] } };
  }
  return Object.fromEntries(Object.entries(before).filter(([, { set }]) => set !== event.set));
}

/** The sets that a build begun now is judged by, at most one for each camera's set-up; where there is none the recipe's own limits count. */
export function limitSetsOnDuty(
  sets: LimitSets,
  { recipe, model }: { readonly recipe: Digest; readonly model: Digest | null },
  setups: readonly (Digest | null)[],
): readonly LimitSetOnDuty[] {
  return [...new Set(setups)].flatMap((setup) => {
    const found = setup === null || model === null ? undefined : own(sets, nameOf({ recipe, setup, model }));
    return found === undefined ? [] : [{ set: found.set, setup: found.setup, limits: found.limits, by: found.by }];
  });
}

/** The set of this name, if it is in force. */
export function findLimitSet(sets: LimitSets, set: string): KnownLimitSet | undefined {
  return Object.values(sets).find((each) => each.set === set);
}
